"""Ids survive from a sheet or frame, through matching, to the wire; and a number is nobody else's id."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from numbers import Integral
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ltix_data import cells, sheets
from ltix_data.cells import BadCell, id_text
from ltix_data.matching import Index
from ltix_data.records import Member, Score

from .conftest import few, many

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
#: Attributes whose value is an id, letter for letter.
ID_ATTRIBUTES = ("user_id", "sourcedid", "username", "lti11_legacy_user_id")


def survives(text: str) -> bool:
    """Return whether *text* is an id as it stands: not blank, trimmed, and not what a spreadsheet made of one."""
    return bool(text) and cells.trim(text) == text and id_text(text) == text and "\0" not in text


def ids() -> st.SearchStrategy[str]:
    likely = st.one_of(
        st.from_regex(r"0{1,8}[0-9]{0,20}", fullmatch=True),
        st.from_regex(r"[0-9]{16,40}", fullmatch=True),
        st.from_regex(r"[0-9]{1,3}[eE][0-9]{1,3}", fullmatch=True),
        st.sampled_from(
            ["u 1", "a,b", "a;b", 'a"b', "a\tb", "a\nb", "é", "e\u0301", "-1", "+1", "1.0", "1,5", "nan", "TRUE"]
        ),
        st.sampled_from(["N/A", "None", "2026-03-01", "sep=;", "=1+1", "'007", "\U0001f600", "O'Neil", "ﬁ", "²", "٣"]),
    )
    return (likely | st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)).filter(survives)


def rosters() -> st.SearchStrategy[list[str]]:
    return st.lists(ids(), min_size=1, max_size=5, unique=True)


def on_the_wire(cell: object, members: list[Member], by: str = "user_id") -> str | None:
    """Return the userId of the score that a sheet's cell leads to, or None where it leads nowhere."""
    text = id_text(cell)
    member = Index(members, by).find(text).member if isinstance(text, str) else None
    return None if member is None else json.loads(Score(member.user_id, NOW, 1, 1).to_bytes())["userId"]


# --- From a sheet ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("ids")


