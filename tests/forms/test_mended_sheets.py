"""A sheet with a mended cell is the same sheet but for that cell; and the bytes of a file are read as the file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ltix_data import sheets
from ltix_data.errors import AmbiguousError, UnknownNameError, UsageError

SAMPLES = sorted((Path(__file__).parent.parent / "samples" / "exports").glob("*.csv"))


def test_one_cell_changes_and_the_first_sheet_does_not():
    sheet = sheets.read(pd.DataFrame({"id": ["1", "2"], "points": ["3", "4"]}))

    mended = sheet.with_cell(3, "points", "5")

    assert (mended.column("points"), sheet.column("points"), mended.column("id")) == (
        ["3", "5"],
        ["3", "4"],
        ["1", "2"],
    )


@pytest.mark.parametrize(
    ("row", "column", "error"),
    [(1, "points", UnknownNameError), (4, "points", UnknownNameError), (2, "no", UnknownNameError)],
)
def test_a_cell_that_there_is_not_cannot_be_mended(row, column, error):
    sheet = sheets.read(pd.DataFrame({"id": ["1", "2"], "points": ["3", "4"]}))

    with pytest.raises(error):
        sheet.with_cell(row, column, "5")


def test_a_column_that_is_there_twice_cannot_be_mended():
    sheet = sheets.read(pd.DataFrame([["1", "2"]], columns=["points", "points"]))

    with pytest.raises(AmbiguousError):
        sheet.with_cell(2, "points", "5")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_bytes_of_a_file_are_read_as_the_file(path):
    assert sheets.parse(path.name, path.read_bytes()) == sheets.read(path)


def test_the_visible_sheets_of_a_workbook_are_named(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "first"
    book.create_sheet("hidden").sheet_state = "hidden"
    book.create_sheet("second")
    book.save(tmp_path / "book.xlsx")

    assert sheets.titles("book.xlsx", (tmp_path / "book.xlsx").read_bytes()) == ("first", "second")


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", b"PK\x03\x04 no workbook", b""])
def test_what_is_no_workbook_names_no_sheets(data):
    assert sheets.titles("x", data) == ()


def test_too_many_bytes_are_refused():
    with pytest.raises(UsageError, match="larger than 200 MB"):
        sheets.parse("large.csv", bytes(200 * 2**20 + 1))
