"""The conformance table: every op x target x dtype follows its law, or is a gap that is declared and raises as it says.

Geometric ops take labels where an independent walk of their own maps says; all others leave them as they were, bit for
bit. Long, because the table is one, and docs/conformance.md is made of it. After a change that is meant, write that
anew and read the difference:

    UPDATE_GOLDEN=1 .venv/bin/python -m pytest tests/conformance
"""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from tests.catalogue import EXAMPLES

import variegate as vg
from variegate.kernels.reference import reference_run
from variegate.ops.combine import Chain, Combinator
from variegate.ops.effect import (
    ColourFunction,
    Effect,
    Field,
    Geometric,
    Holes,
    LocalEqualization,
    LowResolution,
    Map,
    Matrix,
    Median,
    Mirror,
    Noise,
    Output,
    PictureFunction,
    PixelFunction,
    RowFunction,
    Statistic,
    Stencil,
    Table,
    Tone,
)
from variegate.ops.macro import Macro
from variegate.plan.flatten import flatten
from variegate.targets import Target

DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"
SIZE = (30, 40)
KEYS = [vg.Key(seed=1, id=n) for n in range(3)]


def geometric(op):
    """Whether an op moves pixels by a map, and not in a branch alone."""
    return any(issubclass(node.op.gives, Geometric) for node in flatten(Chain([op, vg.Resize(SIZE)])).nodes[:-1])


def still(op):
    """An op with its ops of colour put to rest."""
    if isinstance(op, Combinator):
        return replace(op, ops=tuple(map(still, op.ops)))
    if isinstance(op, Macro) and geometric(op):
        kind = type(op)  # what it draws hangs on its path, so it keeps its name
        resting = type(kind.__name__, (kind,), {"expand": lambda self: still(kind.expand(self))})
        return resting(**{item.name: getattr(op, item.name) for item in fields(op) if item.init})
    return op if geometric(op) or isinstance(op, vg.Opaque) else replace(op, p=0.0)


# Columns


def picture(channels, dtype, seed=0):
    image = np.random.default_rng(seed).integers(0, 256, (*SIZE, channels), np.uint8)
    if dtype == "uint16":
        return image.astype(np.uint16) * 257
    return image if dtype == "uint8" else (image / np.float32(255)).astype(np.float32)


def noise(shape, dtype):
    """All the numbers that a mask of this dtype can hold, or floats from -1 to 1."""
    rng, kind = np.random.default_rng(1), np.dtype(dtype).kind
    if kind == "f":
        return rng.uniform(-1, 1, shape).astype(dtype)
    limits = (0, 1) if kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return rng.integers(*limits, shape, np.int64 if kind == "b" else dtype, True).astype(dtype)


BOXES = np.array([[4, 3, 18, 14], [20, 10, 37, 27], [1, 22, 8, 29]])
TURNED = np.array([[11.3, 8.1, 14, 9, 20], [28.7, 18.2, 15, 12, -70], [4.4, 25.6, 6, 3, 0]])
RINGS = [
    [[(4.1, 3.2), (18.3, 5.1), (11.2, 14.4)], [(5.3, 16.1), (9.1, 16.2), (9.4, 20.3)]],
    [[(20.4, 10.3), (37.2, 12.4), (30.1, 15.2), (35.3, 27.1), (22.2, 24.3)]],
    [[(1.2, 22.1), (8.1, 23.4), (3.2, 29.1)]],
]
POINTS = np.array(
    [
        [[11.3, 8.2, 2, 3.5, 10], [15.1, 4.7, 1, 2, 100], [0, 0, 0, 0, 0]],
        [[29.2, 20.3, 2, 4, -150], [22.7, 26.1, 2, 1, 0], [36.3, 11.4, 2, 5, 45]],
        [[2.6, 23.7, 2, 1, 80], [7.3, 28.2, 1, 1, -80], [0, 0, 0, 0, 0]],
    ]
)
DISCS = np.stack(
    [np.hypot(*(np.mgrid[:30, :40] - np.array(at)[:, None, None])) < 6 for at in ((9, 11), (19, 28), (26, 4))]
)


