"""The same cells in .xlsx, .xls and .ods are the same sheet."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from datetime import datetime, time
from pathlib import Path

import pytest
from spreadsheets import As, Error, Formula, book, refusal

from ltix_data import sheets
from ltix_data.errors import UsageError
from ltix_data.sheets import Sheet, id_text, points

every_format = pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])


@every_format
def test_cells_keep_their_types_text_ids_their_zeros_and_rows_their_numbers(tmp_path: Path, kind: str) -> None:
    when, noon = datetime(2025, 8, 5, 14, 30), time(12, 30)
    rows = [[], ["ID ", "Score", None], ["00123", 8], [None, " "], [123, 8.5], ["Zoé", True], ["y", when], ["z", noon]]

    sheet = sheets.read(book(tmp_path, kind, Marks=rows))

    cells = (["00123", 123, "Zoé", "y", "z"], [8, 8.5, True, when, noon])
    assert sheet == Sheet(("ID", "Score"), (3, 5, 6, 7, 8), cells, source=f"marks.{kind}")
    assert [type(cell) for cell in sheet.cells[1]] == [int, float, bool, datetime, time]


@every_format
def test_a_row_may_be_short(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path, kind, Marks=[["ID", "Score"], ["a"], [None, 8]])

    assert sheets.read(path).cells == (["a", None], [None, 8])


@every_format
def test_a_percentage_is_one_and_a_zero_padded_id_keeps_its_zeros(tmp_path: Path, kind: str) -> None:
    numbers = [As(123, "00000", "00123"), As(12345, "00000", "12345"), As(7, "0", "7"), As(7, "000;-0", "007")]
    shares = [As(0.85, "0.0%", "85.0%"), As(0.072, "0%", "7%"), As(1, '0 "%"', "1 %"), As(0, "0%", "0%")]
    rows = [["ID", "Score"], *([one, share] for one, share in zip(numbers, shares, strict=True))]

    sheet = sheets.read(book(tmp_path, kind, Marks=rows))

    assert sheet.cells == (["00123", 12345, 7, "007"], ["85%", "7.2%", 1, "0%"])


@every_format
def test_a_long_id_that_was_typed_as_a_number_is_known_to_be_damaged(tmp_path: Path, kind: str) -> None:
    rows = [["ID"], [1234567890123450], ["1234567890123456"], [123456789012345]]

    ids = [id_text(cell) for cell in sheets.read(book(tmp_path, kind, Marks=rows)).column("ID")]

    assert [getattr(found, "code", found) for found in ids] == ["damaged_id", "1234567890123456", "123456789012345"]


@every_format
def test_an_error_is_never_a_number(tmp_path: Path, kind: str) -> None:
    rows = [["Score"], *([Error(text)] for text in ("#N/A", "#REF!", "#DIV/0!")), [3]]

    sheet = sheets.read(book(tmp_path, kind, Marks=rows))

    assert sheet.column("Score") == ["#N/A", "#REF!", "#DIV/0!", 3]
    assert [getattr(found, "code", found) for found in map(points, sheet.column("Score"))] == [
        None, "not_a_number", "not_a_number", 3.0
    ]  # fmt: skip


@every_format
def test_a_formula_that_nobody_calculated_is_no_blank_and_the_sheet_says_what_to_do(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path, kind, Marks=[["ID", "Score"], ["a", Formula("=4+5")], ["b", None], ["c", 7]])

    sheet = sheets.read(path)

    suffix, text = ".ods" if kind == "ods" else ".xlsx", "=(no result)" if kind == "xls" else "=4+5"
    remedy = f"open it in a spreadsheet program and save it as {suffix}."
    assert sheet.column("Score") == [text, None, 7]
    assert sheet.notes == (f"“marks.{kind}” has formulas without a result: {remedy}",)


@every_format
def test_the_only_sheet_with_something_in_it_is_the_one(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path, kind, First=[], Second=[["ID"], ["a"]], Third=[[" "]])

    assert sheets.read(path).column("ID") == ["a"]


@every_format
def test_which_of_several_sheets_is_never_guessed_but_may_be_said(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path, kind, Notes=[["x"]], Marks=[["ID"], ["a"]])

    assert "more than one sheet with something in it. Say which with sheet=: “Notes”, “Marks”" in refusal(path)
    assert "no sheet “marks”. Its sheets: “Notes”, “Marks”" in refusal(path, "marks")
    assert sheets.read(path, sheet="Marks").column("ID") == ["a"]


@every_format
def test_a_hidden_sheet_is_read_only_when_named(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path, kind, hidden="Lists", Marks=[["ID"], ["a"]], Lists=[["x"], ["y"]])

    assert (sheets.read(path).columns, sheets.read(path, sheet="Lists").columns) == (("ID",), ("x",))


@every_format
def test_where_only_a_hidden_sheet_has_something_in_it_it_is_to_be_named(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path, kind, hidden="Lists", Marks=[], Lists=[["x"], ["y"]])

    assert "nothing in the sheets that it shows. Name a hidden one with sheet=: “Lists”" in refusal(path)


@every_format
def test_a_cell_beside_the_headers_columns_is_not_dropped(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path, kind, Marks=[["ID"], ["a"], ["b", 8]])

    assert "more cells in row 3 than its header has. Give the column a name" in refusal(path)


@every_format
@pytest.mark.parametrize("name", ["marks.xls", "marks.xlsx", "marks.csv", "marks.ods", "marks"])
def test_a_workbook_is_known_by_its_content_whatever_its_name(tmp_path: Path, kind: str, name: str) -> None:
    path = book(tmp_path, kind, Marks=[["ID"], ["a"]]).rename(tmp_path / name)

    assert sheets.read(path) == Sheet(("ID",), (2,), (["a"],), source=name)


@every_format
def test_an_empty_workbook_is_refused(tmp_path: Path, kind: str) -> None:
    assert "is empty" in refusal(book(tmp_path, kind, Marks=[[None]]))


@every_format
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused_in_silence(
    tmp_path: Path, kind: str, part: float, capfd: pytest.CaptureFixture[str]
) -> None:
    path = book(tmp_path, kind, Marks=[["ID", "Score"], *([f"s-{row:03}", row] for row in range(2000))])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])

    assert "is not a workbook that can be read" in refusal(path)
    assert capfd.readouterr() == ("", "")


@every_format
def test_a_workbook_with_a_wrong_byte_is_read_or_refused_in_silence(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = book(tmp_path, kind, Marks=[["ID", "Score"], ["s-001", 8], ["s-002", As(0.5, "0%", "50%")]])
    data = path.read_bytes()

    said = []
    for place in range(0, len(data), 61):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        with contextlib.suppress(UsageError):
            said.append(repr(sheets.read(path)))

    assert len(said) < len(range(0, len(data), 61))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("kind", "module"), [("xlsx", "openpyxl"), ("xls", "xlrd")])
def test_without_the_library_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, module: str
) -> None:
    path = book(tmp_path, kind, Marks=[["ID"], ["a"]])
    monkeypatch.setitem(sys.modules, module, None)

    assert f'needs {module} to be read. Run: pip install "ltix-data[excel]"' in refusal(path)


def test_the_libraries_are_imported_only_when_needed() -> None:
    code = "import sys, ltix_data.sheets; print({'openpyxl', 'xlrd', 'odf'} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
