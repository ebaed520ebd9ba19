"""Mixed samples have the same bytes however they are batched, dealt, resumed and made; who is bad is left out."""

from __future__ import annotations

import json
import pickle
import re
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import variegate as vg
from variegate.errors import FieldError, ResourceError, SourceError
from variegate.kernels.blend import blend
from variegate.key import Keys

COUNT = 150
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (COUNT, 16, 16, 3), dtype=np.uint8)
LABELS = np.arange(COUNT) % 5
BEFORE = [vg.HorizontalFlip(p=0.5), vg.Rotate((-20, 20))]
AUGMENT = vg.Compose([*BEFORE, vg.OneOf([vg.MixUp(1.0), vg.CutMix()], p=0.8)])
TWICE = vg.Compose([*BEFORE, vg.CutMix(p=0.7), vg.MixUp(1.0, p=0.7)])
SOURCE = vg.Arrays(IMAGES, LABELS)


def loader(augment=AUGMENT, source=SOURCE, **options):
    return vg.Loader(source, augment, **{"batch_size": 64, "seed": 3, "workers": 0, "one_hot": 5, **options})


def samples(batches):
    """By (id, variation): the bytes of the picture and its label."""
    found = {}
    for batch in batches:
        again = batch.get("variation", np.zeros(len(batch["id"]), np.uint32))
        for n, image in enumerate(batch["image"]):
            key = int(batch["id"][n]), int(again[n])
            assert key not in found
            found[key] = image.tobytes(), batch["label"][n].tobytes()
    return found


def of_world(world, augment=AUGMENT, **options):
    """The samples of an epoch, of all ranks."""
    found = {}
    for rank in range(world):
        own = samples(loader(augment, rank=rank, world_size=world, **options))
        assert not found.keys() & own.keys()
        found |= own
    return found


@pytest.fixture(scope="module")
def whole():
    return samples(loader())


@pytest.mark.parametrize(
    "options",
    [
        {"workers": 1},
        {"workers": 2, "batch_size": 1},
        {"workers": 8, "batch_size": 7},
        {"batch_size": 7},
        {"workers": 2, "batch_size": 200},
        {"workers": 2, "batch_size": 7, "memory": "3MB"},
        {"workers": 2, "prefetch": 0},
        {"workers": 2, "isolate": True},
    ],
    ids=repr,
)
def test_bytes_hang_on_no_way_of_making(whole, options):
    assert samples(loader(**options)) == whole


@pytest.mark.parametrize(("world", "options"), [(3, {"workers": 2, "batch_size": 7}), (8, {"batch_size": 5})], ids=repr)
def test_bytes_hang_on_no_world(whole, world, options):
    assert of_world(world, **options) == whole


def test_100_samples_on_8_ranks():
    source = vg.Arrays(IMAGES[:100], LABELS[:100])
    assert of_world(8, source=source, batch_size=3) == samples(loader(source=source))


@pytest.mark.parametrize(
    "options",
    [
        {"repeats": 2},
        {"weights": "balanced", "samples_per_epoch": 140},
        {"weights": np.arange(COUNT) + 1.0, "repeats": 2},
        {"shuffle": False},
    ],
    ids=repr,
)
def test_orders_of_other_kinds_have_the_same_bytes_too(options):
    first = samples(loader(TWICE, **options))
    assert samples(loader(TWICE, workers=2, **(options | {"batch_size": 6}))) == first
    assert of_world(3, TWICE, **(options | {"batch_size": 10})) == first


def test_padding_and_drop_last_keep_bytes():
    first = samples(loader())
    padded = of_world(4, pad=True, batch_size=8)
    assert {key: made for key, made in padded.items() if key[1] == 0} == first and len(padded) == 152
    dropped = of_world(4, drop_last=True, batch_size=8)
    assert dropped.items() <= first.items() and len(dropped) == 4 * 32


@pytest.mark.parametrize("worlds", [(1, 1), (2, 3), (3, 1), (1, 2, 3)], ids=repr)
def test_resume_anywhere_and_into_other_worlds(whole, worlds):
    """Each world goes on for some batches, then the next one does."""
    size, steps = 6, {1: (1, 5, 11, 20), 2: (1, 3, 9), 3: (1, 4, 7)}
    for step in steps[worlds[0]]:
        state, seen = None, {}
        for number, world in enumerate(worlds):
            states, last = [], number == len(worlds) - 1
            for rank in range(world):
                one = loader(rank=rank, world_size=world, batch_size=size)
                if state is not None:
                    one.resume(json.loads(json.dumps(state)))
                own = samples(one if last else islice(one, step if number == 0 else 2))
                assert not seen.keys() & own.keys()
                seen |= own
                states.append(one.state())
            assert last or all(each == states[0] for each in states)
            state = states[0]
        assert seen == whole


