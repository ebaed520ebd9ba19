"""`variegate preview --op`: ops from weak to strong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from variegate import ops
from variegate.cli import gallery
from variegate.cli.app import app
from variegate.errors import ConfigError

IMAGE = np.random.default_rng(0).integers(0, 256, (170, 256, 3), np.uint8)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["preview", *map(str, words)])


def test_strengths_go_from_the_lowest_number_to_the_highest() -> None:
    factors = [each.factor.value for each in gallery.strengths(ops.Brightness((0.5, 1.5)), 5)]
    np.testing.assert_allclose(factors, np.linspace(0.52, 1.48, 5))
    assert [each.bits.value for each in gallery.strengths(ops.Posterize((1, 6)), 3)] == [1, 3, 5]
    assert gallery.strengths(ops.HorizontalFlip(), 2) == [ops.HorizontalFlip()] * 2


def test_every_op_has_a_row_and_does_something() -> None:
    shown = {type(op).__name__ for op in gallery.all_ops()}
    outputs = {"Normalize", "ToDtype"}
    assert shown | outputs | set(gallery.MADE_OF_OTHERS) - {"Compose"} == set(ops.__all__) - {"Op"}
    for op in gallery.all_ops():
        first, *others = gallery.pictures(op, IMAGE, 3, seed=0)
        assert any(each.shape != first.shape or (each != first).any() for each in others), op


def test_an_op_is_written_as_in_a_file() -> None:
    assert gallery.op_of("Rotate: [-30, 30]") == ops.Rotate((-30, 30))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Rotat", "--op Rotat: there is no such op; did you mean Rotate?"),
        ("RandomHorizontalFlip", "--op RandomHorizontalFlip: there is no such op; write HorizontalFlip(p=0.5)"),
        ("Quux: 3", "--op Quux: there is no such op; `variegate ops` lists them, and so does --op all"),
        ("Rotate: [30", "--op 'Rotate: [30': not YAML: expected ',' or ']', but got '<stream end>'"),
        ("Invert: {a: 2}", "--op 'Invert: {a: 2}': Invert.a: unknown field. Fields: p, name"),
        ("", "--op '': expected an op, got null"),
    ],
)
def test_what_is_no_op_is_told_by_the_option(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as problem:
        gallery.op_of(text)
    assert str(problem.value) == message


def test_the_command_writes_a_row_of_each_op(tmp_path: Path) -> None:
    picture, sheet = tmp_path / "a.png", tmp_path / "sheet.png"
    Image.fromarray(IMAGE).save(picture)
    done = run(picture, "--op", "Rotate: [-30, 30]", "--op", "Invert", "--cols", 3, "--cell", 64, "-o", sheet)
    assert done.exit_code == 0 and "2 ops at 2 strengths" in done.output
    assert Image.open(sheet).size == (6 + 3 * 70, 6 + 2 * 90)


def test_without_a_picture_it_is_one_that_a_package_ships(tmp_path: Path) -> None:
    pytest.importorskip("skimage", reason="a photograph of scikit-image's")
    done = run("--op", "Invert", "--cols", 2, "-o", tmp_path / "sheet.png")
    assert done.exit_code == 0 and (tmp_path / "sheet.png").exists() and "png: 1 op at 1 strength," in done.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no pipeline: give --config FILE, or in its place --op NAME"),
        (["a.png"], "no pipeline: give --config FILE, or in its place --op NAME"),
        (["--config", "b.yaml"], "no picture: give one, or a folder of them, before --config"),
        (
            ["a.png", "--op", "Invert", "-c", "b.yaml"],
            "--op shows an op in place of a pipeline: leave --config out, or",
        ),
        (["--op", "Invert", "--op", "all"], "--op all shows every op: leave the other --op out"),
    ],
)
def test_one_of_a_pipeline_and_ops_is_given(words: list[str], message: str) -> None:
    done = run(*words)
    assert done.exit_code == 2 and message in " ".join(done.output.replace("│", " ").split())
