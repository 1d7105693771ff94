"""The platform as a server: in this process, or as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

from . import create_app
from .options import SAID, Options
from .state import Platform

_START_SECONDS = 60
_STOP_SECONDS = 5
_LARGEST_BODY = 4_000_000


class _Handler(WSGIRequestHandler):
    """Answers many requests over one connection, and logs nothing: URLs and headers carry secrets.

    werkzeug's own handler closes the connection after each answer, and waits 10 ms before that.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one piece
    timeout = 60

    def run_wsgi(self) -> None:
        """Read the request whole, then answer it whole: so the next one begins where it should."""
        environ = self.make_environ()
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True  # whatever is left unread cannot be told from a next request
        elif not length.isdigit() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            environ["wsgi.input"] = BytesIO()
        else:
            environ["wsgi.input"] = BytesIO(self.rfile.read(int(length)))
        chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        body = b"".join(chunks)
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Stay quiet."""


def listen(platform: Platform, *, host: str = "127.0.0.1", port: int = 0) -> BaseWSGIServer:
    """Return a server that listens, on a free port by default, but does not answer before `serve_forever`."""
    return make_server(host, port, create_app(platform), threaded=True, request_handler=_Handler)


@contextmanager
def serve(platform: Platform, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve *platform* from a thread of this process; yield its URL. For tests that look inside."""
    server = listen(platform, host=host, port=port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.port}"
    finally:
        server.shutdown()
        thread.join(_STOP_SECONDS)
        platform.close()


@dataclass(frozen=True)
class Running:
    """A platform that runs as a process of its own; it ends with the process that started it."""

    url: str
    pid: int
    process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> int:
        """End it, politely first, and return its exit code."""
        self.process.terminate()
        try:
            code = self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait(_STOP_SECONDS)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        return code


def start(options: Options | None = None, *, port: int = 0) -> Running:
    """Start a platform as a process of its own, on a free port by default, and return when it listens.

    Raises:
        RuntimeError: it did not come up.
    """
    command = [sys.executable, "-m", "ltix_data.sandbox", "--port", str(port), "--stop-with-stdin"]
    process = subprocess.Popen(  # noqa: S603 - our own module, our own arguments
        command + _arguments(options or Options()), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    watchdog = threading.Timer(_START_SECONDS, process.kill)
    watchdog.start()
    line = process.stdout.readline() if process.stdout else ""
    watchdog.cancel()
    running = Running(json.loads(line)["url"] if line else "", process.pid, process)
    if not line:
        running.stop()
        raise RuntimeError("The practice platform did not start; what it wrote to stderr says why.")
    return running


@contextmanager
def running(options: Options | None = None, *, port: int = 0) -> Iterator[str]:
    """Run a platform as a process of its own; yield its URL and stop it afterwards."""
    with start(options, port=port) as process:
        yield process.url


def _arguments(options: Options) -> list[str]:
    """Return the command line that stands for *options*."""
    accepts = options.accepts
    said = {value: word for word, value in SAID.items()}
    arguments = [
        f"--like={options.like}",
        f"--token-lifetime={options.token_lifetime}",
        f"--page-size={options.page_size}",
        f"--latency={options.latency}",
        f"--capacity={options.capacity}",
        f"--cost={options.cost}",
        f"--seed={options.seed}",
        f"--accept-types={' '.join(accepts.types)}",
        f"--accept-multiple={said[accepts.multiple]}",
        f"--accept-line-items={said[accepts.line_items]}",
        f"--accept-targets={' '.join(accepts.targets)}",
    ]
    if accepts.media_types is not None:
        arguments.append(f"--accept-media-types={accepts.media_types}")
    if options.withhold_names:
        arguments.append("--withhold-names")
    if options.strict_scopes:
        arguments.append("--strict-scopes")
    if options.granted_scopes is not None:
        arguments.append(f"--scopes={' '.join(options.granted_scopes)}")
    if options.audience is not None:
        arguments.append(f"--audience={options.audience}")
    if options.state_file is not None:
        arguments.append(f"--state={options.state_file}")
    return arguments
