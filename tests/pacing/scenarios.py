"""The platforms that the window is tried on, each with what it could do at best."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .engine import Simulation, Trace
from .platforms import MOODLE, Agenda, Canvas, Distant, PerSecond, Platform, Request, Shared, Workers

_CALLERS = 32
#: A caller needs a millisecond between two requests.
_THINKS = 0.001


@dataclass(frozen=True)
class Scenario:
    """A platform, what it is asked for, and for how long.

    Args:
        name: a few words.
        build: makes the platform.
        seconds: how long it is watched.
        best: the most answers a second that it can give in the long run.
        warm: when the window has settled.
        requests: makes what is asked for; usually scores.
        holds: how many may be under way where that is at its best, None where nobody knows.
    """

    name: str
    build: Callable[[Agenda], Platform]
    seconds: float
    best: float
    warm: float
    requests: Callable[[], Iterator[Request]] = lambda: itertools.repeat(Request())
    holds: int | None = None

    def run(self, *, callers: int = _CALLERS, direct: bool = True) -> Trace:
        agenda = Agenda()
        simulation = Simulation(agenda, self.build(agenda), self.requests(), callers=callers, direct=direct)
        return simulation.run(self.seconds)


def rosters(seed: int = 1) -> Iterator[Request]:
    """Yield rosters of 10 to 3000 members, small ones and large ones alike; in the mean 2.92 times a score's work."""
    chance = random.Random(seed)
    while True:
        members = int(10 * 300 ** chance.random())
        yield Request(0.3 + members / 200, size=members * 250, method="GET")


def mixed(seed: int = 1) -> Iterator[Request]:
    """Yield pages of rosters and scores, one after the other."""
    yield from itertools.chain.from_iterable(zip(rosters(seed), itertools.repeat(Request()), strict=False))


def moodle(noise: float = 0.0, seed: int = 1) -> Callable[[Agenda], Platform]:
    """Return a platform as Moodle was measured: best with eight at once."""
    return lambda agenda: Shared(agenda, MOODLE.seconds, noise=noise, seed=seed)


def canvas(cost: float, seconds: float = 0.3) -> Callable[[Agenda], Platform]:
    """Return a platform with the quota of Canvas: ten units a second, fifty for each request under way."""
    return lambda agenda: Canvas(agenda, cost=cost, seconds=seconds)


def steady(seconds: float, noise: float = 0.0) -> Callable[[Agenda], Platform]:
    """Return a platform that bears everything."""
    return lambda agenda: Shared(agenda, lambda under_way: seconds, noise=noise)


def changing(seconds: Callable[[int], float], *, times: float, at: float) -> Callable[[Agenda], Platform]:
    """Return a platform that takes so many times as long from a moment on, for reasons of its own."""
    return lambda agenda: Shared(agenda, lambda under_way: seconds(under_way) * (times if agenda.now > at else 1))


def workers(count: int, seconds: float = 0.05) -> Callable[[Agenda], Platform]:
    """Return a platform that answers so many at a time."""
    return lambda agenda: Workers(agenda, count, seconds)


def distant(seconds: float) -> Callable[[Agenda], Platform]:
    """Return a platform far away: a new connection takes three times as long."""
    return lambda agenda: Distant(agenda, seconds)


def per_second(most: int) -> Callable[[Agenda], Platform]:
    """Return a platform that refuses what is more than so many in a second."""
    return lambda agenda: PerSecond(agenda, most, 0.05)


_PEAK = MOODLE.per_second(8)
_FREE = 32 / (0.02 + _THINKS)

#: What is drawn, and what the command tells in numbers.
SHOWN = (
    Scenario("Moodle: best with 8 at once", moodle(0.2), 60, _PEAK, 10, holds=8),
    Scenario("Canvas: quota for 20 per s", canvas(0.5), 200, 20, 100, holds=6),
    Scenario("20 ms whatever comes", steady(0.02, 0.2), 6, _FREE, 2, holds=32),
    Scenario("20 ms, after 5 s 40 ms", changing(lambda n: 0.02, times=2, at=5), 10, _FREE / 2, 7, holds=32),
    Scenario("Moodle: rosters of all sizes", moodle(0.2), 120, _PEAK / 2.92, 20, rosters, holds=8),
    Scenario("Four workers, 50 ms each", workers(4), 30, 80, 5, holds=4),
)
