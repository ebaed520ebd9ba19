"""What several commands take: a pipeline's file, a size, and the terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from variegate import config
from variegate.errors import escaped
from variegate.pipeline import Compose

Config = Annotated[
    Path, typer.Option("--config", "-c", help="The pipeline, a .yaml, .yml or .json file.", show_default=False)
]
Dtype = Annotated[
    str, typer.Option(help="Into what the pictures are decoded: uint8, uint16 (files of 16 bits) or float32 (floats).")
]
ModeOption = Annotated[
    str, typer.Option(help="Into what the pictures are decoded: RGB, L (grey), RGBA or bands (all that a file has).")
]
Seed = Annotated[int, typer.Option(help="Same seed, same pictures.")]


def pipeline(path: Path) -> Compose:
    """The pipeline of a file."""
    return config.load(path, Compose)


def size(text: str) -> tuple[int, int]:
    """(height, width) of a text such as 375x500.

    Raises  typer.BadParameter if the text is no such pair.
    """
    found = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", text)
    if not found:
        raise typer.BadParameter(f"a size is HEIGHTxWIDTH in pixels, such as 375x500, got {text!r}")
    return int(found[1]), int(found[2])


class PlainConsole(Console):
    """A terminal on which a text is what it says: names of files and words of data style and steer nothing."""

    def render_str(self, text: str, **options: Any) -> Text:
        """The one way by which Rich makes a text of what is printed."""
        return super().render_str(escaped(text), **options)


def console() -> Console:
    """The terminal, for what a command has to say; styles are given by `style=`, and never within a text."""
    return PlainConsole(highlight=False, soft_wrap=True, markup=False, emoji=False)


def progress(on: Console) -> Progress:
    """A bar for work that lasts; nothing where no terminal would redraw it."""
    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(SpinnerColumn(), *columns, console=on, transient=True, disable=not on.is_terminal)
