"""A foreign platform as a process: it says one line of JSON when it listens, and ends with its standard input."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_PATIENCE = 60.0  # seconds for its start, and for its end


@contextmanager
def running(
    name: str, command: Sequence[str], **settings: Any
) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """Start *command* and yield what it said and its process; it ends with the block."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors}
        with subprocess.Popen(command, text=True, **pipes, **settings) as process:
            try:
                yield _greeting(name, process, errors), process
            finally:
                _end(process)


def _greeting(name: str, process: subprocess.Popen[str], errors: Any) -> dict[str, Any]:
    overdue = threading.Timer(_PATIENCE, process.kill)
    overdue.start()
    line = process.stdout.readline() if process.stdout else ""
    overdue.cancel()
    if not line:
        process.wait(_PATIENCE)
        errors.seek(0)
        raise RuntimeError(f"{name} did not start: {errors.read()[-2000:]}")
    return json.loads(line)


def _end(process: subprocess.Popen[str]) -> None:
    """Close its standard input, which ends it on every system; then insist."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
