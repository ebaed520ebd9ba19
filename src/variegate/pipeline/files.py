"""Pipelines in files: YAML or JSON, read without running anything."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from variegate.errors import ConfigError
from variegate.pipeline.compose import Compose


def load(source: str | Path | Mapping[str, Any], ops: Iterable[type] = ()) -> Compose:
    """A pipeline from a YAML or JSON file, from such text, or from plain values. Nothing in it is executed.

    source  the file's path; a text of two lines or more, or in braces; or a dict, as `variegate.config.dump` gives it
    ops     classes of your own that the file may name

    >>> load({"variegate": 1, "ops": [{"Rotate": [-30, 30]}]})
    Compose(ops=(Rotate(angle=Uniform(-30, 30)),))

    Raises  ConfigError, with the line and the field, if anything in it cannot be read.
    """
    from variegate import config

    if not isinstance(source, str | os.PathLike | Mapping):
        raise ConfigError(
            f"load takes the path of a .yaml or .json file, its text, or a dict; got {type(source).__name__}"
        )
    return config.load(source, Compose, ops)


def save(pipeline: Compose, path: str | Path, ops: Iterable[type] = ()) -> None:
    """Write a pipeline to a .yaml, .yml or .json file, from which `load` gives an equal one.

    ops  classes of your own that it holds

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from variegate import Compose, Rotate, load
    >>> with TemporaryDirectory() as folder:
    ...     save(Compose([Rotate((-9, 9))]), Path(folder, "pipeline.yaml"))
    ...     print(Path(folder, "pipeline.yaml").read_text(), load(Path(folder, "pipeline.yaml")), sep="")
    variegate: 1
    ops:
    - Rotate:
        angle: [-9, 9]
    Compose(ops=(Rotate(angle=Uniform(-9, 9)),))

    Raises  ConfigError if it holds a function of yours, the suffix is another one, or the file cannot be written.
    """
    from variegate import config

    if not isinstance(pipeline, Compose) or not isinstance(path, str | os.PathLike):
        swapped = "; the pipeline goes first" * isinstance(path, Compose)
        got = f"{type(pipeline).__name__} and {type(path).__name__}"
        raise ConfigError(f'save takes a Compose and a path, save(augment, "pipeline.yaml"); got {got}{swapped}')
    config.save(pipeline, path, ops)
