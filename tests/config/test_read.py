"""Every error of a bad file: the line, the field, what was got, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from variegate import config
from variegate.errors import ConfigError
from variegate.pipeline import Compose

HEAD = "variegate: 1\nops:\n"
ROTATE = "angle, p, name, interpolation, antialias, border, fill, fit, center"


def problem_of(text: str) -> str:
    with pytest.raises(ConfigError) as problem:
        config.load(text, Compose)
    return str(problem.value)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("Rotate: {angel: 30}", f"line 3: Rotate.angel: unknown field; did you mean angle? Fields: {ROTATE}"),
        ("Rotate: {Angle: 30}", f"line 3: Rotate.Angle: unknown field; did you mean angle? Fields: {ROTATE}"),
        ("Rotate: {ANGLE: 30}", f"line 3: Rotate.ANGLE: unknown field; did you mean angle? Fields: {ROTATE}"),
        ("Rotate: {angle: 30, quux: 1}", f"line 3: Rotate.quux: unknown field. Fields: {ROTATE}"),
        ("Rotate: {limit: 30}", f"line 3: Rotate.limit: unknown field; did you mean angle? Fields: {ROTATE}"),
        ("RandAugment: {num_ops: 2}", "line 3: RandAugment.num_ops: unknown field; did you mean n? Fields: n, magn"),
        (
            "PadIfNeeded: {min_height: 5, min_width: 6}",
            "line 3: PadIfNeeded.min_height: unknown field. Fields: size, p, name, interpolation, antialias, border, "
            "fill, multiple, place. A size is one pair: write PadIfNeeded((5, 6))",
        ),
        ("Rotate: {angle: 1, angle: 2}", "line 3: angle: given twice"),
        ("Rotate", "line 3: Rotate.angle: missing; it has no default"),
        (
            "Rotate: {angle: fast}",
            "line 3: Rotate.angle: expected a number, a range [low, high] or a distribution such as "
            "{Normal: [0, 1]}, got 'fast'",
        ),
        (
            "Rotate: [1, 2, 3]",
            "line 3: Rotate.angle: expected a number, a range [low, high] or a distribution such as "
            "{Normal: [0, 1]}, got a list",
        ),
        ("Rotate: [30, -30]", "line 3: Rotate.angle runs from low to high, got (30, -30). Write (-30, 30)."),
        ("Rotate: [.nan, 1]", "line 3: Rotate.angle[0] is a finite number, got nan"),
        ("Rotate: {angle: 1, p: 1.5}", "line 3: Rotate.p is a probability from 0 to 1, got 1.5"),
        (
            "Rotate: {angle: 1, p: true}",
            "line 3: Rotate.p: expected a number or a ramp such as {Ramp: [0, 0.5, 20]}, got True",
        ),
        (
            "Rotate: {angle: 1, border: bounce}",
            "line 3: Rotate.border: expected 'constant', 'edge', 'reflect', 'symmetric' or 'wrap', got 'bounce'",
        ),
        (
            "Rotate: {angle: {Norml: [0, 1]}}",
            "line 3: Rotate.angle: unknown distribution Norml; did you mean Normal? "
            "Names: Constant, Uniform, LogUniform, Normal, Choice, Bernoulli",
        ),
        ("Rotate: {angle: {Normal: [0]}}", "line 3: Rotate.angle: Normal.std: missing; it has no default"),
        ("Rotate: {angle: {Normal: [0, 1, 2]}}", "line 3: Rotate.angle: Normal takes mean, std, got a list of 3"),
        ("Rotate: {angle: {Normal: [0, -1]}}", "line 3: Rotate.angle: Normal.std must be 0 or more, got -1"),
        (
            "Rotate: {angle: {Normal: {mean: 0, sd: 1}}}",
            "line 3: Rotate.angle: Normal.sd: unknown field; did you mean std? Fields: mean, std",
        ),
        (
            "Rotate: {angle: {}}",
            "line 3: Rotate.angle: a distribution is a name, or a mapping with one name such as `Normal: {...}`, "
            "got a mapping of 0",
        ),
        (
            "Resize: {size: [1, 2, 3]}",
            "line 3: Resize.size: expected a whole number or a list of 2 (each a whole number), got a list",
        ),
        ("Rotate: {name: 5}", "line 3: Rotate.name: expected text or null, got 5"),
        ("Rotate: 1:30", "line 3: Rotate.angle: expected a number, a range"),
        ("? [1, 2]\n    : 3", "line 3: a list or a mapping is no name of a field"),
        ("Rotat: 30", "line 3: Rotat: unknown op; did you mean Rotate? Names: "),
        ("3", "line 3: Compose.ops[0]: expected an op, got 3"),
        (
            "{Rotate: 1, Invert: {}}",
            "line 3: an op is a name, or a mapping with one name such as `Rotate: {...}`, got a mapping of 2",
        ),
        (
            "Pointwise: {function: os.system}",
            "line 3: Pointwise.function: a function cannot be read from a file; build Pointwise in Python",
        ),
        ("OneOf: []", "line 3: OneOf"),
        ("OneOf: {ops: [Invert, {Rotate: {angel: 3}}]}", "line 3: Rotate.angel: unknown field; did you mean angle?"),
        ("Rotate: &a [1, 2]\n  - Scale: *a", "line 3: an alias (*name) is not read; write the value out"),
        (
            "Rotate: !!python/name:os.system",
            "line 3: 'python/name:os.system' is not read; "
            "only numbers, text, true, false, null, lists and mappings are",
        ),
        (
            "!!python/object/apply:os.system [ls]",
            "line 3: 'python/object/apply:os.system' is not read; "
            "only numbers, text, true, false, null, lists and mappings are",
        ),
    ],
)
def test_an_entry_that_cannot_be_read(entry: str, message: str) -> None:
    assert problem_of(f"{HEAD}  - {entry}\n").startswith(f"text, {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n", "text, line 1: a pipeline is a mapping with `variegate: 1` and `ops`, got null"),
        ("- Rotate\n", "text, line 1: a pipeline is a mapping with `variegate: 1` and `ops`, got a list"),
        ("ops: []\n", "text, line 1: variegate: missing; a pipeline file begins with `variegate: 1`"),
        ("variegate: 2\nops: []\n", "text, line 1: variegate: this release reads version 1, got 2"),
        ("variegate: true\nops: []\n", "text, line 1: variegate: this release reads version 1, got True"),
        ("variegate: 1\n", "text, line 1: Compose.ops: missing; it has no default"),
        ("variegate: 1\nops: 3\n", "text, line 2: Compose.ops: expected a list of ops, got 3"),
        ("variegate: 1\nop: []\n", "text, line 2: Compose.op: unknown field; did you mean ops? Fields: variegate, ops"),
        ("variegate: 1\nops:\n  - Rotate: [1, 2\n  - Scale: 2\n", "text, line 4: not YAML: "),
        ("variegate: 1\nops: [\n", "text, line 3: not YAML: "),
        ("a: 1\n---\nb: 2\n", "text, line 2: not YAML: but found another document"),
        ('{"variegate": 1,\n "ops": [\n  {"Rotate": {"angel": 30}}]}', "text, line 3: Rotate.angel: unknown field"),
        ('{"variegate": 1,\n "ops": [}', "text, line 2: not JSON: Expecting value"),
        ('{"variegate": 1,\n "variegate": 1}', "text, line 2: variegate: given twice"),
        (
            '{"variegate": 1, "ops": [\n{"Rotate": [NaN, 1]}]}',
            "text, line 2: Rotate.angle[0] is a finite number, got nan",
        ),
        ("{" * 100_000, "text, line 1: not JSON"),
        ("variegate: 1\nops: " + "[" * 5000, "the pipeline is nested too deeply to be read"),
        ('{"variegate": ' + "1" * 5000 + "}", "text: it has an integer of more digits than are read"),
        ("variegate: 1\nops: [\0]\n", "text: not YAML: unacceptable character #x0000"),
    ],
)
def test_a_text_that_cannot_be_read(text: str, message: str) -> None:
    assert problem_of(text).startswith(message)


def test_a_line_is_that_of_the_field_however_deep() -> None:
    lines = ["variegate: 1", "ops:", "- OneOf:", "    ops:", "    - Rotate:", "        p: 1", "        angle:"]
    text = "\n".join([*lines, "        - 3", "        - 1"])
    assert problem_of(text).startswith("text, line 7: Rotate.angle runs from low to high")
    alike = "variegate: 1\nops:\n  - Affine:\n      rotate: 1\n      scale: 1\n      scale_x: -1\n      p: 1\n"
    assert problem_of(alike).startswith("text, line 6: Affine.scale_x must be above 0")
    named = "variegate: 1\nops:\n  - Rotate:\n      name: turn\n      angle: [3, 1]\n"
    assert problem_of(named).startswith("text, line 5: turn.angle runs from low to high")


def test_a_file_is_called_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_text("# mine\nvariegate: 1\nops:\n  - Rotate:\n      p: 0.5\n      angle: 3\n  - Rotate: {angel: 30}\n")
    with pytest.raises(ConfigError) as problem:
        config.load(path, Compose)
    assert str(problem.value) == (
        f"pipeline.yaml, line 7: Rotate.angel: unknown field; did you mean angle? Fields: {ROTATE}"
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.yaml", None, "absent.yaml: cannot be read: No such file or directory"),
        ("pipeline.toml", b"", "pipeline.toml: a pipeline file ends in .yaml, .yml or .json, got '.toml'"),
        ("pipeline", b"", "pipeline: a pipeline file ends in .yaml, .yml or .json, got 'no suffix'"),
        ("binary.yaml", b"\xff\xfe\x00\x81", "binary.yaml: cannot be read: it is not UTF-8 text"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError) as problem:
        config.load(str(tmp_path / name), Compose)
    assert str(problem.value) == f"{tmp_path}/{message}"


def test_loading_executes_nothing(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    for entry in (f"!!python/object/apply:pathlib.Path.touch [{trap}]", f"Pointwise: {{function: 'open({trap})'}}"):
        problem_of(f"{HEAD}  - {entry}\n")
    assert not trap.exists()
