"""Blank is not zero, a percent is not points, and a rounded id is nobody's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from ltix_data.cells import BadCell, Grade, grade, id_text, points, trim

NOTHING = [None, float("nan"), pd.NA, pd.NaT, np.nan, Decimal("nan"), Decimal("sNaN"), np.float32("nan")]
BLANKS = ["", "  ", "\u00a0", "\ufeff", "-", "–", "—", " - ", "N/A", "n/a", "NA", "#N/A", "EX", "excused", "NaN"]


@pytest.mark.parametrize("value", [*NOTHING, *BLANKS, "null", "None", "<NA>", "NaT"], ids=repr)
def test_a_blank_cell_has_no_points_which_is_not_zero(value: object) -> None:
    assert points(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0.0),
        ("0", 0.0),
        (8, 8.0),
        ("8", 8.0),
        (" 8.50\u00a0", 8.5),
        ("+8", 8.0),
        (".5", 0.5),
        ("8.", 8.0),
        (Decimal("8.3"), 8.3),
        (Fraction(1, 4), 0.25),
        (np.int64(8), 8.0),
        (np.float64(8.3), 8.3),
        (np.float32(8.3), 8.3),
        (2**53, 2.0**53),
    ],
    ids=repr,
)
def test_a_number_is_read_exactly(value: object, expected: float) -> None:
    assert points(value) == expected


def test_a_negative_zero_is_zero() -> None:
    assert str(points("-0.0")) == "0.0"


@pytest.mark.parametrize(("value", "expected"), [("8,5", 8.5), ("8", 8.0), (",5", 0.5), (8.5, 8.5)])
def test_a_decimal_comma_is_read_where_the_file_uses_it(value: object, expected: float) -> None:
    assert points(value, decimal=",") == expected


def code(cell: object) -> str:
    assert isinstance(cell, BadCell)
    assert cell.hint
    return cell.code


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("85%", "percent"),
        ("85 %", "percent"),
        ("8 / 10", "fraction"),
        ("8/10", "fraction"),
        ("8 out of 10", "fraction"),
        ("-1", "negative"),
        ("−1", "negative"),
        (-0.5, "negative"),
        ("inf", "infinite"),
        ("∞", "infinite"),
        (float("inf"), "infinite"),
        (float("-inf"), "negative"),
        (True, "boolean"),
        (np.bool_(False), "boolean"),
        ("TRUE", "boolean"),
        (2**53 + 2, "too_large"),
        (10**400, "too_large"),
        ("9" * 400, "too_large"),
        ("1e1", "not_a_number"),
        ("0x10", "not_a_number"),
        ("1_000", "not_a_number"),
        ("1,000", "not_a_number"),
        ("1 000", "not_a_number"),
        ("8,5", "not_a_number"),
        ("٨", "not_a_number"),
        ("８", "not_a_number"),
        ("A+", "not_a_number"),
        ("#DIV/0!", "not_a_number"),
        (date(2025, 8, 5), "not_a_number"),  # what Excel makes of 8/5
        (1 + 2j, "not_a_number"),
        ([8], "not_a_number"),
        (np.array([8, 9]), "not_a_number"),
    ],
    ids=repr,
)
def test_what_is_no_plain_number_is_a_problem_never_a_guess(value: object, expected: str) -> None:
    assert code(points(value)) == expected


def test_a_comma_in_a_file_with_points_hints_at_the_decimal_mark() -> None:
    cell = points("8,5")

    assert cell == BadCell("not_a_number", "Write a decimal point and no thousands separator, such as 8.5 or 1250.")


def test_a_point_in_a_file_with_commas_is_not_read_as_a_thousand() -> None:
    assert code(points("1.234", decimal=",")) == "not_a_number"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("00123", "00123"),
        (" 00123\u00a0\u200b", "00123"),
        ('="00123"', "00123"),
        ("1234567890123456", "1234567890123456"),
        ("#4711", "#4711"),
        ("nan", "nan"),  # somebody's name
        ("1e5", "1e5"),
        (123, "123"),
        (1234567890123456789, "1234567890123456789"),
        (np.int64(123), "123"),
        (123.0, "123"),
        (Decimal("123"), "123"),
        (999999999999999.0, "999999999999999"),
    ],
    ids=repr,
)
def test_an_id_keeps_every_digit(value: object, expected: str) -> None:
    assert id_text(value) == expected


@pytest.mark.parametrize("value", [*NOTHING, "", "  ", "\u00a0", '=""'], ids=repr)
def test_a_blank_id_is_nobodys(value: object) -> None:
    assert id_text(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1e15, "damaged_id"),
        (1234567890123456.0, "damaged_id"),
        (np.float32(2**24), "damaged_id"),
        (np.float16(2**11), "damaged_id"),
        ("1.23457E+15", "damaged_id"),
        ("1,23457e+15", "damaged_id"),
        (123.5, "not_an_id"),
        (float("inf"), "not_an_id"),
        (True, "not_an_id"),
        (date(2025, 8, 5), "not_an_id"),
        ([1], "not_an_id"),
    ],
    ids=repr,
)
def test_an_id_a_spreadsheet_has_damaged_is_refused(value: object, expected: str) -> None:
    assert code(id_text(value)) == expected


def test_trimming_leaves_what_stands_inside() -> None:
    assert trim("\u202a می\u200cخواهم \u202c") == "می\u200cخواهم"


# --- Grades on a scale -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "scale", "expected"),
    [
        (8, "points", Grade(8.0, None)),
        (" 8.5 ", "points", Grade(8.5, None)),
        (85, "percent", Grade(85.0, 100.0)),
        ("85", "percent", Grade(85.0, 100.0)),
        ("85 %", "percent", Grade(85.0, 100.0)),
        ("85\u00a0%", "percent", Grade(85.0, 100.0)),
        ("12.5％", "percent", Grade(12.5, 100.0)),
        (np.float32(8.3), "percent", Grade(8.3, 100.0)),
        (0.85, "fraction", Grade(0.85, 1.0)),
        ("0.85", "fraction", Grade(0.85, 1.0)),
        ("8 / 10", "fraction", Grade(8.0, 10.0)),
        ("8/10", "quotient", Grade(8.0, 10.0)),
        ("7.50 / 12", "quotient", Grade(7.5, 12.0)),
        ("8 out of 10", "quotient", Grade(8.0, 10.0)),
        ("8 OF 10", "quotient", Grade(8.0, 10.0)),
        ("0 / 10", "quotient", Grade(0.0, 10.0)),
    ],
    ids=repr,
)
def test_a_grade_keeps_the_maximum_it_was_written_with(value, scale, expected) -> None:
    assert grade(value, scale=scale) == expected


@pytest.mark.parametrize(("value", "scale"), [("85,5 %", "percent"), ("0,5", "fraction"), ("7,50 / 12", "quotient")])
def test_a_decimal_comma_is_read_on_every_scale_of_a_file_that_uses_it(value, scale) -> None:
    assert isinstance(grade(value, scale=scale, decimal=","), Grade)
    assert code(grade(value, scale=scale)) == "not_a_number"


@pytest.mark.parametrize("scale", ["points", "percent", "fraction", "quotient"])
@pytest.mark.parametrize("value", [*NOTHING, *BLANKS], ids=repr)
def test_a_blank_is_no_grade_on_any_scale(value, scale) -> None:
    assert grade(value, scale=scale) is None


@pytest.mark.parametrize(
    ("value", "scale", "expected"),
    [
        ("85 %", "points", "percent"),
        ("8 / 10", "points", "fraction"),
        ("8 / 10", "percent", "fraction"),
        ("85 %", "fraction", "percent"),
        ("85 %", "quotient", "percent"),
        (8, "quotient", "not_a_number"),
        ("8", "quotient", "not_a_number"),
        ("8 / 0", "quotient", "bad_maximum"),
        ("8 / ten", "quotient", "not_a_number"),
        ("8 / 1.2.3", "fraction", "bad_maximum"),
        ("-8 / 10", "fraction", "negative"),
        ("8 / 10 / 10", "fraction", "not_a_number"),
        ("1e1 %", "percent", "not_a_number"),
        ("%", "percent", "percent"),
        ("85 %%", "percent", "percent"),
        (True, "percent", "boolean"),
        (-1, "fraction", "negative"),
        (float("inf"), "percent", "infinite"),
    ],
    ids=repr,
)
def test_a_cell_on_another_scale_is_a_problem_never_a_guess(value, scale, expected) -> None:
    assert code(grade(value, scale=scale)) == expected
