"""What several commands take: a pipeline's file, a size, and the terminal."""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from variegate import config
from variegate.errors import ConfigError, escaped
from variegate.ops.base import Op
from variegate.pipeline import Compose

PIPELINE = "a .yaml, .yml or .json file; or module:name of one in Python code, which is then run."
Subject = Annotated[str, typer.Argument(metavar="PIPELINE", help=f"The pipeline: {PIPELINE}", show_default=False)]
Config = Annotated[str | None, typer.Option("--config", "-c", help=f"The pipeline: {PIPELINE}", show_default=False)]
Dtype = Annotated[
    str, typer.Option(help="Into what the pictures are decoded: uint8, uint16 (files of 16 bits) or float32 (floats).")
]
ModeOption = Annotated[
    str, typer.Option(help="Into what the pictures are decoded: RGB, L (grey), RGBA or bands (all that a file has).")
]
Seed = Annotated[int, typer.Option(help="Same seed, same pictures.")]


def pipeline(subject: str | Path) -> Compose:
    """The pipeline of a file, or of Python code.

    Raises  ConfigError if it cannot be read.
    """
    path = Path(subject)
    return config.load(path, Compose) if path.suffix in config.SUFFIXES else in_code(str(subject))


def in_code(name: str) -> Compose:
    """The pipeline under a name such as train:augment, of a module that can be imported from here.

    Raises  ConfigError if there is no such module or name, importing it raises, or it is no pipeline.
    """
    module, _, attribute = name.partition(":")
    if not attribute:
        raise ConfigError(f"{name}: give a .yaml or .json file, or module:name of a pipeline, such as train:augment")
    sys.path.insert(0, "")  # as `python -m` does
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{name}: {error}") from error
    except Exception as error:
        raise ConfigError(f"{name}: {module} raised {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove("")
    if not isinstance(found, Op | list | tuple):
        raise ConfigError(f"{name} is {type(found).__name__}; give a Compose, an op or a list of ops")
    return found if isinstance(found, Compose) else Compose(found)  # type: ignore[arg-type]


def to_be_written(path: Path, *suffixes: str) -> Path:
    """A file that a command is going to write, looked at before the work.

    suffixes  of the kinds of files that it can write; none: any

    Raises  ConfigError if it cannot be.
    """
    if suffixes and path.suffix.lower() not in suffixes:
        raise ConfigError(f"{path}: {path.suffix or 'no suffix'} is no kind of picture that can be written, as .png is")
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; name a file in it")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.absolute().parent}")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise ConfigError(f"{path} cannot be written: permission denied")
    return path


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
