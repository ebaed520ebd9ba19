"""`variegate doctor`: where a loader's time goes, and what would make it faster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from variegate.cli import diagnosis
from variegate.cli.diagnosis import ASKED, BARE, CACHED, MORE, SCALED, Diagnosis, TrialSettings
from variegate.cli.options import PIPELINE, Dtype, ModeOption, console, pipeline, progress
from variegate.cli.verdict import advice, verdict
from variegate.cli.ways import told
from variegate.loader import ImageFolder
from variegate.loader.options import available_cores

CORES = available_cores()
MEANING = {
    "read": "files and their headers",
    "decode": "pixels out of files",
    "plan": "drawing numbers and lowering",
    "kernel": "pixels into the batch",
    "carry": "labels",
}


def doctor(
    folder: Annotated[Path, typer.Argument(help="A folder of pictures.", show_default=False)],
    config: Annotated[
        str | None, typer.Option("--config", "-c", help=f"The pipeline: {PIPELINE} Default: the pictures as they are.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Threads, as training will have them.")] = CORES,
    batch_size: Annotated[int, typer.Option(min=1, help="Samples a batch.")] = 64,
    step: Annotated[
        float, typer.Option(min=0, help="Milliseconds that a model takes for a batch; 0: batches are only looked at.")
    ] = 0.0,
    seconds: Annotated[float, typer.Option(min=1, help="How long the trials take together, about.")] = 20.0,
    dtype: Dtype = "uint8",
    mode: ModeOption = "RGB",
) -> None:
    """Run a loader for some seconds, and say what it waits for and what would make it faster.

    Everything that is said has been measured, in short turns on at most 2,000 of the pictures: the loader as asked,
    with one worker more if there is a core for it, with its pictures in a cache, where they are large with
    decode="scaled", and threads that read and decode whole pictures and do nothing else: what a loader comes near to
    where all of a picture is needed, and passes where a cache or a crop spares decoding. Give the time of a training
    step to learn what all this means for your model. Files come out of the system's memory once they were read; if
    that makes a difference, it is said too, and so is of how many files no more is decoded than will be seen.

    **Example:**  `variegate doctor photos/ --config pipeline.yaml --workers 2 --step 80`
    """
    on = console()
    augment = pipeline(config) if config else None
    found = watched(
        on,
        TrialSettings(ImageFolder(folder, mode=mode, dtype=dtype), augment, workers, batch_size, step / 1000, seconds),
    )
    report(on, found)


def watched(on: Console, settings: TrialSettings) -> Diagnosis:
    """The diagnosis, behind a progress bar."""
    with progress(on) as bar:
        task = bar.add_task("", total=diagnosis.steps())
        for found in diagnosis.diagnose(settings):
            if isinstance(found, Diagnosis):
                return found
            bar.update(task, advance=1, description=found)
    raise AssertionError("diagnose() ends with a Diagnosis")


def report(on: Console, found: Diagnosis) -> None:
    """Two tables, the verdict, and what to do."""
    on.print(trials(found))
    on.print(stages(found))
    on.print(f"{found.read / 1e6:,.1f} MB of files a second; {found.queue:.1f} batches ready when one is asked for")
    if found.ways:
        on.print(told(found.ways))
    on.print(verdict(found), style="bold")
    for line in advice(found):
        on.print(line)


def trials(found: Diagnosis) -> Table:
    """The rate of each trial."""
    settings, (tried, all_) = found.settings, found.tried
    fewer = f" (tried with {found.batch})" if found.batch < settings.batch_size else ""
    title = f"{_workers(settings.workers)}, batches of {settings.batch_size}{fewer}, {tried:,} of {all_:,} pictures"
    table = Table("", "pictures/s", "gain", "of whole decodes", title=title, title_justify="left")
    for name in (ASKED, MORE, CACHED, SCALED):
        if name in found.rates:
            gain, rate = found.gain(name), found.rates[name]
            table.add_row(
                name, f"{rate:,.0f}", "" if name == ASKED else f"{gain:+,.0%}", f"{rate / found.rates[BARE]:,.0%}"
            )
    table.add_row(f"nothing but whole decodes, {_workers(settings.workers)}", f"{found.rates[BARE]:,.0f}", "", "")
    if settings.step:
        table.add_row("ceiling: the consumer", f"{settings.batch_size / settings.step:,.0f}", "", "")
    return table


def stages(found: Diagnosis) -> Table:
    """The shares of the threads' time."""
    table = Table("stage", "of the threads' time", "")
    for name, share in found.shares.items():
        table.add_row(name, f"{share:.0%}", MEANING[name])
    return table


def _workers(count: int) -> str:
    return f"{count} worker{'s' * (count > 1)}"