def test_resume_at_every_step_of_a_small_epoch(whole):
    one = loader(batch_size=10)
    seen, states = [], []
    for batch in one:
        seen.append(samples([batch]))
        states.append(one.state())
    following = samples(one)
    assert (states[-1]["epoch"], states[-1]["position"]) == (1, 0)
    for step, state in enumerate(states[:-1]):
        other = pickle.loads(pickle.dumps(loader(batch_size=64)))
        other.resume(state)
        left = samples(other)
        assert {**{k: v for each in seen[: step + 1] for k, v in each.items()}, **left} == whole
        assert len(left) == COUNT - 10 * (step + 1)
        if step % 7 == 0:
            assert samples(other) == following


def test_a_state_tells_how_the_epoch_was_dealt_and_one_that_does_not_is_refused():
    one = loader(batch_size=10, world_size=2)
    next(iter(one))
    state = one.state()
    assert state["dealt"] == [[0, 2]] and state["position"] == 20
    other = loader(batch_size=10)
    other.resume(state)
    next(iter(other))
    assert other.state()["dealt"] == [[0, 2], [20, 1]]
    for dealt in (None, [], [[3, 2]], [[0, 0]], [[0, 2], [90, 1]], "x"):
        with pytest.raises(vg.InputError, match=r"it does not tell how the epoch was dealt to ranks$"):
            loader().resume({**state, "dealt": dealt})
    plain = loader(vg.Compose(BEFORE))
    assert "dealt" not in plain.state()


def blended_by_hand(augment, key, own, other, row):
    out = np.empty_like(own)
    blend(own, other, row.share, row.box, out)
    return out


def test_a_result_is_the_blend_of_two_of_the_pipeline_without():
    """By keys: each sample's own, and that of the partner which its number names in the block."""
    batches = list(loader())
    order = np.concatenate([batch["index"] for batch in batches])
    images = np.concatenate([batch["image"] for batch in batches])
    labels = np.concatenate([batch["label"] for batch in batches])
    plain, hot, mixed = AUGMENT.without(), np.eye(5, dtype=np.float32), 0

    def value(position):
        return plain(IMAGES[position], key=vg.Key(seed=3, epoch=0, id=SOURCE.id(int(position))))

    for place, position in enumerate(order):
        key = vg.Key(seed=3, epoch=0, id=SOURCE.id(int(position)))
        row = AUGMENT.plan(Keys.of([key]), [(16, 16)], mixes=True).blend(0, 0)
        own, label = value(position), hot[LABELS[position]]
        if row is not None and row.weight < 1:
            first, last = place // 64 * 64, min(place // 64 * 64 + 64, COUNT)
            others = [p for p in range(first, last) if p != place]
            partner = order[others[int(row.partner * len(others))]]
            own = blended_by_hand(AUGMENT, key, own, value(partner), row)
            label = label * row.weight + hot[LABELS[partner]] * (1 - row.weight)
            mixed += 1
        assert np.array_equal(images[place], own)
        np.testing.assert_allclose(labels[place], label, atol=1e-6)
    assert mixed > 100


def test_epochs_and_seeds_mix_with_others():
    one = loader()
    first, second = samples(one), samples(one)
    assert first.keys() == second.keys() and sum(first[key] == second[key] for key in first) < 10
    assert samples(loader(seed=4)) != first


@pytest.mark.parametrize("who", ["class", "other class"])
def test_partners_of_the_class_or_of_another(who):
    augment = vg.Compose([vg.MixUp(1.0, partners=who)])
    for batch in loader(augment):
        for label, index in zip(batch["label"], batch["index"], strict=True):
            own = LABELS[index]
            others = np.flatnonzero(label > 1e-6)
            assert own in others or label[own] < 1e-3
            if who == "class":
                assert label[own] == pytest.approx(1)
            else:
                assert len(others) == 2 or label.max() > 0.999
    assert samples(loader(augment)) == of_world(3, augment, workers=2, batch_size=7)


