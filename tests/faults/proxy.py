"""A proxy on the loopback interface that stands between client and platform, and does them harm.

It knows just enough HTTP: a request with a Content-Length, one answer to it. A `Fault` is what it does
with one exchange; `Proxy.on` says with which.
"""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from raw_server import plain

_HOP = ("connection", "content-length", "transfer-encoding", "host", "accept-encoding")


@dataclass(frozen=True)
class Answer:
    """A whole answer, its body with it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    def without(self, name: str) -> Answer:
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() != name.lower()))

    def saying(self, **headers: str) -> Answer:
        """Return it with other headers: ``retry_after="5"`` is Retry-After."""
        changed = self
        for name, value in headers.items():
            name = name.replace("_", "-").title()
            changed = changed.without(name)
            changed = replace(changed, headers=(*changed.headers, (name, value)))
        return changed

    def to_bytes(self) -> bytes:
        lines = [f"{name}: {value}" for name, value in self.headers]
        return plain(self.body, *lines, status=f"{self.status} {http.client.responses.get(self.status, '')}")


def says(status: int, body: object = b"", **headers: str) -> Answer:
    """Return an answer of our own; all but bytes is sent as JSON."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, (), sent).saying(**headers)


@dataclass(frozen=True)
class Forwarded:
    """One request that the platform has answered."""

    method: str
    path: str
    body: bytes
    status: int


class Exchange:
    """One request, and the ways to deal with it."""

    def __init__(self, proxy: Proxy, connection: socket.socket, raw: bytes, link: _Link) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        self.method, self.target, self.headers = _head(head)
        self.proxy, self.connection = proxy, connection
        self._link = link
        self.over = False

    def forward(self) -> Answer:
        """Let the platform act, and return its answer."""
        answer = self._link.ask(self.method, self.target, self.headers, self.body)
        self.proxy.note(Forwarded(self.method, urlsplit(self.target).path, self.body, answer.status))
        if self.target == "/token" and b"access_token" in answer.body:
            self.proxy.tokens.add(answer.data["access_token"])
        return answer

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reply(self, answer: Answer) -> None:
        self.send(answer.to_bytes())

    def reset(self) -> None:
        """End the connection with RST."""
        self.over = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def close(self) -> None:
        """End the connection in good order."""
        self.over = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


Fault = Callable[[Exchange], None]


@dataclass
class _Rule:
    method: str
    part: str
    fault: Fault
    wanted: range
    seen: int = 0


