"""Simulated platforms: how long they take for a request while others are under way. By a virtual clock."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ltix_data.sandbox.capacity import like_moodle
from ltix_data.sandbox.quota import Bucket

#: Moodle as it was measured: 18 scores a second one by one, 75 by eight at once, 61 by sixteen.
MOODLE = like_moodle(18)


class Agenda:
    """What happens when, in virtual seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()

    def at(self, when: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(when, self.now), next(self._number), do))

    def run(self, until: float) -> None:
        while self._events and self._events[0][0] <= until:
            self.now, _, do = heapq.heappop(self._events)
            do()
        self.now = until


@dataclass(frozen=True)
class Request:
    """What is asked for: *work* is 1 for a usual request; *size* is its answer's, in bytes."""

    work: float = 1.0
    size: int = 0
    method: str = "POST"


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Done = Callable[[Answered], None]


class Platform(Protocol):
    """Anything that answers."""

    def ask(self, request: Request, done: Done) -> None: ...


class Shared:
    """Answers all at once, the slower the more there are: n of them take *seconds(n)* each.

    Args:
        agenda: the virtual time.
        seconds: how long a usual request takes while n are under way.
        noise: how uneven requests are: the deviation of the logarithm of their work.
    """

    def __init__(self, agenda: Agenda, seconds: Callable[[int], float], *, noise: float = 0.0, seed: int = 1) -> None:
        self._agenda, self._seconds, self._noise = agenda, seconds, noise
        self._random = random.Random(seed)
        self._left: dict[int, float] = {}
        self._done: dict[int, Done] = {}
        self._looked, self._number, self._plan = 0.0, itertools.count(), 0

    def ask(self, request: Request, done: Done) -> None:
        self._go_on()
        number = next(self._number)
        self._left[number] = request.work * math.exp(self._random.gauss(0, self._noise) - self._noise**2 / 2)
        self._done[number] = done
        self._expect()

    def _go_on(self) -> None:
        if self._left:
            gone = (self._agenda.now - self._looked) / self._seconds(len(self._left))
            self._left = {number: left - gone for number, left in self._left.items()}
        self._looked = self._agenda.now

    def _expect(self) -> None:
        self._plan += 1
        if self._left:
            plan = self._plan
            soonest = min(self._left.values()) * self._seconds(len(self._left))
            self._agenda.at(self._agenda.now + soonest, lambda: self._finish(plan))

    def _finish(self, plan: int) -> None:
        if plan != self._plan:
            return
        self._go_on()
        ready = [number for number, left in self._left.items() if left <= 1e-9]
        finished = [self._done.pop(number) for number in ready]
        for number in ready:
            del self._left[number]
        for done in finished:
            done(Answered())
        self._go_on()
        self._expect()


class Workers:
    """Answers *count* at a time, each in *seconds*; the others wait."""

    def __init__(self, agenda: Agenda, count: int, seconds: float) -> None:
        self._agenda, self._free, self._seconds = agenda, count, seconds
        self._waiting: deque[Done] = deque()

    def ask(self, request: Request, done: Done) -> None:
        self._waiting.append(done)
        self._serve()

    def _serve(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            done = self._waiting.popleft()
            self._agenda.at(self._agenda.now + self._seconds, lambda done=done: self._finish(done))

    def _finish(self, done: Done) -> None:
        self._free += 1
        done(Answered())
        self._serve()


class Canvas:
    """The practice platform's leaky bucket before a server without limits, which takes *seconds*."""

    def __init__(self, agenda: Agenda, *, cost: float, seconds: float) -> None:
        self._agenda, self._seconds, self.cost = agenda, seconds, cost
        self.bucket = Bucket(lambda: agenda.now, cost)

    def ask(self, request: Request, done: Done) -> None:
        if not self.bucket.take():
            self._agenda.at(self._agenda.now + 0.01, lambda: done(Answered(403, self._headers())))
            return

        def finish() -> None:
            self.bucket.settle()
            done(Answered(200, self._headers()))

        self._agenda.at(self._agenda.now + self._seconds, finish)

    def _headers(self) -> dict[str, str]:
        return {"x-rate-limit-remaining": f"{self.bucket.remaining:.4f}", "x-request-cost": str(self.cost)}


class PerSecond:
    """Serves *most* requests in any second and refuses the others with 429; each takes *seconds*."""

    def __init__(self, agenda: Agenda, most: int, seconds: float) -> None:
        self._agenda, self._most, self._seconds = agenda, most, seconds
        self._served: deque[float] = deque()

    def ask(self, request: Request, done: Done) -> None:
        while self._served and self._served[0] <= self._agenda.now - 1:
            self._served.popleft()
        status = 200 if len(self._served) < self._most else 429
        if status == 200:
            self._served.append(self._agenda.now)
        self._agenda.at(self._agenda.now + self._seconds, lambda: done(Answered(status)))


class Distant:
    """Takes *seconds*, most of it on the way: over a new connection three times as long, for its handshakes."""

    def __init__(self, agenda: Agenda, seconds: float) -> None:
        self._agenda, self._seconds = agenda, seconds
        self._under_way = self._connections = 0

    def ask(self, request: Request, done: Done) -> None:
        self._under_way += 1
        trips = 3 if self._under_way > self._connections else 1
        self._connections = max(self._connections, self._under_way)

        def finish() -> None:
            self._under_way -= 1
            done(Answered())

        self._agenda.at(self._agenda.now + trips * self._seconds, finish)
