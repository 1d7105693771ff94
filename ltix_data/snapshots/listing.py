"""The snapshots of a course as a frame, and the end of those that are not needed any longer."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import SnapshotError
from . import about, store
from .about import Owner
from .finding import paths_of, same_course
from .formats import FORMATS

_COLUMNS = {
    "taken_at": "datetime64[us, UTC]",
    **dict.fromkeys(("members", "line_items", "results", "size"), "int64"),
    "pseudonyms": "bool",
}
_STATES = ("whole", "damaged")
_NOTHING = {**dict.fromkeys(("members", "line_items", "results", "size"), 0), "pseudonyms": False, "format": None}


def table(owner: Owner) -> pd.DataFrame:
    """Return one row for each snapshot of a course, the latest first; see `Course.snapshots`."""
    rows = [row for path in reversed(paths_of(owner)) if (row := _row(path, owner)) is not None]
    columns: dict[str, Any] = {
        name: pd.Series([row[name] for row in rows], dtype=dtype) for name, dtype in _COLUMNS.items()
    }
    for name, words in (("format", FORMATS), ("state", _STATES)):
        columns[name] = pd.Series(pd.Categorical([row[name] for row in rows], categories=list(words)))
    return pd.DataFrame(columns)


def forget(owner: Owner, before: datetime) -> int:
    """Remove the snapshots of a course that were taken before a time, damaged ones too; return how many.

    Raises:
        SnapshotError: one cannot be removed; it and later ones are still there.
    """
    old = [path for path in paths_of(owner) if store.time_of(path) < before and _is_of(path, owner)]
    for path in old:
        store.remove(path)
    return len(old)


def _row(path: Path, owner: Owner) -> dict[str, Any] | None:
    try:
        told = about.read(path)
    except SnapshotError:
        return {**_NOTHING, "taken_at": store.time_of(path), "state": "damaged"}
    if not same_course(told.owner, owner):
        return None
    rows = {part: file.rows for part, file in told.files.items()}
    return {
        "taken_at": told.taken_at,
        "members": rows["roster"],
        "line_items": rows["line_items"],
        "results": rows["results"],
        "size": told.size,
        "pseudonyms": told.mark is not None,
        "format": told.form,
        "state": "whole" if _has_its_size(path, told) else "damaged",
    }


def _has_its_size(path: Path, told: about.About) -> bool:
    """Return whether the files are as long as they were; reading them tells more."""
    try:
        return all((path / f"{part}.{told.form}").stat().st_size == file.size for part, file in told.files.items())
    except OSError:
        return False


def _is_of(path: Path, owner: Owner) -> bool:
    try:
        return same_course(about.read(path).owner, owner)
    except SnapshotError:  # in a folder of this course
        return True
