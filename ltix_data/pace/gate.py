"""The gate that all threads of a process pass for one platform."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self, TypeAlias
from weakref import WeakValueDictionary

from ..errors import StoppedError
from . import quota
from .line import Line
from .spacing import Spacing
from .stopping import pause
from .window import MOST, Window

_Sleep: TypeAlias = Callable[[float], None]
_Clock: TypeAlias = Callable[[], float]

#: Seconds after which an unused connection may be closed: it is kept for five, by Apache too.
_KEPT = 4.0


class Gate:
    """Lets a thread's request start when the platform bears it; the package says by which rules.

    Args:
        sleep: waits for a time.
        monotonic: the clock that measures waiting and latency.
        wait: waits for another thread.
    """

    def __init__(
        self,
        sleep: _Sleep,
        monotonic: _Clock,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._sleep, self.monotonic = sleep, monotonic
        self._lock = threading.Lock()
        window = self._window = Window()
        self._spacing, self._room = Spacing(), quota.Room()
        self._line = Line(lambda: window.size, wait)  # not through self: a gate without clients goes at once
        self._used = [-math.inf] * MOST  # when as many connections as that were last in use

    @property
    def window(self) -> int:
        """How many requests may be under way now."""
        return self._window.size

    @property
    def under_way(self) -> int:
        """How many are."""
        return len(self._line)

    def number(self) -> int:
        """Return the number of a request that comes now: who came first goes first, also when it is tried again."""
        return self._line.number()

    def turn(self, number: int | None = None) -> Turn:
        """Return a context in which one request is sent; entering it waits, and raises StoppedError if stopped.

        Args:
            number: that of the request, where this is another try.
        """
        return Turn(self, self.number() if number is None else number)

    def hold(self, seconds: float) -> None:
        """Let nobody pass for that long, and nobody in a crowd afterwards."""
        if seconds > 0:
            with self._lock:
                self._spacing.hold(self.monotonic() + seconds)

    def enter(self, turn: Turn) -> None:
        """Wait until *turn* may begin."""
        self.admit(turn, self._line.enter(turn.came))
        while True:
            now, starts = self.book(turn)
            pause(starts - now, self._sleep)
            if self.begin(turn, starts):
                return

    def admit(self, turn: Turn, number: int) -> None:
        """Take note that *turn* is one of *number* that have a place now."""
        turn.number, turn.round = number, self._window.round

    def book(self, turn: Turn) -> tuple[float, float]:
        """Return what time it is, and when *turn* may start."""
        now, spacing = self.monotonic(), self._spacing
        turn.slowdowns = spacing.slowdowns
        if not spacing.seconds and now >= spacing.opens:
            return now, now
        with self._lock:
            return now, spacing.book(now)

    def begin(self, turn: Turn, starts: float) -> bool:
        """Start a turn whose time has come; return False if a hold came while it waited."""
        if starts < self._spacing.opens:
            return False
        turn.began_at = self.monotonic()
        turn.is_cold = turn.began_at - self._used[turn.number - 1] > _KEPT
        return True

    def leave(self) -> None:
        """Let the next one in."""
        self._line.leave()

    def answered(self, turn: Turn, headers: Mapping[str, str]) -> None:
        """Learn from an answer."""
        now, found = self.monotonic(), quota.read(headers)
        with self._lock:
            self._spacing.answered(turn.slowdowns, found)
            if found:
                self._window.fit(self._room.beside(max(turn.number, len(self._line)), found))
            self._used[turn.number - 1] = now
            if not turn.is_cold:
                growing = self._line.is_waited_in and not self._spacing.seconds
                self._window.answered(turn.round, turn.kind, now - turn.began_at, growing=growing)

    def refused(self, turn: Turn) -> None:
        """Slow down."""
        with self._lock:
            self._spacing.refused(turn.slowdowns, self.monotonic())
            self._window.refused(turn.round)

    def failed(self, turn: Turn) -> None:
        """Take note that nothing useful came."""
        with self._lock:
            self._window.failed(turn.round)


class Turn:
    """One request's turn: a context that is entered when the request may start.

    Say how it ended by `answered`, `refused` or `failed`; an exception says the last.

    Attributes:
        kind: what its latency is compared with: requests that cost the platform about the same.
        came: the number of its request.
        number: how many were under way when it got its place; this and the others are the gate's.
        round: of the window, when it got its place.
        slowdowns: how many there had been when it was told when to start.
        began_at: when it left.
        is_cold: whether the handshake of a connection may be within its time.
    """

    __slots__ = ("_gate", "_told", "began_at", "came", "is_cold", "kind", "number", "round", "slowdowns")

    def __init__(self, gate: Gate, came: int) -> None:
        self._gate, self._told, self.came = gate, False, came
        self.kind = ""
        self.number = self.round = self.slowdowns = 0
        self.began_at, self.is_cold = 0.0, True

    def __enter__(self) -> Self:
        try:
            self._gate.enter(self)
        except BaseException:
            self._gate.leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if isinstance(error, Exception) and not self._told and not isinstance(error, StoppedError):
                self._gate.failed(self)
        finally:
            self._gate.leave()

    def leaves(self) -> None:
        """Say that the request leaves only now: making it ready was not the platform's time."""
        self.began_at = self._gate.monotonic()

    def connected(self) -> None:
        """Say that it leaves only now, over a connection that stands: no handshake is in its time."""
        self.began_at, self.is_cold = self._gate.monotonic(), False

    def answered(self, headers: Mapping[str, str]) -> None:
        """Say that the platform did what it was asked, with these *headers* (names in lower case)."""
        self._told = True
        self._gate.answered(self, headers)

    def refused(self) -> None:
        """Say that the platform refused it as one request too many."""
        self._told = True
        self._gate.refused(self)

    def failed(self) -> None:
        """Say that the platform failed."""
        self._told = True
        self._gate.failed(self)


_gates: WeakValueDictionary[tuple[str, _Sleep, _Clock], Gate] = WeakValueDictionary()
_gates_lock = threading.Lock()


def gate(origin: str, sleep: _Sleep, monotonic: _Clock) -> Gate:
    """Return the gate of a platform's origin, which all clients share that wait by the same clock."""
    key = (origin, sleep, monotonic)
    with _gates_lock:
        found = _gates.get(key)
        if found is None:
            found = _gates[key] = Gate(sleep, monotonic)
        return found
