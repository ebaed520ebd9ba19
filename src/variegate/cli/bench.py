"""`variegate bench`: one rate on this machine."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from variegate.cli import measure, photos
from variegate.cli.options import PIPELINE, Dtype, console, progress
from variegate.cli.options import pipeline as read
from variegate.loader import ImageFolder
from variegate.loader.options import available_cores
from variegate.ops import Contrast, HorizontalFlip, Normalize, RandomResizedCrop, Rotate, Scale, Shear, Translate
from variegate.pipeline import Compose

CORES = available_cores()
GOOD = 0.6  # of the loader's time in the decoder: more than half, by more than the noise


def bench(
    data: Annotated[Path | None, typer.Option(help="A folder of pictures. Default: crops of packaged photos.")] = None,
    config: Annotated[
        str | None, typer.Option("--config", "-c", help=f"The pipeline: {PIPELINE} Default: eight ops.")
    ] = None,
    images: Annotated[int, typer.Option(min=1, help="How many pictures to time, at least.")] = 1000,
    workers: Annotated[int, typer.Option(min=1, help="Threads.")] = CORES,
    dtype: Dtype = "uint8",
) -> None:
    """Print the images a second of the loader, and of the bare decoder on the same files and threads.

    The comparison with other libraries is `make bench` in the repository.

    **Example:**  `variegate bench --data photos/ --config pipeline.yaml --workers 2`
    """
    on = console()
    augment = read(config) if config else recipe()
    with tempfile.TemporaryDirectory(prefix="variegate-") as folder:
        source = ImageFolder(data or crops(on, Path(folder), 200), dtype=dtype)
        report(on, timed(on, source, augment, workers, images), workers)


def recipe() -> Compose:
    """The pipeline that is timed when none is given: maps of the plane, a crop, a flip, contrast, normalisation."""
    moves = [Rotate((-30, 30)), Translate(x=(-0.1, 0.1), y=(-0.1, 0.1)), Scale((0.8, 1.2)), Shear(x=(-10, 10))]
    rest = [RandomResizedCrop(224), HorizontalFlip(p=0.5), Contrast((0.8, 1.2)), Normalize(layout="CHW")]
    return Compose([*moves, *rest])


def crops(on: Console, folder: Path, count: int) -> Path:
    """The folder, filled with crops of packaged photographs."""
    with progress(on) as bar:
        for _ in bar.track(photos.write_crops(folder, count), total=count, description="writing photos"):
            pass
    return folder


def timed(on: Console, source: ImageFolder, augment: Compose, workers: int, images: int) -> measure.Rate:
    """The rate, behind a progress bar."""
    with progress(on) as bar:
        task = bar.add_task("measuring", total=measure.steps(source, images))
        for found in measure.rate(source, augment, workers, images):
            if found is not None:
                return found
            bar.advance(task)
    raise AssertionError("rate() ends with a Rate")


def report(on: Console, rate: measure.Rate, workers: int) -> None:
    """The rate as a table."""
    table = Table("", "images/s", title=f"{workers} worker{'s' * (workers > 1)}", title_justify="left")
    table.add_row("decoder alone", f"{rate.decoder:,.0f}")
    table.add_row("whole loader", f"{rate.loader:,.0f}")
    on.print(table)
    on.print(f"the decoder takes {rate.share:.0%} of the loader's time; peak memory {rate.peak:,.0f} MB")
    on.print(verdict(rate.share))


def verdict(share: float) -> str:
    """Whether a rate is good, in a sentence; share: the part of the loader's time in which pictures are decoded."""
    if share >= GOOD:
        return "Good: most of the time goes into decoding JPEGs, which every loader must do; augmenting adds little"
    return "The ops take more time than decoding: `variegate explain` shows in how many passes, and why not fewer"
