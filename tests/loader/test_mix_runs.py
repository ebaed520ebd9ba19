"""Runs of every op that mixes: resumed at each step into another world, weighted, padded, and with bad files in it."""

from __future__ import annotations

import json
import re
from itertools import islice

import numpy as np
import pytest
from PIL import Image

import variegate as vg
from variegate.loader.batch.class_members import ClassMembers

COUNT = 141  # two rounds of one rank, no whole one of three, and a rest
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (COUNT, 12, 12, 3), dtype=np.uint8)
LABELS = np.arange(COUNT) % 5
MASKS = [np.zeros((n % 4, 12, 12), bool) for n in range(COUNT)]
for _n, _stack in enumerate(MASKS):
    for _k, _plane in enumerate(_stack):
        _plane[_k : _k + 3 + _n % 5, 2 * _k : 2 * _k + 4] = True
TARGETS = {"masks": vg.Mask(stack=True), "kind": vg.PerInstance(), "label": vg.Classes(5)}
SOURCE = vg.Arrays(
    IMAGES,
    LABELS,
    fields={"masks": MASKS, "kind": [list(range(len(each))) for each in MASKS]},
    targets={"masks": vg.Mask(stack=True), "kind": vg.PerInstance()},
)
FLIP = vg.HorizontalFlip(p=0.5)
OPS = {
    "MixUp": [FLIP, vg.MixUp(1.0)],
    "CutMix": [FLIP, vg.CutMix(p=0.8)],
    "Mosaic": [vg.Mosaic(16), FLIP],
    "CopyPaste": [FLIP, vg.CopyPaste((1, 3))],
    "all": [vg.Mosaic(16, p=0.5), vg.Resize(12), vg.OneOf([vg.MixUp(1.0), vg.CutMix(), vg.CopyPaste((1, 3))])],
}


def loader(ops, source=SOURCE, **options):
    augment = vg.Compose(ops, targets=TARGETS)
    return vg.Loader(source, augment, **{"batch_size": 16, "seed": 3, "workers": 0, **options})


def samples(batches):
    """By (id, variation): the bytes of all fields."""
    found = {}
    for batch in batches:
        again = batch.get("variation", np.zeros(len(batch["id"]), np.uint32))
        for n, key in enumerate(zip(batch["id"].tolist(), again.tolist(), strict=True)):
            assert key not in found
            masks, kind = np.asarray(batch["masks"][n]), np.asarray(batch["kind"][n])
            found[key] = batch["image"][n].tobytes(), batch["label"][n].tobytes(), masks.tobytes(), kind.tobytes()
    return found


@pytest.mark.parametrize("worlds", [(1, 3), (3, 1), (2, 3)], ids=repr)
@pytest.mark.parametrize("name", OPS)
def test_each_op_goes_on_from_every_step_into_another_world(name, worlds):
    ops, (before, after) = OPS[name], worlds
    whole = samples(loader(ops))
    batches = [list(loader(ops, rank=rank, world_size=before)) for rank in range(before)]
    first = loader(ops, world_size=before)
    for step, _ in enumerate(islice(first, len(batches[0]) - 1), 1):
        state, seen = json.loads(json.dumps(first.state())), {}
        for own in batches:
            seen |= samples(own[:step])
        for rank in range(after):
            other = loader(ops, rank=rank, world_size=after, batch_size=24, workers=2 * (step % 2))
            other.resume(state)
            left = samples(other)
            assert not seen.keys() & left.keys()
            seen |= left
        assert seen == whole


@pytest.mark.parametrize("name", OPS)
def test_padded_batches_are_the_same_in_every_world(name):
    """What is there of a padded field is what a list has; how many places there are is the batch's."""
    listed = samples(loader(OPS[name]))
    for world, most in ((1, None), (3, None), (3, 24)):
        found = {}
        for rank in range(world):
            batches = list(
                loader(OPS[name], rank=rank, world_size=world, collate=vg.Padded(most=most), batch_size=7, workers=2)
            )
            for batch in batches:
                there = batch["instances"]
                assert batch["masks"].shape[:2] == batch["kind"].shape == there.shape
                assert most is None or there.shape[1] == most
                assert not batch["masks"][~there].any()
                cut = {item: [v[t] for v, t in zip(batch[item], there, strict=True)] for item in ("masks", "kind")}
                found |= samples([{**batch, **cut}])
        assert found.keys() == listed.keys()
        for key, (image, label, masks, kind) in found.items():
            assert (image, label, masks) == listed[key][:3]
            assert np.array_equal(np.frombuffer(kind, np.int64), np.frombuffer(listed[key][3], np.int64))


# Classes, under weights

SHADES = (np.arange(COUNT, dtype=np.float32) / COUNT)[:, None, None, None]
LEVELS = vg.Arrays(np.zeros((COUNT, 2, 2, 1), np.float32) + SHADES, LABELS)


