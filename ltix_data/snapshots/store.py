"""Snapshots as folders of files: each is whole or not there, and only its owner can read it.

    snapshots/<registration>/<course>/<time>-<random>/    about.json, roster, line_items, results

The first two are hashes: no name that a platform chose ever becomes a path. A snapshot is written under a
name with a dot before it, put on the disk and renamed: nobody finds half of one. No lock is needed: each has
a name of its own, and none is ever changed; JupyterHub homes are often on NFS.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from .. import disk, registry
from ..courses import KnownCourse
from ..errors import SnapshotError

_NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9]{6}-[0-9a-f]{8}")
_TIME = "%Y%m%d-%H%M%S-%f"
_DAY = 86_400


def folder() -> Path:
    """Return the folder of all snapshots."""
    return registry.data_dir() / "snapshots"


def home(issuer: str, client_id: str) -> Path:
    """Return the folder of a registration: what it is to its platform, whatever it is called here."""
    return folder() / _hashed(issuer, client_id)


def places(issuer: str, client_id: str, course: KnownCourse) -> list[Path]:
    """Return the folders where a course's snapshots may be; new ones go into the first.

    A course that was added by hand and launched later has more marks than before.
    """
    marks = {
        "context": course.context_id,
        "roster": course.memberships_url,
        "grades": course.lineitems_url,
        "grade": course.lineitem_url,
    }
    above = home(issuer, client_id)
    return [above / _hashed(kind, mark) for kind, mark in marks.items() if mark]


def _hashed(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def new_name(taken_at: datetime) -> str:
    """Return a name that no other snapshot has; they sort by time."""
    return f"{taken_at:{_TIME}}-{secrets.token_hex(4)}"


def time_of(path: Path) -> datetime:
    """Return when a snapshot was taken, as its name tells."""
    return datetime.strptime(path.name[:-9], _TIME).replace(tzinfo=UTC)


def listed(place: Path) -> list[Path]:
    """Return the snapshots in a course's folder, the oldest first."""
    with telling("cannot be listed"):
        found = list(place.iterdir()) if place.is_dir() else []
    return sorted(path for path in found if _NAME.fullmatch(path.name))


def everywhere() -> Iterator[Path]:
    """Yield every snapshot on this computer, course by course, each course's oldest first."""
    for registration in _folders(folder()):
        for place in _folders(registration):
            yield from listed(place)


def _folders(place: Path) -> list[Path]:
    with telling("cannot be listed"):
        return sorted(path for path in place.iterdir() if path.is_dir()) if place.is_dir() else []


def write(place: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """Write a snapshot whole or not at all; return its folder.

    Raises:
        SnapshotError: it cannot be written.
    """
    draft = place / f".{name}"
    with telling("cannot be written"):
        for above in (folder().parent, folder(), place.parent, place):
            above.mkdir(mode=0o700, parents=True, exist_ok=True)
        sweep(place)
        try:
            draft.mkdir(mode=0o700)
            for file, content in files.items():
                _write_file(draft / file, content)
            disk.keep_entries(draft)
            draft.rename(place / name)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        for above in (place, place.parent):
            disk.keep_entries(above)
    return place / name


def remove(path: Path) -> None:
    """Remove a snapshot, at once for everybody who looks; it is there no longer even if this breaks off.

    Raises:
        SnapshotError: its files are still there.
    """
    gone = path.with_name(f".{path.name}")
    with telling("cannot be removed"), suppress(FileNotFoundError):  # by another process meanwhile
        path.rename(gone)
        shutil.rmtree(gone)
    sweep(path.parent)


def forget_registration(issuer: str, client_id: str) -> int:
    """Remove every snapshot of a registration's courses; return how many there were.

    Raises:
        SnapshotError: one cannot be removed.
    """
    found = [path for place in _folders(home(issuer, client_id)) for path in listed(place)]
    for path in found:
        remove(path)
    return len(found)


def sweep(place: Path, *, older: float = _DAY) -> None:
    """Remove what was left of a snapshot that broke off while it was written or removed, a day ago or more."""
    for draft in place.glob(".*-*"):
        with suppress(OSError):
            if _NAME.fullmatch(draft.name[1:]) and draft.stat().st_mtime <= time.time() - older:
                shutil.rmtree(draft)


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Tell of what the disk refuses."""
    try:
        yield
    except OSError as error:
        raise SnapshotError(
            f"The snapshot {what} ({error.strerror or type(error).__name__}).",
            hint="Check the permissions and free space of the data folder, or set LTIX_DATA_DIR to another one.",
        ) from error


def _write_file(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