class Column(NamedTuple):
    """A target of one dtype.

    heading  of the document's column
    target   None: the picture itself; otherwise that of the field `it`
    value    of the field, or the picture
    law      of geometric ops, by its name in conftest.py; "": stays whatever the op: it has no place in the picture
    back     the dtype that comes back, where it was declared
    """

    heading: str
    target: Any
    value: Any
    law: str = ""
    back: Any = None

    @property
    def brings(self):
        """What an op that looks at labels finds here."""
        if isinstance(self.target, vg.Boxes):
            return "boxes"
        if isinstance(self.target, vg.Mask) and self.target.stack:
            return "instances"
        classes = isinstance(self.target, vg.Mask) and self.value.dtype.kind in "bui"
        return "mask" if classes else ""

    @property
    def dtype(self):
        """By name; of what is no array, nothing."""
        return self.value.dtype.name if isinstance(self.value, np.ndarray) else ""


def columns():
    """All columns by name, in the order of the document."""
    for channels in (1, 3, 4):
        for dtype in ("uint8", "uint16", "float32"):
            yield Column(f"image, {channels} ch", None, picture(channels, dtype))
    yield Column("view", vg.Image(), picture(1, "float32", 1))
    yield Column("view", vg.Image(), picture(4, "uint16", 1))
    yield Column("view in colour, 1 ch", vg.Image(colour=True), picture(1, "float32", 1))
    yield Column("view in colour, 4 ch", vg.Image(colour=True), picture(4, "uint8", 1))
    for dtype in ("bool", "uint8", "uint16", "int32", "int64"):
        yield Column("mask", vg.Mask(), noise(SIZE, dtype), "classes")
    yield Column("mask, 2 ch", vg.Mask(channels=2), noise((*SIZE, 2), "uint8"), "layers")
    yield Column("mask, stride 0.5", vg.Mask(stride=0.5), noise((60, 80), "uint8"), "finer")
    for dtype in ("float16", "float32", "float64"):
        yield Column("float map", vg.Mask(), noise((*SIZE, 2) if dtype == "float32" else SIZE, dtype), "numbers")
    for dtype in ("bool", "uint8", "int32"):
        yield Column("mask stack", vg.Mask(stack=True), (DISCS * np.int32(7)).astype(dtype), "stacks")
    for dtype in ("float32", "float64", "int64"):
        back = dtype if dtype != "int64" else "float32"
        yield Column("boxes", vg.Boxes(dtype=back), BOXES.astype(dtype), "boxes", back)
    for dtype in ("float32", "float64"):
        yield Column("oriented", vg.OrientedBoxes(dtype=dtype), TURNED.astype(dtype), "oriented")
    for dtype in ("float32", "float64"):
        target = vg.Keypoints(group=None, dtype=dtype)
        yield Column("points", target, POINTS[:, :2, :2].reshape(-1, 2).astype(dtype), "points")
    for dtype in ("float32", "float64"):
        full = vg.Keypoints("xyvsa", swap=[(0, 1)], dtype=dtype)
        yield Column("keypoints", full, POINTS.astype(dtype), "instances_of_points")
    yield Column("polygons", vg.Polygons(dtype="float64"), RINGS, "outlines")
    yield Column("polylines", vg.Polygons(closed=False, dtype="float64"), RINGS, "lines")
    yield Column("per instance", vg.PerInstance(), ["cat", "dog", "cow"])
    yield Column("per sample", vg.PerSample(), {"weather": object()})
    yield Column("classes", vg.Classes(4), np.array([0, 1, 0.25, 0], np.float32))


COLUMNS = {f"{column.heading} {column.dtype}".strip(): column for column in columns()}
PICTURES = [name for name, column in COLUMNS.items() if column.target in (None, vg.Image(colour=True))]
PLACED = [name for name, column in COLUMNS.items() if column.law]


def of_channels(*counts):
    """The columns of pictures with so many channels."""
    return [name for name in PICTURES if COLUMNS[name].value.shape[2] in counts]


# Gaps


class Gap(NamedTuple):
    """Why an op does nothing to a target.

    reason  as the document says it
    error   what the InputError says, as a regular expression; None: the target comes back as it was, without an error
    """

    reason: str
    error: str | None


