"""The socket side: HTTP/1.1 with keep-alive and pipelining, each answer some milliseconds after its request.

One thread and one selector: asyncio's own work would cost a request twice what is done here.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys
import time
from collections import deque

from .answers import Platform, whole
from .world import Setting

_READ, _BOTH = selectors.EVENT_READ, selectors.EVENT_READ | selectors.EVENT_WRITE


class Connection:
    """One client: what it sent and is not answered yet, and what it was not able to take yet."""

    def __init__(self, link: socket.socket, selector: selectors.BaseSelector) -> None:
        link.setblocking(False)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
        self.link, self._selector = link, selector
        self.unread = b""
        self._unsent: deque[memoryview] = deque()
        selector.register(link, _READ, self)

    def send(self, answer: bytes) -> None:
        """Send as much as the client takes now, the rest when it can."""
        self._unsent.append(memoryview(answer))
        if len(self._unsent) == 1 and not self._push():
            self._selector.modify(self.link, _BOTH, self)

    def flush(self) -> None:
        """Send what was left, now that the client takes more."""
        if self._push():
            self._selector.modify(self.link, _READ, self)

    def _push(self) -> bool:
        """Return whether everything was sent."""
        while self._unsent:
            try:
                sent = self.link.send(self._unsent[0])
            except BlockingIOError:
                return False
            except OSError:  # it went away without waiting
                self._unsent.clear()
                return True
            if sent == len(self._unsent[0]):
                self._unsent.popleft()
            else:
                self._unsent[0] = self._unsent[0][sent:]
        return True

    def close(self) -> None:
        """Forget a client that is gone."""
        self._selector.unregister(self.link)
        self.link.close()


class Server:
    """Serves a `Platform` on a free port of this machine."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._listener.setblocking(False)
        self._selector.register(self._listener, _READ)
        self.port = self._listener.getsockname()[1]
        self._platform = Platform(f"http://127.0.0.1:{self.port}", Setting())
        #: All wait equally long, so those that came first leave first.
        self._late: deque[tuple[float, Connection, bytes]] = deque()

    def serve(self) -> None:
        """Serve until standard input ends."""
        self._selector.register(sys.stdin, _READ)
        while True:
            wait = max(0.0, self._late[0][0] - time.monotonic()) if self._late else None
            for key, event in self._selector.select(wait):
                if key.fileobj is sys.stdin:
                    return
                if key.data is None:
                    self._accept()
                elif event & selectors.EVENT_WRITE:
                    key.data.flush()
                else:
                    self._read(key.data)
            while self._late and self._late[0][0] <= time.monotonic():
                _, connection, answer = self._late.popleft()
                connection.send(answer)

    def _accept(self) -> None:
        link, _ = self._listener.accept()
        Connection(link, self._selector)
        self._platform.counts.connections += 1

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.link.recv(262_144)
        except OSError:
            data = b""
        if not data:
            connection.close()
            return
        unread = connection.unread + data if connection.unread else data
        while unread:
            head, end, rest = unread.partition(b"\r\n\r\n")
            low = head.lower()
            size = _length(low) if low.startswith(b"post") else 0
            if not end or len(rest) < size:
                break
            unread = rest[size:]
            self._take(connection, head, low, rest[:size])
        connection.unread = unread

    def _take(self, connection: Connection, head: bytes, low: bytes, body: bytes) -> None:
        method, target, _ = head.split(b" ", 2)
        platform = self._platform
        if target == b"/control":
            connection.send(_control(platform, body))
            return
        answer = platform.answer(method, target, low, body)
        if not platform.latency:
            connection.send(answer)
            return
        self._late.append((time.monotonic() + platform.latency, connection, answer))
        platform.counts.most_at_once = max(platform.counts.most_at_once, len(self._late))


def _length(low: bytes) -> int:
    """Return the length of the body that a head, in lower case, announces."""
    start = low.find(b"\r\ncontent-length:")
    if start < 0:
        return 0
    end = low.find(b"\r\n", start + 2)
    return int(low[start + 17 : end if end > 0 else None])


def _control(platform: Platform, body: bytes) -> bytes:
    """Set the platform anew where a body says how; return what was counted before."""
    counted = json.dumps(platform.summary()).encode()
    if body:
        platform.configure(Setting(**json.loads(body)))
    return whole(counted)


def main(core: int | None) -> None:
    """Serve from *core*, and tell the port on standard output."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    server = Server()
    print(server.port, flush=True)
    server.serve()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else None)
