"""How many requests a platform still answers before it says that there were too many."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

#: What an unused quota is worth at Canvas, and what a small request costs.
FULL, COST = 700.0, 0.0625


@dataclass
class Quota:
    """A rate limit that an administrator sets by hand, so that tests meet it when they mean to.

    *left* is how many requests are still answered, None for no limit; *refusals* how many are refused
    after them until all is well again, None for ever. *status* is what a refusal says.
    """

    left: int | None = None
    refusals: int | None = None
    status: int | None = None
    refused: int = 0
    cost: float = COST
    remaining: float = FULL
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self) -> bool:
        """Count one request; return whether it may be answered."""
        with self._lock:
            if self.left is None:
                return True
            if self.left > 0:
                self.left -= 1
                return True
            self.refused += 1
            if self.refusals is not None and self.refused >= self.refusals:
                self.left = None
            return False

    def settle(self) -> None:
        """Take note that a request was answered: nothing is given back."""


@dataclass
class Bucket:
    """Canvas' rate limit: requests pour in what they cost, and it leaks ten a second. (Canvas source)

    A request under way holds *upfront*, which it gets back with its answer: requests in parallel fill the
    bucket faster. One that finds it filled up to *full* is refused; it holds a little more than that.
    """

    now: Callable[[], float]
    cost: float = COST
    full: float = FULL
    status: int | None = None
    leak: float = 10.0
    upfront: float = 50.0
    refused: int = 0
    _level: float = 0.0
    _touched: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def remaining(self) -> float:
        """What is left; less than nothing while too many requests are under way."""
        return self.full - self._level

    def take(self) -> bool:
        """Hold what one request is presumed to cost; return whether it may be answered."""
        with self._lock:
            self._pour(self.upfront)
            if self._level < self.full:
                return True
            self.refused += 1
            self._pour(-self.upfront)
            return False

    def settle(self) -> None:
        """Give back what an answered request held, but for its cost."""
        with self._lock:
            self._pour(self.cost - self.upfront)

    def _pour(self, amount: float) -> None:
        now = self.now()
        leaked = self._level - self.leak * max(0.0, now - self._touched)
        self._level = min(max(0.0, max(0.0, leaked) + amount), self.full + 200)
        self._touched = now