RGB = "ChannelMix", "HueSaturationValue", "PCAJitter", "PhotometricDistort", "RGBShift", "Sepia", "Temperature"
COLOURS = ("CLAHE", "ColorJitter", "Contrast", "Grayscale", "Hue", "ISONoise", "Saturation")
POLICIES = "AugMix", "AutoAugment", "RandAugment", "ThreeAugment", "TrivialAugmentWide", "policy"
GAPS: dict[tuple[str, str], Gap] = {}
for _name in of_channels(4):
    for _op in COLOURS:
        _about = " about the luminance" if _op == "Contrast" else ""
        GAPS[_op, _name] = Gap(
            "luminance and hue are of red, green and blue, or of one channel of grey; refused for other pictures",
            rf"{_op}{_about} takes pictures of 1 or 3 channels, got 4\. ",
        )
    for _op in POLICIES:
        GAPS[_op, _name] = Gap(
            "ops that it may pick are of red, green and blue, or of one channel of grey; refused for other pictures",
            rf"{_op} takes pictures of 1 or 3 channels, got 4: ops that it may pick are about colours\. ",
        )
for _name in of_channels(1):
    for _op in ("Grayscale", "Hue", "Saturation"):
        GAPS[_op, _name] = Gap("one channel of grey has no colour to change; it comes back as it was", None)
    GAPS["ChannelShuffle", _name] = Gap("one channel has no other order; it comes back as it was", None)
    GAPS["ChannelDropout", _name] = Gap(
        "one channel is left at least; refused for pictures of one",
        r"ChannelDropout drops 1 of a picture's channels, and this one has 1: one at least must be left\. ",
    )
for _name in of_channels(4):
    GAPS["ChannelShuffle", _name] = Gap(
        "the order is of red, green and blue; refused for other pictures",
        r"ChannelShuffle takes pictures of 1 or 3 channels, got 4\. ",
    )
for _name in of_channels(1, 4):
    for _op in RGB:
        _of = "3 channels, got [14]: ops" if _op == "PhotometricDistort" else "red, green and blue, got [14] channels?"
        GAPS[_op, _name] = Gap(
            "it is about red, green and blue; refused for other pictures", rf"{_op} takes pictures of {_of}"
        )
    GAPS["Normalize", _name] = Gap(
        "by default mean and std are of red, green and blue; refused for other pictures, unless given for theirs",
        r"Normalize\.mean has 3 numbers, but the picture has [14] channels?\. Write one number a channel",
    )
for _name in of_channels(4):
    GAPS["JPEG", _name] = Gap("a JPEG has 1 channel or 3", "JPEG takes pictures of 1 or 3 channels, got 4")
for _name in PLACED:
    GAPS["Opaque", _name] = Gap(
        "nothing tells where a function of yours moves pixels; labels are refused, unless it says moves_pixels=False",
        r"^upside_down is a function of the whole picture that may move pixels, and it cannot follow it\. If ",
    )
LOOKS = {  # a label that lowering asks for; the field that is given beside a column which does not bring it; the error
    "boxes": (
        {"boxes": vg.Boxes(group="others")},
        {"boxes": np.array([[12.0, 8, 28, 22]])},
        r"looks at boxes, but the sample has none: declare targets=\{'boxes': Boxes\(\.\.\.\)\} in Compose, and",
    ),
    "mask": (
        {"mask": vg.Mask()},
        {"mask": DISCS[1].astype(np.uint8)},
        r"looks at a mask, but the sample has none: declare targets=\{'mask': Mask\(\)\} in Compose, and give mask=",
    ),
    "instances": (
        {"masks": vg.Mask(stack=True, group="others")},
        {"masks": DISCS.astype(np.uint8)},
        r"looks at masks of instances, but the sample has none: declare targets=\{'masks': Mask\(stack=True\)\} ",
    ),
}


