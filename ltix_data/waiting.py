"""Calls that may hang, such as those to a keyring that waits for a prompt nobody sees: waited for with a limit."""

from __future__ import annotations

import contextvars
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, TypeVar, cast

from .errors import LtixWarning

NOTICE_AFTER = 5.0
"""Seconds of waiting before the user is told."""

_SLICE = 0.5  # on Windows Ctrl-C does not end a long wait
_Result = TypeVar("_Result")


class NoAnswerError(Exception):
    """The call did not return in time; the text says so in a few words."""


class Patience:
    """Makes calls one may have to leave, each in a thread of its own, for nothing else can leave one that hangs.

    The thread is a daemon, so that the process can end. As long as a call hangs, no other is made that would
    hang behind it.

    Args:
        notice: what to tell the user when a call takes long.
    """

    def __init__(self, notice: str) -> None:
        self._notice = notice
        self._left: list[Future[Any]] = []
        self._lock = threading.Lock()

    def call(self, do: Callable[[], _Result], limit: float, undo: Callable[[], object] | None = None) -> _Result:
        """Return what *do* returns, or raise what it raises; *undo* takes back what it did when nobody waited any more.

        Raises:
            NoAnswerError: it took more than *limit* seconds, or an earlier call still does.
        """
        with self._lock:
            self._left = [earlier for earlier in self._left if not earlier.done()]
            if self._left:
                raise NoAnswerError("an earlier call is not answered yet")
        outcome: Future[Any] = Future()
        context = contextvars.copy_context()  # a prompt in a notebook finds its cell by it

        def run() -> None:
            try:
                result = context.run(do)
                with self._lock:  # either it is in time, or it was left: never both
                    if outcome not in self._left:
                        outcome.set_result(result)
                if not outcome.done():
                    outcome.set_result(undo() if undo else None)
            except BaseException as error:
                outcome.set_exception(error)

        threading.Thread(target=run, name="ltix_data call", daemon=True).start()
        try:
            self._wait(outcome, limit)
        finally:  # also when the user interrupts the waiting
            with self._lock:
                late = not outcome.done()
                self._left += [outcome] if late else []
        if late:
            raise NoAnswerError(f"no answer in {limit:g} s")
        return cast(_Result, outcome.result())

    def _wait(self, outcome: Future[Any], limit: float) -> None:
        until = time.monotonic() + limit
        wait([outcome], min(limit, NOTICE_AFTER))
        if not outcome.done() and limit > NOTICE_AFTER:
            warnings.warn(f"{self._notice} Waiting for {limit:g} seconds at most.", LtixWarning, stacklevel=2)
        while not outcome.done() and (left := until - time.monotonic()) > 0:
            wait([outcome], min(left, _SLICE))