class Proxy:
    """Listens on a free port; `upstream` is where the platform is.

    Attributes:
        forwarded: what the platform has answered, in the order of its answers.
        asked: method and path of every request that came, answered or not.
        tokens: the access tokens that were given out.
    """

    def __init__(self) -> None:
        self.upstream = ""
        self.forwarded: list[Forwarded] = []
        self.asked: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.most_at_once = 0
        self.stopped = threading.Event()
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._port = 0
        self._listener: socket.socket | None = None
        self.listen()
        self.url = f"http://127.0.0.1:{self._port}"

    # --- Faults -----------------------------------------------------------------------------------

    def on(self, method: str, part: str, fault: Fault, *, first: int = 1, times: int | None = None) -> None:
        """Do *fault* to requests of *method* whose path holds *part*, from the *first* on, *times* times.

        An empty method is any; a path holds its query too.
        """
        last = first + (1_000_000_000 if times is None else times)
        self._rules.append(_Rule(method, part, fault, range(first, last)))

    def heal(self) -> None:
        """Do no more harm."""
        self._rules.clear()

    def note(self, forwarded: Forwarded) -> None:
        with self._lock:
            self.forwarded.append(forwarded)

    def _fault(self, exchange: Exchange) -> Fault:
        with self._lock:
            self.asked.append((exchange.method, urlsplit(exchange.target).path))
            chosen = pass_on
            for rule in self._rules:
                if rule.method in ("", exchange.method) and rule.part in exchange.target:
                    rule.seen += 1
                    chosen = rule.fault if rule.seen in rule.wanted else chosen
            return chosen

    # --- Sockets ----------------------------------------------------------------------------------

    def listen(self) -> None:
        """Take connections, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=64)
        self._port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def refuse(self) -> None:
        """Take no connection any more, and end those that there are."""
        if self._listener:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes `accept` on Linux; close does on others
            self._listener.close()
            self._listener = None
        with self._lock:
            left = list(self._open)
        for connection in left:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        self.stopped.set()
        self.refuse()
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name="fault-proxy", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with self._lock:
                    self._open.add(connection)
                    self.most_at_once = max(self.most_at_once, len(self._open))
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        link = _Link(self)
        try:
            with suppress(OSError, http.client.HTTPException):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while raw := _request(connection):
                    exchange = Exchange(self, connection, raw, link)
                    self._fault(exchange)(exchange)
                    if exchange.over:
                        return
        finally:
            link.close()
            with self._lock:
                self._open.discard(connection)
            connection.close()


def _request(connection: socket.socket) -> bytes:
    """Read one request, body included; empty when the client is gone."""
    data, size = b"", None
    while size is None or len(data) < size:
        if not (more := connection.recv(65536)):
            return b""
        data += more
        head, end, _ = data.partition(b"\r\n\r\n")
        if size is None and end:
            size = len(head) + 4 + int(_head(head)[2].get("content-length", 0))
    return data


def _head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Return method, target and headers, their names in lower case."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    return method, target, {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


class _Link:
    """The way on to the platform, one for each connection."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._http: http.client.HTTPConnection | None = None

    def ask(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        if self._http is None:
            self._http = http.client.HTTPConnection(urlsplit(self._proxy.upstream).netloc, timeout=30)
        self._http.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        self._http.putheader("Host", urlsplit(self._proxy.url).netloc)
        for name, value in headers.items():
            if name not in _HOP:
                self._http.putheader(name, value)
        self._http.putheader("Content-Length", str(len(body)))
        self._http.endheaders(body)
        response = self._http.getresponse()
        kept = tuple((name, value) for name, value in response.getheaders() if name.lower() not in _HOP)
        return Answer(response.status, kept, response.read())

    def close(self) -> None:
        if self._http is not None:
            self._http.close()


# --- What can be done to an exchange --------------------------------------------------------------


def pass_on(exchange: Exchange) -> None:
    exchange.reply(exchange.forward())


def late(seconds: float) -> Fault:
    def fault(exchange: Exchange) -> None:
        exchange.proxy.stopped.wait(seconds)
        pass_on(exchange)

    return fault


def reset_before(exchange: Exchange) -> None:
    """The platform never hears of it."""
    exchange.reset()


def reset_after(exchange: Exchange) -> None:
    """The platform has acted, and nobody is told."""
    exchange.forward()
    exchange.reset()


def reset_in_head(exchange: Exchange) -> None:
    exchange.send(exchange.forward().to_bytes()[:30])
    exchange.reset()


def reset_in_body(exchange: Exchange) -> None:
    answer = exchange.forward()
    exchange.send(answer.to_bytes()[: -max(1, len(answer.body) // 2)])
    exchange.reset()


def close_in_body(exchange: Exchange) -> None:
    answer = exchange.forward()
    exchange.send(answer.to_bytes()[: -max(1, len(answer.body) // 2)])
    exchange.close()


def close_afterwards(exchange: Exchange) -> None:
    """Answer, and end the connection without having said so: the next request finds it closed."""
    answer = exchange.forward()
    cork = getattr(socket, "TCP_CORK", None)
    if cork is not None:  # answer and end leave in one piece: no request can slip in between
        exchange.connection.setsockopt(socket.IPPROTO_TCP, cork, 1)
    exchange.reply(answer)
    exchange.close()


def silence(exchange: Exchange) -> None:
    """Take the request, and never answer."""
    exchange.proxy.stopped.wait(20)
    exchange.close()


def drip(seconds: float, *, body: bool = True) -> Fault:
    """Send the answer's body (or its head already) one byte at a time."""

    def fault(exchange: Exchange) -> None:
        answer = exchange.forward()
        raw = answer.to_bytes()
        start = len(raw) - len(answer.body) if body else 20
        exchange.send(raw[:start])
        for byte in raw[start:]:
            exchange.send(bytes([byte]))
            if exchange.proxy.stopped.wait(seconds):
                return

    return fault


def instead(status: int, body: object = b"", **headers: str) -> Fault:
    """Answer in the platform's place; it never hears of it."""

    def fault(exchange: Exchange) -> None:
        exchange.reply(says(status, body, **headers))

    return fault


def afterwards(status: int, body: object = b"", **headers: str) -> Fault:
    """Let the platform act, and say something else."""

    def fault(exchange: Exchange) -> None:
        exchange.forward()
        exchange.reply(says(status, body, **headers))

    return fault


def change(how: Callable[[Answer], Answer]) -> Fault:
    """Change the platform's answer."""

    def fault(exchange: Exchange) -> None:
        exchange.reply(how(exchange.forward()))

    return fault


def raw(data: bytes, *, close: bool = True) -> Fault:
    """Send what is perhaps no HTTP at all."""

    def fault(exchange: Exchange) -> None:
        exchange.send(data)
        if close:
            exchange.close()

    return fault


def first_do(deed: Callable[[], object]) -> Fault:
    """Do something to the platform, then pass the request on."""

    def fault(exchange: Exchange) -> None:
        deed()
        pass_on(exchange)

    return fault


def cut(answer: Answer) -> Answer:
    """Return JSON that ends too early, with a Content-Length that fits."""
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def garble(answer: Answer) -> Answer:
    return replace(answer, body=answer.body.replace(b'"', b"'"))


def zipped(answer: Answer) -> Answer:
    return replace(answer, body=gzip.compress(answer.body)).saying(content_encoding="gzip")


def bomb(mebibytes: int) -> Callable[[Answer], Answer]:
    """Return a change of the body into zeros, so many of them unfolded; a thousandth of that on the wire."""

    def changed(answer: Answer) -> Answer:
        return replace(answer, body=_zeros(mebibytes)).saying(content_encoding="gzip")

    return changed


@cache
def _zeros(mebibytes: int) -> bytes:
    return gzip.compress(bytes(mebibytes * 2**20))


def next_is(link: Callable[[str], str]) -> Fault:
    """Say that the next page is at what *link* makes of this one's URL."""

    def fault(exchange: Exchange) -> None:
        here = exchange.proxy.url + exchange.target
        exchange.reply(exchange.forward().saying(link=f'<{link(here)}>; rel="next"'))

    return fault


def endless(entry: Callable[[int], object], key: str | None) -> Fault:
    """Answer page after page of one new entry each, the platform unasked."""

    def fault(exchange: Exchange) -> None:
        found = re.search(r"endless=(\d+)", exchange.target)
        number = int(found.group(1)) if found else 0
        path = urlsplit(exchange.target).path
        data = {key: [entry(number)]} if key else [entry(number)]
        link = f'<{exchange.proxy.url}{path}?type_id=1&endless={number + 1}>; rel="next"'
        exchange.reply(says(200, data, link=link))

    return fault


@dataclass
class Random20:
    """Does harm to one request in five, of a kind that chance picks."""

    chance: Callable[[], float]
    faults: tuple[Fault, ...]
    done: list[int] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, exchange: Exchange) -> None:
        with self._lock:
            unlucky, which = self.chance() < 0.2, int(self.chance() * len(self.faults))
            if unlucky:
                self.done.append(which)
        (self.faults[which] if unlucky else pass_on)(exchange)


def wait_until(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Return whether it holds, soon."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()
