"""Cells as points: a number, a blank or a reason; a blank is never a zero, and no cell is an exception."""

from __future__ import annotations

import math
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ltix_data import cells
from ltix_data.cells import BadCell, points

from .conftest import many

MARKS = (".", ",")
EDGES = st.text(st.sampled_from(" \t\n\u00a0\u200b\u2060\ufeff\u202f\u3000"), max_size=3)
_PIECES = (
    "0",
    "1",
    "9",
    ".",
    ",",
    "-",
    "+",
    "−",
    "%",
    "/",
    "e",
    "E+",
    "nan",
    "inf",
    "EX",
    "N/A",
    "of",
    "_",
    "٣",
    "²",
    " ",
    "’",
)


def texts() -> st.SearchStrategy[str]:
    likely = st.lists(st.sampled_from(_PIECES), max_size=6).map("".join)
    return likely | st.text(st.characters(exclude_categories=()), max_size=6)


@many
@given(texts(), st.sampled_from(MARKS))
@example("9" * 5000, ".")
@example("0" * 5000 + ".1", ".")
@example("-0", ".")
@example("−0", ".")
@example("1_000", ".")
@example("٣", ".")
@example("1e3", ".")
@example("\ud800", ".")
def test_any_text_is_a_number_a_blank_or_a_reason(text, decimal):
    found = points(text, decimal=decimal)

    assert isinstance(found, float | BadCell | None)
    digits = set("0123456789") & set(text)
    if isinstance(found, float):
        assert 0 <= found <= 2**53
        assert math.copysign(1, found) == 1, "no score of -0.0"
        assert digits
        assert found != 0 or digits == {"0"} or found == float(cells.trim(text).replace(",", ".").replace("−", "-"))
    if found is None:
        assert not digits, "a digit was lost"


@many
@given(st.from_regex(r"\+?([0-9]{1,15}(\.[0-9]{0,9})?|\.[0-9]{1,9})", fullmatch=True), EDGES, EDGES)
@example("007.50", "\ufeff", "\u00a0")
def test_a_plain_decimal_is_the_number_that_is_written(text, before, after):
    assert points(before + text + after) == float(text)
    assert points(before + text.replace(".", ",") + after, decimal=",") == float(text)


@given(st.from_regex(r"[0-9]{1,6}[.,][0-9]{1,6}", fullmatch=True), st.sampled_from(MARKS))
def test_the_other_decimal_mark_is_a_problem_and_not_another_number(text, decimal):
    assume(decimal not in text)

    assert points(text, decimal=decimal).code == "not_a_number"


@many
@given(st.sampled_from(sorted(cells.BLANK)), EDGES, EDGES, st.data())
def test_a_blank_is_no_grade_and_never_a_zero(word, before, after, data):
    spelt = "".join(data.draw(st.sampled_from([letter, letter.upper()])) for letter in word)

    assert points(before + spelt + after) is None


@given(st.sampled_from([None, float("nan"), np.nan, np.float32("nan"), Decimal("NaN"), Decimal("sNaN"), pd.NA, pd.NaT]))
def test_a_missing_cell_of_a_frame_is_no_grade(value):
    assert points(value) is None


@given(
    st.floats(0, 1e6), st.sampled_from(["%", " %", "٪", "％", "/10", " / 10", " of 10", " points", "e3", "_0"]), EDGES
)
def test_percent_fractions_and_units_are_problems_and_never_points(number, unit, after):
    assert isinstance(points(f"{number:f}{unit}{after}"), BadCell)


def numbers() -> st.SearchStrategy[object]:
    whole = st.integers() | st.integers(-(10**400), 10**400)
    narrow = st.floats(width=32).map(np.float32) | st.floats(width=16).map(np.float16)
    other = (
        st.integers(0, 255).map(np.uint8) | st.integers(-(2**63), 2**63 - 1).map(np.int64) | st.booleans().map(np.bool_)
    )
    return st.one_of(whole, st.floats(), st.floats().map(np.float64), narrow, other, st.decimals(), st.fractions())


@many
@given(numbers())
@example(10**400)
@example(Decimal("1e999999"))
@example(Fraction(10**400))
@example(np.float32(8.3))
def test_any_number_of_a_frame_is_itself_or_a_reason(value):
    found = points(value)

    assert isinstance(found, float | BadCell | None)
    if isinstance(found, float):
        assert found == float(str(value) if isinstance(value, np.float32 | np.float16) else value)


@given(
    st.one_of(
        st.binary(), st.dates(), st.lists(st.none()), st.complex_numbers(allow_nan=False), st.just(np.array([1.0, 2.0]))
    )
)
def test_what_is_no_number_is_a_reason(value):
    assert isinstance(points(value), BadCell)


@pytest.mark.parametrize("blank", [" ", "\u200b"])
def test_a_cell_with_many_blanks_inside_takes_no_time(blank):
    """A CSV cell may have 131,072 letters, a name from a platform millions."""
    started = time.process_time()

    cells.trim("1" + blank * 20_000 + "1")

    assert time.process_time() - started < 0.5
