"""Batches whose samples are each other's partners: as `augment.batch` makes them of the same samples, in any order."""

from __future__ import annotations

import json
from itertools import islice

import numpy as np
import pytest
from PIL import Image

import variegate as vg
from variegate.plan.mates import partners_of

COUNT = 75
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 8, 8, 3), dtype=np.uint8)
LABELS = np.arange(COUNT) % 5
SOURCE = vg.Arrays(IMAGES, LABELS)
FORMS = [
    ("roll", "sample"),
    ("roll", "batch"),
    ("flip", "sample"),
    ("flip", "pair"),
    ("flip", "batch"),
    ("random", "sample"),
    ("random", "batch"),
]


def pipeline(who="roll", per="sample", *more):
    options = {"partners": who, "per": per}
    blends = vg.OneOf([vg.MixUp(1.0, **options), vg.CutMix(**options)], p=0.8)
    return vg.Compose([vg.Rotate((-20, 20)), blends, *more], targets={"label": vg.Classes(5)})


def loader(augment, source=SOURCE, **options):
    return vg.Loader(source, augment, **{"batch_size": 8, "seed": 3, "workers": 0, **options})


def told(batches):
    """Each batch as bytes."""
    return [(b["index"].tobytes(), np.stack(b["image"]).tobytes(), b["label"].tobytes()) for b in batches]


def check(augment, batches, repeats=1):
    """Each batch, or each variation of it, is what `augment.batch` makes of it; how many results there are."""
    count = 0
    for batch in batches:
        variation = batch.get("variation", np.zeros(len(batch["id"]), np.uint32))
        count += len(variation)
        for first in range(repeats):
            one = slice(first, None, repeats)
            index, keys = batch["index"][one], vg.Keys.at(3, 0, batch["id"][one], variation[one])
            made = augment.batch(image=list(IMAGES[index]), label=LABELS[index].tolist(), keys=keys)
            assert np.array_equal(made["image"], batch["image"][one])
            np.testing.assert_allclose(made["label"], batch["label"][one], atol=1e-6)
    return count


@pytest.mark.parametrize(("who", "per"), FORMS)
@pytest.mark.parametrize("options", [{}, {"repeats": 2}, {"weights": "balanced"}, {"shuffle": False}], ids=repr)
def test_batches_are_those_of_augment_batch_however_they_are_made(who, per, options):
    augment, repeats = pipeline(who, per), options.get("repeats", 1)
    first = list(loader(augment, **options))  # 75 samples: the last batch has 3, or 7 results of 2 variations
    assert check(augment, first, repeats) == COUNT * repeats
    assert told(loader(augment, workers=2, **options)) == told(first)


@pytest.mark.parametrize(
    "options",
    [{"workers": 1}, {"workers": 8}, {"workers": 2, "isolate": True}, {"workers": 1, "memory": "60kB"}],
    ids=repr,
)
def test_bytes_hang_on_no_way_of_making(options):
    augment = pipeline("flip", "pair", vg.MixUp(0.5, partners="random", p=0.5))
    one = loader(augment, **options)
    assert told(one) == told(loader(augment)) and one.stats()["again"] == 0


@pytest.mark.parametrize("options", [{}, {"pad": True}, {"drop_last": True}, {"batch_size": 1}], ids=repr)
def test_ranks_mix_within_their_own_batches(options):
    augment = pipeline("roll", "batch")
    counts = [check(augment, loader(augment, rank=rank, world_size=4, **options)) for rank in range(4)]
    wanted = {"pad": 4 * 19, "drop_last": 4 * 16}.get(next(iter(options), ""), COUNT)
    assert sum(counts) == wanted


def test_other_batches_have_other_bytes():
    augment = pipeline("roll", "batch")
    assert {image for _, image, _ in told(loader(augment))} != {i for _, i, _ in told(loader(augment, batch_size=16))}
    (whole,) = loader(augment, batch_size=COUNT)
    assert check(augment, [whole]) == COUNT


