"""Saving and loading: the round trip, the two notations, and that nothing is executed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from variegate import config, ops
from variegate.dist import Bernoulli, Choice, LogUniform, Normal, Uniform
from variegate.errors import ConfigError
from variegate.ops.base import Drawn, Op
from variegate.pipeline import Compose
from variegate.ramp import Ramp

EVERYTHING = Compose(
    [
        ops.Rotate((-30, 30), border="reflect", name="turn"),
        ops.Translate(x=Normal(0, 0.05), y=0.1),
        ops.Scale(LogUniform(0.8, 1.25), p=0.5),
        ops.Shear(x=Choice((-5, 0, 5), weights=(1, 2, 1)), fill=(124, 116, 104)),
        ops.Rotate90(Choice([0, 2])),
        ops.OneOf([ops.HorizontalFlip(), ops.VerticalFlip(p=0.5)], weights=[2, 1]),
        ops.SomeOf([ops.Brightness((0.8, 1.2)), ops.Contrast((0.8, 1.2)), ops.Grayscale()], n=2),
        ops.RandomApply([ops.Invert(), Compose([ops.Hue((-0.1, 0.1))])], p=0.3),
        ops.RandomResizedCrop(224, scale=(0.2, 1)),
        ops.Resize((64, 48), interpolation="bicubic", antialias=False),
        ops.Rotate(Ramp(0, (-30, 30), 20), p=Ramp(0, 0.5, 20), name="slowly"),
        ops.Gamma(Ramp(LogUniform(0.9, 1.1), LogUniform(0.5, 2), 5), gain=Ramp((1, 1), Normal(1, 0.01), 3)),
        ops.Normalize(layout="CHW"),
    ],
    interpolation="nearest",
    antialias=False,
)
SUFFIXES = (".yaml", ".yml", ".json")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_saved_pipeline_is_the_one_that_loads(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"pipeline{suffix}"
    config.save(EVERYTHING, path)
    assert config.load(path, Compose) == EVERYTHING
    assert config.load(path.read_text(), Compose) == EVERYTHING


def test_plain_values_are_the_ones_that_json_keeps() -> None:
    plain = config.dump(EVERYTHING)
    assert json.loads(json.dumps(plain)) == plain
    assert config.load(plain, Compose) == EVERYTHING
    assert config.dump(config.load(plain, Compose)) == plain


def test_a_dump_is_as_short_as_a_person_would_write_it() -> None:
    pipeline = Compose([ops.Rotate((-30, 30)), ops.HorizontalFlip(), ops.Scale(Uniform(0.8, 1.2), p=0.5)])
    assert config.dump(pipeline) == {
        "variegate": 1,
        "ops": [{"Rotate": {"angle": [-30, 30]}}, "HorizontalFlip", {"Scale": {"factor": [0.8, 1.2], "p": 0.5}}],
    }


@pytest.mark.parametrize("kind", sorted(set(ops.__all__) - {"Op"}))
def test_every_op_with_a_default_for_each_field_round_trips(kind: str) -> None:
    try:
        op = getattr(ops, kind)()
    except TypeError:
        pytest.skip("no op, or one that must be given a value")
    pipeline = Compose([op])
    assert config.load(config.dump(pipeline), Compose) == pipeline


number = st.floats(-1e6, 1e6, allow_nan=False) | st.integers(-1000, 1000)
pair = st.tuples(number, number).map(lambda ends: (min(ends), max(ends)))
positive = st.floats(1e-3, 1e3)
drawn = st.one_of(
    number,
    pair,
    st.builds(Normal, number, positive),
    st.builds(Choice, st.lists(number, min_size=1, max_size=4)),
    st.builds(lambda a, b: LogUniform(min(a, b), max(a, b)), positive, positive),
    st.builds(Bernoulli, st.floats(0, 1)),
)
text = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1)
leaf = st.one_of(
    st.builds(ops.Rotate, drawn, p=st.floats(0, 1), name=text | st.none()),
    st.builds(ops.Translate, x=drawn, y=drawn, border=st.sampled_from(["constant", "edge", "wrap"])),
    st.builds(ops.HorizontalFlip, p=st.floats(0, 1)),
)
tree = st.recursive(leaf, lambda inner: st.builds(ops.OneOf, st.lists(inner, min_size=1, max_size=3)), max_leaves=5)


@settings(max_examples=60, deadline=None)
@given(st.lists(tree, min_size=1, max_size=3), st.sampled_from(SUFFIXES))
def test_any_tree_of_ops_round_trips(
    tmp_path_factory: pytest.TempPathFactory, given_ops: list[Op], suffix: str
) -> None:
    try:
        pipeline = Compose(given_ops)
    except ValueError:
        return  # two equal names
    path = tmp_path_factory.mktemp("config") / f"pipeline{suffix}"
    config.save(pipeline, path)
    assert config.load(path, Compose) == pipeline


def test_the_short_forms_mean_the_long_ones() -> None:
    short = """
    variegate: 1
    ops:
      - Rotate: [-30, 30]
      - RandomResizedCrop: 224
      - HorizontalFlip
      - VerticalFlip:
      - Scale: {factor: {LogUniform: [0.5, 2]}}
      - OneOf: [Invert, Grayscale]
      - Rotate90: {turns: {Choice: [0, 2]}}
    """
    assert config.load(short, Compose) == Compose(
        [
            ops.Rotate((-30, 30)),
            ops.RandomResizedCrop(224),
            ops.HorizontalFlip(),
            ops.VerticalFlip(),
            ops.Scale(LogUniform(0.5, 2)),
            ops.OneOf([ops.Invert(), ops.Grayscale()]),
            ops.Rotate90(Choice((0, 2))),
        ]
    )


def test_a_ramp_is_written_by_name_or_in_order() -> None:
    text = "variegate: 1\nops:\n- Rotate: {{angle: {}, p: {}}}\n"
    want = Compose([ops.Rotate(Ramp(0, (-30, 30), 20), p=Ramp(0, 0.5, 9))])
    named = "{Ramp: {start: 0, end: [-30, 30], epochs: 20}}", "{Ramp: {start: 0, end: 0.5, epochs: 9}}"
    ordered = "{Ramp: [0, {Uniform: [-30, 30]}, 20]}", "{Ramp: [0, 0.5, 9]}"
    for angle, p in (named, ordered):
        assert config.load(text.format(angle, p), Compose) == want
    for p, told in (
        (
            "{Ramp: [0, 2, 9]}",
            "line 3: Rotate.p is a probability from 0 to 1, or a Ramp between two, got Ramp(0, 2, 9)",
        ),
        ("{Normal: [0, 1]}", "line 3: Rotate.p is a probability from 0 to 1, or a Ramp between two, got Normal(0, 1)"),
        ("often", "line 3: Rotate.p: expected a number or a ramp such as {Ramp: [0, 0.5, 20]}, got 'often'"),
        ("{Ramp: [0, 1, 2.5]}", "line 3: Rotate.p: Ramp.epochs: expected a whole number, got 2.5"),
        ("{Ramp: [0, 1]}", "line 3: Rotate.p: Ramp.epochs: missing; it has no default"),
        ("{Ramp: [0, 1, 0]}", "line 3: Rotate.p: Ramp.epochs is an integer of 1 or more, got 0"),
    ):
        with pytest.raises(ConfigError) as caught:
            config.load(text.format(1, p), Compose)
        assert told in str(caught.value)


def test_numbers_of_yaml_that_python_would_read_are_read() -> None:
    loaded = config.load("variegate: 1\nops:\n  - Translate: {x: 1e-3}\n", Compose)
    assert loaded == Compose([ops.Translate(x=0.001)])


def test_numpy_numbers_are_saved() -> None:
    pipeline = Compose([ops.Crop(np.int64(1), np.int64(2), 3, 4), ops.Rotate(np.float32(2), p=np.float32(0.5))])
    assert json.loads(json.dumps(config.dump(pipeline))) == config.dump(pipeline)
    assert config.load(config.dump(pipeline), Compose) == pipeline


def test_a_large_number_stays_a_float() -> None:
    assert repr(config.dump(Compose([ops.Rotate(1e300)]))["ops"]) == "[{'Rotate': {'angle': 1e+300}}]"


@dataclass(frozen=True, repr=False)
class Mine(Op):
    """An op of the user's own."""

    strength: Drawn = 1
    mode: str = "soft"