def test_partners_of_the_source_lie_beyond_the_block():
    """Pictures of one number each tell whose they are."""
    images = np.zeros((256, 2, 2, 1), np.float32) + np.arange(256, dtype=np.float32)[:, None, None, None] / 256
    source = vg.Arrays(images, np.arange(256))
    for who, beyond in (("block", False), ("source", True)):
        augment = vg.Compose([vg.CutMix(0.5, partners=who)])
        order, mates = [], []
        for batch in vg.Loader(source, augment, seed=1, one_hot=256, workers=0):
            order += batch["index"].tolist()
            mates += [np.flatnonzero(row).tolist() for row in batch["label"]]
        place = {position: n for n, position in enumerate(order)}
        far = [place[each] // 64 != n // 64 for n, pair in enumerate(mates) for each in pair if each != order[n]]
        assert len(far) > 100 and any(far) == beyond


def test_without_shuffle_partners_come_from_the_source():
    source = vg.Arrays(IMAGES, np.sort(LABELS))
    one = loader(vg.Compose([vg.MixUp(1.0)]), source, shuffle=False)
    rows = np.concatenate([batch["label"] for batch in one])
    assert (np.count_nonzero(rows > 0.01, axis=1) > 1).mean() > 0.5


def test_labels_are_rows_by_whatever_says_how_many_classes(tmp_path):
    augment = vg.Compose([vg.MixUp(1.0)])
    with pytest.raises(FieldError, match=r"^Loader\.augment mixes samples, and .* does not say of how many classes"):
        vg.Loader(SOURCE, augment)
    for n in range(6):
        (tmp_path / f"c{n % 3}").mkdir(exist_ok=True)
        Image.fromarray(IMAGES[n]).save(tmp_path / f"c{n % 3}" / f"{n}.png")
    (batch,) = vg.Loader(vg.ImageFolder(tmp_path), augment, workers=0)
    assert batch["label"].shape == (6, 3) and batch["label"].dtype == np.float32
    np.testing.assert_allclose(batch["label"].sum(axis=1), 1, atol=1e-6)
    smooth = vg.Compose([vg.MixUp(1.0)], targets={"label": vg.Classes(5, smoothing=0.1)})
    plain = np.concatenate([batch["label"] for batch in loader(augment)])
    made = np.concatenate([batch["label"] for batch in vg.Loader(SOURCE, smooth, seed=3, workers=0)])
    np.testing.assert_allclose(made, plain * 0.9 + 0.02, atol=1e-6)
    kept = vg.Compose([vg.MixUp(1.0)], targets={"label": vg.PerSample()})
    (batch, *_) = vg.Loader(SOURCE, kept, seed=3, workers=0)
    assert batch["label"].dtype == np.int64 and np.array_equal(batch["label"], LABELS[batch["index"]])


def test_several_classes_a_sample_are_mixed_too():
    rows = (RNG.random((COUNT, 4)) < 0.5).astype(np.float32)
    source = vg.Arrays(IMAGES, rows)
    made = samples(vg.Loader(source, vg.Compose([vg.MixUp(1.0)]), seed=1, workers=0))
    values = np.array([np.frombuffer(label, np.float32) for _, label in made.values()])
    assert values.shape == (COUNT, 4) and ((values > 0.01) & (values < 0.99)).any(axis=1).mean() > 0.4


def test_fields_that_come_with_samples_join():
    fields = {"boxes": [[(1, 1, 9, 9)] * (n % 3) for n in range(COUNT)], "kind": [[n] * (n % 3) for n in range(COUNT)]}
    targets = {"boxes": vg.Boxes(), "kind": vg.PerInstance()}
    source = vg.Arrays(IMAGES, LABELS, fields=fields, targets=targets)
    augment = vg.Compose([vg.MixUp(1.0)], targets=targets)
    first = list(loader(augment, source))
    for batch in first:
        for n, index in enumerate(batch["index"]):
            kinds = [int(each) for each in batch["kind"][n]]
            assert kinds[: index % 3] == [index] * (index % 3) and len(batch["boxes"][n]) == len(kinds)
            mate = set(kinds[index % 3 :])
            assert len(mate) <= 1 and index not in mate
    again = {
        int(i): k
        for b in loader(augment, source, workers=2, batch_size=7)
        for i, k in zip(b["index"], b["kind"], strict=True)
    }
    assert {int(i): list(k) for b in first for i, k in zip(b["index"], b["kind"], strict=True)} == {
        i: list(k) for i, k in again.items()
    }
    padded = loader(augment, source, collate=vg.Padded(), batch_size=30, workers=2)
    assert all(batch["boxes"].ndim == 3 and batch["instances"].dtype == bool for batch in padded)


# Bad files

HEADER, PIXELS = b"no picture at all", "pixels"


@pytest.fixture
def photos(tmp_path):
    """70 pictures: one has a bad header, one bad pixels."""
    for n in range(70):
        Image.fromarray(IMAGES[n]).resize((40, 40)).save(tmp_path / f"{n:02}.jpg", quality=95)
    (tmp_path / "07.jpg").write_bytes(HEADER)
    content = (tmp_path / "31.jpg").read_bytes()
    (tmp_path / "31.jpg").write_bytes(content[: len(content) // 2])
    return tmp_path


def of_files(folder, **options):
    augment = vg.Compose([*BEFORE, vg.MixUp(1.0)])
    source = vg.ImageFolder(folder, labelled=False)
    return vg.Loader(source, augment, **{"batch_size": 32, "seed": 3, "workers": 0, **options})


def pictures(batches):
    """By (position, variation): a stand-in has a variation of its own."""
    return {
        (int(i), int(v)): image.tobytes()
        for batch in batches
        for i, v, image in zip(
            batch["index"], batch.get("variation", np.zeros(len(batch["index"]))), batch["image"], strict=True
        )
    }


@pytest.mark.parametrize("policy", ["skip", "replace"])
def test_bad_files_are_left_out_as_partners_and_counted_once(photos, policy):
    one = of_files(photos, on_error=policy)
    first = pictures(one)
    assert one.stats()["errors"] == 2 and one.stats()["unmixed"] == 0
    assert len(first) == {"skip": 68, "replace": 70}[policy]
    assert pictures(of_files(photos, on_error=policy, workers=2, batch_size=7)) == first
    found = {}
    for rank in range(3):
        found |= pictures(of_files(photos, on_error=policy, rank=rank, world_size=3, batch_size=5))
    assert found == first


def test_raise_tells_of_the_bad_one(photos):
    with pytest.raises(vg.DecodeError, match=r"07\.jpg|31\.jpg"):
        pictures(of_files(photos))


def test_a_block_with_no_other_good_sample_leaves_it_unmixed(tmp_path):
    for n in range(3):
        Image.fromarray(IMAGES[n]).save(tmp_path / f"{n}.png")
    for n in (1, 2):
        (tmp_path / f"{n}.png").write_bytes(HEADER)
    lenient = vg.OnError("skip", max_errors=None)
    one = of_files(tmp_path, on_error=lenient)
    (made,) = pictures(one).values()
    assert one.stats()["unmixed"] == 1 and one.stats()["errors"] == 2
    plain = one.augment.without()
    (batch,) = vg.Loader(vg.ImageFolder(tmp_path, labelled=False), plain, seed=3, workers=0, on_error=lenient)
    assert batch["image"][0].tobytes() == made


def test_a_source_of_one_sample_is_unmixed_and_counted():
    one = loader(source=vg.Arrays(IMAGES[:1], LABELS[:1]), augment=vg.Compose([vg.MixUp(1.0)]))
    (batch,) = one
    assert np.array_equal(batch["image"], IMAGES[:1]) and batch["label"].tolist() == [[1, 0, 0, 0, 0]]
    assert one.stats()["unmixed"] == 1


def test_unequal_pictures_are_refused_with_both_names(tmp_path: Path):
    for n in range(4):
        Image.fromarray(IMAGES[n][: 10 + n]).save(tmp_path / f"{n}.png")
    with pytest.raises(vg.InputError, match=r"^MixUp mixes pictures of one size, and the partner is uint8") as problem:
        pictures(of_files(tmp_path))
    notes = "\n".join(problem.value.__notes__)
    assert re.search(r"this was in making sample \d, .*\d\.png\n.*it is the partner of sample \d, .*\d\.png", notes)


def test_memory_that_holds_no_block_makes_partners_again():
    whole_ = samples(loader(batch_size=4))
    one = loader(batch_size=4, memory="60kB", workers=1)
    assert samples(one) == whole_ and one.stats()["again"] > 0
    assert loader(batch_size=4).stats()["again"] == 0


def test_partners_of_a_class_need_labels():
    source = vg.Arrays(IMAGES)
    with pytest.raises(SourceError, match=r'^partners="class" and "other class" need a source with one label a sample'):
        list(vg.Loader(source, vg.Compose([vg.MixUp(1.0, partners="class")]), workers=0))


def test_too_little_memory_is_told():
    with pytest.raises(ResourceError, match="memory"):
        list(loader(batch_size=64, memory="4kB"))


def test_pipelines_that_do_not_mix_are_dealt_place_by_place():
    plain = vg.Compose(BEFORE)
    one = loader(plain, rank=1, world_size=3, batch_size=10)
    order = np.concatenate([batch["index"] for batch in loader(plain)])
    assert np.concatenate([batch["index"] for batch in one]).tolist() == order[1::3].tolist()
