"""Files that are whole or not there, after a crash and a power cut too."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path


def put(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write a file, new or over what is there; at no moment is half of it there. A link goes on being one.

    Args:
        path: the file.
        content: what shall be in it.
        mode: who may read it; as before where not given, and a new one its owner alone.

    Raises:
        OSError: it cannot be written; what was there is there still.
    """
    place = path.resolve()
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".tmp")  # mode 0600
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            draft.chmod(stat.S_IMODE(place.stat().st_mode) if mode is None else mode)
        draft.replace(place)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def keep_entries(folder: Path) -> None:
    """Make the entries of a folder survive a power cut as well; Windows has no way to."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
