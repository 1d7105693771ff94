"""Tries, and tries again: how often, after what, and at whose pace."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from .. import pace, urls
from ..answers import PASSING, Answer
from ..errors import LtixError, RefusedError, TooLargeError, TransportError, UsageError
from ..timestamps import PlatformClock
from ..wire import Limits, hold_back_foreign_logs, sending
from . import outcomes
from .connections import Connections

_CERTAINLY_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_log = logging.getLogger(__package__)


class _TryAgainError(Exception):
    """Carries what stands if no further try is made, and how long the platform wants us to wait."""

    def __init__(self, outcome: Answer | LtixError, wait: float | None = None) -> None:
        super().__init__()
        self.outcome = outcome
        self.wait = wait


@dataclass(frozen=True, slots=True)
class _Request:
    """What is sent, perhaps several times; see `HttpClient.send`. *came* is its number at the gate."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | Callable[[], bytes] | None
    repeatable: bool
    gate: pace.Gate
    came: int


class HttpClient:
    """Sends one request at a time per thread, over connections that all threads share.

    Args:
        limits: bounds of time, size and number.
        transport: an httpx transport, such as a WSGI application in tests.
        sleep: waits between tries.
        now: the local clock.
        monotonic: the clock that measures waiting.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        transport: Any = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits or Limits()
        self.clock = PlatformClock(now)
        self.sleep, self._monotonic = sleep, monotonic
        self._gates: dict[str, pace.Gate] = {}
        hold_back_foreign_logs()
        self._connections = Connections(self.limits, monotonic, transport)

    def close(self) -> None:
        """Close every connection; nothing can be sent any more."""
        self._connections.close()

    def require_open(self) -> None:
        """Go on only where something can be sent.

        Raises:
            UsageError: this client was closed.
        """
        if self._connections.closed:
            raise UsageError("This session was closed.", hint="Connect again with ltix.connect(…).")

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | Callable[[], bytes] | None = None,
        repeatable: bool,
    ) -> Answer:
        """Return the answer, whatever its status, once it is not worth another try.

        Args:
            method: the HTTP method.
            url: where to.
            headers: what to send beside the User-Agent.
            content: the body, or what makes one anew for every try.
            repeatable: sending it twice does no harm.

        Raises:
            TransportError: the platform could not be reached, or took too long.
            UnknownOutcomeError: it was sent, is not repeatable, and no answer came.
            TooLargeError: the answer is larger than the limits allow.
            ForeignHostError: it redirects to another host.
            StoppedError: this thread was stopped (`pace.stoppable`) before it was sent, or sent again.
            UsageError: this client was closed.
        """
        gate = self._gate(url)
        request = _Request(method, url, headers, content, repeatable, gate, gate.number())
        try:
            return self._tried(request)
        except _TryAgainError as last:
            if isinstance(last.outcome, Answer):
                return last.outcome
            raise last.outcome from last.__cause__

    def _tried(self, request: _Request) -> Answer:
        """Try, and try again. (A `Retrying` for every request would cost a tenth of it.)"""
        failed: list[_TryAgainError] = []
        try:
            return self._once(request)
        except _TryAgainError as first:
            failed.append(first)

        def next_attempt() -> Answer:
            if failed:
                raise failed.pop()
            return self._once(request)

        retrying = Retrying(
            stop=stop_after_attempt(self.limits.attempts),
            wait=_wait,
            retry=retry_if_exception_type(_TryAgainError),
            sleep=partial(pace.pause, sleep=self.sleep),
            reraise=True,
        )
        return retrying(next_attempt)

    def _once(self, request: _Request) -> Answer:
        with request.gate.turn(request.came) as turn:
            answer = self._try(turn, request)
            self._tell(turn, answer)
            wait = self._hold(request.gate, answer)  # before the next one is let in
        host = urls.host(request.url)
        _log.debug("%s %s: status %d, %d bytes", request.method, host, answer.status, len(answer.body))
        again = answer.is_rate_limit or (request.repeatable and answer.status in PASSING)
        if again and (wait is None or wait <= self.limits.longest_wait):
            raise _TryAgainError(answer, wait)
        return answer

    def _try(self, turn: pace.Turn, request: _Request) -> Answer:
        url, content = request.url, request.content
        self.require_open()  # it may have been closed while this thread waited, and for that reason in vain
        body = content() if callable(content) else content
        pace.check()  # the last moment at which “certainly not sent” is true
        turn.leaves()
        try:
            with sending():
                answer = self._connections.exchange(request.method, url, request.headers, body, turn.connected)
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError):
            # the cause would quote what could not be written, and that may be a token
            raise TransportError(f"{urls.host(url)} cannot be asked: its URL or a header is not valid.") from None
        except _CERTAINLY_NOT_SENT as error:
            if "CERTIFICATE" in str(error).upper():  # another try would see the same certificate
                raise outcomes.unreachable(url, error) from error
            raise _TryAgainError(outcomes.unreachable(url, error)) from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            # a protocol error quotes the line it stumbled over, and Moodle writes grades in its status line
            cause = None if isinstance(error, httpx.ProtocolError) else error
            if request.repeatable:
                raise _TryAgainError(outcomes.lost(url, error)) from cause
            raise outcomes.unknown(url) from cause
        except (TooLargeError, RefusedError):  # a redirect may follow a write that was done (303)
            if request.repeatable:
                raise
            raise outcomes.unknown(url) from None
        # answers are as slow as they are large: those within a factor of four are compared
        turn.kind = f"{request.method} {request.headers.get('Accept', '')} {len(answer.body).bit_length() // 2}"
        return answer

    def _gate(self, url: str) -> pace.Gate:
        try:
            origin = urls.origin(url)
        except ValueError:  # whoever sends it will say so
            origin = ""
        found = self._gates.get(origin)
        if found is None:
            found = self._gates[origin] = pace.gate(origin, self.sleep, self._monotonic)
        return found

    def _tell(self, turn: pace.Turn, answer: Answer) -> None:
        """Let the gate learn from an answer."""
        if answer.is_rate_limit:
            turn.refused()
        elif answer.status < 500:
            turn.answered(answer.headers)
        else:
            turn.failed()

    def _hold(self, gate: pace.Gate, answer: Answer) -> float | None:
        """Return the seconds that a busy platform asks to wait, and let nobody else pass meanwhile."""
        if not (answer.is_rate_limit or answer.status in PASSING):
            return None
        wait = answer.retry_after(self.clock.now())
        if wait is not None and wait <= self.limits.longest_wait:
            gate.hold(wait)
        return wait


_backoff = wait_random_exponential(multiplier=0.5, max=20)


def _wait(state: RetryCallState) -> float:
    """Return the seconds before the next try: what the platform asked for, else a random backoff."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _TryAgainError) else None
    return asked or max(0.1, _backoff(state))
