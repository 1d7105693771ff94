"""Who is under way, and who waits to be, in the order in which they came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

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
        self._queue: deque[threading.Event] = deque()

    def __len__(self) -> int:
        return len(self._inside)

    def enter(self) -> tuple[int, bool]:
        """Take a place; return how many are taken now, and whether this thread had to wait.

        Raises:
            StoppedError: this thread was stopped while it waited.
        """
        me = threading.get_ident()
        with self._lock:
            self._inside.discard(me)  # a turn whose very end was interrupted
            if not self._queue and len(self._inside) < self._places():
                self._inside.add(me)
                return len(self._inside), False
            ready = threading.Event()
            self._queue.append(ready)
        try:
            while not self._take(ready, me):
                check()
                self._wait(ready, SLICE)
            return len(self._inside), True
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
            if self._queue[0] is ready and len(self._inside) < self._places():
                self._inside.add(me)
                self._queue.popleft()
                self._call()
                return True
            ready.clear()
            return False

    def _call(self) -> None:
        if self._queue and len(self._inside) < self._places():
            self._queue[0].set()

    def _give_up(self, ready: threading.Event) -> None:
        with self._lock:
            if ready in self._queue:
                self._queue.remove(ready)
        self.leave()
