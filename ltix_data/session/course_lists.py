"""Which courses are meant: a list of ids, a mapping, or a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import parsing, sheets
from ..cells import BadCell, id_text, trim
from ..errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

#: What the columns of a sheet may be called, the likeliest first. Canvas' own exports have both the number that
#: its addresses hold (canvas_course_id) and a name of the registrar's (course_id).
_COLUMNS = {
    "id": ("canvas_course_id", "id", "course_id", "context_id", "section_id", "org_unit_id", "site_id", "course"),
    "name": ("name", "course_name"),
    "label": ("label", "short_name", "code", "course_code"),
    "title": ("title", "long_name", "full_name"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One course as the list has it; `problem` says why its id is none."""

    id: str | None
    name: str | None = None
    label: str | None = None
    title: str | None = None
    problem: str | None = None


def read(
    ids: Iterable[object] | Mapping[str, str | None] | None,
    path: str | Path | pd.DataFrame | None,
    sheet: str | None,
) -> tuple[list[Asked], tuple[str, ...]]:
    """Return the courses that are meant, in their order, and how the list was read.

    Raises:
        UsageError: there is no list, or there are two; a sheet cannot be read, or has no column of ids.
    """
    if (ids is None) == (path is None):
        raise UsageError("Give either ids= or path=.", hint="ids is a list of the courses' ids, path a sheet of them.")
    if path is not None:
        return _from_sheet(sheets.read(path, sheet=sheet))
    if isinstance(ids, Mapping):
        return [_asked({"id": key, "name": name}) for key, name in ids.items()], ()
    if isinstance(ids, bytes) or not isinstance(ids, Iterable):
        raise UsageError("ids must be a list of ids, or a mapping of id to name.")
    return [_asked({"id": value}) for value in ([ids] if isinstance(ids, str) else ids)], ()


def _from_sheet(table: sheets.Sheet) -> tuple[list[Asked], tuple[str, ...]]:
    called = {key: column for key, names in _COLUMNS.items() if (column := _column(table, names)) is not None}
    if "id" not in called:
        raise UsageError(
            f"{table.source} has no column of course ids.", hint=f"Call it one of {', '.join(_COLUMNS['id'])}."
        )
    rows = zip(*(table.column(column) for column in called.values()), strict=True)
    others = [column for column in table.columns if column and column not in called.values()]
    notes = [*table.notes, f"The ids are those of the column “{called['id']}”."]
    if others:
        notes.append(f"Not read: {', '.join(f'“{column}”' for column in others)}.")
    return [_asked(dict(zip(called, cells, strict=True))) for cells in rows], tuple(notes)


def _column(table: sheets.Sheet, names: Iterable[str]) -> str | None:
    folded = {re.sub(r"[\W_]", "", column.casefold()): column for column in reversed(table.columns) if column}
    return next((folded[key] for name in names if (key := name.replace("_", "")) in folded), None)


def _asked(cells: Mapping[str, object]) -> Asked:
    found = id_text(cells["id"])
    told = {key: _text(value) for key, value in cells.items() if key != "id"}
    if isinstance(found, BadCell):
        return Asked(None, problem=found.hint, **told)
    if found is not None and found != parsing.clean(found):  # no frame can hold it
        return Asked(None, problem="The id has a character that is none.", **told)
    return Asked(found, **told)


def _text(value: object) -> str | None:
    """Return a cell as text; a course may be called by a number."""
    found = trim(value) if isinstance(value, str) else id_text(value)
    return parsing.clean(found) if isinstance(found, str) and found else None
