"""What the readers of all formats share: rows as a grid, numbers as they are shown, one way to refuse."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn, TypeAlias

from ..cells import trim
from ..errors import UsageError

Record: TypeAlias = Sequence[object]

#: Of a file as it lies on the disk, and again of what it unpacks to.
MAX_BYTES = 200 * 2**20
MAX_ROWS = 1_048_576  # Excel's own limits
MAX_COLUMNS = 16_384
_MAX_CELLS = 10_000_000
_NO_DIGITS_LOST = 10**15  # Excel writes zeros for the digits after the 15th
#: What a number format shows as it stands, or leaves out: “"pts"”, “\ ”, “_)”, “* ”, “[Red]”.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet of a workbook: `rows` from the first on, blank ones included; they are read once."""

    title: str
    hidden: bool
    rows: Iterable[Record] = field(repr=False)


def refuse(name: str, what: str, hint: str) -> NoReturn:
    """Say what is wrong with the file called *name*, and what to do about it."""
    raise UsageError(f"“{name}” {what}.", hint=hint) from None


def refuse_locked(name: str) -> NoReturn:
    """Refuse a file that is encrypted."""
    refuse(name, "is protected by a password", "Open it in a spreadsheet program and save it without one.")


def library(name: str, module: str) -> Any:
    """Return a library of the extra ``excel``, imported only now that it is needed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        refuse(name, f"needs {module} to be read", 'Run: pip install "ltix-data[excel]"')


def listed(names: Iterable[str]) -> str:
    """Return the names, each in quotation marks."""
    return ", ".join(f"“{name}”" for name in names) or "none"


def blank(cell: object) -> bool:
    """Return whether there is nothing in a cell but white space."""
    return cell is None or (isinstance(cell, str) and not trim(cell))


def choose(name: str, pages: Iterable[Page], sheet: str | None) -> list[Record]:
    """Return the rows of the page called *sheet*, or of the only visible one that has any."""
    pages = list(pages)
    wanted = [page for page in pages if sheet in (None, page.title)]
    if sheet is not None and not wanted:
        refuse(name, f"has no sheet “{sheet}”", f"Its sheets: {listed(page.title for page in pages)}.")
    shown = [page for page in wanted if sheet is not None or not page.hidden]
    filled = {page.title: rows for page in shown if (rows := _kept(page.rows))}
    if len(filled) > 1:
        refuse(name, "has more than one sheet with something in it", f"Say which with sheet=: {listed(filled)}.")
    hidden = [page.title for page in pages if page not in shown]
    if not filled and sheet is None and hidden:
        refuse(name, "has nothing in the sheets that it shows", f"Name a hidden one with sheet=: {listed(hidden)}.")
    return next(iter(filled.values()), [])


def _kept(rows: Iterable[Record]) -> list[Record]:
    """Return the rows with blank ones emptied, and without those at the end."""
    kept: list[Record] = []
    filled = cells = 0
    for row in rows:
        cells += len(row)
        if cells > _MAX_CELLS or len(kept) >= MAX_ROWS:
            raise ValueError("more cells than a grade sheet has")
        kept.append(() if all(map(blank, row)) else row)
        filled = len(kept) if kept[-1] else filled
    return kept[:filled]


def number(value: float, number_format: str = "") -> object:
    """Return a number; or, where its format changes what it means, the text that is seen."""
    if value != value:
        return "#NUM!"  # NaN would be a blank
    if abs(value) >= _NO_DIGITS_LOST:
        return float(value)  # as `id_text` knows damaged ids
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # XLS and ODS have no whole numbers
    per_cent, width = _meaning(number_format)
    if per_cent:
        return percentage(value)
    if width and isinstance(value, int) and 0 <= value < 10 ** (width - 1):  # 123 shown as 00123
        return str(value).zfill(width)
    return value


def percentage(value: float) -> str:
    """Return what is seen of a percentage: 85 % is stored as 0.85, which is no number of points."""
    return f"{value * 100:.10g}%"


@lru_cache(maxsize=1024)
def _meaning(number_format: str) -> tuple[bool, int]:
    """Return whether a number format shows percents, and the digits to which it adds zeros."""
    shown = _LITERAL.sub("", number_format)
    positive = shown.partition(";")[0]
    return "%" in shown, len(positive) if re.fullmatch("0{2,}", positive) else 0