FOREIGN, NOT_NUMBERS = ("bool", "uint32", "int64"), ("bool", "complex64")
PICTURE = "is uint8, uint16 or float32, got "
REFUSED: dict[str, list[tuple[str, Column, str]]] = {  # by heading: what is refused whatever the op, and the error
    "image": [(dtype, Column("", None, np.zeros(SIZE, dtype)), f"^a picture {PICTURE}{dtype}") for dtype in FOREIGN],
    "view": [(dtype, Column("", vg.Image(), np.zeros(SIZE, dtype)), f"^it {PICTURE}{dtype}") for dtype in FOREIGN],
    "view in colour": [
        (dtype, Column("", vg.Image(colour=True), np.zeros(SIZE, dtype)), f"^it {PICTURE}{dtype}") for dtype in FOREIGN
    ],
    "mask": [
        (
            "complex64",
            Column("", vg.Mask(), np.zeros(SIZE, "c8")),
            "^it is integers, booleans or floats, got complex64",
        ),
        ("(H, W, C) of integers", Column("", vg.Mask(), np.zeros((*SIZE, 3), int)), "there are; got int64"),
    ],
    "boxes": [
        (dtype, Column("", vg.Boxes(), BOXES.astype(dtype)), rf"^it is \(N, 4\) numbers, .*got {dtype}")
        for dtype in NOT_NUMBERS
    ],
    "oriented": [
        (dtype, Column("", vg.OrientedBoxes(), TURNED.astype(dtype)), rf"^it is \(N, 5\) numbers, .*got {dtype}")
        for dtype in NOT_NUMBERS
    ],
    "keypoints": [
        (dtype, Column("", vg.Keypoints("xyvsa"), POINTS.astype(dtype)), rf"^it is \(N, K, 5\) numbers, .*got {dtype}")
        for dtype in NOT_NUMBERS
    ],
}


# Cells


def kind(name, column):
    """What is to become of a target: "gap", or, by its law, "picture", "view", "moves", "loses" or "stays"."""
    if (name, column) in GAPS:
        return "gap"
    if column in PICTURES:
        return "picture" if COLUMNS[column].target is None else "view"
    if COLUMNS[column].target == vg.Image():
        return "view" if geometric(EXAMPLES[name]) or name == "Opaque" else "stays"
    if EXAMPLES[name].looks == COLUMNS[column].brings == "instances":
        return "loses"
    return _moving(EXAMPLES[name]) if COLUMNS[column].law and geometric(EXAMPLES[name]) else "stays"


CELLS = [(name, column) for name in EXAMPLES for column in COLUMNS]


def _moving(op):
    """Which law is of an op that moves pixels."""
    return "bends" if op.gives is Field else "moves"


def cells(which):
    """The test below is of these cells."""
    return pytest.mark.parametrize(("name", "column"), [cell for cell in CELLS if kind(*cell) == which])


class Cell:
    """An op on a sample with one column's value, and with the labels at which the op looks."""

    def __init__(self, op, column, beside=True):
        targets, self.sample = {}, {"image": column.value if column.target is None else picture(3, "uint8")}
        if op.looks and beside and column.brings != op.looks:
            targets, fields, _ = LOOKS[op.looks]
            self.sample |= fields
        if column.target is not None:
            targets = targets | {"it": column.target}
            self.sample["it"] = column.value
        if column.law and column.target.rows_of:
            targets = targets | {"rows": vg.PerInstance()}
            self.sample["rows"] = list(range(len(column.value)))
        self.field = "image" if column.target is None else "it"
        self.pipeline = vg.Compose([op], targets=targets)

    def plan(self, key):
        """The plan of the sample."""
        image = self.sample["image"]
        leaves = self.pipeline.known.read({n: v for n, v in self.sample.items() if n != "image"}, SIZE)
        return self.pipeline.plan(vg.Keys.of([key]), [SIZE], image.shape[2], image.dtype, [leaves] if leaves else ())

    def __call__(self, key):
        return self.pipeline(**self.sample, key=key)


