"""`variegate check`: whether a pipeline gives the same bytes however it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from variegate.cli.options import Dtype, ModeOption, Seed, Subject, console, pipeline
from variegate.loader import ImageFolder


def check(
    subject: Subject,
    data: Annotated[Path | None, typer.Option(help="A folder of pictures to try it on. Default: noise.")] = None,
    dtype: Dtype = "uint8",
    mode: ModeOption = "RGB",
    seed: Seed = 0,
) -> None:
    """Run a pipeline under 1 and 3 workers, 3 ranks, two epochs, a resume and a torch DataLoader, and compare bytes.

    An op that draws numbers of its own, from a global generator, a clock or a counter, is found and named. The exit
    code is 1 if anything differs.

    **Example:**  `variegate check pipeline.yaml`  or  `variegate check train:augment --data photos/`
    """
    from variegate.testing.check import checks

    on = console()
    augment = pipeline(subject)
    source = None if data is None else ImageFolder(data, mode=mode, dtype=dtype)
    try:
        for shown in checks(augment, source, seed):
            on.print("✓", style="green", end=" ")
            on.print(shown)
    except AssertionError as problem:
        on.print("✗", style="red", end=" ")
        on.print(str(problem))
        raise typer.Exit(1) from None
