"""Starts the platform as a process of its own, and asks it what it counted."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .world import Setting

#: From where ``python -m tests.benchmarks…`` works.
TOP = Path(__file__).parents[3]


def cores() -> tuple[int | None, int | None]:
    """Return the core of the platform and that of its clients; None where they cannot be kept apart."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[1]) if len(allowed) > 1 else (None, None)


class Stub:
    """A running platform. *origin* is where it is reached."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self._control = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def configure(self, setting: Setting) -> None:
        """Let it serve *setting*, everything rendered, nothing counted yet."""
        self._ask(json.dumps(asdict(setting)))

    def counts(self) -> dict[str, Any]:
        """Return what it counted since then."""
        return self._ask()

    def _ask(self, body: str | None = None) -> dict[str, Any]:
        self._control.request("POST", "/control", body=body or "")
        answer: dict[str, Any] = json.loads(self._control.getresponse().read())
        return answer


@contextmanager
def running() -> Iterator[Stub]:
    """Run the platform while the block does."""
    core, _ = cores()
    command = [sys.executable, "-m", "tests.benchmarks.platform.server", *([] if core is None else [str(core)])]
    with subprocess.Popen(command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        line = process.stdout.readline()
        if not line.strip():
            raise RuntimeError("The stub server did not start.")
        try:
            yield Stub(int(line))
        finally:
            process.stdin.close()
            process.wait(timeout=10)
