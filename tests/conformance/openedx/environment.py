"""The virtual environment Open edX's LTI consumer runs in: made once, kept in the user's cache.

It is not ours: another process, other dependencies, another licence (AGPL). Only Python and pip are needed
to make it. Where that fails (offline), the tests skip and say so; with LTIX_REQUIRE_FOREIGN_PLATFORMS=1 they fail.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import platformdirs
import pytest

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_DEADLINE = 900  # seconds for all of pip; it takes 30 where the network is good
_PROOF = "import django, lti_consumer, waitress, jwt; jwt.get_algorithm_by_name('RS256')"


class NotInstallableError(Exception):
    """The environment could not be made; the message says why."""


def versions() -> dict[str, str]:
    """Return what is pinned: project -> version."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))


def folder() -> Path:
    """Return where the environment is kept: its name changes with the pins, the Python and the machine's kind."""
    pinned = versions()
    told = f"{sorted(pinned.items())} {sys.version} {sys.base_prefix}"
    name = "-".join(
        (
            f"openedx-{pinned['lti-consumer-xblock']}",
            f"django-{pinned['Django']}",
            f"py{sys.version_info.major}.{sys.version_info.minor}",
            sysconfig.get_platform(),
            hashlib.sha256(told.encode()).hexdigest()[:8],
        )
    )
    return Path(platformdirs.user_cache_dir("ltix_data-tests")) / name


def interpreter(environment: Path) -> Path:
    """Return the Python of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@functools.cache
def available() -> tuple[Path | None, str]:
    """Return the environment's Python, made now if need be, and why there is none."""
    try:
        return _made(), ""
    except (NotInstallableError, OSError, subprocess.SubprocessError) as error:
        return None, f"Open edX's LTI consumer cannot be installed here: {error}"


def python_or_skip() -> Path:
    """Return the environment's Python; without it skip aloud, or fail where foreign platforms are required."""
    found, why = available()
    if found is not None:
        return found
    if os.environ.get("LTIX_REQUIRE_FOREIGN_PLATFORMS") == "1":
        pytest.fail(why)
    pytest.skip(f"NOT TESTED against Open edX. {why}")


def _made() -> Path:
    place = folder()
    if not interpreter(place).exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with _locked(place.with_name(f"{place.name}.lock")):
            if not interpreter(place).exists():  # another worker may have made it meanwhile
                _build(place)
    return interpreter(place)


def _build(place: Path) -> None:
    """Make the environment under another name, so that what has the right name is whole."""
    passing = Path(tempfile.mkdtemp(prefix=".building-", dir=place.parent))
    try:
        _run(sys.executable, "-I", "-m", "venv", str(passing))
        pip = (str(interpreter(passing)), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input")
        _run(*pip, "install", "--quiet", "--retries", "1", "--requirement", str(REQUIREMENTS))
        _run(str(interpreter(passing)), "-I", "-c", _PROOF)
        if place.exists():  # without a Python in it: a leftover
            shutil.rmtree(place)
        passing.rename(place)
    finally:
        shutil.rmtree(passing, ignore_errors=True)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_DEADLINE, check=False)
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        errors = [line for line in said if line.startswith("ERROR")] or said[-3:]
        raise NotInstallableError(" ".join(errors[-3:]) or f"{Path(command[0]).name} ended with {done.returncode}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on *path*; the system lets go of it even if this process is killed."""
    with path.open("a+b") as file:
        _lock(file)
        try:
            yield
        finally:
            _unlock(file)


if os.name == "nt":
    import msvcrt
    import time

    def _lock(file: IO[bytes]) -> None:
        while True:
            file.seek(0)
            try:
                return msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # gives up after 10 tries, a second each
            except OSError:
                time.sleep(1)

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
