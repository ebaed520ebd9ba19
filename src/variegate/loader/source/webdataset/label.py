"""Labels of the samples in a tar: which member, and which value in it."""

from __future__ import annotations

from typing import Any, NamedTuple

from variegate.errors import SourceError
from variegate.loader.source.digits import integer
from variegate.loader.source.folder import path_id
from variegate.loader.source.json_text import parsed

MOST = {"cls": 1024, "json": 64 << 20}  # bytes of a member in which a value is looked for
KINDS = "a number", "a text", "null"  # of labels that do not mix; of anything else nothing is said


class LabelPart(NamedTuple):
    """What a user asks of a sample: a member by its suffix, or one value of a JSON object.

    >>> LabelPart.of("json:class")
    LabelPart(suffix='json', key='class')
    """

    suffix: str
    key: str = ""

    @classmethod
    def of(cls, text: str) -> LabelPart:
        """The part that a text names."""
        suffix, _, key = text.partition(":")
        return cls(suffix.lower().lstrip("."), key)

    @property
    def kind(self) -> str:
        """The end of the suffix, which says what the member is: "png" of "seg.png"."""
        return self.suffix.rpartition(".")[2]

    @property
    def column(self) -> str:
        """What its labels are called in an index."""
        return f"label-{path_id(f'{self.suffix}:{self.key}'):016x}"

    @property
    def kinds(self) -> str:
        """What the kinds of its labels are called there."""
        return self.column.replace("label", "kinds")


def refuse_mixed(first: dict[str, str], where: str) -> None:
    """Refuse labels that are numbers in some samples and texts, or nothing, in others; the first member of each kind.

    Raises  SourceError, with `where`.
    """
    other = next((kind for kind in KINDS[1:] if kind in first), None)
    if other is not None and KINDS[0] in first:
        raise SourceError(
            f"{where}: labels are of one kind, and that of {first[KINDS[0]]} is a number, that of {first[other]} "
            f"{other}; mend or leave out the sample"
        )


def refuse_long(size: int, part: LabelPart, where: str) -> None:
    """Refuse a member that is far too long for what is to be read in it.

    Raises  SourceError, with `where`.
    """
    if size > (most := MOST.get(part.kind, size)):
        raise SourceError(f"{where}: it has {size} bytes, and a .{part.kind} of more than {most} is not read")


def label_value(data: bytes | memoryview, label: LabelPart, where: str) -> Any:
    """A label out of its member: an integer of cls, a value of a JSON, else the text.

    Raises  SourceError if it cannot be.
    """
    try:
        if label.kind == "cls":
            return integer(str(data, "utf-8"))
        value = parsed(data, where) if label.kind == "json" else str(data, "utf-8")
        return value[label.key] if label.key else value  # type: ignore[index]
    except SourceError:
        raise
    except (ValueError, TypeError) as error:  # also of the wrong bytes for UTF-8
        what = "an integer" if label.kind == "cls" else "the value asked for"
        raise SourceError(f"{where}: it is {bytes(data[:40])!r}, from which {what} cannot be read ({error})") from error
    except (KeyError, IndexError) as error:
        raise SourceError(f"{where}: it has no {label.key!r}") from error
