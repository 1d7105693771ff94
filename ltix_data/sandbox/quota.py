"""How many requests a platform still answers before it says that there were too many."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


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
