"""What can go wrong, as a tree.

VariegateError
├── FieldError      an op was declared with a value it cannot have        (also a ValueError)
├── PipelineError   ops that cannot stand in this order or together        (also a ValueError)
├── InputError      a picture or a field of a sample that cannot be taken  (also a ValueError)
├── ConfigError     a YAML or JSON pipeline that cannot be read            (also a ValueError)
├── SourceError     a folder, array or label list that is no data set      (also a ValueError)
├── DecodeError     a file that cannot be decoded; carries its path        (also a ValueError)
└── ResourceError   the machine lacks something now; no sample's fault     (also a RuntimeError)

Every message says what was asked, what was got and what to do. What stands in it of files and data is `printable`:
control codes are escaped, and of a long text the middle is left out; a file's name begins no line (`in_line`). Each
of these can be made of one text, and says it: so does PyTorch, which brings an error out of a worker as its class and
a text.
"""

from __future__ import annotations

import re

LONGEST = 4000  # letters of a message
ENDS = LONGEST * 5 // 8, LONGEST * 5 // 16  # of a longer one: how many are kept at its beginning, and at its end
# Control codes but tab and new line; what turns the direction of writing or breaks lines; halves of UTF-16's pairs.
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def printable(text: str) -> str:
    r"""A text as it may be printed: control codes escaped, and if it is long, without its middle.

    >>> printable("\x1b[2Ja.jpg")
    '\\x1b[2Ja.jpg'
    >>> len(printable("a" * 5_000_000))
    3788
    """
    if len(text) > LONGEST:
        first, last = ENDS
        cut = f" [... {len(text) - first - last:,} letters left out ...] "
        return escaped(text[:first])[:first] + cut + escaped(text[-last:])[-last:]
    whole = escaped(text)
    return whole if len(whole) <= LONGEST else printable(whole)


def in_line(name: str) -> str:
    r"""A name of a file, or another text from outside, as it stands in a line of a message: it begins no line.

    >>> in_line("a.jpg\nvariegate: all is well")
    'a.jpg\\nvariegate: all is well'
    """
    return printable(name).replace("\n", "\\n")


def escaped(text: str) -> str:
    """A text of any length with its control codes escaped, but tab and new line."""
    return UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class VariegateError(Exception):
    """The root of every error that Variegate raises on purpose.

    >>> from variegate import Rotate
    >>> try:
    ...     Rotate("steep")
    ... except VariegateError as problem:
    ...     type(problem).__name__
    'FieldError'
    """

    def __init__(self, *args: object) -> None:
        super().__init__(*(printable(value) if isinstance(value, str) else value for value in args))


class FieldError(VariegateError, ValueError):
    """A field of an op has a value that it cannot have.

    >>> from variegate import Contrast
    >>> Contrast(-1)
    Traceback (most recent call last):
    variegate.errors.FieldError: Contrast.factor ...
    """


class PipelineError(VariegateError, ValueError):
    """These ops cannot stand in this order, or together.

    >>> from variegate import Compose, Normalize, Rotate
    >>> Compose([Normalize(), Rotate(9)]).explain()
    Traceback (most recent call last):
    variegate.errors.PipelineError: Rotate comes after Normalize...
    """


class InputError(VariegateError, ValueError):
    """A picture, or another field of a sample, cannot be taken.

    >>> import numpy as np
    >>> from variegate import Compose, Rotate
    >>> Compose([Rotate(9)])(np.zeros(12))
    Traceback (most recent call last):
    variegate.errors.InputError: ...
    """


class ConfigError(VariegateError, ValueError):
    """A YAML or JSON pipeline cannot be read; the message names the line and the field.

    >>> from variegate import load
    >>> load("variegate: 1\\nops:\\n  - Rotat: 9\\n")
    Traceback (most recent call last):
    variegate.errors.ConfigError: ...Rotat...
    """


class SourceError(VariegateError, ValueError):
    """A folder, an array or a label list is no usable data set.

    >>> from variegate import ImageFolder
    >>> ImageFolder("no such folder")
    Traceback (most recent call last):
    variegate.errors.SourceError: ...no such folder...
    """


class DecodeError(VariegateError, ValueError):
    """A file cannot be decoded.

    path    the file, as the source knows it; empty of an error that came as a text alone
    reason  what the decoder said
    sound   whether the file is whole, and it is another dtype, mode or library that it needs

    >>> problem = DecodeError("cats/7.jpg", "the file ends early")
    >>> print(problem)
    cats/7.jpg: cannot be decoded: the file ends early. Repair or remove the file.
    >>> problem.path, problem.sound
    ('cats/7.jpg', False)
    """

    def __init__(self, path: str, reason: str | None = None, sound: bool = False) -> None:
        if reason is None:  # a text alone
            path, reason, text = "", path, path
        else:
            text = f"{in_line(path)}: cannot be decoded: {reason}.{'' if sound else ' Repair or remove the file.'}"
        super().__init__(text)
        self.path, self.reason, self.sound = path, printable(reason), sound

    def __reduce__(self) -> tuple[type[DecodeError], tuple[object, ...]]:
        return type(self), (self.path, self.reason, self.sound) if self.path else self.args


class ResourceError(VariegateError, RuntimeError):
    """The machine lacks what is needed now (memory, open files), or the network does not answer.

    That is no sample's fault, so a Loader raises it whatever its `on_error` says, once it has waited for a few seconds.

    >>> issubclass(ResourceError, RuntimeError), issubclass(ResourceError, ValueError)
    (True, False)
    """
