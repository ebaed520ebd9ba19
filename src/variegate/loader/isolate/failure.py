"""Failure: an exception of the child's, told to the parent and raised there."""

from __future__ import annotations

import pickle
from traceback import TracebackException
from typing import NamedTuple

from variegate.errors import VariegateError


class Failure(NamedTuple):
    """What is sent of an exception: itself where it can be pickled, what it says, its notes and its traceback."""

    pickled: bytes | None
    said: str
    notes: list[str]
    traceback: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """The failure that an exception makes."""
        notes = list(getattr(error, "__notes__", []))
        told = TracebackException.from_exception(error)
        told.__notes__ = None  # they go as notes
        try:
            pickled = pickle.dumps(error)
        except Exception:
            pickled = None
        said = f"{type(error).__name__}: {error}"
        return cls(pickled, said, notes, "".join(told.format()))

    def error(self) -> BaseException:
        """The exception, with its notes and the child's traceback as one more.

        An exception that cannot be sent, or whose class is not here, becomes a VariegateError that says the same.
        """
        error: BaseException
        try:
            error = pickle.loads(self.pickled or b"")
        except Exception:  # many an exception can be pickled and not unpickled
            error = VariegateError(self.said)
        if not isinstance(error, BaseException):
            error = VariegateError(self.said)
        error.__notes__ = [*self.notes, f"variegate: raised in the process of isolate=True:\n{self.traceback}"]
        return error
