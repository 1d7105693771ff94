"""The folder of journals, and the locks that keep two uploads apart."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .. import registry
from ..errors import JournalError
from ..target import Target


def folder() -> Path:
    """Return the folder of journals."""
    return registry.data_dir() / "uploads"


def make_folder() -> None:
    """Make the folder, for its owner alone."""
    for place in (folder().parent, folder()):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)


def names() -> list[str]:
    """Return the ids of all uploads, the oldest first."""
    return sorted(path.stem for path in folder().glob("[!.]*.jsonl"))


def path_of(upload_id: str) -> Path:
    """Return the file of an upload's journal."""
    return folder() / f"{upload_id}.jsonl"


def clear_drafts(place: Path) -> None:
    """Remove what was killed while it began, a day ago or more: it holds grades, and was never sent."""
    for draft in place.glob(".*.jsonl"):
        with suppress(FileNotFoundError):
            if draft.stat().st_mtime < time.time() - 86_400:
                draft.unlink()


@contextmanager
def locked(target: Target, *, wait: float = 0.0) -> Iterator[None]:
    """Keep every other process (and thread) from sending to this line item; a crash lets go of it.

    Raises:
        JournalError: somebody is sending to it.
    """
    from filelock import FileLock, Timeout

    with telling("could not be locked"):
        make_folder()
    name = hashlib.sha256(target.key.encode()).hexdigest()[:20]
    lock = FileLock(folder() / f".{name}.lock", timeout=wait, mode=0o600)
    try:
        with telling("could not be locked"):
            lock.acquire()
    except Timeout:
        raise JournalError(
            f"Another upload to “{target.item.label}” is under way; nothing was sent.",
            hint="Wait until it has ended, or stop it; ltix.uploads() lists both.",
        ) from None
    try:
        yield
    finally:
        lock.release()


def is_running(target: Target) -> bool:
    """Return whether somebody is sending to this line item now."""
    try:
        with locked(target):
            return False
    except JournalError as error:
        return not isinstance(error.__cause__, OSError)  # else the folder is at fault


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Make an `OSError` within a `JournalError` that says what to do."""
    try:
        yield
    except OSError as error:
        if isinstance(error, TimeoutError):  # filelock's
            raise
        raise JournalError(
            f"The journal of this upload {what} ({error.strerror or type(error).__name__}).",
            hint="Grades are sent only while their journal can be kept: check the folder's permissions and free "
            "space, or set LTIX_DATA_DIR to another folder.",
        ) from error
