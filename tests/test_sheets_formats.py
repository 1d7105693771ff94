"""What one format of workbook has and another has not; and files made to do harm.

`samples/sheets/locked.xlsx` was encrypted with msoffcrypto-tool; it holds a made-up id and score.
"""

from __future__ import annotations

import zipfile
from datetime import datetime
from pathlib import Path

import pytest
import xlwt
import xlwt.Cell
from spreadsheets import As, book, refusal, rewrite

from ltix_data import sheets
from ltix_data.errors import UsageError
from ltix_data.sheets import Sheet

SAMPLES = Path(__file__).parent / "samples" / "sheets"


# --- passwords and other archives ---------------------------------------------------------------


def locked(folder: Path, kind: str) -> Path:
    if kind == "xlsx":
        return SAMPLES / "locked.xlsx"
    path = book(folder, kind, Marks=[["ID"], ["s-001"]])
    if kind == "ods":
        entry = (
            '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
        )
        rewrite(path, "META-INF/manifest.xml", "</manifest:manifest>", entry + "</manifest:manifest>")
    else:
        data = path.read_bytes()
        globals_ = data.index(b"\x09\x08\x10\x00")  # a beginning of 16 bytes; FILEPASS stands in for what follows
        path.write_bytes(data[: globals_ + 20] + b"\x2f\x00" + data[globals_ + 22 :])
    return path


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_a_password_is_called_one(tmp_path: Path, kind: str) -> None:
    assert refusal(locked(tmp_path, kind)).endswith(
        "is protected by a password. Open it in a spreadsheet program and save it without one."
    )


@pytest.mark.parametrize(
    ("part", "content", "message"),
    [
        ("marks.csv", "ID,Score", "is an archive but no spreadsheet"),
        ("content.xml", "<x/>", "is not a workbook that can be read"),
        ("[Content_Types].xml", "application/vnd.ms-excel.sheet.binary.macroEnabled", r"binary workbook \(.xlsb\)"),
        ("[Content_Types].xml", "application/vnd...wordprocessingml", "is an archive but no spreadsheet"),
    ],
)
def test_an_archive_that_is_no_workbook_is_refused(tmp_path: Path, part: str, content: str, message: str) -> None:
    path = tmp_path / "marks.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, content)

    with pytest.raises(UsageError, match=message):
        sheets.read(path)


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path, kind, Marks=[["ID"], ["a"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb.xml", "w") as bomb:
        for _ in range(201):
            bomb.write(bytes(2**20))

    assert "unpacks to more than 200 MB" in refusal(path)


@pytest.mark.parametrize(
    ("kind", "part"), [("xlsx", "xl/worksheets/sheet1.xml"), ("xlsx", "xl/workbook.xml"), ("ods", "content.xml")]
)
def test_entities_are_refused_before_they_grow(tmp_path: Path, kind: str, part: str) -> None:
    path = book(tmp_path, kind, Marks=[["ID"], ["a"]])
    with zipfile.ZipFile(path) as archive:
        content = archive.read(part).decode()
    root = content.partition("?>")[2] if content.startswith("<?xml") else content

    rewrite(path, part, content, "<!-- harmless -->" + root)
    assert sheets.read(path).column("ID") == ["a"]

    rewrite(path, part, "<!-- harmless -->", '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>')
    assert "is not a workbook that can be read" in refusal(path)


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_number_that_its_format_calls_a_date_and_is_none_is_an_error(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path, kind, Marks=[["ID"], [As(1e10, "YYYY-MM-DD", "")]])

    assert sheets.read(path).column("ID") == ["#VALUE!"]


# --- .xlsx --------------------------------------------------------------------------------------

PAGE = "xl/worksheets/sheet1.xml"


def test_an_xlsx_that_claims_a_wrong_size_is_read_whole(tmp_path: Path) -> None:
    path = book(tmp_path, "xlsx", Marks=[["ID", "Score"], ["a", 8]])
    rewrite(path, PAGE, 'ref="A1:B2"', 'ref="A1"')

    assert sheets.read(path).column("Score") == [8]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<row r="2"', '<row r="99999999999"'),
        ("</sheetData>", "<sheetData>"),
        ("<v>8</v>", "<v>x</v>"),
        ("</sheetData>", "".join(f'<row r="{n}"><c r="XFD{n}"/></row>' for n in range(3, 700)) + "</sheetData>"),
    ],
)
def test_an_xlsx_made_to_do_harm_is_refused(tmp_path: Path, old: str, new: str) -> None:
    path = book(tmp_path, "xlsx", Marks=[["ID", "Score"], ["s-001", 8]])
    rewrite(path, PAGE, old, new)

    assert "is not a workbook that can be read" in refusal(path)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c r="B2"><f>4+5</f><v>9</v></c>', 9),
        ('<c r="B2"><f>4+5</f></c>', "=4+5"),
        ('<c r="B2"><f t="array" ref="B2">4+5</f></c>', "=4+5"),
        ('<c r="B2"><f t="dataTable" ref="B2" r1="A1"/></c>', "="),
        ('<c r="B2" t="str"><f>IF(A2="","",1)</f><v></v></c>', None),  # it gave an empty text
        ('<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
    ],
)
def test_a_formula_of_an_xlsx_has_the_value_that_was_saved_with_it(tmp_path: Path, cell: str, value: object) -> None:
    path = book(tmp_path, "xlsx", Marks=[["ID", "Score"], ["a", 8]])
    rewrite(path, PAGE, '<c r="B2" t="n"><v>8</v></c>', cell)
    rewrite(path, "xl/workbook.xml", ' fullCalcOnLoad="1"', "")  # openpyxl says so of all that it writes

    assert sheets.read(path).column("Score") == [value]


