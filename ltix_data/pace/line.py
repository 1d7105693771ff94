"""Who is under way, and who waits to be, in the order in which their requests came.

A request that is tried again keeps its place before those that came later: it has waited longest, and where a platform
refuses everything, the first to give up spares the others their tries.
"""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Callable
from itertools import count

from .stopping import SLICE, check


class Line:
    """Lets so many threads in at once; the others queue.

    A thread has one place at most. It takes it itself, when it is the first of the queue and is told that there may
    be one: so no place is ever in the hands of a thread that was interrupted while it waited.

    Args:
        places: how many there are now.
        wait: waits for an event for so many seconds.
    """

    def __init__(self, places: Callable[[], int], wait: Callable[[threading.Event, float], bool]) -> None:
        self._places, self._wait = places, wait
        self._lock = threading.Lock()
        self._inside: set[int] = set()
        self._queue: list[tuple[int, threading.Event]] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._inside)

    def number(self) -> int:
        """Return the number of a request that comes now."""
        return next(self._numbers)

    @property
    def is_waited_in(self) -> bool:
        """Whether anybody waits for a place now."""
        return bool(self._queue)

    def enter(self, number: int) -> int:
        """Take a place for the request *number*; return how many are taken now.

        Raises:
            StoppedError: this thread was stopped while it waited.
        """
        me = threading.get_ident()
        with self._lock:
            self._inside.discard(me)  # a turn whose very end was interrupted
            if not self._queue and len(self._inside) < self._places():
                self._inside.add(me)
                return len(self._inside)
            ready = threading.Event()
            insort(self._queue, (number, ready), key=_number)
            self._call()
        try:
            while not self._take(ready, me):
                check()
                self._wait(ready, SLICE)
            return len(self._inside)
        except BaseException:
            self._give_up(ready)
            raise

    def leave(self) -> None:
        """Give this thread's place back, if it has one."""
        with self._lock:
            self._inside.discard(threading.get_ident())
            self._call()

    def _take(self, ready: threading.Event, me: int) -> bool:
        with self._lock:
            if self._queue[0][1] is ready and len(self._inside) < self._places():
                self._inside.add(me)
                del self._queue[0]
                self._call()
                return True
            ready.clear()
            return False

    def _call(self) -> None:
        if self._queue and len(self._inside) < self._places():
            self._queue[0][1].set()

    def _give_up(self, ready: threading.Event) -> None:
        with self._lock:
            self._queue = [place for place in self._queue if place[1] is not ready]
        self.leave()


def _number(place: tuple[int, threading.Event]) -> int:
    return place[0]
