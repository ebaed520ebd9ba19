"""Display: a pipeline's plan as a notebook shows it, made of the text that `explain` gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

LINE = re.compile(r"( *)(\S+(?: \d+)?) {2,}(.*)")
BOX = "border:1px solid;border-radius:4px;padding:2px 8px;margin:4px 0;max-width:60em"
CODE = ("map", "field", "colour", "output")  # lines that name an op


class Explanation(str):
    """What `explain` tells: a text, which a notebook shows as boxes, one a pass over the pixels.

    >>> from variegate import Compose, Rotate
    >>> told = Compose([Rotate(30)]).explain()
    >>> isinstance(told, str), told._repr_html_().count("<li>")
    (True, 1)
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        """The same as HTML; whatever an op is called is text in it."""
        return "".join(_html(self.split("\n")))


def _html(lines: list[str]) -> Iterator[str]:
    yield "<div>"
    within = words = False
    for line in lines:
        found = LINE.fullmatch(line)
        indent, head, text = found.groups() if found else ("", "", line)
        if within and not indent:
            yield "</ul></div>"
            within = False
        if head == "words":
            yield "<details><summary>words</summary>"
            words, (head, text) = True, re.split(r" {2,}", text, maxsplit=1)
        if head.startswith("stage ") and not words:
            yield f'<div style="{BOX}"><strong>{escape(head)}</strong> {escape(text)}<ul style="margin:0">'
            within = True
        elif within:
            yield f"<li>{escape(head)} {_code(text) if head in CODE else escape(text)}</li>"
        else:
            yield f"<div><strong>{escape(head)}</strong> {escape(text)}</div>"
    yield f"{'</ul></div>' if within else ''}{'</details>' if words else ''}</div>"


def _code(text: str) -> str:
    """An op and, behind three spaces, on what it depends."""
    op, _, gate = text.partition("   ")
    return f"<code>{escape(op)}</code>" + (f" {escape(gate)}" if gate else "")
