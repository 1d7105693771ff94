"""What Canvas says of its quota: a bucket that requests fill and that leaks. (request_throttle.rb)"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

#: Canvas' bucket leaks ten units a second; a request under way holds fifty until it is answered.
_LEAK, _HELD = 10.0, 50.0
#: Below this, requests are spaced: by so many seconds at least and at most.
_LITTLE, _SHORTEST, _LONGEST = 100.0, 0.1, 2.0
_HUGE = 1e6


@dataclass(frozen=True, slots=True)
class Quota:
    """What was left of the quota with an answer, and what its request had cost."""

    left: float
    cost: float

    @property
    def spacing(self) -> float:
        """The least number of seconds between two requests; 0 while more than a little is left."""
        if self.left >= _LITTLE:  # less than nothing left is Canvas' own way
            return 0.0
        return min(max(_SHORTEST, 2 * self.cost / _LEAK), _LONGEST)


class Room:
    """How many requests fit into a quota.

    What a request holds leaks away while it is under way, so that more and more seem to fit. They would all be
    refused if they started together: never more than fill what was once free.
    """

    def __init__(self) -> None:
        self._free = 0.0

    def beside(self, under_way: int, quota: Quota) -> int:
        """Return how many may be under way, when an answer said *quota* while so many were."""
        left = max(-_HUGE, min(quota.left, _HUGE))
        self._free = max(self._free, left)
        more = math.floor((left - _HELD - _LITTLE) / _HELD)  # the place of the one that was answered is taken again
        return min(under_way + more, math.floor((self._free - _LITTLE) / _HELD))


def read(headers: Mapping[str, str]) -> Quota | None:
    """Return what *headers* (names in lower case) say of Canvas' quota, None where they say nothing of it."""
    left = _number(headers, "x-rate-limit-remaining")
    if left is None:
        return None
    cost = _number(headers, "x-request-cost")
    return None if cost is None or cost < 0 else Quota(left, cost)


def _number(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
