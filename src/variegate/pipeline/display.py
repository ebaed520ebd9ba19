"""Display: a pipeline's plan as a notebook shows it, made of the text that `explain` gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

LINE = re.compile(r"( *)(\S+(?: \d+)?) {2,}(.*)")
SHARE = re.compile(r"(\d+)%")
CUT = re.compile(r"cut {2,}(\S+) \| (\S+):")
STYLE = "border:1px solid;border-radius:4px;padding:2px 8px;margin:0;max-width:60em"
ARROW = "margin:0 0 0 1em;opacity:.8"
BAR = "height:6px;background:currentColor;opacity:.45;border-radius:3px"
CODE = ("map", "field", "colour", "output")  # lines that name an op


class Explanation(str):
    """What `explain` tells: a text, which a notebook shows as boxes, one a pass over the pixels.

    Between two boxes stands why they are two. Where stages were measured, a bar is as long as a stage's share of time.

    >>> from variegate import Compose, Rotate
    >>> told = Compose([Rotate(30)]).explain()
    >>> isinstance(told, str), told._repr_html_().count("<li>")
    (True, 1)
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        """The same as HTML; whatever an op is called is text in it."""
        return "".join(_html(self.split("\n")))


def _html(lines: Sequence[str]) -> Iterator[str]:
    head, stages, cuts, words = _parts(lines)
    yield "<div>"
    yield from map(_line, head)
    for n, stage in enumerate(stages):
        if n:
            found = [cut for cut in cuts if _parts_them(cut, stages[n - 1], stage)][:1]
            cuts = [cut for cut in cuts if cut not in found]
            yield f'<div style="{ARROW}">&darr; {"".join(map(_line, found))}</div>'
        yield from _stage(stage)
    yield from map(_line, cuts)  # those that these numbers do not need, and what mixes
    if words:
        yield f"<details><summary>words</summary>{''.join(map(_line, words))}</details>"
    yield "</div>"


def _parts(lines: Sequence[str]) -> tuple[list[str], list[list[str]], list[str], list[str]]:
    """The lines of a text: those before the stages, of each stage, of cuts and what mixes, and of words."""
    head, stages, cuts, words = list[str](), list[list[str]](), list[str](), list[str]()
    for line in lines:
        if words or line.startswith("words "):
            words.append(line.removeprefix("words").strip())
        elif line.startswith("stage "):
            stages.append([line])
        elif line.startswith("  ") and stages:
            stages[-1].append(line)
        else:
            (cuts if stages or line.startswith(("cut ", "mix ", "mosaic ")) else head).append(line)
    return head, stages, cuts, words


def _parts_them(cut: str, one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether a cut names an op of each of two stages."""
    found = CUT.match(cut)
    return found is not None and all(
        _names(path, stage) for path, stage in zip(found.groups(), (one, other), strict=True)
    )


def _names(path: str, stage: Sequence[str]) -> bool:
    """Whether an op of a path, such as `OneOf/Rotate#2`, is in a stage."""
    called = re.escape(path.rpartition("/")[2].partition("#")[0])
    return any(re.search(rf"(?<!\w){called}\(|name='{called}'", line) for line in stage)


def _line(line: str) -> str:
    found = LINE.fullmatch(line)
    head, text = (found[2], found[3]) if found else ("", line)
    return f"<div><strong>{escape(head)}</strong> {escape(text)}</div>"


def _stage(lines: Sequence[str]) -> Iterator[str]:
    """A box, with what is done in it and a bar of its share of time."""
    found = LINE.fullmatch(lines[0])
    head, text = (found[2], found[3]) if found else ("", lines[0])
    yield f'<div style="{STYLE}"><strong>{escape(head)}</strong> {escape(text)}<ul style="margin:0">'
    share = None
    for line in lines[1:]:
        within = LINE.fullmatch(line)
        name, text = (within[2], within[3]) if within else ("", line)
        yield f"<li>{escape(name)} {_code(text) if name in CODE else escape(text)}</li>"
        share = SHARE.search(text) if name == "time" else share
    yield "</ul>"
    if share:
        yield f'<div style="{BAR};width:{share[1]}%"></div>'
    yield "</div>"


def _code(text: str) -> str:
    """An op and, behind three spaces, on what it depends."""
    op, _, gate = text.partition("   ")
    return f"<code>{escape(op)}</code>" + (f" {escape(gate)}" if gate else "")