@pytest.mark.parametrize("weights", ["balanced", np.where(np.arange(COUNT) % 3 == 0, 0.0, np.arange(COUNT) + 1.0)])
@pytest.mark.parametrize("who", ["class", "other class"])
def test_partners_of_a_class_under_weighted_sampling(who, weights):
    """Pictures of one level each tell whose they are: nobody's partner is itself, of another kind, or of weight 0."""
    augment = vg.Compose([vg.CutMix(partners=who)], targets={"label": vg.PerSample()})

    def run(**options):
        given = {"batch_size": 10, "seed": 3, "workers": 0, "samples_per_epoch": 300, **options}
        return vg.Loader(LEVELS, augment, weights=weights, **given)

    mixed = 0
    for batch in run():
        for image, own in zip(batch["image"], batch["index"], strict=True):
            seen = np.rint(np.unique(image) * COUNT).astype(int)
            assert len(seen) <= 2
            for other in seen[seen != own]:
                assert (LABELS[other] == LABELS[own]) == (who == "class")
                assert isinstance(weights, str) or weights[other] > 0
                mixed += 1
    assert mixed > 100

    def keyed(one):
        return {(b["id"][n], b["variation"][n]): b["image"][n].tobytes() for b in one for n in range(len(b["id"]))}

    whole = keyed(run())
    assert keyed(run(workers=2, batch_size=7)) == whole
    parts = [keyed(run(rank=rank, world_size=3)) for rank in range(3)]
    assert {**parts[0], **parts[1], **parts[2]} == whole and sum(map(len, parts)) == len(whole)


@pytest.mark.parametrize("allowed", [None, RNG.random(40) < 0.5], ids=["all", "some"])
def test_members_of_a_class_against_a_search(allowed):
    column = RNG.integers(0, 6, 40)
    column[7] = 99  # alone in its class
    members, able = ClassMembers(column, allowed), np.ones(40, bool) if allowed is None else allowed
    for position in range(40):
        for same in (True, False):
            wanted = [n for n in range(40) if able[n] and n != position and (column[n] == column[position]) == same]
            for drawn in (0.0, 0.4, 1 - 2**-53):
                found = list(members.of(position, same, drawn))
                assert sorted(found) == wanted and len(set(found)) == len(found)
            starts = (np.arange(len(wanted)) + 0.5) / max(len(wanted), 1)
            firsts = {next(members.of(position, same, float(start))) for start in starts}
            assert firsts == set(wanted)


def test_a_class_of_one_is_unmixed_and_counted():
    source = vg.Arrays(IMAGES[:5], np.arange(5))
    one = vg.Loader(source, vg.Compose([vg.MixUp(1.0, partners="class")]), 5, seed=1, workers=0, one_hot=5)
    (batch,) = one
    assert np.array_equal(batch["image"], IMAGES[batch["index"]]) and one.stats()["unmixed"] == 5


# Bad files


@pytest.fixture
def photos(tmp_path):
    """30 pictures: one has a bad header, one bad pixels."""
    for n in range(30):
        Image.fromarray(IMAGES[n]).resize((40, 40)).save(tmp_path / f"{n:02}.jpg", quality=95)
    (tmp_path / "07.jpg").write_bytes(b"no picture at all")
    content = (tmp_path / "21.jpg").read_bytes()
    (tmp_path / "21.jpg").write_bytes(content[: len(content) // 2])
    return tmp_path


MIXING = [vg.MixUp(1.0), vg.CutMix(), vg.Mosaic(40)]


def of_files(folder, op, **options):
    source = vg.ImageFolder(folder, labelled=False)
    return vg.Loader(source, vg.Compose([FLIP, op]), **{"batch_size": 5, "seed": 3, "workers": 0, **options})


@pytest.mark.parametrize("policy", ["skip", "replace"])
@pytest.mark.parametrize("op", MIXING, ids=repr)
def test_a_bad_partner_in_three_worlds(photos, op, policy):
    """Ranks read each other's samples again, and each counts the bad ones that it met."""

    def told(one):
        found = {}
        for batch in one:
            again = batch.get("variation", np.zeros(len(batch["id"]), np.uint32))
            found |= {
                (int(i), int(v)): image.tobytes()
                for i, v, image in zip(batch["index"], again, batch["image"], strict=True)
            }
        return found

    whole = told(of_files(photos, op, on_error=policy))
    assert len(whole) == {"skip": 28, "replace": 30}[policy]
    found, met = {}, []
    for rank in range(3):
        one = of_files(photos, op, on_error=policy, rank=rank, world_size=3, workers=2 * (rank % 2))
        found |= told(one)
        met.append(one.stats()["errors"])
        assert one.stats()["unmixed"] == 0
    assert found == whole and max(met) <= 2 and sum(met) >= 2


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("bad", [7, 21], ids=["header", "pixels"])
@pytest.mark.parametrize("op", MIXING, ids=repr)
def test_raise_names_the_bad_partner_and_whose_it_is_in_three_worlds(photos, op, bad, workers):
    """30 places of three ranks are dealt one by one: a partner is mostly another rank's."""
    (photos / f"{28 - bad:02}.jpg").write_bytes((photos / "00.jpg").read_bytes())  # leave one bad file alone
    seen = 0
    for rank in range(3):
        one = of_files(photos, op, rank=rank, world_size=3, workers=workers)
        plain = vg.Loader(vg.Arrays(IMAGES[:30]), None, 5, seed=3, workers=0, rank=rank, world_size=3)
        for epoch in range(12):
            own = {int(i) for batch in plain.epoch(epoch) for i in batch["index"]}
            try:
                list(one.epoch(epoch))
            except vg.DecodeError as problem:
                assert re.search(rf"{bad:02}\.jpg", str(problem))
                notes = [note for note in getattr(problem, "__notes__", []) if "partner" in note]
                if bad not in own:
                    told = re.search(r"^variegate: it is the partner of sample (\d+), .*\.jpg$", notes[0])
                    assert int(told[1]) in own
                    seen += 1
            else:
                assert bad not in own
    assert seen >= 3
