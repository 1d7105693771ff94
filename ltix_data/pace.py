"""The pace of requests: as fast as they come, until the platform says otherwise; and stopping them.

All threads of a session pass one `Gate` before each try. It spaces the starts of their requests:

- At first by nothing at all: a platform that never limits costs one look at a clock.
- A refusal for too many requests doubles the spacing, from 0.1 s to 2 s. Requests that were under way or
  had their turn when it came tell nothing new, so eight refusals at once are one.
- Retry-After holds every thread back; then they go one after another, spaced too.
- While Canvas says that little is left of its quota, the spacing is at least the time in which its bucket
  leaks twice what the last request cost. Little is two pre-flight penalties (each request under way pays one
  and gets it back). Both its headers are needed: elsewhere the one counts requests.
- Each request served shortens the spacing by a twentieth, down to none.

A thread in `stoppable` waits in short slices and sends nothing once its event is set.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from .errors import StoppedError

#: Seconds between the starts of two requests: after a first refusal, at most, and what counts as none.
_FIRST, _LONGEST, _NONE = 0.1, 2.0, 0.01
_FASTER = 0.95
#: Canvas' bucket leaks ten units a second; a request under way holds fifty. (request_throttle.rb)
_LEAK, _LITTLE = 10.0, 100.0
_SLICE = 0.1  # seconds after which a wait looks whether it was stopped

_stop: ContextVar[threading.Event | None] = ContextVar("ltix_data_stop", default=None)


@contextmanager
def stoppable(event: threading.Event) -> Iterator[None]:
    """Let *event* stop what this thread sends: once it is set, requests raise StoppedError instead."""
    mark = _stop.set(event)
    try:
        yield
    finally:
        _stop.reset(mark)


def check() -> None:
    """Raise StoppedError if this thread was stopped."""
    event = _stop.get()
    if event is not None and event.is_set():
        raise StoppedError("Stopped on request; nothing more was sent.")


def pause(seconds: float, sleep: Callable[[float], None]) -> None:
    """Wait through *sleep*; where it may be stopped, in slices.

    Raises:
        StoppedError: this thread was stopped before the time was over.
    """
    most = seconds if _stop.get() is None else _SLICE
    check()
    while seconds > 0:
        sleep(min(seconds, most))
        seconds -= most
        check()


class Gate:
    """Spaces the starts of requests over all threads; the module says by which rule.

    Args:
        sleep: waits.
        monotonic: the clock that measures waiting.
    """

    def __init__(self, sleep: Callable[[float], None], monotonic: Callable[[], float]) -> None:
        self._sleep, self._monotonic = sleep, monotonic
        self._lock = threading.Lock()
        self._spacing = 0.0
        self._opens = self._next = -math.inf
        self._slowdowns = 0

    def enter(self) -> int:
        """Wait for this thread's turn; return a ticket that says which slowdowns the turn takes into account.

        Raises:
            StoppedError: this thread was stopped while it waited.
        """
        ticket = self._slowdowns
        if self._spacing or self._monotonic() < self._opens:
            ticket = self._take_turn()
        return ticket

    def _take_turn(self) -> int:
        while True:
            with self._lock:
                now, ticket = self._monotonic(), self._slowdowns
                turn = max(now, self._opens, self._next)
                self._next = turn + self._spacing
            pause(turn - now, self._sleep)
            if turn >= self._opens:  # else a hold came while this thread waited
                return ticket

    def refused(self, ticket: int) -> None:
        """Slow down: the request that entered with *ticket* was one too many."""
        with self._lock:
            if ticket == self._slowdowns:
                self._slowdowns += 1
                self._spacing = min(max(_FIRST, 2 * self._spacing), _LONGEST)
                self._next = max(self._next, self._monotonic() + self._spacing)

    def hold(self, seconds: float) -> None:
        """Let nobody pass for that long, and nobody in a crowd afterwards."""
        if seconds > 0:
            with self._lock:
                self._slowdowns += 1
                self._opens = max(self._opens, self._monotonic() + seconds)
                self._spacing = max(self._spacing, _FIRST)

    def answered(self, ticket: int, headers: Mapping[str, str]) -> None:
        """Speed up, unless *headers* (names in lower case) say that little is left of Canvas' quota."""
        least = _least_spacing(headers)
        if least or self._spacing:
            with self._lock:
                faster = self._spacing * (_FASTER if ticket == self._slowdowns else 1)
                self._spacing = max(least, faster if faster >= _NONE else 0.0)


def _least_spacing(headers: Mapping[str, str]) -> float:
    left, cost = _number(headers, "x-rate-limit-remaining"), _number(headers, "x-request-cost")
    if left is None or cost is None or cost < 0 or left >= _LITTLE:  # less than nothing left is Canvas' own way
        return 0.0
    return min(max(_FIRST, 2 * cost / _LEAK), _LONGEST)


def _number(headers: Mapping[str, str], name: str) -> float | None:
    try:
        value = float(headers.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
