"""Messages arrive whole, with their descriptors; ends are noticed."""

from __future__ import annotations

import os
import threading

import pytest

from variegate.loader.isolate.channel import Channel

from .conftest import descriptors

pytestmark = pytest.mark.skipif(os.name != "posix", reason="isolate=True is for POSIX systems")


@pytest.mark.parametrize("size", [0, 1, 60_000, 65_527, 65_528, 65_536, 70_000, 5_000_000])
def test_a_message_of_any_length_arrives_whole(size: int) -> None:
    mine, end = Channel.pair()
    theirs, message = Channel(end), {"data": os.urandom(size), "more": [1, None]}
    thread = threading.Thread(target=mine.send, args=(message,))
    thread.start()
    assert theirs.receive() == (message, [])
    thread.join()
    mine.close()
    theirs.close()


def test_descriptors_go_along() -> None:
    before = set(descriptors())
    mine, end = Channel.pair()
    theirs = Channel(end)
    read, write = os.pipe()
    mine.send("take it", (write, read))
    message, (their_write, their_read) = theirs.receive()
    assert message == "take it"
    os.write(their_write, b"x")
    assert os.read(read, 1) == b"x" and not os.get_inheritable(their_read)
    for each in (read, write, their_read, their_write):
        os.close(each)
    mine.close()
    theirs.close()
    assert set(descriptors()) == before


def test_an_end_is_noticed() -> None:
    mine, end = Channel.pair()
    theirs = Channel(end)
    mine.send(1)
    mine.close()
    assert theirs.receive() == (1, [])
    with pytest.raises(EOFError):
        theirs.receive()
    with pytest.raises(OSError):
        theirs.send(2)
    theirs.close()


def test_another_thread_may_close() -> None:
    mine, end = Channel.pair()
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(EOFError):
            mine.receive()
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    mine.close()
    assert ended.wait(10)
    thread.join()
    end.close()


def test_who_waits_looks_about() -> None:
    class GoneError(Exception):
        pass

    looks = []

    def look() -> None:
        looks.append(1)
        if len(looks) == 2:
            raise GoneError

    mine, end = Channel.pair(look)
    with pytest.raises(GoneError):
        mine.receive()
    mine.close()
    end.close()
