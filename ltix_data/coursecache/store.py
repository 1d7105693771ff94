"""One file for each course and form, in a folder of its registration.

A file is believed for as long as a call says, counted from when the course was read. Whenever the folder is used,
what is older than that is removed from it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import stat
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from .. import disk, registry
from .._version import __version__
from ..errors import LtixError, RegistrationError, UsageError
from .forms import Form

Found = TypeVar("Found")

VERSION = 1
#: Bytes, unpacked: a roster of half a million. What is larger is not kept.
LARGEST = 256 * 2**20
_NAME = re.compile(r"[0-9a-f]{40}\.json\.gz")
_DRAFT = re.compile(r"\.[0-9a-f]{40}\.json\.gz\..*\.tmp")
_DAY = 86_400
#: Never waits, as for a pipe, and never goes where a link leads.
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, RecursionError, EOFError, OSError, zlib.error, LtixError)


def key(*facts: object) -> str:
    """Return the name of what *facts* (plain values) tell from everything else, and this version from others."""
    return hashlib.sha256(json.dumps([__version__, *facts]).encode()).hexdigest()[:40]


def forget(registration: str) -> bool:
    """Remove whatever is kept of a registration's courses; return whether there was anything.

    Raises:
        RegistrationError: it cannot be removed.
    """
    try:
        folder = _folder(registration)
    except UsageError:  # nothing can be called so
        return False
    try:
        if folder.is_symlink():
            folder.unlink()
        else:
            shutil.rmtree(folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise RegistrationError(
            f"What is kept of the courses of “{registration}” cannot be removed ({_why(error)}).",
            hint="Check the permissions of the folder “kept” in the data folder, or delete it by hand.",
        ) from error
    return True


class CourseCache:
    """What is kept of the courses of one registration.

    Args:
        registration: its name.
        max_age: seconds for which a file is believed.
        now: the clock, in seconds since 1970.

    Attributes:
        trouble: why something could not be kept; None where everything was.
    """

    def __init__(self, registration: str, *, max_age: float, now: Callable[[], float]) -> None:
        self.trouble: str | None = None
        self._folder, self._max_age, self._now = _folder(registration), max_age, now

    def sweep(self) -> None:
        """Remove what is too old, and what was left of writing that broke off a day ago or more."""
        with suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name):
                    gone = not self._is_recent(entry.stat(follow_symlinks=False).st_mtime)
                else:
                    old = entry.stat(follow_symlinks=False).st_mtime < self._now() - _DAY
                    gone = old and _DRAFT.fullmatch(entry.name) is not None
                if gone:
                    _discard(Path(entry.path))

    def get(self, form: Form[Found], name: str) -> tuple[Found, float] | None:
        """Return what is kept under a `key`, and when it was read; None where nothing is that can be believed.

        A file that is damaged, too old or not this user's alone is removed.
        """
        path = self._path(name)
        try:
            told = json.loads(_content(path), parse_constant=_refuse)
            if (told["version"], told["key"], told["form"]) != (VERSION, name, form.name):
                raise ValueError("something else")
            read_at = float(told["read_at"])
            if not self._is_recent(read_at):
                raise ValueError("too old")
            return form.unpack(told["found"]), read_at
        except FileNotFoundError:
            return None
        except _BROKEN:
            _discard(path)
            return None

    def put(self, form: Form[Found], name: str, found: Found, read_at: float) -> bool:
        """Keep what was read; return whether it is kept. After the first failure nothing is tried any more."""
        if self.trouble is not None:
            return False
        try:
            content = _packed(form, name, found, read_at)
            if content is None:
                return False
            for above in (self._folder.parent.parent, self._folder.parent, self._folder):
                above.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._path(name)
            disk.put(path, content, mode=0o600)
            os.utime(path, (read_at, read_at))  # what `sweep` goes by
        except (OSError, ValueError) as error:
            self.trouble = _why(error)
            return False
        return True

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json.gz"

    def _is_recent(self, read_at: float) -> bool:
        """Return whether it was read lately; what is of the future is of a clock that was wrong."""
        return -1.0 <= self._now() - read_at <= self._max_age


def _folder(registration: str) -> Path:
    return registry.data_dir() / "kept" / registry.check_name(registration)


def _packed(form: Form[Found], name: str, found: Found, read_at: float) -> bytes | None:
    """Return the content of a file, or None where it would be too large."""
    told: dict[str, Any] = {"version": VERSION, "key": name, "form": form.name, "read_at": read_at}
    text = json.dumps(told | {"found": form.pack(found)}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    plain = text.encode()
    return None if len(plain) > LARGEST else gzip.compress(plain, compresslevel=1, mtime=0)


def _content(path: Path) -> bytes:
    """Return what is in a file, unpacked, if it is one that nobody but its owner can have written.

    Raises:
        OSError, EOFError, ValueError, zlib.error: it is not.
    """
    with os.fdopen(os.open(path, _READ), "rb") as file:
        about = os.fstat(file.fileno())
        others = os.name == "posix" and (about.st_uid != os.geteuid() or about.st_mode & 0o022)
        if not stat.S_ISREG(about.st_mode) or others:
            raise ValueError("not this user's own")
        with gzip.GzipFile(fileobj=file) as unpacked:
            content = unpacked.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError("too large")
    return content


def _discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
