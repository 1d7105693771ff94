"""Score timestamps: platform time, strictly increasing for each person and line item. [AGS §3.4.9]"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

_STEP = 1.0  # Moodle answers 409 to two scores of the same second


class ScoreClock:
    """Gives each score its time.

    Args:
        platform_now: the platform's time in seconds since 1970.
    """

    def __init__(self, platform_now: Callable[[], float]) -> None:
        self._platform_now = platform_now
        self._last: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def next(self, item_id: str, user_id: str) -> datetime:
        """Return a time at least a second later than the last one given for this person and item."""
        key = (item_id, user_id)
        with self._lock:
            self._last[key] = max(self._platform_now(), self._last.get(key, 0.0) + _STEP)
            return datetime.fromtimestamp(self._last[key], UTC)
