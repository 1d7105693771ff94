"""Whole files or none: written beside their place, then moved there."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from ..errors import UsageError
from ..saving import write_new


def check_place(path: Path, what: str) -> None:
    """Raise `UsageError` where no file can be put at *path*; asked before anything runs."""
    if path.is_dir():
        raise UsageError(f"{what} is a folder; give the name of a file. Nothing was run.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"The folder of {what} is not there, or cannot be written to. Nothing was run.")


def put(path: Path, text: str) -> None:
    """Write *text* to *path*, over what is there; at no moment is half of it there.

    A new file is for its owner alone; one that was there keeps who may read it.

    Raises:
        UsageError: it cannot be written; what was there is there still.
    """
    beside = write_new(path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp"), text.encode("utf-8"))
    try:
        with suppress(FileNotFoundError):
            beside.chmod(stat.S_IMODE(path.stat().st_mode))
        beside.replace(path)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise UsageError(f"“{path.name}” cannot be replaced ({error.strerror}).") from error
        raise
