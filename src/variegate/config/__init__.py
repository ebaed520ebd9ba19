"""A pipeline as a file: ops <-> plain values <-> YAML or JSON, versioned, and never a line of code.

    variegate: 1
    interpolation: bilinear
    ops:
      - Rotate: {angle: [-30, 30]}        # a pair is a uniform range, a number a constant
      - Scale: {factor: {LogUniform: [0.8, 1.25]}, p: 0.5}
      - OneOf: {ops: [HorizontalFlip, VerticalFlip], weights: [2, 1]}
      - RandomResizedCrop: 224            # a value that is no mapping is the op's first field
    targets:                              # what the fields of a sample are; the same notation
      boxes: {Boxes: {format: coco, min_visible: 0.1}}
      labels: PerInstance
      mask: {Mask: {ignore_index: 255}}

dump, save   an op tree to plain values, and to a file
load         a file, a text or plain values to an op tree; load(dump(x)) == x
schema       the JSON Schema of such a file, for editors

The types of the fields of ops and targets are the schema: reading, saving and errors all come from the dataclasses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from variegate.config.fields import registry, target_registry
from variegate.config.node import EXPONENT, ConfigNode, of_json, of_plain, of_yaml
from variegate.config.read import VERSION, Reader
from variegate.config.schema import schema
from variegate.config.write import Writer
from variegate.errors import ConfigError

Top = TypeVar("Top")
SUFFIXES = {".json": of_json, ".yaml": of_yaml, ".yml": of_yaml}


def dump(pipeline: Any, ops: Iterable[type] = ()) -> dict[str, Any]:
    """A pipeline as dicts, lists, numbers and text; `ops` are classes of the user's own, targets too.

    Raises  ConfigError, naming the op and the field, if a value has no form in a file: a function, an unknown op.
    """
    return Writer(registry([type(pipeline), *ops]), target_registry(ops)).pipeline(pipeline)


def save(pipeline: Any, path: str | Path, ops: Iterable[type] = ()) -> None:
    """Write a pipeline to a .yaml, .yml or .json file.

    Raises  ConfigError if it cannot be saved, the suffix is another one, YAML is asked for without PyYAML, or the file
            cannot be written.
    """
    path = Path(path)
    _parser(path)
    plain = dump(pipeline, ops)
    text = _json(plain) if path.suffix == ".json" else _yaml(plain, path)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        reason = problem.strerror or problem
        lacks = "" if path.absolute().parent.is_dir() else f"; there is no folder {path.absolute().parent}"
        raise ConfigError(f"{path}: cannot be written: {reason}{lacks}") from None


def load(source: str | Path | Mapping[str, Any], top: type[Top], ops: Iterable[type] = ()) -> Top:
    """A pipeline from a path, from YAML or JSON text (of two lines or more, or in braces), or from `dump`'s dict.

    top  the class of the outermost op: Compose
    ops  classes of the user's own that the file may name, ops and targets

    Raises  ConfigError, with the line and the field, if anything in it cannot be read.
    """
    try:
        return Reader(registry([top, *ops]), target_registry(ops)).pipeline(_nodes(source), top)  # type: ignore[no-any-return]
    except RecursionError:
        raise ConfigError("the pipeline is nested too deeply to be read") from None


def _nodes(source: str | Path | Mapping[str, Any]) -> ConfigNode:
    if isinstance(source, Mapping):
        return of_plain(source, "pipeline")
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        return (of_json if source.lstrip().startswith("{") else of_yaml)(source, "text")
    path = Path(source)
    parse = _parser(path)
    try:
        return parse(path.read_text(encoding="utf-8-sig"), path.name)
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be read: {problem.strerror or problem}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: cannot be read: it is not UTF-8 text") from None


def _parser(path: Path) -> Callable[[str, str], ConfigNode]:
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"{path}: a pipeline file ends in .yaml, .yml or .json, got {path.suffix or 'no suffix'!r}")
    return SUFFIXES[path.suffix]


def _json(plain: dict[str, Any]) -> str:
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def _yaml(plain: dict[str, Any], path: str | Path) -> str:
    try:
        import yaml
    except ImportError:
        raise ConfigError(f'{path}: YAML needs PyYAML: pip install "variegate[cli]"; or save as .json') from None

    class Dumper(yaml.SafeDumper):
        """Quotes the texts that we read as numbers."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, "'" if EXPONENT.fullmatch(value) else None)

    Dumper.add_representer(str, text)
    return str(yaml.dump(plain, None, Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100))


__all__ = ["VERSION", "dump", "load", "save", "schema"]
