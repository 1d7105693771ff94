"""How far apart requests start. No clock, no lock: `gate` has them."""

from __future__ import annotations

import math

from .quota import Quota

#: Seconds between the starts of two requests: after a first refusal, at most, and what counts as none.
_FIRST, _LONGEST, _NONE = 0.1, 2.0, 0.01
_FASTER = 0.95


class Spacing:
    """The seconds between the starts of two requests, and until when nobody starts.

    Attributes:
        seconds: between the starts.
        slowdowns: how often it was slowed down; what a request tells that began before the last time is old.
        opens: when a hold is over.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slowdowns = 0
        self.opens = self._next = -math.inf

    def book(self, now: float) -> float:
        """Return when the next request may start; the one after it comes later."""
        turn = max(now, self.opens, self._next)
        self._next = turn + self.seconds
        return turn

    def refused(self, ticket: int, now: float) -> None:
        """Slow down, if the request that was refused began after the last slowdown, which is its *ticket*."""
        if ticket == self.slowdowns:
            self.slowdowns += 1
            self.seconds = min(max(_FIRST, 2 * self.seconds), _LONGEST)
            self._next = max(self._next, now + self.seconds)

    def hold(self, until: float) -> None:
        """Let nobody start until then, and nobody in a crowd afterwards."""
        self.slowdowns += 1
        self.opens = max(self.opens, until)
        self.seconds = max(self.seconds, _FIRST)

    def answered(self, ticket: int, quota: Quota | None) -> None:
        """Speed up, unless little is left of a quota."""
        least = quota.spacing if quota else 0.0
        if least or self.seconds:
            faster = self.seconds * (_FASTER if ticket == self.slowdowns else 1)
            self.seconds = max(least, faster if faster >= _NONE else 0.0)
