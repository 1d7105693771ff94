"""The one HTTP client: timeouts, retries, bounds, the platform's clock.

httpx stays behind this module, so that its successor can replace it in one place.

Every request is bounded: in time (connect, each read, and the whole body; a dripping head by its reads
alone), in bytes (decoded, so that a compressed bomb is caught), in redirects (same origin, GET only)
and in retries. GET and token requests are repeated on 429, 502-504, Canvas' 403 rate limit and lost
connections; a write only where it certainly was not served: never connected, or refused for its rate
(a 503 may come from a proxy after the fact). How fast they follow each other, and stopping them, is
`pace`'s. What is logged names the host and the status; httpx's own lines, with URLs and the platform's
words, are held back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, cast

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from . import pace, urls
from ._version import __version__
from .answers import PASSING, Answer
from .errors import (
    ForeignHostError,
    LtixError,
    RefusedError,
    TooLargeError,
    TransportError,
    UnknownOutcomeError,
    UsageError,
)
from .timestamps import PlatformClock
from .wire import Limits, Unpacker, hold_back_foreign_logs, sending, trust

_USER_AGENT = f"ltix_data/{__version__}"
_CERTAINLY_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_log = logging.getLogger(__name__)


class _TryAgainError(Exception):
    """Carries what stands if no further try is made, and how long the platform wants us to wait."""

    def __init__(self, outcome: Answer | LtixError, wait: float | None = None) -> None:
        super().__init__()
        self.outcome = outcome
        self.wait = wait


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
        self._gate = pace.Gate(sleep, monotonic)
        hold_back_foreign_logs()
        timeout = httpx.Timeout(self.limits.read_timeout, connect=self.limits.connect_timeout)
        loopback = dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]"))  # past any proxy
        options = {"transport": transport} if transport is not None else {"verify": trust(), "mounts": loopback}
        self._httpx = httpx.Client(
            timeout=timeout,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # a Moodle session would serialise us
            headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "gzip"},
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32),
            **options,
        )

    def close(self) -> None:
        """Close every connection; nothing can be sent any more."""
        self._httpx.close()

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
        if self._httpx.is_closed:
            raise UsageError("This session was closed.", hint="Connect again with ltix.connect(…).")
        attempt = partial(self._once, method, url, dict(headers), content, repeatable)
        retrying = Retrying(
            stop=stop_after_attempt(self.limits.attempts),
            wait=_wait,
            retry=retry_if_exception_type(_TryAgainError),
            sleep=partial(pace.pause, sleep=self.sleep),
            reraise=True,
        )
        try:
            return retrying(attempt)
        except _TryAgainError as last:
            if isinstance(last.outcome, Answer):
                return last.outcome
            raise last.outcome from last.__cause__

    def _once(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        content: bytes | Callable[[], bytes] | None,
        repeatable: bool,
    ) -> Answer:
        ticket = self._gate.enter()
        body = content() if callable(content) else content
        pace.check()  # the last moment at which “certainly not sent” is true
        try:
            with sending():
                answer = self._exchange(method, url, headers, body)
        except _CERTAINLY_NOT_SENT as error:
            if "CERTIFICATE" in str(error).upper():  # another try would see the same certificate
                raise _unreachable(url, error) from error
            raise _TryAgainError(_unreachable(url, error)) from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            # a protocol error quotes the line it stumbled over, and Moodle writes grades in its status line
            cause = None if isinstance(error, httpx.ProtocolError) else error
            if repeatable:
                raise _TryAgainError(_lost(url, error)) from cause
            raise _unknown(url) from cause
        except (TooLargeError, RefusedError):  # a redirect may follow a write that was done (303)
            if repeatable:
                raise
            raise _unknown(url) from None
        except (httpx.InvalidURL, UnicodeError):
            # the cause would quote what could not be written, and that may be a token
            raise TransportError(f"{urls.host(url)} cannot be asked: its URL or a header is not valid.") from None
        _log.debug("%s %s: status %d, %d bytes", method, urls.host(url), answer.status, len(answer.body))
        wait = self._keep_pace(answer, ticket)
        again = answer.is_rate_limit or (repeatable and answer.status in PASSING)
        if again and (wait is None or wait <= self.limits.longest_wait):
            raise _TryAgainError(answer, wait)
        return answer

    def _keep_pace(self, answer: Answer, ticket: int) -> float | None:
        """Let the gate learn from an answer; return the seconds that a busy platform asks to wait."""
        if answer.is_rate_limit:
            self._gate.refused(ticket)
        elif answer.status < 500:
            self._gate.answered(ticket, answer.headers)
        if not (answer.is_rate_limit or answer.status in PASSING):
            return None
        wait = answer.retry_after(self.clock.now())
        if wait is not None and wait <= self.limits.longest_wait:
            self._gate.hold(wait)
        return wait

    def _exchange(self, method: str, url: str, headers: dict[str, str], content: bytes | None) -> Answer:
        for _ in range(self.limits.max_redirects + 1):
            request = self._httpx.build_request(method, url, headers=headers, content=content)
            response = self._httpx.send(request, stream=True)
            try:
                answer = Answer(response.status_code, dict(response.headers), self._body(response), url)
            finally:
                response.close()
            if not answer.is_redirect:
                return answer
            url = _redirect(method, answer)
        raise RefusedError(f"{urls.host(url)} redirects in a circle.", hint="Check the service's URL.")

    def _body(self, response: httpx.Response) -> bytes:
        """Read the body within its bounds of time and size; bytes are counted after decompression.

        Of a 5xx only the beginning is read: a connection that was not read to its end is used no more.
        uvicorn-like servers close it without saying so, and a write that met the closed end could only be
        called unknown.
        """
        failed = response.status_code >= 500
        if failed and response.headers.get("content-length") == "0":
            return b""
        deadline = self._monotonic() + self.limits.body_timeout
        most, body = self.limits.max_bytes, bytearray()
        try:
            unpacker = Unpacker(response.headers.get("content-encoding", ""))
            for chunk in cast(Iterable[bytes], response.stream):
                body += unpacker.feed(chunk, most + 1 - len(body))
                if len(body) > most:
                    raise _too_large(response, most)
                if self._monotonic() > deadline:
                    raise httpx.ReadTimeout("the body took too long", request=response.request)
                if failed:
                    break
            else:
                unpacker.finish()
        except ValueError as error:
            raise httpx.DecodingError(str(error), request=response.request) from None
        return bytes(body)


_backoff = wait_random_exponential(multiplier=0.5, max=20)


def _wait(state: RetryCallState) -> float:
    """Return the seconds before the next try: what the platform asked for, else a random backoff."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _TryAgainError) else None
    return asked or max(0.1, _backoff(state))


