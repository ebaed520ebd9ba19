"""Blind columns: numbers by key and path alone, and gates that open as often as they say."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

import variegate as vg
from variegate import rng
from variegate.dist import Bits
from variegate.ops.base import Drawn
from variegate.ops.effect import Matrix
from variegate.ops.fields import bits, declare
from variegate.plan.draw import applied

MANY = 20_000


def drawing(ops, keys):
    compiler = vg.Compose(ops).compiler
    return compiler.flat.nodes, compiler.drawing.columns(keys)


def flags(ops, count=MANY):
    """For each op by path: for which samples it applies."""
    nodes, columns = drawing(ops, vg.Keys.at(1, 0, np.arange(count)))
    found = {node.path: applied(node.gates, columns) for node in nodes}
    return {path: np.ones(count, bool) if each is None else each for path, each in found.items()}


def near(share, want):
    """Within five standard deviations of a share of MANY."""
    return abs(share - want) <= 5 * np.sqrt(want * (1 - want) / MANY)


OPS = [
    vg.Rotate((-30, 30)),
    vg.Brightness((0.5, 1.5), p=0.5),
    vg.RandomResizedCrop(8),
    vg.OneOf([vg.Hue((-9, 9)), vg.Gamma((0.5, 2))]),
    vg.Perspective((0, 0.5), name="aslant"),
]


def test_a_column_a_field_and_a_number_a_sample():
    _, columns = drawing(OPS, vg.Keys.at(7, 2, np.arange(5)))
    shapes = {
        path: {name: column.shape for name, column in fields.items()} for path, fields in columns.items() if fields
    }
    assert shapes == {
        "Rotate": {"angle": (5,)},
        "Brightness": {"factor": (5,), "p": (5,)},
        "RandomResizedCrop": {"scale": (10, 5), "ratio": (10, 5), "top": (5,), "left": (5,)},
        "OneOf": {"choice": (5,)},
        "Hue": {"shift": (5,)},
        "Gamma": {"gamma": (5,), "gain": (5,)},
        "aslant": {"distortion": (5,), "corners": (8, 5)},
    }


def test_a_batch_is_its_samples_one_by_one():
    keys = vg.Keys.at(7, np.arange(6) % 3, 2**63 + np.arange(6, dtype=np.uint64), np.arange(6) // 2)
    _, whole = drawing(OPS, keys)
    for i in range(6):
        _, one = drawing(OPS, vg.Keys.of([keys[i]]))
        for path, fields in whole.items():
            for name, column in fields.items():
                np.testing.assert_array_equal(column[..., i], one[path][name][..., 0])


@pytest.mark.parametrize(
    "changed",
    [
        [OPS[4], OPS[2], OPS[0], OPS[3], OPS[1]],
        OPS[1:],
        [vg.Invert(p=0.5), *OPS],
        [*OPS, vg.Rotate((0, 9))],
        [vg.RandomApply(OPS[:2], p=0.5), *OPS[2:]],
        [OPS[0], vg.Translate((-1, 1)), *OPS[1:]],
        [vg.SomeOf(OPS, n=2), vg.Resize(8)],
    ],
    ids=["moved", "removed", "added before", "added after", "wrapped", "added between", "in SomeOf"],
)
def test_no_op_changes_the_numbers_of_another(changed):
    keys = vg.Keys.at(7, 2, np.arange(100))
    _, before = drawing(OPS, keys)
    _, after = drawing(changed, keys)
    shared = {path for path in set(before) & set(after) if path not in ("Compose",)}
    assert len(shared) >= 5
    for path in shared:
        assert before[path].keys() == after[path].keys()
        for name, column in before[path].items():
            np.testing.assert_array_equal(column, after[path][name], err_msg=f"{path}.{name}")


def test_p_is_the_probability():
    for p in (0.0, 0.01, 0.3, 0.9):
        assert near(flags([vg.Rotate(1, p=p)])["Rotate"].mean(), p)
    assert flags([vg.Rotate(1, p=1)])["Rotate"].all()


def test_gates_of_several_ops_are_independent():
    found = flags(
        [vg.Rotate(1, p=0.5), vg.Invert(p=0.5), vg.RandomApply([vg.Grayscale(p=0.5), vg.HorizontalFlip()], p=0.4)]
    )
    assert near((found["Rotate"] & found["Invert"]).mean(), 0.25)
    assert near(found["HorizontalFlip"].mean(), 0.4)
    assert near(found["Grayscale"].mean(), 0.2)
    assert not (found["Grayscale"] & ~found["HorizontalFlip"]).any()


def test_one_of_takes_exactly_one_by_weight():
    found = flags([vg.OneOf([vg.Rotate(1), vg.Invert(), vg.Grayscale()], weights=(5, 0, 3))])
    assert np.all(sum(each.astype(int) for each in found.values()) == 1)
    assert near(found["Rotate"].mean(), 5 / 8) and not found["Invert"].any()
    even = flags([vg.OneOf([vg.Rotate(1), vg.Invert(), vg.Grayscale()])])
    assert all(near(each.mean(), 1 / 3) for each in even.values())


def test_one_of_with_p_takes_one_or_none():
    found = flags([vg.OneOf([vg.Rotate(1), vg.Invert(p=0.5)], p=0.5)])
    total = found["Rotate"].astype(int) + found["Invert"]
    assert total.max() == 1
    assert near(found["Rotate"].mean(), 0.25) and near(found["Invert"].mean(), 0.125)


def test_nested_one_of():
    found = flags([vg.OneOf([vg.Rotate(1), vg.OneOf([vg.Invert(), vg.Compose([vg.Grayscale(), vg.Transpose()])])])])
    assert near(found["Invert"].mean(), 0.25)
    np.testing.assert_array_equal(found["Grayscale"], found["Transpose"])
    assert np.all(found["Rotate"].astype(int) + found["Invert"] + found["Grayscale"] == 1)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_some_of_takes_n_each_as_often(n):
    found = flags([vg.SomeOf([vg.Rotate(1), vg.Invert(), vg.Grayscale(), vg.HorizontalFlip()], n=n)])
    assert np.all(sum(each.astype(int) for each in found.values()) == n)
    assert all(near(each.mean(), n / 4) for each in found.values())


def test_some_of_pairs_are_equally_likely():
    found = flags([vg.SomeOf([vg.Rotate(1), vg.Invert(), vg.Grayscale()], n=2)])
    for a, b in (("Rotate", "Invert"), ("Rotate", "Grayscale"), ("Invert", "Grayscale")):
        assert near((found[a] & found[b]).mean(), 1 / 3)


def test_some_of_a_range_takes_both_ends():
    found = flags([vg.SomeOf([vg.Rotate(1), vg.Invert(), vg.Grayscale()], n=(1, 3))])
    total = sum(each.astype(int) for each in found.values())
    assert all(near((total == n).mean(), 1 / 3) for n in (1, 2, 3))


def test_some_of_a_choice_of_numbers():
    found = flags([vg.SomeOf([vg.Rotate(1), vg.Invert(), vg.Grayscale()], n=vg.Choice((0, 3)))])
    total = sum(each.astype(int) for each in found.values())
    assert set(total.tolist()) == {0, 3} and near((total == 3).mean(), 0.5)


# Bits


@declare
class Speckle(vg.Op):
    """An op that declares bits beside a number."""

    strength: Drawn = (0, 1)
    bits: Bits = bits()

    gives = Matrix


def test_bits_are_the_words_of_a_block_a_sample():
    keys = vg.Keys.at(7, 2, 2**63 + np.arange(5, dtype=np.uint64), np.arange(5))
    _, columns = drawing([Speckle(p=0.5)], keys)
    assert list(columns["Speckle"]) == ["strength", "bits", "p"]
    assert columns["Speckle"]["bits"].shape == (4, 5) and columns["Speckle"]["bits"].dtype == np.uint32
    for i in range(5):
        word = int(keys.id[i])
        counter = (word & 0xFFFFFFFF, word >> 32, 2, i)
        want = rng.block(counter, rng.stream(7, "Speckle", "bits", 0))
        assert tuple(columns["Speckle"]["bits"][:, i].tolist()) == want
        _, one = drawing([Speckle(p=0.5)], vg.Keys.of([keys[i]]))
        np.testing.assert_array_equal(one["Speckle"]["bits"][:, 0], columns["Speckle"]["bits"][:, i])


def test_bits_change_no_number():
    keys = vg.Keys.at(7, 2, np.arange(50))
    _, columns = drawing([vg.Rotate((-30, 30)), Speckle(), Speckle(p=0.5)], keys)
    _, before = drawing([vg.Rotate((-30, 30))], keys)
    np.testing.assert_array_equal(columns["Rotate"]["angle"], before["Rotate"]["angle"])
    words = np.concatenate([columns["Speckle"]["bits"], columns["Speckle#2"]["bits"]], axis=1)
    assert len({tuple(each) for each in words.T.tolist()}) == 100


def test_nobody_sets_bits_and_a_file_does_not_name_them(tmp_path):
    assert repr(Speckle()) == "Speckle()" and Speckle() == Speckle()
    with pytest.raises(TypeError):
        Speckle(bits=Bits())
    with pytest.raises(vg.FieldError, match=r"^Rotate\.angle is a number, a range .*, got Bits\(\)$"):
        vg.Rotate(Bits())
    pipeline = vg.Compose([Speckle((0, 0.5))])
    vg.save(pipeline, tmp_path / "own.json", ops=[Speckle])
    assert vg.load(tmp_path / "own.json", ops=[Speckle]) == pipeline
    (tmp_path / "bits.json").write_text('{"variegate": 1, "ops": [{"Rotate": {"angle": {"Bits": {}}}}]}')
    with pytest.raises(vg.ConfigError, match="unknown distribution Bits"):
        vg.load(tmp_path / "bits.json")


def test_params_tell_bits_as_integers():
    words = vg.Compose([Speckle()]).params(vg.Key(id=3))["Speckle"]["bits"]
    assert len(words) == 4 and all(type(word) is int and 0 <= word < 2**32 for word in words)


def test_bits_have_no_trials():
    @declare
    class Twice(Speckle):
        trials: ClassVar = {"bits": 2}

    with pytest.raises(
        vg.PipelineError, match=r"^Twice\.bits is Bits, which has no trials: take other positions of it$"
    ):
        drawing([Twice()], vg.Keys.at(0, 0, [0]))
