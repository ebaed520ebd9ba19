"""An exception keeps its type, message, notes and path on its way."""

from __future__ import annotations

import pickle

import pytest

from variegate.errors import DecodeError, InputError, VariegateError
from variegate.loader.isolate.failure import Failure


def told(error: BaseException) -> BaseException:
    """What arrives."""
    try:
        try:
            raise error
        except BaseException as caught:
            caught.add_note("a note")
            raise
    except BaseException as caught:
        return pickle.loads(pickle.dumps(Failure.of(caught))).error()


@pytest.mark.parametrize(
    "error",
    [
        DecodeError("a.jpg", "it is short"),
        InputError("no"),
        KeyError("k"),
        MemoryError(),
        SystemExit(2),
        OSError(2, "x"),
    ],
)
def test_an_exception_arrives_as_it_was(error: BaseException) -> None:
    other = told(error)
    assert type(other) is type(error) and str(other) == str(error) and other.args == error.args
    assert other.__notes__[0] == "a note" and len(other.__notes__) == 2
    assert other.__notes__[1].startswith("variegate: raised in the process of isolate=True:\nTraceback")
    assert "raise error" in other.__notes__[1] and "a note" not in other.__notes__[1]


def test_a_path_arrives() -> None:
    other = told(DecodeError("a.jpg", "it is short"))
    assert isinstance(other, DecodeError) and (other.path, other.reason) == ("a.jpg", "it is short")


class UnsendableError(Exception):
    def __init__(self, a: str, b: object) -> None:
        super().__init__(a)
        self.b = b


@pytest.mark.parametrize("inside", [1, lambda: None])
def test_one_that_cannot_be_sent_is_told(inside: object) -> None:
    other = told(UnsendableError("strange", inside))
    assert type(other) is VariegateError and str(other) == "UnsendableError: strange"
    assert other.__notes__[0] == "a note"
