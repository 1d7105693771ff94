"""Every cell as it stands in the file, or a plain word on why it cannot be read."""

from __future__ import annotations

import sys
import zipfile
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ltix_data import sheets
from ltix_data.errors import AmbiguousError, UnknownNameError, UsageError
from ltix_data.sheets import Sheet

openpyxl = pytest.importorskip("openpyxl")


def written(folder: Path, data: str | bytes, name: str = "marks.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def workbook(folder: Path, *rows: list[object], **pages: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for title, more in pages.items():
        page = book.create_sheet(title)
        for row in more:
            page.append(row)
    book.save(folder / "marks.xlsx")
    return folder / "marks.xlsx"


# --- text ---------------------------------------------------------------------------------------


def test_a_cell_of_a_csv_file_is_the_text_that_stands_there(tmp_path: Path) -> None:
    path = written(tmp_path, 'SIS ID , Score\n00123, 8.50\n1234567890123456,NA\n"a ""b"", c",\n')

    sheet = sheets.read(path)

    assert sheet == Sheet(
        columns=("SIS ID", "Score"),
        rows=(2, 3, 4),
        cells=(["00123", "1234567890123456", 'a "b", c'], [" 8.50", "NA", ""]),
        source="marks.csv",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encoding_is_told_by_its_mark(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "Name\tScore\nZoé\t8\n".encode(encoding), "marks.txt")

    sheet = sheets.read(path)

    assert sheet == Sheet(("Name", "Score"), (2,), (["Zoé"], ["8"]), source="marks.txt")


def test_a_file_that_is_not_utf_8_is_read_as_windows_text_and_says_so(tmp_path: Path) -> None:
    sheet = sheets.read(written(tmp_path, "Name,Score\nZoé,8\n".encode("cp1252")))

    assert (sheet.column("Name"), len(sheet.notes)) == (["Zoé"], 1)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_the_one_of_the_header(tmp_path: Path, delimiter: str, newline: str) -> None:
    text = newline.join(delimiter.join(row) for row in (["Name", '"Score, of; all | t"'], ["Ada", "8"]))

    assert sheets.read(written(tmp_path, text)).columns == ("Name", "Score, of; all | t")


def test_excels_own_first_line_names_the_delimiter_and_is_not_counted(tmp_path: Path) -> None:
    sheet = sheets.read(written(tmp_path, "sep=;\r\nName;Score, raw, all\r\nAda;8\r\n"))

    assert (sheet.columns, sheet.rows) == (("Name", "Score, raw, all"), (2,))


def test_blank_rows_are_left_out_but_counted(tmp_path: Path) -> None:
    path = written(tmp_path, '\nName,Score\n\nAda,"8\n9"\n , \nBen\n')

    sheet = sheets.read(path)

    assert sheet == Sheet(("Name", "Score"), (4, 6), (["Ada", "Ben"], ["8\n9", ""]), source="marks.csv")


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("Name;Score\nAda;8,5\nBen;9", ","),
        ("Name\tScore\nAda\t66,667\nBen\t0,333", ","),
        ("Name;Score\nAda;8,5\nBen;8.5", "."),  # whichever is wrong will be shown as a problem
        ("Name;Score\nAda;1,234\nBen;2,500", "."),  # perhaps thousands
        ('Name,Score\nAda,"8,5"', "."),
    ],
)
def test_a_decimal_comma_is_believed_where_nothing_speaks_against_it(tmp_path: Path, text: str, decimal: str) -> None:
    assert sheets.read(written(tmp_path, text)).decimal == decimal


