"""A few threads that work off a list, and let go of it at once when they are told to.

The threads are daemons, and a pool of concurrent.futures is not: one that waits a minute for an answer
would keep an interrupted cell, or the end of a script, waiting with it.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextvars import copy_context
from typing import TypeVar

from . import pace

Item = TypeVar("Item")
Answer = TypeVar("Answer")

#: Seconds that what is under way has to come to its end after an interrupt.
GRACE = 1.5


def work_off(
    items: Sequence[Item],
    do: Callable[[Item], Answer],
    *,
    workers: int,
    stop: threading.Event,
    tick: Callable[[], None] = lambda: None,
    leave: threading.Event | None = None,
) -> Generator[Answer, None, None]:
    """Yield what *do* makes of each item, as they are done.

    Once *stop* is set, *do* is still called for every item that is left: it knows what to say of them.
    Once *leave* is set, which another thread may do, what is under way has `GRACE` seconds; nothing is yielded
    for what is not done by then. One of these threads may have a crew of its own, which ends with it.

    Raises:
        KeyboardInterrupt: at the latest after `GRACE` seconds; *stop* is set, and nothing more is begun.
        StoppedError: the thread that waits here was itself stopped (`pace.stoppable`); *stop* is set.
        Exception: what *do* raised, if it did; *stop* is set.
    """
    waiting: queue.SimpleQueue[Item] = queue.SimpleQueue()
    done: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()
    abandoned = threading.Event()
    for item in items:
        waiting.put(item)

    def work() -> None:
        while not abandoned.is_set():
            try:
                item = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put(do(item))
            except BaseException as error:
                done.put(error)
                return

    threads = [
        threading.Thread(target=copy_context().run, args=(work,), name=f"ltix-{number}", daemon=True)
        for number in range(min(workers, len(items)))
    ]
    try:
        for thread in threads:
            thread.start()
        patience = _Patience(leave)
        for _ in items:
            try:
                answer = _next(done, patience)
            except TimeoutError:
                abandoned.set()
                return
            if isinstance(answer, BaseException):
                raise answer
            tick()
            yield answer
    except BaseException:
        abandoned.set()
        stop.set()
        until = time.monotonic() + GRACE
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
        raise


def _next(done: queue.SimpleQueue[Item], patience: _Patience) -> Item:
    """Wait in slices: on Windows Ctrl-C does not end a wait."""
    while True:
        try:
            return done.get(timeout=0.2)
        except queue.Empty:
            pace.check()
            if patience.is_over():
                raise TimeoutError from None


class _Patience:
    """Ends `GRACE` seconds after an event was seen to be set; never without one."""

    def __init__(self, event: threading.Event | None) -> None:
        self._event, self._until = event, math.inf

    def is_over(self) -> bool:
        if self._event is not None and self._event.is_set():
            self._until = min(self._until, time.monotonic() + GRACE)
        return time.monotonic() >= self._until


class Stop(threading.Event):
    """Set from within, or by an event from without, which itself is only looked at."""

    def __init__(self, outer: threading.Event | None = None) -> None:
        super().__init__()
        self.outer = outer

    def is_set(self) -> bool:
        """Return whether either is set."""
        return super().is_set() or (self.outer is not None and self.outer.is_set())
