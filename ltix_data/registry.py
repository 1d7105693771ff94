"""The folder of registrations: one readable JSON file each, with nothing secret in it.

A file is written beside its place and moved there, so that a reader never sees half of one; changes
are made under a lock, so that two notebooks do not lose each other's courses. No SQLite: JupyterHub
homes are often on NFS, where its locks fail; creating a file exclusively works there too.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from . import disk
from .errors import RegistrationError, UnknownNameError, UsageError

Document: TypeAlias = dict[str, Any]

VERSION = 1
LOCK_WAIT = 10.0
"""Seconds to wait for another process; a change takes milliseconds."""

_HOW = "ltix.register(…) makes one; `ltix-data demo --keep` makes one called “practice”."
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def data_dir() -> Path:
    """Return the folder where everything is kept: ``LTIX_DATA_DIR``, else the user's data folder."""
    if given := os.environ.get("LTIX_DATA_DIR"):
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("ltix_data", appauthor=False))


def check_name(name: object) -> str:
    """Return *name* if it can name a registration, and a file on every system, else raise `UsageError`."""
    text = name.strip() if isinstance(name, str) else ""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text) or text.endswith(".") or _RESERVED.fullmatch(text):
        raise UsageError(
            "A registration's name is 1 to 64 letters, digits, “.”, “_” or “-”, begins with a letter or digit, "
            "does not end with “.” and is no device name of Windows.",
            hint="Use a name such as “uni-moodle”.",
        )
    return text


def names() -> list[str]:
    """Return the names of all stored registrations, sorted."""
    return sorted((path.stem for path in _folder().glob("[!.]*.json")), key=lambda name: (name.casefold(), name))


def read(name: str) -> Document:
    """Return the stored document of *name*.

    Raises:
        UnknownNameError: there is none.
        RegistrationError: its file is damaged, or was written by a newer version.
    """
    known = names()  # not path.exists(): where case does not count, "Uni" would open "uni"
    if name not in known:
        raise unknown(f"No registration is called “{name}”.", name, known, _HOW)
    try:
        document = json.loads(_path(name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise unknown(f"No registration is called “{name}”.", name, (), "It was just forgotten.") from None
    except OSError as error:
        raise RegistrationError(
            f"The file {shown(name)} cannot be read ({type(error).__name__}).", hint="Check its permissions."
        ) from error
    except (ValueError, RecursionError) as error:
        raise damaged(name) from error
    if not isinstance(document, dict) or not isinstance(document.get("version"), int):
        raise damaged(name)
    if document["version"] > VERSION:
        raise RegistrationError(
            f"The file {shown(name)} was written by a newer version of ltix_data.", hint="Upgrade ltix_data."
        )
    if document.get("name") != name:
        raise damaged(name)
    return document


def create(document: Document, *, replace: bool) -> None:
    """Store a new document; with *replace* over an old one.

    Raises:
        RegistrationError: the name is taken, or the file cannot be written.
    """
    with _lock():
        check_free(document["name"], replace=replace)
        _write(document)


def check_free(name: str, *, replace: bool) -> None:
    """Raise `RegistrationError` if *name* is taken, by the same name (without *replace*) or in another case."""
    twin = next((known for known in names() if known.casefold() == name.casefold()), None)
    if twin is None or (replace and twin == name):
        return
    hint = "Load it with ltix.connect(…), or pass replace=True." if twin == name else "Choose a name that differs."
    raise RegistrationError(f"There is a registration called “{twin}” already.", hint=hint)


def update(name: str, change: Callable[[Document], None]) -> Document:
    """Read the document of *name* afresh, let *change* alter it, store it and return it.

    Raises:
        UnknownNameError: it was forgotten meanwhile.
        RegistrationError: the file is damaged, or cannot be written.
    """
    with _lock():
        document = read(name)
        change(document)
        _write(document)
    return document


def remove(name: str) -> None:
    """Delete the file of *name*, if it is there."""
    with _lock():
        try:
            _path(name).unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(error) from error


def draft(name: str) -> Document | None:
    """Return the stored draft of *name*, or None; one that cannot be read is `damaged`."""
    try:
        document = json.loads(_path(name, _drafts()).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged_draft(name) from error
    if not isinstance(document, dict) or document.get("version") != VERSION or document.get("name") != name:
        raise _damaged_draft(name)
    return document


def keep_draft(document: Document) -> None:
    """Store a draft, over an older one of its name."""
    with _lock():
        _drafts().mkdir(mode=0o700, exist_ok=True)
        _write(document, _drafts())


def remove_draft(name: str) -> None:
    """Delete the draft of *name*, if there is one."""
    with suppress(OSError):
        _path(name, _drafts()).unlink(missing_ok=True)


def _damaged_draft(name: str) -> RegistrationError:
    return RegistrationError(
        f"The draft {_tilde(_path(name, _drafts()))} is damaged.", hint="Delete it; a new key is made then."
    )


def damaged(name: str) -> RegistrationError:
    """Return the error that says that the file of *name* is damaged."""
    return RegistrationError(
        f"The file {shown(name)} is damaged.",
        hint="Restore it from a backup, or delete it and register again.",
    )


def unknown(what: str, name: str, known: Iterable[str], otherwise: str) -> UnknownNameError:
    """Return the error for a name that is not among *known*, with near misses."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(str(name).casefold(), by_folded, n=3, cutoff=0.5)
    meant = " or ".join(f"“{by_folded[candidate]}”" for candidate in close)
    return UnknownNameError(what, hint=f"Did you mean {meant}?" if meant else otherwise)


def shown(name: str) -> str:
    """Return the path of *name*'s file for a message, without the name of the user's home."""
    return _tilde(_path(name))


def _tilde(path: Path) -> str:
    with suppress(ValueError, RuntimeError):
        return str(Path("~", path.relative_to(Path.home())))
    return str(path)


def stamp(name: str) -> tuple[int, ...] | None:
    """Return what changes whenever the file of *name* is written: each time another one takes its place.

    None where there is no such file.
    """
    try:
        found = _path(name).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _folder() -> Path:
    return data_dir() / "registrations"


def _drafts() -> Path:
    return _folder() / "drafts"


def _path(name: str, folder: Path | None = None) -> Path:
    return (folder or _folder()) / f"{name}.json"


def _write(document: Document, folder: Path | None = None) -> None:
    """Write a document whole or not at all."""
    folder, name = folder or _folder(), document["name"]
    try:
        disk.put(_path(name, folder), json.dumps(document, ensure_ascii=False, indent=2).encode(), mode=0o600)
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> RegistrationError:
    return RegistrationError(
        f"The folder of registrations cannot be written to ({type(error).__name__}).",
        hint="Check its permissions and free space, or set LTIX_DATA_DIR to another folder.",
    )


@contextmanager
def _lock(wait: float | None = None) -> Iterator[None]:
    """Hold the folder's lock file; nothing slow (no keyring prompt) happens while it is held."""
    folder = _folder()
    path = folder / ".lock"
    until = time.monotonic() + (LOCK_WAIT if wait is None else wait)
    try:
        for place in (folder.parent, folder):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        while not _try_lock(path):
            if time.monotonic() > until:
                raise RegistrationError(
                    "Another process is changing the registrations.",
                    hint=f"Try again; if none is (one was killed), delete {_tilde(path)}.",
                )
            time.sleep(0.02)
    except OSError as error:
        raise _unwritable(error) from error
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _try_lock(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    except PermissionError:
        if os.name != "nt":  # Windows says so while the holder's file is being deleted
            raise
        return False
    return True
