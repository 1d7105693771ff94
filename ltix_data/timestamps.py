"""Two clocks: the platform's, learnt from its answers, and the one that dates scores. [AGS §3.4.9]"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from .parsing import http_date

#: An offset beyond a day is a proxy's cached or absurd date, not a clock. Under 2 s it is rounding.
_ABSURD_OFFSET, _ROUNDING = 86_400.0, 2.0
_STEP = 1.0  # Moodle answers 409 to two scores of the same second


class PlatformClock:
    """The platform's time, learnt from the Date header of fresh answers."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.offset = 0.0
        self.is_far_off = False  # the last Date was absurd, and not believed

    def now(self) -> float:
        """Return the platform's time in seconds since 1970."""
        return self._now() + self.offset

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take the offset from an answer that just came from the platform itself, not from a cache."""
        sent = http_date(headers.get("date", ""))
        if sent is None or headers.get("age", "0").strip() not in ("", "0"):
            return
        offset = sent + 0.5 - self._now()  # Date is cut to the second: on average half a second late
        self.is_far_off = abs(offset) >= _ABSURD_OFFSET
        if not self.is_far_off:
            self.offset = 0.0 if abs(offset) < _ROUNDING else offset


class ScoreClock:
    """Gives each score its time: platform time, strictly increasing for each person and line item.

    Args:
        platform_now: the platform's time in seconds since 1970.
        sleep: waits until a time has come: one that lies ahead would bar the scores of other sessions.
    """

    def __init__(self, platform_now: Callable[[], float], sleep: Callable[[float], None] = time.sleep) -> None:
        self._platform_now = platform_now
        self._sleep = sleep
        self._last: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()
        self._under_way: set[tuple[str, str]] = set()
        self._free = threading.Condition()

    @contextmanager
    def alone(self, item_id: str, user_id: str) -> Iterator[None]:
        """Let no other thread send a score for this person and item meanwhile."""
        key = (item_id, user_id)
        with self._free:
            self._free.wait_for(lambda: key not in self._under_way)
            self._under_way.add(key)
        try:
            yield
        finally:
            with self._free:
                self._under_way.remove(key)
                self._free.notify_all()

    def quiet(self, item_id: str) -> None:
        """Wait until nothing is under way to a line item, such as what an interrupted upload left behind."""
        with self._free:
            while any(item == item_id for item, _ in self._under_way):
                self._free.wait(0.2)  # in slices: on Windows Ctrl-C does not end a wait

    def next(self, item_id: str, user_id: str) -> datetime:
        """Return a time at least a second later than the last one given for this person and item."""
        key, now = (item_id, user_id), self._platform_now()
        with self._lock:
            when = self._last[key] = max(now, self._last.get(key, 0.0) + _STEP)
        if when > now:
            self._sleep(min(when - now, _STEP))  # not longer: the platform's clock may have been learnt anew
        return datetime.fromtimestamp(when, UTC)
