"""Targets in a file: the round trip, the notations, the schema, and every error with its line."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from variegate import config, ops
from variegate.config.fields import target_registry
from variegate.errors import ConfigError
from variegate.pipeline import Compose
from variegate.targets import (
    Boxes,
    Classes,
    Image,
    Keypoints,
    Mask,
    OrientedBoxes,
    PerInstance,
    PerSample,
    Polygons,
    Target,
    Targets,
)
from variegate.targets.names import RESERVED

TEXT = """
variegate: 1
targets:
  boxes: {Boxes: {format: coco, min_area: 16}}
  others: {Boxes: yolo}
  labels: PerInstance
  mask: {Mask: {ignore_index: 255}}
  depth: {Mask: -1}
  points: {Keypoints: {columns: xyv, swap: [[1, 2], [3, 4]], group:}}
  scene:
    PerSample:
ops: []
"""
MEANT = Targets(
    boxes=Boxes("coco", min_area=16),
    others=Boxes("yolo"),
    labels=PerInstance(),
    mask=Mask(ignore_index=255),
    depth=Mask(-1),
    points=Keypoints("xyv", swap=((1, 2), (3, 4)), group=None),
    scene=PerSample(),
)

texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1)
groups = texts.filter(lambda name: name not in ("image", "label", *RESERVED))
amounts = st.floats(0, 1e6) | st.integers(0, 1000)
flags = st.booleans()
shaped: dict[str, Any] = {
    "min_area": amounts,
    "min_visible": st.floats(0, 1),
    "min_side": amounts,
    "group": groups,
}
no_area = {"min_area": st.just(0), "min_visible": st.floats(0, 1), "min_side": amounts, "group": groups}
classes = st.integers(-(2**40), 2**40)
dtypes = st.sampled_from(["float32", "float64"])
placed = {
    "normalised": st.none() | flags,
    "out": st.sampled_from([None, "pixels", "fractions"]),
    "dtype": dtypes,
}
strides = st.sampled_from([1, 2, 3, 4, 8, 0.5, 0.25, 1 / 3])
swaps = st.permutations(range(6)).map(lambda order: tuple(zip(order[::2], order[1::2], strict=True)))
KINDS: dict[type[Target], st.SearchStrategy[Target]] = {
    Image: st.builds(Image, white=st.sampled_from(["dtype", None, 4095.0, 0.5]), colour=flags),
    Mask: st.one_of(
        st.builds(Mask, st.none() | st.floats(-1e9, 1e9), ignore_index=st.none() | classes, group=groups),
        st.builds(Mask, st.none() | classes, shrink=st.just("area"), keep=st.lists(classes, max_size=3).map(tuple)),
        st.builds(Mask, stack=st.just(True), copies=flags, stride=strides, **shaped),
        st.builds(Mask, st.none() | st.floats(-9, 9), channels=st.integers(1, 9), stride=strides),
        st.lists(classes, min_size=1, max_size=4).map(lambda fills: Mask(tuple(fills), channels=len(fills))),
    ),
    Boxes: st.builds(
        Boxes,
        st.sampled_from(["xyxy", "yxyx", "xywh", "cxcywh", "voc", "coco", "yolo", "tfds"]),
        normalised=st.none() | flags,
        out=st.sampled_from([None, "xyxy", "rel_yxyx", "tfds"]),
        dtype=dtypes,
        shape=st.sampled_from(["corners", "ellipse"]),
        clip=flags,
        epsilon=amounts,
        **shaped,
    ),
    OrientedBoxes: st.builds(
        OrientedBoxes, **placed, angle=st.sampled_from(["degrees", "radians"]), clockwise=flags, **shaped
    ),
    Keypoints: st.builds(
        Keypoints,
        st.sampled_from(["xy", "yx", "xyv", "vxysa"]),
        **placed,
        swap=st.just(()) | swaps,
        radians=flags,
        group=st.none() | groups,
    ),
    Polygons: st.one_of(
        st.builds(Polygons, flat=flags, holes=flags, **shaped),
        st.builds(Polygons, **placed, flat=flags, closed=st.just(False), **no_area),
    ),
    PerInstance: st.builds(PerInstance, group=groups, weight=flags),
    PerSample: st.builds(PerSample, blend=flags),
    Classes: st.builds(Classes, st.integers(1, 10**6), smoothing=st.floats(0, 0.999)),
}
names = texts.filter(lambda name: name not in ("image", *RESERVED))
declared = st.dictionaries(names, st.one_of(*KINDS.values()), max_size=5).map(Targets.of)


def test_the_property_covers_every_target() -> None:
    assert set(KINDS) == set(target_registry().values())


@pytest.mark.parametrize("name", ["1e3", "0E0", "1", "1.50", "true", "null", "~", "<<", "y", "a: b", "- a", "0x1F", ""])
@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_a_name_that_looks_like_a_number_stays_a_name(tmp_path: Path, name: str, suffix: str) -> None:
    pipeline = Compose([ops.HorizontalFlip(name=name or None)], targets={name: Mask(stack=True, group=name or "a")})
    config.save(pipeline, tmp_path / f"pipeline{suffix}")
    assert config.load(tmp_path / f"pipeline{suffix}", Compose) == pipeline


def test_a_name_is_read_as_it_is_written() -> None:
    loaded = config.load("variegate: 1\nops: []\ntargets:\n  1.50: Mask\n  true: Mask\n  1e3: Mask\n", Compose)
    assert loaded == Compose([], targets={"1.50": Mask(), "true": Mask(), "1e3": Mask()})


@settings(max_examples=150, deadline=None)
@given(declared | st.none(), st.sampled_from([".yaml", ".json"]))
def test_any_targets_round_trip(tmp_path_factory: pytest.TempPathFactory, targets: Targets | None, suffix: str) -> None:
    pipeline = Compose([ops.HorizontalFlip()], targets=targets)
    path = tmp_path_factory.mktemp("config") / f"pipeline{suffix}"
    config.save(pipeline, path)
    loaded = config.load(path, Compose)
    assert loaded == pipeline and repr(loaded) == repr(pipeline)
    assert loaded.fingerprint == pipeline.fingerprint
    plain = config.dump(pipeline)
    assert json.loads(json.dumps(plain)) == plain and config.dump(config.load(plain, Compose)) == plain


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not Classes])
def test_a_target_with_its_defaults_is_its_name(kind: type[Target]) -> None:
    pipeline = Compose([], targets={"field": kind()})
    assert config.dump(pipeline)["targets"] == {"field": kind.__name__}
    assert config.load(config.dump(pipeline), Compose) == pipeline


def test_the_short_forms_mean_the_long_ones() -> None:
    assert config.load(TEXT, Compose) == Compose([], targets=MEANT)
    as_json = json.dumps(config.dump(Compose([], targets=MEANT)))
    assert config.load(as_json, Compose) == Compose([], targets=MEANT)


def test_a_dump_says_no_more_than_a_person_would() -> None:
    pipeline = Compose([], targets={"boxes": Boxes("coco", min_visible=0.1), "mask": Mask(), "labels": PerInstance()})
    assert config.dump(pipeline) == {
        "variegate": 1,
        "ops": [],
        "targets": {"boxes": {"Boxes": {"format": "coco", "min_visible": 0.1}}, "labels": "PerInstance"},
    }
    assert "targets" not in config.dump(Compose([]))
    assert config.load({"variegate": 1, "ops": [], "targets": {}}, Compose) == Compose([], targets={})


def problem_of(entry: str) -> str:
    with pytest.raises(ConfigError) as problem:
        config.load(f"variegate: 1\nops: []\ntargets:\n  {entry}\n", Compose)
    return str(problem.value)


NAMES = "Names: Boxes, Classes, Image, Keypoints, Mask, OrientedBoxes, PerInstance, PerSample, Polygons"
A_TARGET = "a target is a name, or a mapping with one name such as `Boxes: {...}`"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("boxes: {Boxs: coco}", f"line 4: Compose.targets.boxes: unknown target Boxs; did you mean Boxes? {NAMES}"),
        ("labels: perinstance", f"unknown target perinstance; did you mean PerInstance? {NAMES}"),
        ("Boxes: coco", f"line 4: Compose.targets.Boxes: unknown target coco. {NAMES}"),
        ("boxes: Rotate", f"line 4: Compose.targets.boxes: unknown target Rotate. {NAMES}"),
        ("boxes: 3", f"line 4: Compose.targets.boxes: {A_TARGET}, got 3"),
        ("boxes:", f"line 4: Compose.targets.boxes: {A_TARGET}, got null"),
        ("boxes: {Boxes: coco, Mask: 0}", f"line 4: Compose.targets.boxes: {A_TARGET}, got a mapping of 2"),
        (
            "- Boxes: coco",
            "line 3: Compose.targets: expected a mapping of fields to targets such as {boxes: {Boxes: coco}} or null, "
            "got a list",
        ),
        (
            "boxes: {Boxes: {formt: coco}}",
            "line 4: Compose.targets.boxes: Boxes.formt: unknown field; did you mean format? "
            "Fields: format, group, min_area, min_visible, min_side, normalised, out, dtype, shape, clip, "
            "epsilon",
        ),
        (
            "boxes: {Boxes: pascal}",
            "line 4: Compose.targets.boxes: Boxes.format: expected 'xyxy', 'yxyx', 'xywh', 'cxcywh', "
            "'rel_xyxy', 'rel_yxyx', 'rel_xywh', 'rel_cxcywh', 'voc', 'coco', 'yolo' or 'tfds', got 'pascal'",
        ),
        (
            "boxes:\n    Boxes:\n      format: coco\n      min_visible: 3",
            "line 7: Compose.targets.boxes: Boxes.min_visible is 0 to 1, got 3",
        ),
        (
            "boxes: {Boxes: {min_area: big}}",
            "line 4: Compose.targets.boxes: Boxes.min_area: expected a number, got 'big'",
        ),
        (
            "mask: {Mask: {keep: [1]}}",
            'Compose.targets.mask: Mask.keep=(1,) needs shrink="area": reading by nearest knows no preference',
        ),
        (
            "points: {Keypoints: {swap: [[1, 2, 3]]}}",
            "Compose.targets.points: Keypoints.swap[0]: expected a list of 2 (each a whole number), got a list",
        ),
        (
            "labels: {PerInstance: cars}",
            "Compose.targets.labels: PerInstance takes its fields by name, as in `PerInstance: {...}`, got 'cars'",
        ),
        (
            "scene: {PerSample: 3}",
            "line 4: Compose.targets.scene: PerSample takes its fields by name, as in `PerSample: {...}`, got 3",
        ),
        ("scene: {PerSample: {a: 3}}", "line 4: Compose.targets.scene: PerSample.a: unknown field. Fields: blend"),
        ("image: Mask", "line 4: Targets.image is the sample's picture, Image(); got Mask()"),
        ("key: Mask", "line 4: Targets: the name 'key' is taken: an argument of calls is called so. Choose another"),
        ("mask: Mask\n  boxes: Boxes\n  mask: Mask", "line 6: mask: given twice"),
    ],
)
def test_an_entry_that_cannot_be_read(entry: str, message: str) -> None:
    said = problem_of(entry)
    assert said.startswith("text, line ") and said.endswith(message)


def test_a_line_of_json_is_counted_too(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.json"
    path.write_text('{"variegate": 1, "ops": [],\n "targets": {\n  "boxes": {"Boxes": {\n   "min_side": -1}}}}')
    with pytest.raises(ConfigError) as problem:
        config.load(path, Compose)
    assert str(problem.value) == "pipeline.json, line 4: Compose.targets.boxes: Boxes.min_side is at least 0, got -1"


@dataclass(frozen=True, repr=False)
class Mine(Target):
    """A target of the user's own."""

    unit: str = "px"
    exact: bool = field(default=False, kw_only=True)


