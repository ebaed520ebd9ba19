"""`variegate check`: whether a pipeline gives the same bytes however it is run."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from variegate.cli.options import Dtype, ModeOption, Seed, console, pipeline
from variegate.errors import ConfigError
from variegate.loader import ImageFolder
from variegate.ops.base import Op


def check(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="PIPELINE",
            help="A .yaml, .yml or .json file; or module:name of a pipeline in Python code, which is then run.",
            show_default=False,
        ),
    ],
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
    augment = pipeline(Path(subject)) if Path(subject).suffix in (".yaml", ".yml", ".json") else in_code(subject)
    source = None if data is None else ImageFolder(data, mode=mode, dtype=dtype)
    try:
        for shown in checks(augment, source, seed):
            on.print("✓", style="green", end=" ")
            on.print(shown)
    except AssertionError as problem:
        on.print("✗", style="red", end=" ")
        on.print(str(problem))
        raise typer.Exit(1) from None


def in_code(name: str) -> Any:
    """The pipeline under a name such as train:augment, of a module that can be imported from here.

    Raises  ConfigError if there is no such module or name, or it is no pipeline.
    """
    module, _, attribute = name.partition(":")
    if not attribute:
        raise ConfigError(f"{name}: give a .yaml or .json file, or module:name of a pipeline, such as train:augment")
    sys.path.insert(0, "")  # as `python -m` does
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{name}: {error}") from error
    finally:
        sys.path.remove("")
    if not isinstance(found, Op | list | tuple):
        raise ConfigError(f"{name} is {type(found).__name__}; give a Compose, an op or a list of ops")
    return found
