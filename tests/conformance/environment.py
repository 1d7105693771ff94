"""A virtual environment for a foreign platform, made once and kept in the user's cache.

The platform's dependencies never meet ours. The environment is built under a temporary name and renamed
into place, behind a lock, so that parallel test workers build it once. After the renaming only its
interpreter is to be used, with ``-m``: console scripts still name the place where they were made.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
import pytest

#: Set to 1 where a platform that cannot be installed is a failure, not a skip.
REQUIRE = "LTIX_REQUIRE_FOREIGN_PLATFORMS"
_TIMEOUT = 600.0  # seconds, for one step of the installation


def interpreter(name: str, requirements: Path) -> Path:
    """Return the interpreter of the environment; skip the test, or fail it, where there is none.

    Args:
        name: the distribution of the platform, as *requirements* pins it.
        requirements: a pip requirements file.
    """
    python, reason = _made(name, requirements)
    if python is None:
        text = f"THE FOREIGN PLATFORM {name} WAS NOT TESTED: {reason}"
        if os.environ.get(REQUIRE) == "1":
            pytest.fail(text, pytrace=False)
        pytest.skip(text)
    return python


def available(name: str, requirements: Path) -> str | None:
    """Return why the environment cannot be had, or None; it is made if need be."""
    return _made(name, requirements)[1]


@functools.cache  # a failed installation is not tried again by every test
def _made(name: str, requirements: Path) -> tuple[Path | None, str | None]:
    try:
        folder = _folder(name, requirements)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_name(f"{folder.name}.lock")):
            if not _python(folder).exists():  # nor does it where the Python it was made from is gone
                _build(folder, requirements)
    except subprocess.CalledProcessError as error:
        return None, _last_words(error.stderr)
    except subprocess.TimeoutExpired as error:
        return None, f"the installation took more than {error.timeout:.0f} s"
    except OSError as error:
        return None, f"its environment cannot be made ({error})"
    return _python(folder), None


def version(name: str, requirements: Path) -> str:
    """Return the version that *requirements* pins."""
    pinned = re.search(rf"^{re.escape(name)}==(\S+)", requirements.read_text(encoding="utf-8"), re.MULTILINE)
    return pinned.group(1) if pinned else "unpinned"


def _folder(name: str, requirements: Path) -> Path:
    """Return where it is kept: another one for every set of pins and every Python."""
    pins = requirements.read_text(encoding="utf-8")
    digest = hashlib.sha256("\n".join((pins, sys.version, sys.base_prefix)).encode()).hexdigest()[:12]
    cache = platformdirs.user_cache_path("ltix_data-tests", appauthor=False)
    return cache / f"{name}-{version(name, requirements)}-{sys.implementation.cache_tag}-{digest}"


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _build(folder: Path, requirements: Path) -> None:
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    for remains in (folder, unfinished):
        if remains.exists():
            shutil.rmtree(remains)
    _run(sys.executable, "-m", "venv", str(unfinished))
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check", "--retries", "2")
    # -I: what PYTHONPATH shows would count as installed
    _run(str(_python(unfinished)), "-I", "-m", "pip", "install", *quiet, "-r", str(requirements))
    unfinished.rename(folder)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT)


def _last_words(errors: str) -> str:
    lines = [line for line in errors.splitlines() if line.strip() and not line.startswith("WARNING")]
    return lines[-1] if lines else "its environment cannot be made"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that the operating system takes back if this process dies."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                    break
                except OSError:
                    time.sleep(0.2)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