def test_an_op_of_ones_own_is_named_by_the_caller_alone() -> None:
    pipeline = Compose([Mine((0, 2), mode="hard")])
    with pytest.raises(ConfigError, match=r"Compose.ops\[0\]: Mine.* if it is an op of your own, pass ops="):
        config.dump(pipeline)
    plain = config.dump(pipeline, ops=[Mine])
    assert config.load(plain, Compose, ops=[Mine]) == pipeline
    with pytest.raises(ConfigError, match=r"^pipeline: Mine: unknown op"):
        config.load(plain, Compose)


def function(*args: Any) -> Any:
    """Stands for the user's own."""
    return args[0]


@pytest.mark.parametrize("make", [lambda: ops.Pointwise(function), lambda: ops.Opaque(function)])
def test_a_function_is_not_saved(make: Callable[[], Op]) -> None:
    op = make()
    with pytest.raises(ConfigError) as problem:
        config.dump(Compose([ops.Invert(), op]))
    assert str(problem.value) == (
        f"{type(op).__name__}.function: a function cannot be saved to a file; "
        "keep this pipeline in Python, or pickle it"
    )


def test_json_needs_no_pyyaml(tmp_path: Path) -> None:
    config.save(EVERYTHING, tmp_path / "a.json")
    code = (
        "import sys; sys.modules['yaml'] = None\n"
        "from variegate import config; from variegate.pipeline import Compose\n"
        f"pipeline = config.load({str(tmp_path / 'a.json')!r}, Compose)\n"
        f"config.save(pipeline, {str(tmp_path / 'b.json')!r})\n"
        "for path in ('c.yaml', ):\n"
        "    try: config.save(pipeline, path)\n"
        "    except config.ConfigError as problem: print(problem)\n"
        "try: config.load('variegate: 1\\n', Compose)\n"
        "except config.ConfigError as problem: print(problem)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()
    assert out.splitlines() == [
        'c.yaml: YAML needs PyYAML: pip install "variegate[cli]"; or save as .json',
        'text: YAML needs PyYAML: pip install "variegate[cli]"; a JSON file needs nothing',
    ]


def test_a_failed_save_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.json"
    path.write_text("precious")
    with pytest.raises(ConfigError):
        config.save(Compose([ops.Opaque(function)]), path)
    assert path.read_text() == "precious"
