"""Docstrings: the library's plain texts as Markdown. Aligned lists become definition lists, all else stays in order."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ENTRY = re.compile(r"^( *)(\*{0,2}[A-Za-z_][\w.]*(?:, [\w.]+)*)(?: {2,})(\S.*)$")
BESIDE = re.compile(r" {4,}(?=\w+ {2,}\S)")  # two entries on one line
SPECIAL = re.compile(r"([\\*_\[\]<>#|~$])")
HEADS = ("Raises", "Limits", "Returns", "Laws")


@dataclass(frozen=True)
class Entry:
    """A line of an aligned list: its names, what is said of them, and the list within."""

    names: str
    lines: tuple[str, ...]
    within: tuple[Entry, ...] = ()


def blocks(doc: str | None) -> list[list[str]]:
    """The paragraphs of a docstring, as lines."""
    text = inspect.cleandoc(doc or "")
    return [part.split("\n") for part in re.split(r"\n(?: *\n)+", text) if part.strip()]


def entries(lines: Sequence[str], indent: int = 0) -> tuple[Entry, ...] | None:
    """An aligned list; None if the lines are none."""
    found: list[tuple[str, list[str], list[str]]] = []
    for line in lines:
        hit = ENTRY.match(line)
        if hit and len(hit[1]) == indent:
            first, *others = BESIDE.split(hit[3])
            found.append((hit[2], [first], []))
            found += [(name, [text], []) for name, text in (re.split(r" {2,}", each, maxsplit=1) for each in others)]
        elif not found or len(line) - len(line.lstrip()) <= indent:
            return None
        elif (hit and len(hit[1]) == indent + 4) or found[-1][2]:
            found[-1][2].append(line)
        else:
            found[-1][1].append(line.strip())
    made = [Entry(name, tuple(text), entries(below, indent + 4) or ()) for name, text, below in found]
    if any(below and not each.within for each, (_, _, below) in zip(made, found, strict=True)):
        return None
    return tuple(made) or None


def examples(doc: str | None) -> list[str]:
    """The lines of a docstring's examples, without their prompts."""
    return re.findall(r"^ *(?:>>>|\.\.\.) (.*)$", doc or "", re.MULTILINE)


def listed(doc: str | None) -> dict[str, Entry]:
    """What a docstring says of each name in its lists, Raises and the like left out."""
    found: dict[str, Entry] = {}
    for block in blocks(doc):
        for entry in entries(block) or ():
            if entry.names not in HEADS:
                found.update(dict.fromkeys(entry.names.split(", "), entry))
    return found


def escaped(text: str) -> str:
    """Prose as Markdown that says the same: only `code` is markup."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(part if n % 2 else SPECIAL.sub(r"\\\1", part) for n, part in enumerate(parts))


def definitions(some: Sequence[Entry], margin: str = "") -> Iterator[str]:
    """A definition list."""
    for entry in some:
        head = f"**{entry.names}**" if entry.names in HEADS else ", ".join(f"`{n}`" for n in entry.names.split(", "))
        yield f"{margin}{head}"
        yield f"{margin}: {escaped(' '.join(entry.lines))}"
        yield ""
        if entry.within:
            yield from definitions(entry.within, margin + "  ")


def markdown(doc: str | None) -> Iterator[str]:
    """The lines of a docstring as Markdown."""
    for block in blocks(doc):
        if block[0].lstrip().startswith(">>>"):
            yield from ("```pycon", *block, "```", "")
        elif found := entries(block):
            yield from definitions(found)
        elif any(line.startswith("    ") for line in block):
            first = next(n for n, line in enumerate(block) if line.startswith("    "))
            if first:
                yield from (escaped(" ".join(block[:first])), "")
            yield from ("```text", *textwrap.dedent("\n".join(block[first:])).split("\n"), "```", "")
        else:
            yield from (*map(escaped, block), "")
