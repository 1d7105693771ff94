"""Whole files or none: written beside their place, then moved there."""

from __future__ import annotations

import os
from pathlib import Path

from .. import disk
from ..errors import UsageError


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
    try:
        disk.put(path, text.encode("utf-8"))
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise UsageError(f"“{path.name}” cannot be written ({what}).", hint="Check its folder.") from error
