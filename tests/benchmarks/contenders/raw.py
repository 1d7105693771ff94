"""Requests over raw sockets: as many connections as wanted, one thread, nothing parsed but the length of a body."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit


def request(url: str, token: str, body: bytes = b"", kind: str = "") -> bytes:
    """Return the bytes of one request: a POST where there is a body."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"{'POST' if body else 'GET'} {target} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Line:
    """One connection, which asks for what is still to be asked for, one after another."""

    def __init__(self, link: socket.socket, waiting: Iterator[tuple[int, bytes]]) -> None:
        self.link, self._waiting = link, waiting
        self._chunks: list[bytes] = []
        self._missing = -1

    def ask(self) -> bool:
        """Send the next request; return whether there was one."""
        found = next(self._waiting, None)
        if found is None:
            return False
        self.number, wanted = found
        self._chunks, self._missing = [], -1
        self.link.sendall(wanted)
        return True

    def take(self) -> bytes | None:
        """Return the body of the answer, once it is all there."""
        data = self.link.recv(1_048_576)
        if not data:
            raise ConnectionError("The platform closed the connection.")
        self._chunks.append(data)
        if self._missing < 0:
            head, end, rest = b"".join(self._chunks).partition(b"\r\n\r\n")
            if not end:
                return None
            if not head.startswith(b"HTTP/1.1 200"):
                raise ConnectionError(f"The platform answered {head[:20]!r}.")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._chunks, self._missing = [rest], int(length) - len(rest)
        else:
            self._missing -= len(data)
        return b"".join(self._chunks) if self._missing == 0 else None


def ask(requests: Sequence[bytes], origin: str, connections: int = 1) -> list[bytes]:
    """Return the bodies of the answers, in the order of the requests."""
    parts = urlsplit(origin)
    waiting = iter(enumerate(requests))
    bodies: list[bytes] = [b""] * len(requests)
    with selectors.DefaultSelector() as selector:
        links = [_connected(parts.hostname or "", parts.port or 80) for _ in range(min(connections, len(requests)))]
        for link in links:
            line = _Line(link, waiting)
            if line.ask():
                selector.register(link, selectors.EVENT_READ, line)
        while selector.get_map():
            for key, _ in selector.select():
                line = key.data
                body = line.take()
                if body is not None:
                    bodies[line.number] = body
                    if not line.ask():
                        selector.unregister(line.link)
        for link in links:
            link.close()
    return bodies


def _connected(host: str, port: int) -> socket.socket:
    link = socket.create_connection((host, port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link
