"""Text to located values: each value of a YAML or JSON file with the line on which it stands.

Node     a value, its line, and the name of its source
of_yaml  through PyYAML's safe nodes: no tag, no alias, no code
of_json  through the standard library alone
of_plain from dicts and lists already in memory, which have no lines
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from variegate.errors import ConfigError


@dataclass(frozen=True)
class ConfigNode:
    """One value of a file and where it stands.

    value   a scalar; or a list of nodes; or a dict of text to nodes
    line    from 1; None where the value never was in a file
    source  what to call the file in an error
    """

    value: Any
    line: int | None
    source: str

    def error(self, text: str) -> ConfigError:
        """A ConfigError that says where this value stands."""
        place = f"{self.source}, line {self.line}" if self.line else self.source
        return ConfigError(f"{place}: {text}")

    def kind(self) -> str:
        """The value as an error shows it."""
        if isinstance(self.value, dict):
            return "a mapping"
        return "a list" if isinstance(self.value, list) else "null" if self.value is None else repr(self.value)


def of_plain(value: Any, source: str) -> ConfigNode:
    """Nodes for values in memory; a tuple counts as a list."""
    if isinstance(value, Mapping):
        return ConfigNode({str(key): of_plain(item, source) for key, item in value.items()}, None, source)
    if isinstance(value, list | tuple):
        return ConfigNode([of_plain(item, source) for item in value], None, source)
    return ConfigNode(value, None, source)


EXPONENT = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")  # a number, though YAML 1.1 takes 1e-3 for text
_TOKEN = re.compile(r'\s*([{}\[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+)')


def of_json(text: str, source: str) -> ConfigNode:
    """Nodes for a JSON text.

    Raises  ConfigError if it is not JSON, or a field is given twice.
    """
    try:
        json.loads(text)
    except json.JSONDecodeError as problem:
        raise ConfigNode(None, problem.lineno, source).error(f"not JSON: {problem.msg}") from None
    except ValueError:  # of int()
        raise ConfigNode(None, None, source).error("it has an integer of more digits than are read") from None
    return _Json(text, source).node()


class _Json:
    """Walks the tokens of a text that is known to be JSON, counting lines."""

    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.tokens = deque(self._tokens(text))

    @staticmethod
    def _tokens(text: str) -> Iterator[tuple[str, int]]:
        line, end = 1, 0
        for match in _TOKEN.finditer(text):
            line += text.count("\n", end, match.start(1))
            end = match.start(1)
            yield match[1], line

    def node(self) -> ConfigNode:
        token, line = self.tokens.popleft()
        if token == "[":
            return ConfigNode(list(self._items()), line, self.source)
        if token == "{":
            return ConfigNode(self._fields(), line, self.source)
        return ConfigNode(json.loads(token), line, self.source)

    def _until(self, end: str) -> Iterator[None]:
        """Once an item, until the closing bracket."""
        while self.tokens[0][0] != end:
            yield
            if self.tokens[0][0] == ",":
                self.tokens.popleft()
        self.tokens.popleft()

    def _items(self) -> Iterator[ConfigNode]:
        for _ in self._until("]"):
            yield self.node()

    def _fields(self) -> dict[str, ConfigNode]:
        fields: dict[str, ConfigNode] = {}
        for _ in self._until("}"):
            key, line = self.tokens.popleft()
            self.tokens.popleft()  # the colon
            _put(fields, json.loads(key), ConfigNode(self.node().value, line, self.source))
        return fields


def of_yaml(text: str, source: str) -> ConfigNode:
    """Nodes for a YAML text.

    Raises  ConfigError if PyYAML is missing, the text is not YAML, has a tag or an alias, or gives a field twice.
    """
    try:
        import yaml
    except ImportError:
        raise ConfigError(
            f'{source}: YAML needs PyYAML: pip install "variegate[cli]"; a JSON file needs nothing'
        ) from None
    try:
        loader = yaml.SafeLoader(text)
    except yaml.YAMLError as problem:  # of letters that no YAML has, such as NUL
        raise ConfigNode(None, None, source).error(f"not YAML: {str(problem).splitlines()[0]}") from None
    try:
        root = loader.get_single_node()
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        reason = getattr(problem, "problem", None) or str(problem)
        raise ConfigNode(None, mark and mark.line + 1, source).error(f"not YAML: {reason}") from None
    finally:
        loader.dispose()
    return ConfigNode(None, 1, source) if root is None else _Yaml(source).node(root)


class _Yaml:
    """Turns PyYAML's nodes into ours, each once: so an alias, which could make a small file huge, is refused."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.seen: set[int] = set()

    def node(self, given: Any) -> ConfigNode:
        import yaml

        here = ConfigNode(None, given.start_mark.line + 1, self.source)
        if id(given) in self.seen:
            raise here.error("an alias (*name) is not read; write the value out")
        self.seen.add(id(given))
        self.check(given)
        if isinstance(given, yaml.SequenceNode):
            return ConfigNode([self.node(item) for item in given.value], here.line, self.source)
        if isinstance(given, yaml.MappingNode):
            fields: dict[str, ConfigNode] = {}
            for key, item in given.value:
                value = self.node(item)
                at = ConfigNode(value.value, key.start_mark.line + 1, self.source)
                if not isinstance(key, yaml.ScalarNode):
                    raise at.error("a list or a mapping is no name of a field")
                self.check(key)
                _put(fields, key.value, at)
            return ConfigNode(fields, here.line, self.source)
        return ConfigNode(self.scalar(given), here.line, self.source)

    def check(self, given: Any) -> str:
        """The kind of a node, which must be one of plain data."""
        kind = str(given.tag).removeprefix("tag:yaml.org,2002:")
        if kind not in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map", "merge"):
            told = "only numbers, text, true, false, null, lists and mappings are"
            raise ConfigNode(None, given.start_mark.line + 1, self.source).error(f"{kind!r} is not read; {told}")
        return kind

    def scalar(self, given: Any) -> Any:
        import yaml

        kind = self.check(given)
        if given.style is None and EXPONENT.fullmatch(given.value):
            return float(given.value)
        if kind not in ("int", "float", "bool", "null") or ":" in given.value:  # nor is 1:30 ninety
            return given.value
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(given)
        except ValueError:
            return given.value
        finally:
            loader.dispose()


def _put(fields: dict[str, ConfigNode], key: str, value: ConfigNode) -> None:
    if key in fields:
        raise value.error(f"{key}: given twice")
    fields[key] = value