@pytest.mark.parametrize("who", ["roll", "flip", "random"])
def test_a_batch_of_one_and_the_middle_of_a_flipped_one_are_unmixed(who):
    augment = vg.Compose([vg.MixUp(1.0, partners=who)], targets={"label": vg.Classes(5)})
    one = loader(augment, batch_size=1)
    assert all(np.array_equal(batch["image"], IMAGES[batch["index"]]) for batch in one)
    assert one.stats()["unmixed"] == COUNT
    other = loader(augment, batch_size=5)
    same = [np.flatnonzero((b["image"] == IMAGES[b["index"]]).all(axis=(1, 2, 3))).tolist() for b in other]
    assert same == [[2] if who == "flip" else []] * 15 and other.stats()["unmixed"] == 15 * (who == "flip")


def test_mixing_may_follow_what_takes_partners_of_blocks():
    augment = vg.Compose(
        [vg.Mosaic(16), vg.CenterCrop(8), vg.MixUp(1.0, partners="roll", per="batch")],
        targets={"label": vg.Classes(5)},
    )
    plain = vg.Compose([vg.Mosaic(16), vg.CenterCrop(8)], targets={"label": vg.Classes(5)})
    for mixed, alone in zip(loader(augment, workers=2), loader(plain), strict=True):
        keys = vg.Keys.at(3, 0, mixed["id"][:1])
        share = augment.plan(keys, [(8, 8)], mixes=True).blend(0, 0).share
        mean = share * alone["image"] + (1 - share) * np.roll(alone["image"], 1, axis=0).astype(np.float64)
        assert np.abs(mixed["image"] - mean).max() <= 0.51
        labels = share * alone["label"] + (1 - share) * np.roll(alone["label"], 1, axis=0)
        np.testing.assert_allclose(mixed["label"], labels, atol=1e-6)


@pytest.mark.parametrize("op", [vg.MixUp, vg.CutMix])
def test_a_rolled_batch_with_one_draw_is_torchvisions(op):
    """lam * x + (1 - lam) * x.roll(1), and of CutMix the box of the rolled; labels by the share of pixels."""
    augment = vg.Compose(
        [op(1.0, partners="roll", per="batch"), vg.ToDtype("float32")], targets={"label": vg.Classes(5)}
    )
    for batch in loader(augment):
        row = augment.plan(vg.Keys.at(3, 0, batch["id"][:1]), [(8, 8)], mixes=True).blend(0, 0)
        images, labels = IMAGES[batch["index"]] / np.float32(255), np.eye(5)[LABELS[batch["index"]]]
        left, top, right, bottom = row.box
        wanted, box = images.astype(np.float64), np.s_[:, top:bottom, left:right]
        wanted[box] = row.share * wanted[box] + (1 - row.share) * np.roll(images, 1, axis=0)[box]
        np.testing.assert_allclose(batch["image"], wanted, atol=1e-6)
        stays = 1 - (1 - row.share) * (right - left) * (bottom - top) / 64
        np.testing.assert_allclose(batch["label"], stays * labels + (1 - stays) * np.roll(labels, 1, axis=0), atol=1e-6)


@pytest.mark.parametrize("world", [1, 3])
def test_a_run_goes_on_in_the_same_batches_and_in_no_others(world):
    augment = pipeline("roll", "batch")
    for rank in range(world):
        whole = told(loader(augment, rank=rank, world_size=world))
        for step in range(1, len(whole)):
            one = loader(augment, rank=rank, world_size=world)
            for _ in islice(one, step):
                pass
            other = loader(augment, rank=rank, world_size=world, workers=2)
            other.resume(json.loads(json.dumps(one.state())))
            assert told(other) == whole[step:]
    state = one.state()
    for options, said in (
        ({"batch_size": 16, "world_size": world}, "batch_size was 8 and is 16"),
        ({"world_size": world + 1}, f"world_size was {world} and is {world + 1}"),
        ({"world_size": world, "pad": True}, "pad was False and is True"),
    ):
        other = loader(augment, **options)
        with pytest.raises(vg.InputError, match=rf"^this state is of another run.*: {said}\. Bring back"):
            other.resume(state)
        other.resume(state, strict=False)
        next(iter(other))


