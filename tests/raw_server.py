"""A server of raw bytes on the loopback interface, for what only a real socket can do."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress


class Wire:
    """One accepted connection; `body` is that of the last request it read."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.body = b""

    def request(self) -> bytes:
        """Read one request, body included; empty when the client is gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := self._connection.recv(65536)):
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        sizes = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        while len(body) < int(sizes[0] if sizes else 0):
            body += self._connection.recv(65536)
        self.body = body
        return head + b"\r\n\r\n" + body

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def reset(self) -> None:
        """End the connection with RST, not FIN."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()


class RawServer:
    """Runs *behave* once for each connection, encrypted where *tls* says how, and counts the requests it read."""

    def __init__(self, behave: Callable[[Wire, RawServer], None], tls: ssl.SSLContext | None = None) -> None:
        self._behave, self._tls = behave, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopped = threading.Event()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), ExitStack() as stack:
            stack.enter_context(connection)
            if self._tls:
                connection = stack.enter_context(self._tls.wrap_socket(connection, server_side=True))
            self._behave(Wire(connection), self)

    def take(self, wire: Wire) -> bool:
        """Read a request and write it down; False when the client is gone."""
        if request := wire.request():
            self.requests.append(request)
        return bool(request)

    def stop(self) -> None:
        self.stopped.set()
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


@contextmanager
def serving(behave: Callable[[Wire, RawServer], None], tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Serve while the block runs."""
    server = RawServer(behave, tls)
    try:
        yield server
    finally:
        server.stop()


def plain(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return the bytes of a whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
