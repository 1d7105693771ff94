"""One cell of a spreadsheet, as a grade or as an id: read exactly, or refused with a reason.

Blank is not zero, a percent is not points, and an id that a spreadsheet has rounded is nobody's id.
Cells come as text from CSV files, and as Python or numpy values from workbooks and DataFrames.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, Literal, NamedTuple

#: What people and platforms write where there is no grade (Canvas: EX, N/A, -; Moodle: -).
BLANK = frozenset({"", "-", "–", "—", "−", "n/a", "na", "#n/a", "ex", "excused", "nan", "<na>", "nat", "null", "none"})

_LARGEST_POINTS = 2**53
#: Beyond 15 digits Excel writes zeros for what was typed.
_EXCEL_DIGITS = 10**15
_LONGEST_ID = 100  # digits; Python itself refuses to write down more than 4,300
#: numpy's floats with fewer digits than Python's, and from where on they skip whole numbers.
_NARROW = {"float16": 2**11, "float32": 2**24}

#: White space, and what is pasted along from web pages and address books: zero-width characters,
#: direction marks, a byte order mark. A set to strip, for a pattern takes a minute over a cell full of blanks.
_INVISIBLE = "".join(
    [character for character in map(chr, range(0x3001)) if character.isspace()]
    + [chr(code) for code in (*range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF)]
)
_NUMBER = {  # no thousands separators, no 1e3, no digits but 0-9
    mark: re.compile(rf"[+-]?(?:[0-9]+(?:{re.escape(mark)}[0-9]*)?|{re.escape(mark)}[0-9]+)") for mark in ".,"
}
_FRACTION = re.compile(r"([+-]?[0-9.,]+)\s*(?:/|of|out of)\s*([0-9.,]+)", re.IGNORECASE)
_PERCENT_SIGNS = "%٪％"
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
_FORMULA_TEXT = re.compile(r'="(.*)"')  # how some exports keep Excel from eating leading zeros


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that cannot be used: a code such as ``percent``, and what to do about it."""

    code: str
    hint: str


#: How a column of grades may be written, and what its numbers are out of.
Scale = Literal["points", "percent", "fraction", "quotient"]
_WHOLES = {"points": None, "percent": 100.0, "fraction": 1.0}


class Grade(NamedTuple):
    """A grade as it was written; `out_of` is None where the cell and its scale do not say."""

    score: float
    out_of: float | None


_PERCENT = BadCell("percent", 'This is a percentage. Write points, or give scale="percent".')
_FRACTION_CELL = BadCell("fraction", 'Write the points alone, or give scale="fraction".')
_NOT_PERCENT = BadCell("fraction", "This is points out of a maximum, in a column of percentages.")
_NOT_FRACTION = BadCell("percent", "This is a percentage, in a column of fractions.")
_NO_QUOTIENT = BadCell("not_a_number", "Write points and maximum, such as 8 / 10.")
_NO_MAXIMUM = BadCell("bad_maximum", "The maximum after the slash must be a number above 0.")
_BOOLEAN = BadCell("boolean", "This is true or false. Write points.")
_INFINITE = BadCell("infinite", "A score must be a finite number.")
_NEGATIVE = BadCell("negative", "A score cannot be below 0.")
_TOO_LARGE = BadCell("too_large", "This is too large for a score; is it an id?")
_NOT_A_NUMBER = BadCell("not_a_number", "Write a plain number such as 8.5, or leave the cell empty.")
_DECIMAL_MARK = BadCell("not_a_number", "Write a decimal point and no thousands separator, such as 8.5 or 1250.")
_DECIMAL_COMMA = BadCell("not_a_number", "Write a decimal comma, as the rest of the file does, such as 8,5.")
_DAMAGED = BadCell(
    "damaged_id", "The spreadsheet rounded this id. Format the column as text, and enter or export the ids again."
)
_NOT_AN_ID = BadCell("not_an_id", "This is not text or a whole number. Format the column as text.")


def trim(text: str) -> str:
    """Return *text* without the white space and the invisible characters around it."""
    return text.strip(_INVISIBLE)


def points(value: object, *, decimal: str = ".") -> float | BadCell | None:
    """Return a cell's points, None where it is blank, or why it has none.

    *decimal* is the mark that text uses, ``"."`` or ``","``. The codes: percent, fraction, boolean,
    infinite, negative, too_large, not_a_number.
    """
    if is_missing(value):
        return None
    if isinstance(value, str):
        return _points_in(trim(value).replace("−", "-"), decimal)
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):  # numpy's has had both names
        return _BOOLEAN
    if not isinstance(value, (Real, Decimal)):
        return _NOT_A_NUMBER
    try:  # through text: float(float32(8.3)) would be 8.300000190734863
        return _checked(float(str(value) if _is_narrow(value) else value))
    except OverflowError:
        return _TOO_LARGE


