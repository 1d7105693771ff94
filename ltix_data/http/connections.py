"""One exchange with a platform, over connections that all threads share.

httpx's client is not used: cookies (a Moodle session would serialise us), authentication and redirects are ours
anyway. Nor is its transport where there is no proxy: see `direct`. What is left of httpx are its names for requests,
answers and errors, its transport for proxies, and with them the transports that others wrote.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache, partial
from typing import Any, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from .. import urls
from .._version import __version__
from ..answers import Answer
from ..errors import RefusedError
from ..wire import Limits, Unpacker, trust
from . import outcomes
from .direct import Direct
from .lanes import Lanes

_ALWAYS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip",
    "Connection": "keep-alive",
    "User-Agent": f"ltix_data/{__version__}",
}
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})  # many servers answer 411 where these do not say how long it is
_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)
_url = lru_cache(maxsize=256)(httpx.URL)  # an upload posts to one; reading a URL costs as much as sending to it


class Connections:
    """Connections to platforms, through the proxies that the environment names; this machine is reached without.

    Args:
        limits: bounds of time, size and number.
        monotonic: the clock that measures them.
        transport: an httpx transport in place of connections, such as a WSGI application in tests.
    """

    def __init__(self, limits: Limits, monotonic: Callable[[], float], transport: Any = None) -> None:
        self.transport = transport
        self._limits, self._monotonic = limits, monotonic
        timeout = httpx.Timeout(limits.read_timeout, connect=limits.connect_timeout)
        self._extensions = {"timeout": timeout.as_dict()}
        self._lanes: dict[str, Lanes] = {}
        self.closed = False

    def close(self) -> None:
        """Close every connection; nothing can be sent any more."""
        self.closed = True
        for closing in [self.transport] if self.transport is not None else list(self._lanes.values()):
            closing.close()

    def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        connected: Callable[[], None],
    ) -> Answer:
        """Return the answer to one request, following redirects of a GET on its own host.

        *connected* is called, where that can be known, when the connection stands and nothing was sent yet.

        Raises:
            RefusedError: it redirects a write, in a circle, or to what is no address.
            ForeignHostError: it redirects to another host.
            TooLargeError: the answer is larger than the limits allow.
            httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError: as httpx raises them.
        """
        for _ in range(self._limits.max_redirects + 1):
            request = self._request(method, _url(url), headers, content)
            request.extensions["connected"] = connected
            with self._reaching(url) as transport:
                response = transport.handle_request(request)
                try:
                    told = _told(response)
                    answer = Answer(response.status_code, told, self._body(response, request, told), url)
                finally:
                    response.close()
            if not answer.is_redirect:
                return answer
            url = outcomes.redirect(method, answer)
        raise RefusedError(f"{urls.host(url)} redirects in a circle.", hint="Check the service's URL.")

    def _request(self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes | None) -> httpx.Request:
        """Return a request. (Two headers are told here: to find them out costs httpx as much as to send it.)"""
        told = {"Host": url.netloc.decode("ascii"), **_ALWAYS, **headers}
        if content is not None or method in _WITH_BODY:
            told["Content-Length"] = str(len(content or b""))
        raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in told.items()]
        return httpx.Request(
            method, url, headers=raw, stream=httpx.ByteStream(content or b""), extensions=dict(self._extensions)
        )

    def _reaching(self, url: str) -> AbstractContextManager[httpx.BaseTransport]:
        """Return a context with a transport that leads to *url*."""
        if self.transport is not None:
            return nullcontext(self.transport)
        origin = urls.origin(url)
        if origin not in self._lanes:
            make = partial(self._transport, urlsplit(url).scheme, _proxy(url))
            self._lanes.setdefault(origin, Lanes(make, self._monotonic))
        return self._lanes[origin].one()

    def _transport(self, scheme: str, proxy: str | None) -> httpx.BaseTransport:
        """Return a transport of one connection. Whom to trust takes 25-75 ms to learn, and plain http trusts nobody."""
        verify = trust() if scheme == "https" else None
        if proxy is None:
            return Direct(self._limits, verify, self._monotonic)
        return httpx.HTTPTransport(verify=verify or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), limits=_ONE, proxy=proxy)

    def _body(self, response: httpx.Response, request: httpx.Request, told: Mapping[str, str]) -> bytes:
        """Read the body within its bounds of time and size; bytes are counted after decompression.

        Of a 5xx only the beginning is read: a connection that was not read to its end is used no more, for the reason
        that `direct` has too.
        """
        failed = response.status_code >= 500
        if failed and told.get("content-length") == "0":
            return b""
        deadline = self._monotonic() + self._limits.body_timeout
        most, body = self._limits.max_bytes, bytearray()
        try:
            unpacker = Unpacker(told.get("content-encoding", ""))
            for chunk in cast(Iterable[bytes], response.stream):
                body += unpacker.feed(chunk, most + 1 - len(body))
                if len(body) > most:
                    raise outcomes.too_large(str(request.url), most)
                if self._monotonic() > deadline:
                    raise httpx.ReadTimeout("the body took too long", request=request)
                if failed:
                    break
            else:
                unpacker.finish()
        except ValueError as error:
            raise httpx.DecodingError(str(error), request=request) from None
        return bytes(body)


def _told(response: httpx.Response) -> dict[str, str]:
    """Return the headers, their names in lower case; one that comes twice is put together with a comma."""
    found: dict[str, str] = {}
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), _decoded(raw_value)
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _decoded(value: bytes) -> str:
    try:
        return value.decode()  # Moodle writes UTF-8
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _proxy(url: str) -> str | None:
    """Return the proxy that leads to *url*, None where it is reached directly."""
    if urls.is_loopback(url):
        return None
    parts = urlsplit(url)
    named = getproxies()
    proxy = named.get(parts.scheme) or named.get("all")
    if not proxy or proxy_bypass(parts.hostname or ""):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