def test_a_target_of_ones_own_is_named_by_the_caller_alone() -> None:
    pipeline = Compose([], targets={"it": Mine("mm", exact=True)})
    with pytest.raises(ConfigError) as problem:
        config.dump(pipeline)
    assert str(problem.value) == (
        "Compose.targets.it: Mine('mm', exact=True) cannot be saved to a file; "
        "if it is a target of your own, pass ops=[...]"
    )
    plain = config.dump(pipeline, ops=[Mine])
    assert plain["targets"] == {"it": {"Mine": {"unit": "mm", "exact": True}}}
    assert config.load(plain, Compose, ops=[Mine]) == pipeline
    with pytest.raises(ConfigError, match=r"^pipeline: Compose.targets.it: unknown target Mine"):
        config.load(plain, Compose)
    assert "Mine" in config.schema(Compose, ops=[Mine])["$defs"]["target"]["anyOf"][0]["properties"]
    assert "Mine" not in config.schema(Compose, ops=[Mine])["$defs"]["op"]["anyOf"][0]["properties"]


def test_the_schema_knows_every_target_and_its_fields() -> None:
    defs = config.schema(Compose)["$defs"]
    kinds = {kind.__name__ for kind in KINDS}
    entry = defs["target"]["anyOf"]
    assert set(entry[0]["properties"]) == kinds == {*entry[1]["enum"], "Classes"}
    assert not {"Target", "Grouped", "Shaped", "Placed", "Targets"} & set(defs)
    assert config.schema(Compose)["properties"]["targets"]["anyOf"] == [{"$ref": "#/$defs/targets"}, {"type": "null"}]
    assert defs["targets"]["additionalProperties"] == {"$ref": "#/$defs/target"}
    boxes = defs["Boxes"]["properties"]
    assert {"xyxy", "yxyx", "rel_yxyx", "coco", "yolo", "tfds"} < set(boxes["format"]["enum"])
    assert boxes["out"]["anyOf"] == [{"enum": boxes["format"]["enum"]}, {"type": "null"}]
    assert defs["Keypoints"]["properties"]["out"]["anyOf"][0] == {"enum": ["pixels", "fractions"]}
    assert boxes["min_visible"]["default"] == 0
    assert boxes["group"]["default"] == "instances"
    assert entry[0]["properties"]["PerInstance"] == {"anyOf": [{"$ref": "#/$defs/PerInstance"}]}  # no short form
    assert len(entry[0]["properties"]["Boxes"]["anyOf"]) == 2


def test_fields_of_all_targets_are_described_once_and_for_all() -> None:
    defs = config.schema(Compose)["$defs"]
    for kind in KINDS:
        for name, form in defs[kind.__name__]["properties"].items():
            assert form.get("description"), f"{kind.__name__}.{name}"