def test_states_of_other_pipelines_tell_nothing_of_batches():
    blocks = loader(vg.Compose([vg.MixUp(1.0)], targets={"label": vg.Classes(5)}))
    assert not {"batch_size", "world_size", "pad"} & blocks.state()["made_of"].keys()
    assert blocks.augment.fingerprint != loader(pipeline()).augment.fingerprint


def test_what_is_declared_is_in_the_fingerprint():
    made = [pipeline(*form).fingerprint for form in [*FORMS, ("block", "sample")]]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("policy", ["skip", "replace"])
@pytest.mark.parametrize(("who", "per"), FORMS)
def test_bad_partners_are_passed_over_and_draws_stay(tmp_path, policy, who, per):
    """Of pictures of one level each, two bad: the shares of the others are as if these were there."""
    for n in range(12):
        Image.fromarray(np.full((8, 8, 3), 20 * n, np.uint8)).save(tmp_path / f"{n:02}.png")
    (tmp_path / "03.png").write_bytes(b"no picture")
    content = (tmp_path / "07.png").read_bytes()
    (tmp_path / "07.png").write_bytes(content[:-30])
    augment = vg.Compose([vg.MixUp(1.0, partners=who, per=per)])
    source = vg.ImageFolder(tmp_path, labelled=False)
    one = vg.Loader(source, augment, 6, seed=1, workers=0, shuffle=False, on_error=policy)
    batches = list(one)
    assert one.stats()["errors"] == 2 and one.stats()["unmixed"] == 0
    two = vg.Loader(source, augment, 6, seed=1, workers=2, shuffle=False, on_error=policy)
    assert [b["image"].tobytes() for b in two] == [b["image"].tobytes() for b in batches]
    keys = vg.Keys.at(1, 0, source.ids)
    plan = augment.plan(keys, [(8, 8)] * 12, mixes=True)
    for number, batch in enumerate(batches):
        for index, image in zip(batch["index"], batch["image"], strict=True):
            place = int(index) - 6 * number
            if int(index) in (3, 7) or not 0 <= place < 6 or batch.get("variation", [0])[0] >= 1 << 31:
                continue
            lead = {"sample": place, "batch": 0, "pair": min(place, 5 - place)}[per] + 6 * number
            share, drawn = plan.blend(lead, 0).share, plan.blend(int(index), 0).partner
            others = [6 * number + p for p in partners_of(who, place, 6, drawn)]
            partner = next(p for p in others if p not in (3, 7))
            here = [n for n, i in enumerate(batch["index"]) if i == index]
            if len(here) == 1:
                level = 20 * (share * int(index) + (1 - share) * partner)
                assert np.abs(image - level).max() <= 0.51


def test_raise_tells_of_the_bad_one(tmp_path):
    for n in range(6):
        Image.fromarray(IMAGES[n]).save(tmp_path / f"{n}.png")
    content = (tmp_path / "2.png").read_bytes()
    (tmp_path / "2.png").write_bytes(content[: len(content) // 2])
    augment = vg.Compose([vg.MixUp(1.0, partners="roll")])
    with pytest.raises(vg.DecodeError, match=r"2\.png"):
        list(vg.Loader(vg.ImageFolder(tmp_path, labelled=False), augment, 6, seed=1, workers=0))


@pytest.mark.parametrize("who", ["roll", "flip", "random"])
@pytest.mark.parametrize("count", [1, 2, 3, 8, 9])
def test_partners_of_a_place(who, count):
    for place in range(count):
        for drawn in (0.0, 0.3, 0.5, 1 - 2**-53):
            found = list(partners_of(who, place, count, drawn))
            middle = who == "flip" and 2 * place + 1 == count
            assert sorted(found) == [] if middle else [p for p in range(count) if p != place] == sorted(found)
            if found and who != "random":
                assert found[0] == {"roll": (place - 1) % count, "flip": count - 1 - place}[who]
            if found and who == "random":
                others = [p for p in range(count) if p != place]
                assert found[0] == others[int(drawn * len(others))]
