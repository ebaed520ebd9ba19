"""Pipelines in files: YAML or JSON, read without running anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from variegate.pipeline.compose import Compose


def load(source: str | Path | Mapping[str, Any], ops: Iterable[type] = ()) -> Compose:
    """A pipeline from a YAML or JSON file, from such text, or from plain values. Nothing in it is executed.

    ops  classes of your own that the file may name

    >>> load({"variegate": 1, "ops": [{"Rotate": [-30, 30]}]})
    Compose(ops=(Rotate(angle=Uniform(-30, 30)),))

    Raises  ConfigError, with the line and the field, if anything in it cannot be read.
    """
    from variegate import config

    return config.load(source, Compose, ops)


def save(pipeline: Compose, path: str | Path, ops: Iterable[type] = ()) -> None:
    """Write a pipeline to a .yaml, .yml or .json file, from which `load` gives an equal one.

    ops  classes of your own that it holds

    Raises  ConfigError if it holds a function of yours, or the suffix is another one.
    """
    from variegate import config

    config.save(pipeline, path, ops)
