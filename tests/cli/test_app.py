"""The command line: what each command says and writes, through the real program where it matters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from variegate import config, ops
from variegate.cli.app import app
from variegate.errors import VariegateError
from variegate.pipeline import Compose

PIPELINE = """
variegate: 1
ops:
  - Rotate: [-30, 30]
  - RandomResizedCrop: 48
  - HorizontalFlip: {p: 0.5}
  - Normalize: {layout: CHW}
"""


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline.yaml"
    path.write_text(PIPELINE)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(3):
        levels = np.random.default_rng(i).integers(0, 256, (6, 8, 3), np.uint8)
        Image.fromarray(levels).resize((80, 60)).save(folder / f"{i}.jpg")
    return folder


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def program(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "variegate.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_help_names_every_command_and_each_gives_an_example() -> None:
    top = run("--help")
    assert top.exit_code == 0
    for command in ("demo", "preview", "ops", "explain", "warm", "bench", "doctor", "check", "schema"):
        assert command in top.output
        told = run(command, "--help")
        assert told.exit_code == 0
        assert f"variegate {command}" in told.output and "Example" in told.output


def test_explain_prints_the_plan_of_the_file(pipeline: Path) -> None:
    told = run("explain", "--config", pipeline, "--size", "60x80")
    assert told.exit_code == 0
    assert told.stdout.strip() == config.load(pipeline, Compose).explain(size=(60, 80)).strip()


@pytest.mark.parametrize("size", ["60", "60x", "0x5", "-1x5", "60x80x3", "a x b"])
def test_a_size_is_two_extents(pipeline: Path, size: str) -> None:
    told = run("explain", "--config", pipeline, "--size", size)
    assert told.exit_code == 2
    assert "a size is HEIGHTxWIDTH in pixels" in told.output


def test_preview_of_a_folder_has_a_row_a_picture(pipeline: Path, photos: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    told = run("preview", photos, "--config", pipeline, "-o", sheet, "--rows", 10, "--cols", 4)
    assert told.exit_code == 0, told.output
    assert "3 x 4 pictures, seed 0" in told.output
    assert Image.open(sheet).size == (4 * 166 + 6, 3 * 166 + 6)


def test_preview_is_decided_by_the_seed(pipeline: Path, photos: Path, tmp_path: Path) -> None:
    def sheet(name: str, seed: int, rows: int = 2) -> bytes:
        path = tmp_path / name
        told = run("preview", photos / "0.jpg", "-c", pipeline, "-o", path, "--rows", rows, "--cols", 3, "--seed", seed)
        assert told.exit_code == 0, told.output
        return np.asarray(Image.open(path)).tobytes()

    assert sheet("a.png", 1) == sheet("b.png", 1)
    assert sheet("a.png", 1) != sheet("c.png", 2)
    page = np.frombuffer(sheet("d.png", 1), np.uint8).reshape(2 * 166 + 6, -1, 3)
    assert not np.array_equal(page[6:166], page[172:332])  # the second row goes on where the first ended


def test_variations_of_a_sheet_are_those_that_the_loader_draws(photos: Path) -> None:
    from variegate.cli.options import console
    from variegate.cli.preview import originals_and_variations
    from variegate.loader import ImageFolder, Loader

    augment = Compose([ops.Rotate((-30, 30)), ops.CenterCrop(32)])
    rows = originals_and_variations(console(), augment, photos, rows=3, cols=3, seed=5)
    (batch,) = Loader(ImageFolder(photos), augment, seed=5, shuffle=False, workers=0).epoch(0)
    for row, drawn in zip(rows, batch["image"], strict=True):
        assert np.array_equal(row[1], drawn)
        assert not np.array_equal(row[1], row[2])
    alone = originals_and_variations(console(), augment, photos / "1.jpg", rows=2, cols=3, seed=5)
    assert np.array_equal(alone[0][2], rows[1][2])
    assert not np.array_equal(alone[0][1], alone[1][1])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("preview", "nowhere.jpg"), "nowhere.jpg: no such file or folder"),
        (("explain",), None),
    ],
)
def test_an_error_is_one_line_and_no_traceback(
    pipeline: Path, words: tuple[str, ...], message: str | None, tmp_path: Path
) -> None:
    if message is None:
        pipeline.write_text(PIPELINE.replace("Rotate: [", "Rotat: ["))
        message = "pipeline.yaml, line 4: Rotat: unknown op; did you mean Rotate?"
    done = program(*words, "--config", pipeline)
    assert done.returncode == 1
    assert done.stderr.startswith(f"variegate: {message}")
    assert len(done.stderr.splitlines()) == 1 and not done.stdout


def test_a_missing_extra_is_a_hint(photos: Path) -> None:
    for package in ("typer", "rich", "psutil"):
        code = f"import sys; sys.modules[{package!r}] = None; from variegate.cli import main; main()"
        command = [sys.executable, "-c", code, "bench", "--data", str(photos)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 1
        assert done.stderr == f'variegate: the command line needs {package}: pip install "variegate[cli]"\n'


def test_the_demo_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    from variegate.cli import demo

    monkeypatch.setattr(demo, "find_spec", lambda name: None if name in ("mlxtend", "keras") else name)
    told = run("demo")
    assert isinstance(told.exception, VariegateError)
    assert str(told.exception) == 'the demo needs mlxtend, keras: pip install "variegate[demo]"'


@pytest.mark.parametrize("command", ["bench", "preview", "doctor"])
def test_pictures_of_16_bits(command: str, pipeline: Path, tmp_path: Path) -> None:
    """An error that names the dtype, and with it none."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for i in range(4):
        numbers = np.random.default_rng(i).integers(0, 65536, (60, 80)).astype(np.uint16)
        Image.fromarray(numbers).save(folder / f"{i}.png")
    words = {
        "bench": ("--data", folder, "--images", 4, "--workers", 1),
        "preview": (folder, "-o", tmp_path / "sheet.png", "--rows", 2, "--cols", 2),
        "doctor": (folder, "--seconds", 1, "--workers", 1, "--batch-size", 2),
    }[command]
    told = run(command, *words, "--config", pipeline)
    assert told.exit_code != 0 and 'dtype="uint16" keeps them' in str(told.exception)
    told = run(command, *words, "--config", pipeline, "--dtype", "uint16")
    assert told.exit_code == 0, (told.output, told.exception)


