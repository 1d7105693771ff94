"""When there is no point in asking for more courses."""

from __future__ import annotations

import threading

from ..answers import PASSING
from ..errors import (
    AccessError,
    LtixError,
    PlatformError,
    RateLimitError,
    StoppedError,
    TokenError,
    TransportError,
    UnavailableError,
)

#: So many courses in a row that failed the same way, each after all tries: the platform is down, and every further
#: course would wait for minutes too.
DOWN = 8
#: So many in a row that were refused the same way, and none was read: the tool was switched off, or its addresses
#: have changed. An old term has a few dozen closed courses, and those behind them can be read.
REFUSED = 100


class Outage:
    """Counts equal failures in a row, of courses that several threads read.

    Attributes:
        why: what to say of the courses that are not read for it; None while there is no outage.
    """

    def __init__(self) -> None:
        self.why: str | None = None
        self._lock = threading.Lock()
        self._last: tuple[object, ...] = ()
        self._equal = 0
        self._served = False

    def served(self) -> None:
        """Take note that a course was read."""
        with self._lock:
            self._served, self._last, self._equal = True, (), 0

    def failed(self, error: LtixError) -> bool:
        """Take note that a course could not be read; return whether it is an outage."""
        kind = (type(error), getattr(error, "status", None), getattr(error, "code", None))
        with self._lock:
            self._equal = self._equal + 1 if kind == self._last else 1
            self._last = kind
            if self.why is None and self._equal >= self._most(error):
                self.why = f"Not read, for {self._equal} courses in a row failed the same way. {error}"
            return self.why is not None

    def unread(self) -> StoppedError:
        """Return the error of a course that is not read for it."""
        return StoppedError(self.why or "Not read, for it was stopped.")

    def _most(self, error: LtixError) -> float:
        if isinstance(error, (TransportError, RateLimitError, TokenError)):
            return DOWN
        if isinstance(error, UnavailableError) and error.status in PASSING:
            return DOWN
        refused = isinstance(error, (AccessError, PlatformError)) and not self._served
        return REFUSED if refused else float("inf")
