"""Connections to one origin, each in a transport of its own.

A pool of httpx looks through all its connections for each of them at every request, under one lock: with 32 of them
that takes longer than the request. Here a request takes the connection that was used last, and puts it back.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

#: Seconds after which an unused connection is closed; nobody would use it any more after five.
_UNUSED = 30.0


class Lanes:
    """As many transports as there are requests under way at once.

    Args:
        make: makes a transport of one connection.
        monotonic: the clock that measures how long one was not used.
    """

    def __init__(self, make: Callable[[], httpx.BaseTransport], monotonic: Callable[[], float]) -> None:
        self._make, self._monotonic = make, monotonic
        self._lock = threading.Lock()
        self._all: set[httpx.BaseTransport] = set()
        self._free: deque[tuple[float, httpx.BaseTransport]] = deque()  # the one used last is the last

    @contextmanager
    def one(self) -> Iterator[httpx.BaseTransport]:
        """Return a context with a transport that no other thread uses meanwhile."""
        with self._lock:
            lane = self._free.pop()[1] if self._free else None
        if lane is None:
            lane = self._make()
            self._all.add(lane)
        try:
            yield lane
        except Exception:
            self._put_back(lane)
            raise
        except BaseException:  # interrupted: nobody knows in the middle of what
            self._drop(lane)
            raise
        else:
            self._put_back(lane)

    def close(self) -> None:
        """Close every connection, also those in use."""
        for lane in list(self._all):
            self._drop(lane)

    def _put_back(self, lane: httpx.BaseTransport) -> None:
        now, old = self._monotonic(), None
        with self._lock:
            if lane in self._all:
                self._free.append((now, lane))
            if self._free and now - self._free[0][0] > _UNUSED:
                old = self._free.popleft()[1]
        if old is not None:
            self._drop(old)

    def _drop(self, lane: httpx.BaseTransport) -> None:
        self._all.discard(lane)
        lane.close()