def test_bench_measures_a_folder(pipeline: Path, photos: Path) -> None:
    told = run("bench", "--data", photos, "--config", pipeline, "--images", 6, "--workers", 1)
    assert told.exit_code == 0, told.output
    for word in ("decoder alone", "whole loader", "peak memory", "1 worker"):
        assert word in told.output


def test_warm_says_where_the_kernels_are() -> None:
    from variegate.kernel_cache import folder

    told = run("warm")
    assert told.exit_code == 0, told.exception
    assert "kernels ready in" in told.output and folder() in told.output


def test_warm_says_why_kernels_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from variegate import kernel_cache

    monkeypatch.setattr(kernel_cache, "trouble", ["/full: No space left on device"])
    told = run("warm")
    assert told.exit_code == 1 and "not kept: /full: No space left on device" in told.output


def test_the_console_script_is_installed() -> None:
    from importlib.metadata import entry_points

    (script,) = entry_points(group="console_scripts", name="variegate")
    assert script.value == "variegate.cli:main"


def test_explain_takes_what_the_pictures_are(tmp_path: Path) -> None:
    path = tmp_path / "ct.yaml"
    path.write_text("variegate: 1\nwhite: null\nops:\n  - Rotate: {angle: 20, fill: -1024}\n")
    said = run("explain", "--config", str(path), "--size", "40x60", "--channels", "1").output
    assert "40 x 60 x 1 float32" in said and "no range (white=None)" in said
    path.write_text("variegate: 1\nwhite: 4095\nops:\n  - Brightness: 0.5\n")
    assert "white 4095, which Brightness asks for" in run("explain", "--config", str(path), "--dtype", "uint16").output


def test_bands_can_be_previewed(tmp_path: Path) -> None:
    folder, path = tmp_path / "scans", tmp_path / "p.yaml"
    folder.mkdir()
    ramp = np.linspace(0, 4095, 64 * 64).reshape(64, 64).astype(np.uint16)
    Image.fromarray(ramp).save(folder / "1.png")
    path.write_text("variegate: 1\nwhite: 4095\nops: [HorizontalFlip]\n")
    sheet = tmp_path / "sheet.png"
    options = "--mode", "bands", "--dtype", "uint16", "--rows", "1", "--cols", "2", "--cell", "64"
    run("preview", str(folder), "-c", str(path), "-o", str(sheet), *options)
    left, right = np.asarray(Image.open(sheet))[6:70, 6:70, 0], np.asarray(Image.open(sheet))[6:70, 76:140, 0]
    np.testing.assert_allclose(left[8:-8, 8:-8], (ramp / 4095 * 255)[8:-8, 8:-8], atol=3)
    np.testing.assert_allclose(right, (ramp / 4095 * 255)[:, ::-1], atol=3)
