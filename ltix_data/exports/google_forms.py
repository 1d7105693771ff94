"""Responses to a Google Forms quiz, from the form itself or from its sheet, in any language.

Evidence: the first column holds times of day with their dates, and the second or the third holds nothing
but scores such as “8 / 10”, with blanks around the slash.

    Timestamp, Email Address, Score, …                                     from the sheet
    Timestamp, Username, Total score, Q, Q [Score], Q [Feedback], …        from the form
"""

from __future__ import annotations

import re

from ..cells import trim
from ..sheets import Sheet
from .export import Export, agreed
from .reading import address_column, all_of, filled, graded, is_address, keys_in, text

NAME = "Google Forms"
KEYS = {"email": ("Email Address", "Username")}

_MOMENT = re.compile(r"[0-9]{1,4}[./-] ?[0-9]{1,2}[./-] ?[0-9]{1,4}.*[^0-9][0-9]{1,2}[:.][0-9]{2}.*")
_QUOTIENT = re.compile(r"[0-9]+(?:[.,][0-9]+)? / ([0-9]+(?:[.,][0-9]+)?)")
_IS_FEEDBACK = "it holds feedback, not points"


def recognise(sheet: Sheet, _label: str | None = None) -> Export | None:
    """Return the answers to a quiz, or None."""
    totals = [n for n in range(1, min(3, len(sheet.columns))) if _is_scores(sheet, n)]
    if not totals or not all_of(filled(sheet.cells[0]), _is_moment):
        return None
    total = totals[0]
    questions = [n for n, title in enumerate(sheet.columns) if title.endswith("[Score]") and _is_scores(sheet, n)]
    scores = [sheet.columns[n] for n in dict.fromkeys((total, *questions))]
    said = [(sheet.columns[n], _out_of(cell)) for n in (total, *questions) for cell in graded(sheet.cells[n])]
    maxima, doubts = agreed(said, decimal=sheet.decimal)
    return Export(
        name=NAME,
        sheet=sheet,
        keys=_keys(sheet),
        maxima=maxima,
        units=dict.fromkeys(scores, "quotient"),
        unusable={title: _IS_FEEDBACK for title in sheet.columns if title.endswith("[Feedback]")},
        notes=("These are responses to a Google Forms quiz.", *doubts),
        main=sheet.columns[total],
    )


def _keys(sheet: Sheet) -> dict[str, str]:
    """Return the column that Google filled, by its title or as the only one with nothing but addresses."""
    titled = keys_in(sheet, KEYS).get("email")
    if titled and all_of(filled(sheet.column(titled)), is_address):
        return {"email": titled}
    only = address_column(sheet)
    return {"email": only} if only else {}


def _is_moment(cell: object) -> bool:
    return _MOMENT.fullmatch(text(cell)) is not None  # a workbook's datetime reads so, too


def _is_scores(sheet: Sheet, position: int) -> bool:
    return all_of(graded(sheet.cells[position]), _out_of)


def _out_of(cell: object) -> str | None:
    match = _QUOTIENT.fullmatch(trim(cell)) if isinstance(cell, str) else None
    return match[1] if match else None