def _redirect(method: str, answer: Answer) -> str:
    """Return where a redirect leads, if it may be followed with the token in hand."""
    target = urls.join(answer.url, answer.headers.get("location", ""))
    try:
        urls.require(target, "The redirect's target")
    except UsageError:
        raise RefusedError(
            f"{urls.host(answer.url)} redirects to an address that cannot be read.", status=answer.status
        ) from None
    if urls.origin(target) != urls.origin(answer.url):
        raise ForeignHostError(
            f"{urls.host(answer.url)} redirects to {urls.host(target) or 'another place'}; this was not followed.",
            hint="Check the service's URL: this is often a login page.",
            status=answer.status,
        )
    if method != "GET":
        raise RefusedError(
            f"{urls.host(answer.url)} redirects a write; it was not repeated.",
            hint="Check the service's URL.",
            status=answer.status,
        )
    return target


def _too_large(response: httpx.Response, most: int) -> TooLargeError:
    return TooLargeError(
        f"{urls.host(str(response.url))} sent an answer of more than {most / 2**20:.3g} MiB.",
        hint="This is no roster or gradebook; check the URL.",
    )


def _unreachable(url: str, error: Exception) -> TransportError:
    if "CERTIFICATE" in str(error).upper():
        hint = "Its certificate is not trusted here; if your institution has its own authority, set SSL_CERT_FILE."
    else:
        hint = "Check the address, the network and any proxy."
    return TransportError(f"{urls.host(url)} could not be reached ({type(error).__name__}).", hint=hint)


def _lost(url: str, error: Exception) -> TransportError:
    return TransportError(
        f"{urls.host(url)} broke off or did not answer in time ({type(error).__name__}).", hint="Try again later."
    )


def _unknown(url: str) -> UnknownOutcomeError:
    return UnknownOutcomeError(
        f"The request was sent to {urls.host(url)}, and no answer came: it may or may not have been done.",
        hint="Read back what the platform holds before sending it again.",
    )