def alike(one, other):
    """Whether two values are the same, dtype and bits, whatever kind of sequence they are in."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, (list, tuple, np.ndarray)):
        return len(one) == len(other) and all(map(alike, one, other))
    return one is other or one == other


@cells("picture")
def test_a_picture_is_what_the_reference_makes_of_it(name, column):
    cell, changed = Cell(EXAMPLES[name], COLUMNS[column]), False
    image, written = COLUMNS[column].value, {"Normalize": "float32", "ToDtype": "float16"}
    for key in KEYS:
        got, plan = cell(key)["image"], cell.plan(key)
        truth = reference_run(plan, 0, image)
        assert got.shape == truth.values.shape and got.dtype == written.get(name, image.dtype)
        # uint8 is filtered in quarter levels; float16 is half a step of 2**-11 off.
        level, sure = plan.bound.read.tables.gain.max() / (255 if image.dtype == np.uint8 else 2**12), ~truth.doubt
        assert sure.mean() > 0.5 and np.abs(got - truth.values)[sure].max() <= level
        changed |= not alike(image, got)
    assert changed, "the op does nothing to this picture, in silence"


@cells("view")
def test_a_view_is_what_it_would_be_as_the_picture(name, column):
    """A view without colours: as the picture of a pipeline whose ops of colour never apply."""
    given, op = COLUMNS[column], EXAMPLES[name]
    bands = given.value
    if isinstance(op, Macro) and not given.target.colour and bands.ndim == 3:
        bands = np.ascontiguousarray(bands[..., :3])  # a policy takes no picture of others, whatever it draws
    picture = given._replace(target=None, value=bands)
    cell, alone = Cell(op, given), Cell(op if given.target.colour else still(op), picture)
    for key in KEYS:
        got = cell(key)
        assert alike(alone(key)["image"], got["it"] if bands is given.value else got["it"][..., :3])
        assert got["it"].shape[:2] == got["image"].shape[:2]


@cells("moves")
def test_a_label_lies_where_the_maps_lead(name, column, walk, law):
    given, changed = COLUMNS[column], False
    cell = Cell(EXAMPLES[name], given)
    for key in KEYS:
        got = cell(key)
        if isinstance(given.value, np.ndarray):
            assert got["it"].dtype == (given.back or given.value.dtype)
        law(given.law, walk(cell.plan(key)), given.value, got["it"], got.get("rows"))
        changed |= not alike(given.value, got["it"])
    assert changed, "the op leaves this label where it was, in silence"


@cells("bends")
def test_a_label_follows_a_field(name, column):
    """Where to, `assert_targets_stay_in_step` holds in the tests of these ops: the walk knows matrices alone."""
    given, changed = COLUMNS[column], False
    cell = Cell(EXAMPLES[name], given)
    for key in KEYS:
        got = cell(key)
        if isinstance(given.value, np.ndarray):
            assert got["it"].dtype == (given.back or given.value.dtype)
        changed |= not alike(given.value, got["it"])
    assert changed, "the op leaves this label where it was, in silence"


@cells("loses")
def test_a_label_loses_whole_instances(name, column):
    given = COLUMNS[column]
    cell, lost = Cell(EXAMPLES[name], given), set()
    for key in KEYS:
        got = cell(key)
        assert 0 < len(got["rows"]) < len(given.value) and alike(got["it"], given.value[got["rows"]])
        lost |= set(range(len(given.value))) - set(got["rows"])
    assert len(lost) > 1, "always the same one"


@cells("stays")
def test_a_label_stays_bit_for_bit(name, column):
    given = COLUMNS[column]
    value = given.value.astype(given.back) if given.back else given.value
    cell = Cell(EXAMPLES[name], given)
    for key in KEYS:
        got = cell(key)["it"]
        assert type(got) is type(value) and alike(value, got)
        assert not isinstance(value, np.ndarray) or not np.shares_memory(given.value, got), "the user's own array"


@cells("gap")
def test_a_gap_is_as_declared(name, column):
    cell, gap = Cell(EXAMPLES[name], COLUMNS[column]), GAPS[name, column]
    for key in KEYS:
        if gap.error is not None:
            with pytest.raises(vg.InputError, match=gap.error):
                cell(key)
        else:
            assert alike(cell(key)[cell.field], COLUMNS[column].value)


@pytest.mark.parametrize(
    ("name", "column"), [cell for cell in CELLS if EXAMPLES[cell[0]].looks not in ("", COLUMNS[cell[1]].brings)]
)
def test_an_op_that_looks_at_labels_refuses_a_sample_without(name, column):
    op = EXAMPLES[name]
    with pytest.raises(vg.InputError, match=f"^{name} {LOOKS[op.looks][2]}"):
        Cell(op, COLUMNS[column], beside=False)(KEYS[0])


@pytest.mark.parametrize("heading", REFUSED)
def test_what_no_op_takes_is_refused_by_all(heading):
    for _, column, error in REFUSED[heading]:
        for op in EXAMPLES.values():
            with pytest.raises(vg.InputError, match=error):
                Cell(op, column)(KEYS[0])


def test_no_gap_is_of_something_else():
    assert set(GAPS) <= set(CELLS)


def test_every_target_has_its_column():
    public = [getattr(vg, name) for name in vg.__all__]
    kinds = {kind for kind in public if isinstance(kind, type) and issubclass(kind, Target)}
    assert {type(column.target) for column in COLUMNS.values() if column.target is not None} == kinds


# The document


HEAD = """# Conformance

