"""Stopping what a thread sends, and waiting so that it can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..errors import StoppedError

#: Seconds after which a wait looks whether it was stopped.
SLICE = 0.1

_stop: ContextVar[threading.Event | None] = ContextVar("ltix_data_stop", default=None)


@contextmanager
def stoppable(event: threading.Event) -> Iterator[None]:
    """Let *event* stop what this thread sends: once it is set, requests raise StoppedError instead."""
    mark = _stop.set(event)
    try:
        yield
    finally:
        _stop.reset(mark)


def check() -> None:
    """Raise StoppedError if this thread was stopped."""
    event = _stop.get()
    if event is not None and event.is_set():
        raise StoppedError("Stopped on request; nothing more was sent.")


def pause(seconds: float, sleep: Callable[[float], None]) -> None:
    """Wait through *sleep*; where it may be stopped, in slices.

    Raises:
        StoppedError: this thread was stopped before the time was over.
    """
    most = seconds if _stop.get() is None else SLICE
    check()
    while seconds > 0:
        sleep(min(seconds, most))
        seconds -= most
        check()