def test_the_zeros_that_a_script_saves_for_formulas_to_be_calculated_on_load_are_no_grades(tmp_path: Path) -> None:
    """XlsxWriter does, and pandas through it."""
    path = book(tmp_path, "xlsx", Marks=[["ID", "Score"], ["a", 8]])
    rewrite(path, PAGE, '<c r="B2" t="n"><v>8</v></c>', '<c r="B2"><f>4+5</f><v>0</v></c>')

    assert sheets.read(path).column("Score") == ["=4+5"]


# --- .xls ---------------------------------------------------------------------------------------


def test_an_xls_with_an_empty_text_has_a_blank_there(tmp_path: Path) -> None:
    """Apache POI writes them, and so do Sakai and OLAT; a formula's empty result looks much the same."""
    made = xlwt.Workbook()
    made.add_sheet("Notes")
    page = made.add_sheet("Marks")
    for row, value in enumerate(["ID", "a", "b", "c"]):
        page.write(row, 0, value)
    page.write(0, 1, "Score")
    page.row(1).insert_cell(1, xlwt.Cell.StrCell(1, 1, 0, made.add_str("")))
    page.write(2, 1, xlwt.Formula("1+1"))
    made.save(tmp_path / "marks.xls")

    assert sheets.read(tmp_path / "marks.xls").column("Score") == ["", "=(no result)", None]


def test_what_xlrd_remarks_upon_is_not_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = book(tmp_path, "xls", Marks=[["ID"], ["a"]])
    path.write_bytes(path.read_bytes() + b"x")  # its size is no multiple of anything now

    assert (sheets.read(path).column("ID"), capfd.readouterr()) == (["a"], ("", ""))


def test_a_bare_xls_without_its_container_is_read(tmp_path: Path) -> None:
    made = xlwt.Workbook()
    made.add_sheet("Marks").write(0, 0, "ID")
    made.get_sheet(0).write(1, 0, "a")
    (tmp_path / "marks.xls").write_bytes(made.get_biff_data())

    assert sheets.read(tmp_path / "marks.xls").column("ID") == ["a"]


# --- .ods ---------------------------------------------------------------------------------------


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
        + row(NOTHING, repeated=148_573),
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
