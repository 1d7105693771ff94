"""What is seen in an .ods is what is read, whichever program wrote its XML."""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from spreadsheets import book, refusal, rewrite

from ltix_data import sheets
from ltix_data.sheets import Sheet


def ods(folder: Path, rows: str) -> Path:
    path = book(folder, "ods", Marks=[["ID"]])
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml").decode()
    body = content[content.index("<table:table-row") : content.index("</table:table>")]
    rewrite(path, "content.xml", body, rows)
    return path


def text(*paragraphs: str, repeated: int = 1) -> str:
    inner = "".join(f"<text:p>{paragraph}</text:p>" for paragraph in paragraphs)
    columns = f'table:number-columns-repeated="{repeated}"'
    return f'<table:table-cell office:value-type="string" {columns}>{inner}</table:table-cell>'


def number(value: str, seen: str) -> str:
    return (
        f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{seen}</text:p></table:table-cell>'
    )


def row(*cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}</table:table-row>'


NOTHING = '<table:table-cell table:number-columns-repeated="16383"/>'


def test_what_an_ods_repeats_is_repeated_and_blank_rows_cost_nothing(tmp_path: Path) -> None:
    path = ods(
        tmp_path,
        row(text("ID"), text("Score", repeated=1), NOTHING)
        + row(NOTHING, repeated=900_000)
        + row(text("8", repeated=2), NOTHING, repeated=2)
        + row(NOTHING, repeated=1_048_576),
    )

    sheet = sheets.read(path)

    assert sheet == Sheet(("ID", "Score"), (900_002, 900_003), (["8", "8"], ["8", "8"]), source="marks.ods")


@pytest.mark.parametrize(
    "rows",
    [
        row(text("ID", repeated=2**40)),
        row(text("ID"), repeated=2**40),
        row(text("ID", repeated=16_384), repeated=1_048_576),
        row(NOTHING, repeated=1_048_576) + row(text("ID")),
        row(number("s-001", "")),
        "<table:table-row>",
    ],
)
def test_an_ods_made_to_do_harm_is_refused_in_silence(
    tmp_path: Path, rows: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "is not a workbook that can be read" in refusal(ods(tmp_path, rows))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (text("one", "two"), "one\ntwo"),
        (text('a<text:s text:c="2"/>b<text:tab/>c<text:line-break/><text:span>d</text:span>\n  e'), "a  b\tc\nd e"),
        (text("8<office:annotation><text:p>well done</text:p></office:annotation>"), "8"),
        (text("8<draw:frame><draw:text-box><text:p>x</text:p></draw:text-box></draw:frame>"), "8"),
        (text("<text:ruby><text:ruby-base>a</text:ruby-base><text:ruby-text>b</text:ruby-text></text:ruby>"), "a"),
        ("<table:covered-table-cell><text:p>under a merged one</text:p></table:covered-table-cell>", None),
        ('<table:table-cell office:value-type="currency" office:value="8.5"/>', 8.5),
        # An error, in OpenOffice and in an old LibreOffice.
        (number("0", "#REF!"), "#REF!"),
        (number("0", "Err:502"), "Err:502"),
        # A formula that gives an empty text, and one with a type but no value.
        ('<table:table-cell table:formula="of:=T(1)" office:value-type="string" office:string-value=""/>', None),
        ('<table:table-cell table:formula="of:=4+5" office:value-type="float"/>', "=4+5"),
        (number("NaN", ""), "#NUM!"),
        ('<table:table-cell office:value-type="date" office:date-value="2025-08-05"/>', datetime(2025, 8, 5)),
        ('<table:table-cell office:value-type="date" office:date-value="-0044-03-15"/>', "-0044-03-15"),
    ],
)  # fmt: skip
def test_a_cell_of_an_ods_is_what_is_seen_of_it(tmp_path: Path, cell: str, value: object) -> None:
    path = ods(tmp_path, row(text("ID"), text("Score")) + row(text("a"), cell))

    assert sheets.read(path).column("Score") == [value]


def test_what_other_programs_sent_is_on_no_sheet(tmp_path: Path) -> None:
    path = ods(tmp_path, row(text("ID")) + row(text("a")))
    link = f'<table:dde-links><table:table table:name="x">{row(text("x"))}</table:table></table:dde-links>'
    rewrite(path, "content.xml", "</office:spreadsheet>", f"{link}</office:spreadsheet>")

    assert sheets.read(path) == Sheet(("ID",), (2,), (["a"],), source="marks.ods")


def test_rows_in_groups_and_header_rows_count_like_any(tmp_path: Path) -> None:
    group = f"<table:table-row-group>{row(text('a'))}</table:table-row-group>"
    path = ods(tmp_path, f"<table:table-header-rows>{row(text('ID'))}</table:table-header-rows>{group}{row(text('b'))}")

    assert sheets.read(path) == Sheet(("ID",), (2, 3), (["a", "b"],), source="marks.ods")


def test_a_letter_with_a_table_is_no_spreadsheet(tmp_path: Path) -> None:
    path = ods(tmp_path, row(text("ID")) + row(text("s-001")))
    rewrite(path, "mimetype", "spreadsheet", "text")

    assert "is an archive but no spreadsheet" in refusal(path)
