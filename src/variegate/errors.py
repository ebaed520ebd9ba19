"""What can go wrong, as a tree.

VariegateError
├── FieldError      an op was declared with a value it cannot have        (also a ValueError)
├── PipelineError   ops that cannot stand in this order or together        (also a ValueError)
├── InputError      a picture or a field of a sample that cannot be taken  (also a ValueError)
├── ConfigError     a YAML or JSON pipeline that cannot be read            (also a ValueError)
├── SourceError     a folder, array or label list that is no data set      (also a ValueError)
└── DecodeError     a file that cannot be decoded; carries its path        (also a ValueError)

Every message says what was asked, what was got and what to do.
"""

from __future__ import annotations


class VariegateError(Exception):
    """The root of every error that Variegate raises on purpose."""


class FieldError(VariegateError, ValueError):
    """A field of an op has a value that it cannot have."""


class PipelineError(VariegateError, ValueError):
    """These ops cannot stand in this order, or together."""


class InputError(VariegateError, ValueError):
    """A picture, or another field of a sample, cannot be taken."""


class ConfigError(VariegateError, ValueError):
    """A YAML or JSON pipeline cannot be read; the message names the line and the field."""


class SourceError(VariegateError, ValueError):
    """A folder, an array or a label list is no usable data set."""


class DecodeError(VariegateError, ValueError):
    """A file cannot be decoded.

    path    the file, as the source knows it
    reason  what the decoder said
    sound   whether the file is whole, and it is another dtype, mode or library that it needs
    """

    def __init__(self, path: str, reason: str, sound: bool = False) -> None:
        super().__init__(f"{path}: cannot be decoded: {reason}.{'' if sound else ' Repair or remove the file.'}")
        self.path = path
        self.reason = reason
        self.sound = sound

    def __reduce__(self) -> tuple[type[DecodeError], tuple[str, str, bool]]:
        return type(self), (self.path, self.reason, self.sound)
