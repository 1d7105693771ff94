"""The one HTTP client: timeouts, retries, bounds, the platform's clock.

httpx stays behind this module, so that its successor can replace it in one place.

Every request is bounded: in time (connect, read, and the whole body), in bytes (decoded, so that a
compressed bomb is caught), in redirects (same origin, GET only) and in retries. GET and token
requests are repeated on 429, 502-504, Canvas' 403 rate limit and lost connections; a write only
where it certainly was not served: never connected, or refused for its rate.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from . import urls
from ._version import __version__
from .answers import PASSING, Answer, http_date
from .errors import (
    ForeignHostError,
    LtixError,
    RefusedError,
    TooLargeError,
    TransportError,
    UnknownOutcomeError,
)

_USER_AGENT = f"ltix_data/{__version__}"
#: An offset beyond a day is a proxy's cached or absurd date, not a clock. Under 2 s it is rounding.
_ABSURD_OFFSET, _ROUNDING = 86_400.0, 2.0
_CERTAINLY_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how much and how often. Times in seconds, sizes in bytes."""

    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    body_timeout: float = 180.0
    max_bytes: int = 64 * 2**20
    max_redirects: int = 5
    attempts: int = 5
    longest_wait: float = 60.0
    max_pages: int = 2000


class PlatformClock:
    """The platform's time, learnt from the Date header of fresh answers."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.offset = 0.0

    def now(self) -> float:
        """Return the platform's time in seconds since 1970."""
        return self._now() + self.offset

    def learn(self, answer: Answer) -> None:
        """Take the offset from an answer that just came from the platform itself, not from a cache."""
        sent = http_date(answer.headers.get("date", ""))
        if sent is None or answer.headers.get("age", "0").strip() not in ("", "0"):
            return
        offset = sent + 0.5 - self._now()  # Date is cut to the second: on average half a second late
        if abs(offset) < _ABSURD_OFFSET:
            self.offset = 0.0 if abs(offset) < _ROUNDING else offset


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
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        transport: Any = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.limits = limits or Limits()
        self.clock = PlatformClock(now)
        self._sleep = sleep
        self._gate = _Gate(sleep)
        timeout = httpx.Timeout(self.limits.read_timeout, connect=self.limits.connect_timeout)
        loopback = dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]"))  # past any proxy
        options = {"transport": transport} if transport is not None else {"verify": _ssl_context(), "mounts": loopback}
        self._httpx = httpx.Client(
            timeout=timeout,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # a Moodle session would serialise us
            headers={"User-Agent": _USER_AGENT},
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32),
            **options,
        )

    def close(self) -> None:
        """Close every connection."""
        self._httpx.close()

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes | None = None, repeatable: bool
    ) -> Answer:
        """Return the answer, whatever its status, once it is not worth another try.

        Args:
            method: the HTTP method.
            url: where to.
            headers: what to send beside the User-Agent.
            content: the body.
            repeatable: sending it twice does no harm.

        Raises:
            TransportError: the platform could not be reached, or took too long.
            UnknownOutcomeError: it was sent, is not repeatable, and no answer came.
            TooLargeError: the answer is larger than the limits allow.
            ForeignHostError: it redirects to another host.
        """
        attempt = partial(self._once, method, url, dict(headers), content, repeatable)
        retrying = Retrying(
            stop=stop_after_attempt(self.limits.attempts),
            wait=_wait,
            retry=retry_if_exception_type(_TryAgainError),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except _TryAgainError as last:
            if isinstance(last.outcome, Answer):
                return last.outcome
            raise last.outcome from last.__cause__

    def _once(self, method: str, url: str, headers: dict[str, str], content: bytes | None, repeatable: bool) -> Answer:
        self._gate.wait()
        try:
            answer = self._exchange(method, url, headers, content)
        except _CERTAINLY_NOT_SENT as error:
            if "CERTIFICATE" in str(error).upper():  # another try would see the same certificate
                raise _unreachable(url, error) from error
            raise _TryAgainError(_unreachable(url, error)) from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            if repeatable:
                raise _TryAgainError(_lost(url, error)) from error
            raise _unknown(url) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise TransportError(f"{urls.host(url)} cannot be asked: its URL is not valid.") from error
        if answer.is_rate_limit or (repeatable and answer.status in PASSING):
            self._back_off(answer)
        return answer

    def _back_off(self, answer: Answer) -> None:
        """Ask for another try, unless the platform wants a longer wait than is reasonable."""
        wait = answer.retry_after(self.clock.now())
        if wait is not None and wait > self.limits.longest_wait:
            return
        if answer.is_rate_limit:
            self._gate.close_for(wait or 0.0)
        raise _TryAgainError(answer, wait)

    def _exchange(self, method: str, url: str, headers: dict[str, str], content: bytes | None) -> Answer:
        for _ in range(self.limits.max_redirects + 1):
            request = self._httpx.build_request(method, url, headers=headers, content=content)
            response = self._httpx.send(request, stream=True)
            try:
                answer = Answer(response.status_code, _headers(response), self._body(response), url)
            finally:
                response.close()
            if not answer.is_redirect:
                return answer
            url = _redirect(method, answer)
        raise RefusedError(f"{urls.host(url)} redirects in a circle.", hint="Check the service's URL.")

    def _body(self, response: httpx.Response) -> bytes:
        """Read the body within its bounds; chunks are counted after decompression."""
        deadline = time.monotonic() + self.limits.body_timeout
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self.limits.max_bytes:
                raise TooLargeError(
                    f"{urls.host(str(response.url))} sent an answer of more than {self.limits.max_bytes >> 20} MiB.",
                    hint="This is no roster or gradebook; check the URL.",
                )
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("the body took too long", request=response.request)
        return bytes(body)


class _Gate:
    """Keeps every thread back while one of them was told to slow down."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._lock = threading.Lock()
        self._opens = 0.0

    def close_for(self, seconds: float) -> None:
        with self._lock:
            self._opens = max(self._opens, time.monotonic() + seconds)

    def wait(self) -> None:
        if (left := self._opens - time.monotonic()) > 0:
            self._sleep(left)


_backoff = wait_random_exponential(multiplier=0.5, max=20)


def _wait(state: RetryCallState) -> float:
    """Return the seconds before the next try: what the platform asked for, else a random backoff."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _TryAgainError) else None
    return asked if asked is not None else max(0.1, _backoff(state))


@lru_cache(maxsize=1)  # building one costs 25-160 ms
def _ssl_context() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _headers(response: httpx.Response) -> dict[str, str]:
    """Return the headers in lower case, repeated ones joined. [RFC 9110 §5.3]"""
    return {key.decode("latin-1").lower(): "" for key, _ in response.headers.raw} | dict(response.headers)


def _redirect(method: str, answer: Answer) -> str:
    """Return where a redirect leads, if it may be followed with the token in hand."""
    target = urls.join(answer.url, answer.headers.get("location", ""))
    if urls.origin(target) != urls.origin(answer.url):
        raise ForeignHostError(
            f"{urls.host(answer.url)} redirects to {urls.host(target) or 'another place'}; this was not followed.",
            hint="Check the service's URL: this is often a login page.",
            status=answer.status,
        )
    if method != "GET":
        raise RefusedError(
            f"{urls.host(answer.url)} redirects a write; it was not repeated.", hint="Check the service's URL."
        )
    return target


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
