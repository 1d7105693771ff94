"""A practice platform on a real port, a registration with it, and the command line in this process or on a terminal."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import ltix_data as ltix
from ltix_data.cli import main
from ltix_data.courses import KnownCourse
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.server import listen


def run(*arguments: str, typed: str | None = None) -> Result:
    """Run a command in this process, without a terminal."""
    return CliRunner().invoke(main, arguments, input=typed, prog_name="ltix-data")


def told(result: Result) -> str:
    """Return what was printed, on either stream; no traceback may be among it."""
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


class Practice:
    """The platform, and how it is registered with as “uni”, its key in a file."""

    def __init__(self, folder: Path, key: SigningKey, **options: Any) -> None:
        self.folder, self.key = folder, key
        self.platform = Platform(Options(**options))
        self.tool = self.platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
        self.url = ""

    @property
    def facts(self) -> dict[str, str]:
        return {
            "issuer": self.url,
            "client_id": self.tool.client_id,
            "token_url": f"{self.url}/token",
            "auth_url": f"{self.url}/auth",
            "jwks_url": f"{self.url}/jwks",
        }

    def register(self, name: str = "uni", *courses: str) -> ltix.Registration:
        registered = ltix.register(name, **self.facts, store="none")
        for course in courses or ("SEM12", "BIO101"):
            registered.remember(KnownCourse.from_claims(self.platform.course_claims(course, self.tool, self.url)))
        return registered


@pytest.fixture
def key_file(tmp_path, signing_key, monkeypatch) -> Path:
    path = tmp_path / "key.pem"
    path.touch(mode=0o600)
    path.write_text(signing_key.private_pem(), encoding="utf-8")
    monkeypatch.setenv("LTIX_KEY_FILE", str(path))
    return path


@pytest.fixture
def make_practice(tmp_path, signing_key, key_file) -> Iterator[Any]:
    servers = []

    def make(**options: Any) -> Practice:
        practice = Practice(tmp_path, signing_key, **options)
        server = listen(practice.platform)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        practice.url = f"http://127.0.0.1:{server.port}"
        practice.register()
        return practice

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def practice(make_practice) -> Practice:
    return make_practice()


class Terminal:
    """The command line on a terminal of its own, with somebody who answers."""

    def __init__(self, *arguments: str, columns: int = 100, **environment: str) -> None:
        import pty

        self._here, there = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ltix_data.cli", *arguments],
            stdin=there,
            stdout=there,
            stderr=there,
            env={**os.environ, "COLUMNS": str(columns), "TERM": "dumb", **environment},
        )
        os.close(there)
        self.shown = ""

    def until(self, words: str) -> None:
        """Read until *words* are shown."""
        while words not in self.shown:
            piece = self._read()
            assert piece, f"{words!r} never came: {self.shown}"

    def answer(self, text: str) -> None:
        os.write(self._here, f"{text}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C until it is heard: one that comes just before the terminal is read is noticed only after it."""
        for _ in range(100):
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.3)
                return

    def end(self) -> int:
        """Read to the end, and return the exit status."""
        while self._read():
            pass
        os.close(self._here)
        return self.process.wait(30)

    def _read(self) -> bytes:
        ready, _, _ = select.select([self._here], [], [], 60)
        if not ready:
            self.process.kill()
            raise AssertionError(f"it waits for something: {self.shown}")
        try:
            piece = os.read(self._here, 4096)
        except OSError:  # Linux says so when the other end is closed
            return b""
        self.shown += piece.decode("utf-8", "replace").replace("\r\n", "\n")
        return piece


@pytest.fixture
def terminal():
    if os.name != "posix":
        pytest.skip("terminals of POSIX")
    return Terminal
