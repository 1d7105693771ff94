"""A transport of one connection, straight to its host and kept open between requests.

An exchange takes 0.3 ms of CPU with httpx's own transport, which reads answers with a state machine in Python, 0.1 ms
with this one, and 0.05 ms where nothing is parsed at all; threads share one interpreter, so that is what thirty of
them wait for. Here is a socket, and llhttp (the parser of Node.js) to read what comes; TLS is Python's. Errors are
httpx's, by which the client tells what was certainly not sent from what may have been.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx
from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpResponseParser

from ..wire import Limits

_PIECE = 2**16
#: Bytes that may come without one of a body among them: heads, trailers, and what frames chunks.
_MOST_BARE = 100 * 2**10
#: Seconds after which an unused connection is not trusted any more; servers close them after 5 to 75.
_UNUSED = 5.0


class Direct(httpx.BaseTransport):
    """One connection at most; used by one thread at a time, and closed by any.

    Args:
        limits: how long to wait for the connection, and for each piece of an answer.
        trust: whom to trust, where the connection is encrypted.
        monotonic: the clock that measures how long the connection was not used.
    """

    def __init__(self, limits: Limits, trust: ssl.SSLContext | None, monotonic: Callable[[], float]) -> None:
        self._limits, self._trust, self._monotonic = limits, trust, monotonic
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._used = 0.0
        self._busy = self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request* and return its answer as soon as its head is there.

        Its extension “connected” is called when the connection stands and nothing was sent yet.

        Raises:
            httpx.ConnectError, httpx.ConnectTimeout: nothing was sent.
            httpx.LocalProtocolError: nothing was sent, for a header is none.
            httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError: it was sent, and no answer came.
        """
        said = _said(request)
        with self._lock:
            self._busy = True
        try:
            connection = self._connected(request.url)
            request.extensions.get("connected", _nobody)()
            answer = _Answer(connection)
            with suppress(OSError):  # it may have answered before it hung up; else reading says what is the matter
                connection.sendall(said)
            answer.read_head()
        except BaseException:
            self.done_with(keep=False)
            raise
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer, self))

    def close(self) -> None:
        """Close the connection for good. A thread that waits for it wakes up, and closes it itself.

        (Its number might be another connection's by the time that thread reads from it.)
        """
        with self._lock:
            self._closed = True
            connection, busy = self._socket, self._busy
        if connection is not None:
            with suppress(OSError):  # not TLS's own, which forgets that what comes is encrypted
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        if not busy:
            self._leave()

    def done_with(self, *, keep: bool) -> None:
        """End the use that a request made of the connection, and close it unless it is to be kept."""
        with self._lock:
            self._busy, self._used = False, self._monotonic()
            keep = keep and not self._closed
        if not keep:
            self._leave()

    def _leave(self) -> None:
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close()

    def _connected(self, url: httpx.URL) -> socket.socket:
        """Return the connection: the one that was kept, or another."""
        if self._socket is not None and (self._monotonic() - self._used > _UNUSED or _has_news(self._socket)):
            self._leave()
        connection = self._socket = self._socket or self._connect(url)
        if self._closed:
            raise httpx.ConnectError("closed meanwhile")
        return connection

    def _connect(self, url: httpx.URL) -> socket.socket:
        host = url.raw_host.decode()
        port = url.port or (443 if self._trust else 80)
        try:
            connection = socket.create_connection((host, port), self._limits.connect_timeout)
            try:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._trust:
                    connection = self._trust.wrap_socket(connection, server_hostname=host)
                connection.settimeout(self._limits.read_timeout)
            except BaseException:
                connection.close()
                raise
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        return connection


class _SurplusError(Exception):
    """Another answer, that nobody asked for."""


class _Answer:
    """One answer as it comes in; not to HEAD, whose body would be waited for in vain.

    The methods that begin with ``on_`` are called by the parser.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._parser = HttpResponseParser(self)
        # What the standard forbids and browsers bear: folded headers, control characters in them, lines that end
        # with a line feed alone, and a length beside chunks (which then counts for nothing). [RFC 9112 §2.2, §6.3]
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_chunked_length=True, lenient_optional_cr_before_lf=True
        )
        self._bare = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.pieces: list[bytes] = []
        self.status = 0
        self.has_head = self.is_whole = self.may_keep = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.has_head:  # trailers are nothing to us
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status >= 200:
            self.has_head = True
        else:  # 100 Continue, 103 Early Hints: the answer is still to come
            self.headers.clear()

    def on_body(self, piece: bytes) -> None:
        self.pieces.append(piece)

    def on_message_begin(self) -> None:
        if self.is_whole:
            raise _SurplusError

    def on_message_complete(self) -> None:
        if self.has_head:
            self.is_whole = True
            # after a 5xx uvicorn-like servers close it without having said so; a write that met that could only be
            # called unknown
            self.may_keep = self.status < 500 and self._parser.should_keep_alive()

    def read_head(self) -> None:
        while not self.has_head:
            self.read_on()

    def read_on(self) -> None:
        """Read what comes next."""
        try:
            data = self._connection.recv(_PIECE)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ReadError(str(error)) from error
        if not data:
            if not self.has_head or self._is_framed():
                raise httpx.RemoteProtocolError("the connection was closed before the answer was whole")
            self.is_whole = True
            return
        before = len(self.pieces)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if isinstance(error, HttpParserCallbackError) and not isinstance(error.__context__, _SurplusError):
                raise error.__context__ or error from None  # Ctrl-C may strike in what the parser calls
            self.may_keep = False
            if not self.is_whole:
                raise httpx.RemoteProtocolError("what came is no HTTP") from None
        self._bare = 0 if len(self.pieces) > before else self._bare + len(data)
        if self._bare > _MOST_BARE:
            raise httpx.RemoteProtocolError("heads or trailers without end")

    def _is_framed(self) -> bool:
        """Whether the end of the answer is told otherwise than by the connection's. [RFC 9112 §6.3]"""
        told = {name.lower(): value.lower() for name, value in self.headers}
        return b"chunked" in told.get(b"transfer-encoding", b"") or (
            b"content-length" in told and b"transfer-encoding" not in told
        )


class _Body(httpx.SyncByteStream):
    """The body of an answer; closed at its end the connection is kept, before that it is left."""

    def __init__(self, answer: _Answer, transport: Direct) -> None:
        self._answer, self._transport = answer, transport

    def __iter__(self) -> Iterator[bytes]:
        answer = self._answer
        while True:
            pieces, answer.pieces = answer.pieces, []
            yield from pieces
            if answer.is_whole:
                return
            answer.read_on()

    def close(self) -> None:
        self._transport.done_with(keep=self._answer.is_whole and self._answer.may_keep)


def _nobody() -> None:
    """Nobody wants to know when the connection stands."""


def _said(request: httpx.Request) -> bytes:
    """Return the bytes of a request.

    Raises:
        httpx.LocalProtocolError: a header would end early, and begin something else.
    """
    lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    lines += [b"%s: %s" % header for header in request.headers.raw]
    head = b"\r\n".join([*lines, b"", b""])
    ends = len(lines) + 1
    if head.count(b"\r") != ends or head.count(b"\n") != ends or b"\0" in head:
        raise httpx.LocalProtocolError("a header holds the end of a line")
    return head + request.read()


def _has_news(connection: socket.socket) -> bool:
    """Whether an unused connection was closed at the other end, or says what nobody asked for."""
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return True
    if not hasattr(select, "poll"):  # Windows, where select bears any number
        return bool(select.select([connection], [], [], 0)[0])
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
