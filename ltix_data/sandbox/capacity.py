"""How a platform gets slower the more requests are under way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Capacity:
    """How long a request takes while others are under way: Gunther's universal scalability law.

    Args:
        alone: seconds that a request takes by itself.
        contention: what each other one adds, as a share of that: they queue for what only one can have.
        coherence: what each pair adds: they get into each other's way, so that more at once finish fewer.
    """

    alone: float
    contention: float = 0.0
    coherence: float = 0.0

    def seconds(self, under_way: int) -> float:
        """Return how long each of so many requests takes."""
        others = under_way - 1
        return self.alone * (1 + self.contention * others + self.coherence * under_way * others)

    def per_second(self, under_way: int) -> float:
        """Return how many are answered in a second while so many are under way."""
        return under_way / self.seconds(under_way)


def like_moodle(per_second: float) -> Capacity:
    """Return the capacity of a Moodle that answers so many requests a second one by one.

    Moodle 4.5.5 on two cores, observed: 18 scores a second one by one, 75 by eight at once, 61 by sixteen.
    """
    return Capacity(1 / per_second, 0.0149, 0.01457)


@dataclass
class Load:
    """Counts the requests under way, and lets each take its time.

    Attributes:
        under_way: how many there are.
        most: the most that there ever were.
    """

    capacity: Capacity
    sleep: Callable[[float], None]
    under_way: int = 0
    most: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def bear(self) -> None:
        """Take as long as a request takes that comes now."""
        with self._lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            seconds = self.capacity.seconds(self.under_way)
        try:
            self.sleep(seconds)
        finally:
            with self._lock:
                self.under_way -= 1