What every op does to every target. Each cell is tried for each dtype named below; this page is made of the same data as
the tests, [tests/conformance](../tests/conformance/test_conformance.py).

| | |
|:-:|---|
| ✓ | a picture is what the reference makes of it; a label lies where a walk of the maps, or a field, leads |
| · | stays as it was, bit for bit: the op moves no pixels, or the target has no place among them |
| − | loses whole instances; those that are left stay, bit for bit |
| = | comes back as it was: there is nothing to do |
| ✗ | refused, by an error that says why and what to do |

An instance that is not seen any more takes its row of every target along, those that are per instance too.
`MixUp` and `CutMix`, which need a second picture, are not in the table: [their guide](guide/mixing.md) says what they
do to each target, and [tests/labels](../tests/labels/test_blend.py) hold them to it.
"""
COARSE = "compression and resolution"
FAMILIES = {
    Map: "pixels move",
    Mirror: "pixels move",
    Field: "pixels move, by a field",
    Matrix: "colour",
    Tone: "colour",
    Table: "colour",
    Statistic: "colour",
    RowFunction: "colour",
    ColourFunction: "colour",
    LocalEqualization: "colour",
    Noise: "noise",
    Stencil: "pixels around each",
    Holes: "pixels dropped",
    Median: "pixels around each",
    LowResolution: COARSE,
    Output: "the last write",
    PixelFunction: "functions of yours",
    Effect: "combinators and macros, here of ops of several kinds",
}


def _family(op):
    """Under which heading an op stands."""
    if op.gives is PictureFunction:
        return "functions of yours" if isinstance(op, vg.Opaque) else COARSE
    return FAMILIES[op.gives]


def mark(name, column, notes):
    """What the document shows of one cell."""
    if kind(name, column) != "gap":
        return {"stays": "·", "loses": "−"}.get(kind(name, column), "✓")
    gap = GAPS[name, column]
    return f"{'=' if gap.error is None else '✗'}<sup>{notes.setdefault(gap.reason, len(notes) + 1)}</sup>"


def document():
    """docs/conformance.md."""
    headings: dict[str, list[str]] = {}
    for name, column in COLUMNS.items():
        headings.setdefault(column.heading, []).append(name)
    notes: dict[str, int] = {}
    lines, family = ["| op | " + " | ".join(headings) + " |", "|---|" + ":-:|" * len(headings)], ""
    for name, op in EXAMPLES.items():
        here = "pixels move, by what the labels are" if op.looks and geometric(op) else _family(op)
        if here != family:
            family = here
            lines.append(f"| **{family}** |" + " |" * len(headings))
        seen = {"mask": "a mask", "instances": "masks of instances"}.get(op.looks, op.looks)
        reason = f"looks at {seen}; refused for a sample that has none"
        looks = f" <sup>{notes.setdefault(reason, len(notes) + 1)}</sup>" if op.looks else ""
        marks = [{mark(name, column, notes) for column in names} for names in headings.values()]
        assert all(len(each) == 1 for each in marks), f"{name}: dtypes of one heading differ, so split it"
        lines.append(f"| {name}{looks} | " + " | ".join(each.pop() for each in marks) + " |")
    rest = [f"{number}. {reason[0].upper()}{reason[1:]}." for reason, number in notes.items()]
    return "\n".join([HEAD, *lines, "", *rest, "", *dtypes(), ""])


def dtypes():
    """The table of dtypes: what is tested, and what no op takes."""
    taken: dict[str, dict[str, None]] = {}
    for column in COLUMNS.values():
        told = column.dtype + (f" (comes back as {column.back})" if column.back not in (None, column.dtype) else "")
        if told:
            taken.setdefault(column.heading.split(",")[0], {})[told] = None
    lines = ["## Dtypes", "", "| target | given back as given | refused by every op |", "|---|---|---|"]
    for heading, names in taken.items():
        not_taken = ", ".join(name for name, *_ in REFUSED.get(heading, ()))
        lines.append(f"| {heading} | {', '.join(names)} | {not_taken} |")
    return lines


def test_the_document_is_up_to_date():
    if os.environ.get("UPDATE_GOLDEN") == "1":
        DOCUMENT.write_text(document(), encoding="utf-8")
    told = f"{DOCUMENT} differs; if that is meant, run with UPDATE_GOLDEN=1"
    assert DOCUMENT.read_text(encoding="utf-8") == document(), told