def grade(value: object, *, scale: Scale = "points", decimal: str = ".") -> Grade | BadCell | None:
    """Return a cell's grade, None where it is blank, or why it has none.

    *scale* says what the numbers mean: points; percent (85, or 85 %); fraction (0.85 of 1, or 8 / 10);
    quotient (8 / 10 alone, as Google Forms writes). The codes are those of `points`, and bad_maximum.
    """
    text = trim(value) if isinstance(value, str) else ""
    quotient = _FRACTION.fullmatch(text)
    if scale in ("fraction", "quotient"):
        if quotient:
            return _quotient(quotient[1], quotient[2], decimal)
        if text[-1:] in _PERCENT_SIGNS and text:
            return _NOT_FRACTION
    if scale == "percent":
        if quotient:
            return _NOT_PERCENT
        value = text[:-1] if len(text) > 1 and text[-1] in _PERCENT_SIGNS else value
    found = points(value, decimal=decimal)
    if not isinstance(found, float):
        return found
    return _NO_QUOTIENT if scale == "quotient" else Grade(found, _WHOLES[scale])


def _quotient(score: str, out_of: str, decimal: str) -> Grade | BadCell:
    given, maximum = points(score, decimal=decimal), points(out_of, decimal=decimal)
    if not isinstance(given, float):
        return given or _NOT_A_NUMBER
    return Grade(given, maximum) if isinstance(maximum, float) and maximum > 0 else _NO_MAXIMUM


def id_text(value: object) -> str | BadCell | None:
    """Return a cell's id as text, None where it is blank, or why it is none.

    Text keeps its leading zeros; 123.0, as spreadsheets store 123, is "123". The codes: damaged_id
    (more digits than a spreadsheet keeps, or ``1.23457E+15``), not_an_id (a date, a fraction, a flag).
    """
    if is_missing(value):
        return None
    if isinstance(value, str):
        text = trim(value)
        if quoted := _FORMULA_TEXT.fullmatch(text):
            text = trim(quoted[1])
        return _DAMAGED if _SCIENTIFIC.fullmatch(text) else text or None
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
        return _NOT_AN_ID
    if isinstance(value, Integral):
        return str(int(value)) if abs(int(value)) < 10**_LONGEST_ID else _NOT_AN_ID
    number: Any = float(value) if _is_narrow(value) else value
    try:
        if not math.isfinite(number) or number != int(number):
            return _NOT_AN_ID
    except OverflowError:  # a fraction beyond floats
        return _NOT_AN_ID
    return _DAMAGED if abs(number) >= _NARROW.get(type(value).__name__, _EXCEL_DIGITS) else str(int(number))


def is_data(header: Iterable[str]) -> bool:
    """Return whether what should be a header is a person's row: it has a number, or an address, in it.

    Then no message may list it.
    """
    return any("@" in cell or any(pattern.fullmatch(cell) for pattern in _NUMBER.values()) for cell in header)


def is_missing(value: Any) -> bool:
    """Return whether *value* is None, NaN, NaT or NA; text is never missing, only blank."""
    if value is None or isinstance(value, str):
        return value is None
    try:
        return bool(value != value)
    except (TypeError, ArithmeticError):  # pandas' NA will not say; nor will a signalling NaN
        return True
    except ValueError:  # an array in a cell
        return False


def _is_narrow(value: object) -> bool:
    return type(value).__name__ in _NARROW


def _points_in(text: str, decimal: str) -> float | BadCell | None:
    word = text.casefold()
    if text in BLANK or word in BLANK:
        return None
    if _NUMBER[decimal].fullmatch(text):
        return _checked(float(text.replace(",", ".")), written=True)
    if text[-1] in _PERCENT_SIGNS:
        return _PERCENT
    if _FRACTION.fullmatch(text):
        return _FRACTION_CELL
    if word in ("true", "false"):
        return _BOOLEAN
    if word.lstrip("+-") in ("inf", "infinity", "∞"):
        return _INFINITE
    if re.fullmatch(r"[+-]?[0-9][0-9.,'’ \u00a0\u202f]*", text):
        return _DECIMAL_MARK if decimal == "." else _DECIMAL_COMMA
    return _NOT_A_NUMBER


def _checked(number: float, *, written: bool = False) -> float | BadCell:
    """Check a number that was read; one that was *written* out in digits is large, never infinite."""
    if number < 0:
        return _NEGATIVE
    if math.isinf(number) and not written:
        return _INFINITE
    return _TOO_LARGE if number > _LARGEST_POINTS else abs(number)  # abs: no score of -0.0