def test_blackboards_xls_is_tab_separated_text(tmp_path: Path) -> None:
    path = written(tmp_path, '"Username"\t"Quiz [Total Pts: 10 Score] |42"\n"ada"\t"8"\n'.encode("utf-16"), "gc.xls")

    assert sheets.read(path).column("Quiz [Total Pts: 10 Score] |42") == ["8"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("marks.csv", b"", "is empty"),
        ("marks.csv", b"\xef\xbb\xbf\r\n , \r\n", "is empty"),
        ("marks.csv", b"Name,Score\nAda,8\nLovelace, Ada,8\n", "has more cells in row 3"),
        ("marks.csv", b'Name,Score\nAda,8\n"Ben,9\nEva,7\n', "stray quotation mark .* after row 2"),
        ("marks.csv", b"Name,Score\nAda," + b"x" * 200_000, "an endless cell"),
        ("marks.csv", b"N\0a\0m\0e\0,\0S\0", "is not text"),
        ("marks.csv", b"\xff\xfeN", "is not text"),
        ("marks.csv", b"Name\n\x81\x8d", "is not text"),
        ("marks.csv", b"PK\x03\x04...", "is a workbook"),
        ("marks.xls", b"\xd0\xcf\x11\xe0...", "is a workbook"),
        ("marks.xlsx", b"Name,Score\nAda,8\n", "is not a workbook"),
        ("marks.xlsx", b"", "is not a workbook"),
        ("marks.ods", b"PK", r"cannot be read \(.ods\).*\.csv, \.tsv, \.txt or \.xlsx"),
        ("marks", b"Name", "no suffix"),
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


# --- workbooks ----------------------------------------------------------------------------------


def test_a_workbooks_cells_keep_their_types_and_text_ids_their_zeros(tmp_path: Path) -> None:
    when = datetime(2025, 8, 5)  # Excel knows no zones
    path = workbook(
        tmp_path, ["ID ", "Score", None], ["00123", 8], [None, None, None], [123, 8.5], ["x", True], ["y", when]
    )

    sheet = sheets.read(path)

    assert sheet == Sheet(
        ("ID", "Score"), (2, 4, 5, 6), (["00123", 123, "x", "y"], [8, 8.5, True, when]), source="marks.xlsx"
    )


def test_short_rows_of_a_workbook_end_in_missing_cells(tmp_path: Path) -> None:
    assert sheets.read(workbook(tmp_path, ["ID", "Score"], ["a"])).column("Score") == [None]


def test_a_number_formatted_as_a_percentage_is_one_and_a_zero_padded_id_keeps_its_zeros(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["ID", "Score"])
    book.active.append([123, 0.85])
    book.active["A2"].number_format, book.active["B2"].number_format = "00000", "0.0%"
    book.save(tmp_path / "marks.xlsx")

    sheet = sheets.read(tmp_path / "marks.xlsx")

    assert sheet.cells == (["00123"], ["85%"])


def test_a_long_id_that_was_typed_as_a_number_is_known_to_be_damaged(tmp_path: Path) -> None:
    sheet = sheets.read(workbook(tmp_path, ["ID"], [1234567890123450], ["1234567890123456"]))

    ids = [sheets.id_text(cell) for cell in sheet.column("ID")]

    assert [getattr(found, "code", found) for found in ids] == ["damaged_id", "1234567890123456"]


def test_a_sheet_is_asked_for_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["Notes"], ["x"], Marks=[["ID"], ["a"]])

    assert sheets.read(path, sheet="Marks").column("ID") == ["a"]


def test_the_only_sheet_with_something_in_it_is_the_one(tmp_path: Path) -> None:
    assert sheets.read(workbook(tmp_path, Sheet2=[["ID"], ["a"]])).column("ID") == ["a"]


@pytest.mark.parametrize(
    ("sheet", "message"),
    [(None, "more than one sheet .* “Sheet”, “Marks”"), ("marks", "no sheet “marks”. Its sheets: “Sheet”, “Marks”")],
)
def test_which_sheet_is_never_guessed(tmp_path: Path, sheet: str | None, message: str) -> None:
    path = workbook(tmp_path, ["Notes"], ["x"], Marks=[["ID"], ["a"]])

    with pytest.raises(UsageError, match=message):
        sheets.read(path, sheet=sheet)


def test_a_hidden_sheet_is_read_only_when_named(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["ID"], ["a"], Lists=[["x"], ["y"]])
    book = openpyxl.load_workbook(path)
    book["Lists"].sheet_state = "hidden"
    book.save(path)

    assert (sheets.read(path).columns, sheets.read(path, sheet="Lists").columns) == (("ID",), ("x",))


def test_a_workbook_that_claims_a_wrong_size_is_read_whole(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["ID", "Score"], ["a", 8])
    rewrite(path, 'ref="A1:B2"', 'ref="A1"')

    assert sheets.read(path).column("Score") == [8]


@pytest.mark.parametrize(
    ("old", "new"), [('<row r="2"', '<row r="99999999999"'), ("</sheetData>", "<sheetData>"), ("<v>8</v>", "<v>x</v>")]
)
def test_a_workbook_made_to_do_harm_is_refused(tmp_path: Path, old: str, new: str) -> None:
    path = workbook(tmp_path, ["ID", "Score"], ["a", 8])
    rewrite(path, old, new)

    with pytest.raises(UsageError, match="is not a workbook that can be read"):
        sheets.read(path)


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["ID"], ["a"])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb.xml", "w") as bomb:
        for _ in range(201):
            bomb.write(bytes(2**20))

    with pytest.raises(UsageError, match="is not a workbook that can be read"):
        sheets.read(path)


def test_without_openpyxl_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path, ["ID"], ["a"])
    monkeypatch.setitem(sys.modules, "openpyxl", None)

    with pytest.raises(UsageError, match=r'pip install "ltix-data\[excel\]"'):
        sheets.read(path)


def rewrite(path: Path, old: str, new: str) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    page = "xl/worksheets/sheet1.xml"
    assert old.encode() in parts[page]
    parts[page] = parts[page].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_a_formula_that_nobody_calculated_is_no_blank(tmp_path):
    """Files written by scripts hold formulas without values; a blank would be skipped in silence."""
    path = tmp_path / "marks.xlsx"
    book = openpyxl.Workbook()
    for row in (["id", "points"], ["1", "=4+5"], ["2", None], ["3", 7]):
        book.active.append(row)
    book.save(path)

    assert sheets.read(path).column("points") == ["=4+5", None, 7]


def test_a_header_without_rows_is_an_empty_sheet(tmp_path):
    (tmp_path / "week.csv").write_text("id,points\n")

    assert sheets.read(tmp_path / "week.csv").rows == ()