@given(
    rosters(),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@example(["007", "7", "9007199254740993", "9007199254740992"], ",", "utf-8", csv.QUOTE_MINIMAL)
@example(["a\r\nb", 'a"b', "a,b", "12e5"], ",", "utf-8", csv.QUOTE_MINIMAL)
def test_an_id_in_a_csv_file_is_the_same_on_the_wire(folder, people, delimiter, encoding, quoting):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows(
        [("id", "score"), *((one, "8.5") for one in people)]
    )
    path = folder / "grades.csv"
    path.write_bytes(out.getvalue().encode(encoding))

    found = sheets.read(path).column("id")

    members = [Member(one) for one in people]
    assert [on_the_wire(cell, members) for cell in found] == people


@few
@given(rosters())
@example(["007", "9007199254740993"])
def test_an_id_in_a_workbook_is_the_same_on_the_wire(folder, people):
    people = [one for one in people if not openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.search(one) and "\r" not in one]
    book = openpyxl.Workbook()
    page = book.active
    page.append(["id", "score"])
    for number, one in enumerate(people, 2):
        cell = page.cell(number, 1, one)
        cell.data_type = "s"  # openpyxl takes “=1+1” for a formula
        page.cell(number, 2).value = 8.5
    path = folder / "grades.xlsx"
    book.save(path)

    found = sheets.read(path).column("id") if people else []

    assert [on_the_wire(cell, [Member(one) for one in people]) for cell in found] == people


@given(rosters(), st.sampled_from(["object", pd.Series(["a"]).dtype, "string", "category"]))
def test_an_id_in_a_frame_is_the_same_on_the_wire(people, dtype):
    frame = pd.DataFrame({"id": pd.Series(people, dtype=dtype), "score": 8.5})

    found = sheets.read(frame).column("id")

    assert [on_the_wire(cell, [Member(one) for one in people]) for cell in found] == people


@given(rosters(), st.sampled_from(ID_ATTRIBUTES))
@example(["12", "012", "1200"], "sourcedid")
def test_an_id_leads_to_the_one_person_who_has_it_and_to_their_user_id(people, by):
    given_ = "id" if by == "user_id" else by
    members = [Member(**{"user_id": f"u-{one}", by: one}) for one in people]

    found = [on_the_wire(one, members, by) for one in people]

    assert found == [member.user_id for member in members], given_


@many
@given(st.text(st.characters(exclude_categories=()), max_size=12))
@example('="007"')
@example("1.23457E+15")
def test_any_text_is_an_id_a_blank_or_a_reason(text):
    found = id_text(text)

    assert isinstance(found, str | BadCell | None)
    if isinstance(found, str):
        assert found
        assert found in text, "only what stands around it may go"
        assert id_text(found) == found or found.startswith('="')


# --- From numbers ---------------------------------------------------------------------------------


def numbers() -> st.SearchStrategy[object]:
    whole = st.integers(-10, 10**6) | st.integers(10**14, 10**19)
    return st.one_of(
        whole,
        whole.filter(lambda n: n < 2**63).map(np.int64),
        whole.map(float),
        whole.map(np.float64),
        whole.map(np.float32),
        whole.map(Decimal),
        st.floats(),
        st.floats(width=16).map(np.float16),
        st.decimals(),
        st.fractions(),
        st.booleans(),
    )


def lookalikes(number: object) -> list[str]:
    """Return ids that a careless reader could take for *number*."""
    near: list[str] = [str(number), repr(number), f"{number}.0"]
    try:
        whole = int(number)  # type: ignore[call-overload]
    except (ValueError, OverflowError, ArithmeticError):
        return near
    for step in (-2, -1, 0, 1, 2):
        near += [str(whole + step), f"0{whole + step}", f"{whole + step}0", f"{(whole + step) % 10**15:015d}"]
    return near


@many
@given(numbers())
@example(9007199254740993.0)
@example(np.float32(16777217))
@example(np.int64(2**53 + 1))
@example(-0.0)
@example(True)
@example(1e16)
def test_a_number_leads_to_nobody_whose_id_it_is_not(number):
    members = [Member(one) for one in dict.fromkeys(lookalikes(number))]

    found = on_the_wire(number, members)

    if found is not None:
        assert not isinstance(number, bool)
        assert found == str(int(found)), "a number has no leading zeros"
        assert isinstance(number, Integral) or abs(float(number)) < 10**15, (
            "a spreadsheet or pandas may have rounded it"
        )
        exact = isinstance(number, Integral | Decimal | Fraction)
        assert Fraction(found) == Fraction(number if exact else float(number))


@many
@given(numbers() | st.integers(-(10**400), 10**400) | st.dates() | st.binary() | st.just(np.array([1, 2])))
@example(Decimal("1e999999"))
@example(Decimal("sNaN"))
def test_any_cell_is_an_id_a_blank_or_a_reason(cell):
    assert isinstance(id_text(cell), str | BadCell | None)


@pytest.mark.parametrize("cell", [10**5000, Fraction(10**400)], ids=["5000 digits", "a fraction beyond floats"])
def test_an_absurd_number_is_an_id_or_a_reason(cell):
    assert isinstance(id_text(cell), str | BadCell)


@given(st.lists(st.integers(1, 10**15 - 1), min_size=1, max_size=5, unique=True))
def test_whole_numbers_beside_a_gap_are_still_the_ids_they_were(numbers):
    """pandas turns a column of whole numbers with one gap into floats."""
    frame = pd.DataFrame({"id": [*numbers, None]})

    found = [id_text(cell) for cell in sheets.read(frame).column("id")]

    assert found == [*map(str, numbers), None]


@given(st.lists(st.integers(10**15, 10**19), min_size=1, max_size=5))
def test_long_ids_that_pandas_may_have_rounded_are_nobody(numbers):
    frame = pd.DataFrame({"id": pd.Series([*numbers, None], dtype="float64")})

    found = [id_text(cell) for cell in sheets.read(frame).column("id")]

    assert [getattr(cell, "code", cell) for cell in found] == ["damaged_id"] * len(numbers) + [None]
