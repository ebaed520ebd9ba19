"""PolicyText: what a policy of timm's says, "rand-m9-mstd0.5-inc1"; and where a text says nothing."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from variegate.errors import FieldError

NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
SHOWN = 72  # letters of a text, in an error


class Key(NamedTuple):
    """What may stand after a letter or two.

    takes    in words, with an example
    read     the value of a text, or None if it is none
    default  where it is not said
    """

    takes: str
    read: Callable[[str], Any]
    default: Any


def _number(text: str) -> float | None:
    return float(text) if NUMBER.fullmatch(text) else None


def _within(least: float, most: float = math.inf) -> Callable[[str], float | None]:
    def read(text: str) -> float | None:
        number = _number(text)
        return number if number is not None and least <= number <= most else None

    return read


def _whole(least: int, most: int) -> Callable[[str], int | None]:
    return lambda text: int(text) if re.fullmatch("[0-9]{1,9}", text) and least <= int(text) <= most else None


def _spread(text: str) -> float | None:
    number = math.inf if text == "inf" else _number(text)
    return math.inf if number is not None and number > 100 else number


def _word(*words: str) -> Callable[[str], str | None]:
    return lambda text: text if text in words else None


MAGNITUDE = Key("a number of 0 or more, such as m9", _within(0), 10.0)
SPREAD = Key("a number of 0 or more, such as mstd0.5; above 100, or inf, is any from 0 to m", _spread, 0.0)
SWITCH = "0 or 1"
RAND: Mapping[str, Key] = {
    "m": MAGNITUDE,
    "n": Key("a whole number, 0 to 16, such as n2", _whole(0, 16), 2),
    "p": Key("a probability from 0 to 1, such as p0.5", _within(0, 1), 0.5),
    "mstd": SPREAD,
    "mmax": Key("a number above 0, such as mmax10", _within(math.nextafter(0, 1)), 10.0),
    "inc": Key(SWITCH, _word("0", "1"), "0"),
    "t": Key("a list: tweights, t3a or t3aw", _word("weights", "3a", "3aw"), ""),
}
AUGMIX: Mapping[str, Key] = {
    "m": MAGNITUDE._replace(default=3.0),
    "w": Key("a whole number, 1 to 8, such as w3", _whole(1, 8), 3),
    "d": Key("a whole number, 1 to 8, such as d2; 1 to 3 by chance if it is not said", _whole(1, 8), None),
    "a": Key("a number of 0.05 to 1000, such as a1", _within(0.05, 1000), 1.0),
    "b": Key(SWITCH, _word("0", "1"), "0"),
    "mstd": SPREAD._replace(default=math.inf),
}
SEARCHED = "original", "originalr", "v0", "v0r", "3a"
KINDS: Mapping[str, Mapping[str, Key]] = {
    "rand": RAND,
    "augmix": AUGMIX,
    **{kind: {"mstd": SPREAD} for kind in SEARCHED},
}
OPS = {  # policies that are ops of their own, by how their names begin
    "trivial": "TrivialAugmentWide() is an op of its own",
    "ta": "TrivialAugmentWide() is an op of its own",
    "auto": 'AutoAugment() is an op of its own, and timm\'s is "original"',
    "randa": 'RandAugment() is an op of its own, and timm\'s is "rand-m9"',
    "three": 'ThreeAugment() is an op of its own, and timm\'s is "3a"',
}
ADVICE = {  # what stood in recipes once
    "w": "timm has no w any more: leave it out, or write tweights for its list of weights",
}


class PolicyText(NamedTuple):
    """What a text says: its first word, and a value for each key that such a policy has."""

    kind: str
    values: Mapping[str, Any]


def read(text: str, owner: str) -> PolicyText:
    """A policy's text, taken apart.

    Raises  FieldError that shows where the text says what no policy has, and what it may say there.
    """
    kind, *sections = text.split("-")
    if kind not in KINDS:
        said = next((op for begin, op in OPS.items() if kind.strip().lower().startswith(begin)), "")
        near = f"; {said}" if said else _near(kind.strip().lower(), KINDS, kind)
        raise _wrong(owner, text, 0, kind, f"a policy begins with {_listed(KINDS)}{near}")
    found: dict[str, Any] = {}
    at = len(kind)
    for section in sections:
        key, value = _section(section, KINDS[kind], kind, owner, text, at + 1)
        if key in found:
            raise _wrong(owner, text, at + 1, section, f"{key} is said twice")
        found[key] = value
        at += 1 + len(section)
    return PolicyText(kind, {name: found.get(name, key.default) for name, key in KINDS[kind].items()})


def _section(section: str, keys: Mapping[str, Key], kind: str, owner: str, text: str, at: int) -> tuple[str, Any]:
    """The key of one section, and its value."""
    fitting = [name for name in keys if section.startswith(name)]
    letters = re.match("[a-z]*", section, re.IGNORECASE)
    near = _near(letters[0] if letters else "", keys)
    if not fitting:
        advice = ADVICE.get(section[:1], "") if kind == "rand" else ""
        raise _wrong(owner, text, at, section, advice or f"after {kind} may stand {_listed(keys)}{near}")
    name = max(fitting, key=len)
    value = keys[name].read(section[len(name) :])
    if value is None:
        raise _wrong(owner, text, at, section, f"{name} takes {keys[name].takes}{near}")
    return name, value


def _wrong(owner: str, text: str, at: int, part: str, told: str) -> FieldError:
    told = told if told.endswith("?") else f"{told};"
    got, begin = repr(part), max(0, at - SHOWN // 3)
    shown = re.sub(r"\s", " ", text[begin : begin + SHOWN])
    before, behind = "..." * (begin > 0), "..." * (begin + SHOWN < len(text))
    mark = " " * (len(before) + at - begin) + "^" * max(min(len(part), begin + SHOWN - at), 1)
    got = got if len(part) <= SHOWN else f"{part[:SHOWN]!r}..."
    return FieldError(f"{owner}: {told} got {got}\n    {before}{shown}{behind}\n    {mark}")


def _near(word: str, words: Collection[str], given: str = "") -> str:
    """The word that is meant; given: as it was written, where that is not the same."""
    near = [] if (given or word) in words else difflib.get_close_matches(word, list(words), 1, 0.65)
    return f"; did you mean {near[0]}?" if near else ""


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
