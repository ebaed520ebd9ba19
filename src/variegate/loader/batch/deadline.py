"""Deadlines: how long reading a sample, and decoding it, may take, where nothing can stop a thread."""

from __future__ import annotations

from collections.abc import Callable, Generator
from queue import Empty, SimpleQueue
from threading import Condition, Event, Thread
from typing import Any, Generic, NamedTuple, TypeVar, cast

from variegate.loader.memory import DecodeScratch

T = TypeVar("T")
Outcome = tuple[T | None, BaseException | None]
PATIENCE = 5.0  # seconds that whoever leaves early waits, at most, for the thread to end its sample
PULSE = 0.1  # seconds between two looks at whether the stream has stopped


class DeadlineError(Exception):
    """A sample's deadline is over, and nothing can stop its thread."""


def without_deadline(take: Callable[[int], T], count: int) -> Generator[Outcome[T], None, None]:
    """What `take` gives for 0 to count - 1, or the error that it raises."""
    for n in range(count):
        yield _outcome(take, n)


def within_deadline(
    take: Callable[[int], T],
    count: int,
    deadline: float,
    stopped: Event | None,
    abandon: Callable[[int, Thread], None],
) -> Generator[Outcome[T], None, None]:
    """The same, of a thread that is left behind at a sample which takes longer than `deadline` seconds.

    stopped  when it is set, this ends early
    abandon  called with the sample and the thread for each that is left behind
    """
    reader, n = _Reader(take, 0, count), 0
    try:
        for n in range(count):
            found = reader.get(n, deadline, stopped)
            if found is None:
                if stopped is not None and stopped.is_set():
                    return
                abandon(n, reader.thread)
                found = None, DeadlineError(f"reading it took longer than the deadline of {deadline:g} s")
                reader = _Reader(take, n + 1, count)
            yield found
    finally:
        # One whose deadline is longer than anybody waits here is not late yet, and ends with its sample.
        if reader.outlasts(min(deadline, PATIENCE)) and deadline <= PATIENCE:
            abandon(min(n + 1, count - 1), reader.thread)


def _outcome(take: Callable[[int], T], n: int) -> Outcome[T]:
    try:
        return take(n), None
    except BaseException as error:
        return None, error


class _Reader(Generic[T]):
    """A thread that takes samples ahead of who asks for them."""

    def __init__(self, take: Callable[[int], T], first: int, count: int) -> None:
        self._there: dict[int, Outcome[T]] = {}
        self._change = Condition()
        self._left = False
        self.thread = Thread(target=self._run, args=(take, first, count), name="variegate-reader", daemon=True)
        self.thread.start()

    def _run(self, take: Callable[[int], T], first: int, count: int) -> None:
        for n in range(first, count):
            found = _outcome(take, n)
            with self._change:
                if self._left:
                    return
                self._there[n] = found
                self._change.notify()

    def get(self, n: int, deadline: float, stopped: Event | None) -> Outcome[T] | None:
        """Sample n; None if it has taken too long, or all has stopped, and then this reader is left to itself."""
        waited = 0.0
        with self._change:
            while n not in self._there:
                step = min(PULSE, deadline - waited)
                if step <= 0 or (stopped is not None and stopped.is_set()):
                    self._left = True
                    return None
                if not self._change.wait(step):
                    waited += step
            return self._there.pop(n)

    def outlasts(self, deadline: float) -> bool:
        """Whether the thread, asked to end, is still at its sample after so many seconds."""
        with self._change:
            self._left = True
        self.thread.join(deadline)
        return self.thread.is_alive()


class DeadlineThread:
    """A thread that does one thing after the other for another one, which waits so long and no longer.

    deadline  seconds for one thing
    abandon   called with the thread when it has taken longer; it is left to itself, and the next thing gets another
    """

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._thread: Thread | None = None

    def do(self, action: Callable[[], T], abandon: Callable[[Thread], None]) -> T:
        """What an action gives.

        Raises  what it raises; DeadlineError.
        """
        if self._thread is None:
            self._asked: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
            self._made: SimpleQueue[Outcome[Any]] = SimpleQueue()
            queues = self._asked, self._made
            self._thread = Thread(target=_serve, args=queues, name="variegate-decoder", daemon=True)
            self._thread.start()
        self._asked.put(action)
        try:
            made, error = self._made.get(timeout=self._deadline)
        except Empty:
            self._asked.put(None)  # it ends if it ever returns
            abandon(self._thread)
            self._thread = None
            raise DeadlineError(f"decoding it took longer than the deadline of {self._deadline:g} s") from None
        if error is not None:
            raise error
        return cast(T, made)

    def end(self) -> None:
        """Nothing more is asked of it."""
        if self._thread is not None:
            self._asked.put(None)
            self._thread.join(PULSE)  # at once, unless an interrupt has left it at work
            self._thread = None


def _serve(asked: SimpleQueue[Callable[[], Any] | None], made: SimpleQueue[Outcome[Any]]) -> None:
    """The life of a DeadlineThread."""
    while (action := asked.get()) is not None:
        try:
            made.put((action(), None))
        except BaseException as error:
            made.put((None, error))
        del action


class Worker(NamedTuple):
    """A thread that works at a batch.

    stopped  when it is set, nothing more is begun
    decoder  who decodes for it, if there is a deadline
    """

    scratch: DecodeScratch
    stopped: Event | None
    decoder: DeadlineThread | None
