"""Callers, the gate and a simulated platform, by a virtual clock: no thread, no sleep."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ltix_data import pace

from .platforms import Agenda, Answered, Platform, Request

#: Seconds that a caller needs between an answer and its next request.
_THINKS = 0.001


@dataclass
class Trace:
    """What was seen: of each answer when it came, and how long it took; when the window was how large."""

    answers: list[tuple[float, float]] = field(default_factory=list)
    windows: list[tuple[float, int]] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    until: float = 0.0

    def rate(self, since: float, until: float | None = None) -> float:
        """Return how many were answered in a second."""
        end = self.until if until is None else until
        return sum(1 for when, _ in self.answers if since <= when < end) / (end - since)

    def window(self, since: float, until: float | None = None) -> float:
        """Return how large the window was in the mean over time."""
        end = self.until if until is None else until
        total = 0.0
        ends = [when for when, _ in self.windows[1:]] + [end]
        for (when, size), over in zip(self.windows, ends, strict=True):
            total += size * max(0.0, min(over, end) - max(when, since))
        return total / (end - since)

    def refused(self, since: float) -> int:
        """Return how many were refused."""
        return sum(1 for when in self.refusals if when >= since)


class _Line(set):
    """Who has a place, and whether anybody waits for one; the simulation keeps the queue."""

    is_waited_in = False


class Simulation:
    """Callers that send one request after another through a gate to a platform.

    Args:
        agenda: the virtual time.
        platform: who answers.
        requests: what is asked for.
        callers: how many there are.
        direct: whether the gate is told when a connection stands, as it is where no proxy is between.
    """

    def __init__(
        self,
        agenda: Agenda,
        platform: Platform,
        requests: Iterator[Request],
        *,
        callers: int = 32,
        direct: bool = True,
        seed: int = 7,
    ) -> None:
        self.agenda, self.platform, self.requests = agenda, platform, requests
        self._direct = direct
        self.trace = Trace()
        self.gate = pace.Gate(lambda seconds: None, lambda: agenda.now)
        self.gate._line = self._inside = _Line()
        self._queue: deque[tuple[int, Request]] = deque()
        self._random = random.Random(seed)
        for caller in range(callers):
            self._later(self._random.random() * _THINKS, lambda caller=caller: self._come(caller, next(requests)))

    def run(self, until: float) -> Trace:
        self.agenda.run(until)
        self.trace.until = until
        return self.trace

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        self.agenda.at(self.agenda.now + seconds, do)

    def _come(self, caller: int, request: Request) -> None:
        if self._queue or len(self._inside) >= self.gate.window:
            self._queue.append((caller, request))
        else:
            self._enter(caller, request)

    def _enter(self, caller: int, request: Request) -> None:
        self._inside.add(caller)
        turn = self.gate.turn(0)
        self.gate.admit(turn, len(self._inside))
        self._book(caller, request, turn)

    def _book(self, caller: int, request: Request, turn: pace.Turn) -> None:
        _, starts = self.gate.book(turn)
        self.agenda.at(starts, lambda: self._begin(caller, request, turn, starts))

    def _begin(self, caller: int, request: Request, turn: pace.Turn, starts: float) -> None:
        if not self.gate.begin(turn, starts):
            self._book(caller, request, turn)
            return
        if self._direct:
            turn.connected()
        self.platform.ask(request, lambda answer: self._end(caller, request, turn, answer))

    def _end(self, caller: int, request: Request, turn: pace.Turn, answer: Answered) -> None:
        now, self._inside.is_waited_in = self.agenda.now, bool(self._queue)
        if answer.status == 200:
            turn.kind = f"{request.method} {request.size.bit_length() // 2}"
            turn.answered(answer.headers)
            self.trace.answers.append((now, now - turn.began_at))
            self._later(_THINKS, lambda: self._come(caller, next(self.requests)))
        else:
            turn.refused()
            self.trace.refusals.append(now)
            self._later(max(0.1, self._random.random()), lambda: self._come(caller, request))
        if not self.trace.windows or self.trace.windows[-1][1] != self.gate.window:
            self.trace.windows.append((now, self.gate.window))
        self._inside.discard(caller)
        while self._queue and len(self._inside) < self.gate.window:
            self._enter(*self._queue.popleft())
