"""Every cell as it stands in the file, or a plain word on why it cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ltix_data import sheets
from ltix_data.errors import AmbiguousError, UnknownNameError, UsageError
from ltix_data.sheets import Sheet


def written(folder: Path, data: str | bytes, name: str = "marks.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


# --- text ---------------------------------------------------------------------------------------


def test_a_cell_of_a_csv_file_is_the_text_that_stands_there(tmp_path: Path) -> None:
    path = written(tmp_path, 'SIS ID , Score\n00123, 8 / 10\n1234567890123456,NA\n"a ""b"", c",\n')

    sheet = sheets.read(path)

    assert sheet == Sheet(
        columns=("SIS ID", "Score"),
        rows=(2, 3, 4),
        cells=(["00123", "1234567890123456", 'a "b", c'], [" 8 / 10", "NA", ""]),
        source="marks.csv",
        notes=("“marks.csv” was read as UTF-8, with “,” between cells.",),
    )


@pytest.mark.parametrize(
    ("data", "note"),
    [
        ("Name;Score\nZoé;8,5\n".encode(), "UTF-8, with “;” between cells and decimal commas."),
        ("Name,Score\nZoé,8.5\n".encode("utf-8-sig"), "UTF-8, with “,” between cells and decimal points."),
        ("Name\tScore\nZoé\t8\n".encode("utf-16"), "UTF-16, with tabs between cells."),
        ("\ufeffName\tScore\nZoé\t8\n".encode("utf-16-be"), "UTF-16, with tabs between cells."),
        ("Name|Score\nZoé|8\n".encode("utf-16-le"), "UTF-16, with “|” between cells."),
        ("Name|Score\nZoé|8\n".encode("utf-16-be"), "UTF-16, with “|” between cells."),
        ("Name\nZoé\n".encode(), "UTF-8, with one cell in each row."),
        (
            "Name;Score\nZoé;8,5\n".encode("cp1252"),
            "Windows-1252, with “;” between cells and decimal commas. It is not UTF-8: check the accents in names.",
        ),
        (
            "Name;Score;Max\nZoé;8,5;10.5\n".encode(),
            "UTF-8, with “;” between cells. Some of its numbers have a decimal comma and some a point: "
            "those with a comma were left as they are.",
        ),
    ],
)
def test_encoding_delimiter_and_decimal_mark_are_found_out_and_said(tmp_path: Path, data: bytes, note: str) -> None:
    sheet = sheets.read(written(tmp_path, data))

    assert (sheet.column("Name"), sheet.notes) == (["Zoé"], (f"“marks.csv” was read as {note}",))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_the_one_of_the_header(tmp_path: Path, delimiter: str, newline: str) -> None:
    text = newline.join(delimiter.join(row) for row in (["Name", '"Score, of; all | t"'], ["Ada", "8"]))

    assert sheets.read(written(tmp_path, text)).columns == ("Name", "Score, of; all | t")


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Name;Aufgaben 1, 2, 3\nAda;8,5\nBen;9\n", ("Name", "Aufgaben 1, 2, 3")),
        ("Name;Score, raw\nAda;8,5\nBen;9,5\n", ("Name", "Score, raw")),
        ("Last, first;Score\nLovelace, Ada;8\n", ("Last, first", "Score")),
        ("ID,Score\na\nb\nc\nd,8\n", ("ID", "Score")),
    ],
)
def test_a_comma_in_a_header_or_a_cell_is_no_delimiter_where_another_fits(
    tmp_path: Path, text: str, columns: tuple[str, ...]
) -> None:
    assert sheets.read(written(tmp_path, text)).columns == columns


def test_excels_own_first_line_names_the_delimiter_and_is_not_counted(tmp_path: Path) -> None:
    sheet = sheets.read(written(tmp_path, "sep=;\r\nName;Score, raw, all\r\nAda;8\r\n"))

    assert (sheet.columns, sheet.rows) == (("Name", "Score, raw, all"), (2,))


def test_blank_rows_are_left_out_but_counted(tmp_path: Path) -> None:
    path = written(tmp_path, '\nName,Score\n\nAda,"8\n9"\n , \nBen\n')

    sheet = sheets.read(path)

    assert (sheet.rows, sheet.cells) == ((4, 6), (["Ada", "Ben"], ["8\n9", ""]))


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("Name;Score\nAda;8,5\nBen;9", ","),
        ("Name\tScore\nAda\t66,667\nBen\t0,333", ","),
        ("Name;Score\nAda;8,5\nBen;8.5", "."),  # whichever is wrong will be shown as a problem
        ("Name;Score\nAda;1,234\nBen;2,500", "."),  # perhaps thousands
        ('Name,Score\nAda,"8,5"\nBen,"9"', ","),
        ("Name;Percent\nAda;85,5 %\nBen;9,5 / 10", ","),
        ('Name,Score\nAda,"8,5"\nBen,8.5', "."),
        ('Name,Score\nAda,"1,250.5"\nBen,"8,5"', "."),
        ('Name,Ticked,Score\nAda,"1,2","1,250"\nBen,"1,2,4",9', "."),  # “1,2” are two boxes
    ],
)
def test_a_decimal_comma_is_believed_where_nothing_speaks_against_it(tmp_path: Path, text: str, decimal: str) -> None:
    assert sheets.read(written(tmp_path, text)).decimal == decimal


def test_blackboards_xls_is_tab_separated_text(tmp_path: Path) -> None:
    path = written(tmp_path, '"Username"\t"Quiz [Total Pts: 10 Score] |42"\n"ada"\t"8"\n'.encode("utf-16"), "gc.xls")

    sheet = sheets.read(path)

    assert sheet.column("Quiz [Total Pts: 10 Score] |42") == ["8"]
    assert sheet.notes == ("“gc.xls” was read as UTF-16, with tabs between cells.",)


@pytest.mark.parametrize("name", ["marks.xlsx", "marks.xlsm", "marks.ods"])
def test_text_that_is_called_a_workbook_is_read_as_text_and_says_so(tmp_path: Path, name: str) -> None:
    sheet = sheets.read(written(tmp_path, "Name,Score\nAda,8\n", name))

    note = f"“{name}” is no workbook but text, and was read as UTF-8, with “,” between cells."
    assert sheet == Sheet(("Name", "Score"), (2,), (["Ada"], ["8"]), source=name, notes=(note,))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("marks.csv", b"", "is empty"),
        ("marks.csv", b"\xef\xbb\xbf\r\n , \r\n", "is empty"),
        ("marks.csv", b"Name,Score\nAda,8\nLovelace, Ada,8\n", "has more cells in row 3"),
        ("marks.csv", b'Name,Score\nAda,8\n"Ben,9\nEva,7\n', "stray quotation mark .* after row 2"),
        ("marks.csv", b"Name,Score\nAda," + b"x" * 200_000, "an endless cell"),
        ("marks.csv", b"\xff\xfeN", "is not text"),
        ("marks.csv", b"Name\n\x81\x8d", "is not text"),
        ("marks.csv", b"Name,\xe9\x01", "is not text"),
        ("marks.csv", b"N\0,S\0\0\0", "is not text"),
        ("marks.csv", b"\0\1\2\xff" * 50, "is not text"),
        ("marks.xlsx", b"Ada", "is not a workbook that can be read"),
        ("marks.xlsx", b"", "is empty"),
        ("marks.ods", b"PK", "is not a workbook that can be read"),
        ("marks.xls", b"<html><table><tr><td>Ada", "is a web page.*save it as .xlsx"),
        ("marks.xls", b"\r\n<!-- x --><TABLE border=1><tr><td>Ada", "is a web page"),
        ("marks.xls", b"MIME-Version: 1.0\r\n", "is a web page"),
        ("marks.csv", b"\xef\xbb\xbf<!DOCTYPE html>\n<p>Ada", "is a web page.*log in"),
        ("marks.xls", b'<?xml version="1.0"?><Workbook>Ada', "is an XML file.*save it as .xlsx"),
        ("marks", b"Name", "no suffix"),
        ("marks.pdf", b"%PDF-1.4", r"cannot be read \(.pdf\).*Use .csv, .tsv, .xlsx or .ods"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_plain_words(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    path = written(tmp_path, data, name)

    with pytest.raises(UsageError, match=message) as refusal:
        sheets.read(path)
    assert "Ada" not in str(refusal.value)


@pytest.mark.parametrize("name", ["missing.csv", ".", "a\0b.csv", "x" * 5000 + ".csv"])
def test_what_is_not_a_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="could not be opened"):
        sheets.read(tmp_path / name)


def test_what_is_neither_frame_nor_path_is_refused() -> None:
    with pytest.raises(UsageError, match="is no grade sheet"):
        sheets.read([{"name": "Ada"}])  # type: ignore[arg-type]


def test_a_csv_file_has_no_sheets(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Leave out sheet="):
        sheets.read(written(tmp_path, "Name\nAda\n"), sheet="Marks")


# --- columns ------------------------------------------------------------------------------------


def test_an_unknown_column_names_the_near_ones_and_all_there_are(tmp_path: Path) -> None:
    sheet = sheets.read(written(tmp_path, "E-mail Address,Score,\nada@uni.example,8,\n"))

    with pytest.raises(UnknownNameError) as refusal:
        sheet.column("email address")
    assert str(refusal.value) == (
        "marks.csv has no column “email address”. "
        "Did you mean “E-mail Address”? Its columns: “E-mail Address”, “Score”. "
        "Where the sheet calls it otherwise than the roster, name its column with key=."
    )


def test_a_column_that_is_there_twice_cannot_be_asked_for_but_others_can(tmp_path: Path) -> None:
    sheet = sheets.read(written(tmp_path, "Name,Score,Score\nAda,8,9\n"))

    with pytest.raises(AmbiguousError, match="2 columns “Score”"):
        sheet.column("Score")
    assert sheet.column(" Name ") == ["Ada"]


def test_a_sheet_shows_no_cells_of_its_own_accord(tmp_path: Path) -> None:
    sheet = sheets.read(written(tmp_path, "Name,Score\nAda,8\n"))

    assert "Ada" not in repr(sheet)


# --- frames -------------------------------------------------------------------------------------


def test_a_frame_keeps_its_values_and_its_named_index_counts_as_a_column() -> None:
    frame = pd.DataFrame(
        {"Score": [8.5, None], 2024: ["a", "b"], "narrow": np.array([8.3, 1], dtype="float32")},
        index=pd.Index(["u1", "u2"], name="user_id"),
    )

    sheet = sheets.read(frame)

    assert (sheet.columns, sheet.rows) == (("user_id", "Score", "2024", "narrow"), (2, 3))
    assert (sheet.column("user_id"), sheet.column("2024")) == (["u1", "u2"], ["a", "b"])
    assert [sheets.points(cell) for cell in sheet.column("Score")] == [8.5, None]
    assert [sheets.points(cell) for cell in sheet.column("narrow")] == [8.3, 1.0]


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "category", "object"])
def test_missing_values_of_any_dtype_are_blank(dtype: str) -> None:
    sheet = sheets.read(pd.DataFrame({"Score": pd.Series([8, None], dtype=dtype)}))

    assert [sheets.points(cell) for cell in sheet.column("Score")] == [8.0, None]


def test_a_frame_with_columns_on_two_levels_is_refused() -> None:
    frame = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("Quiz", "Score")]))

    with pytest.raises(UsageError, match="Flatten"):
        sheets.read(frame)


def test_a_header_without_rows_is_an_empty_sheet(tmp_path: Path) -> None:
    assert sheets.read(written(tmp_path, "id,points\n")).rows == ()
