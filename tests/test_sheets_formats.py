"""What one format of workbook has and another has not; and files made to do harm.

`samples/sheets/locked.xlsx` was encrypted with msoffcrypto-tool; it holds a made-up id and score.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import xlwt
import xlwt.Cell
from spreadsheets import As, Formula, book, refusal, rewrite

from ltix_data import sheets
from ltix_data.errors import UsageError
from ltix_data.sheets import archives

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


def test_a_zip_with_a_password_is_called_one(tmp_path: Path) -> None:
    path = book(tmp_path, "xlsx", Marks=[["ID"], ["s-001"]])
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # in the table of contents: this entry is encrypted
    path.write_bytes(data)

    assert "is protected by a password" in refusal(path)


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
    if kind == "xlsx":  # refused before openpyxl sees it, for that needs defusedxml to refuse it too
        with pytest.raises(UsageError, match="is not a workbook"):
            archives.kind(path.name, path.read_bytes())


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_number_that_its_format_calls_a_date_and_is_none_is_an_error_without_a_warning(
    tmp_path: Path, kind: str, recwarn: pytest.WarningsRecorder
) -> None:
    path = book(tmp_path, kind, Marks=[["ID"], [As(1e10, "YYYY-MM-DD", "")]])

    assert (sheets.read(path).column("ID"), recwarn.list) == (["#VALUE!"], [])


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


def test_a_formula_is_seen_in_what_microsofts_own_library_writes(tmp_path: Path) -> None:
    path = book(tmp_path, "xlsx", Marks=[["ID", "Score"], ["a", Formula("=4+5")]])
    with zipfile.ZipFile(path) as archive:
        content = archive.read(PAGE).decode()
    rewrite(path, PAGE, content, re.sub(r"<(/?)(?=\w)", r"<\1x:", content).replace("xmlns=", "xmlns:x="))

    assert sheets.read(path).column("Score") == ["=4+5"]


def test_a_strict_xlsx_is_refused_and_not_taken_for_empty(tmp_path: Path) -> None:
    path = book(tmp_path, "xlsx", Marks=[["ID"], ["s-001"]])
    old, new = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    )
    for part in ("xl/workbook.xml", PAGE):
        rewrite(path, part, old, new)

    assert "is a “Strict Open XML Spreadsheet”. Save it as an “Excel Workbook (.xlsx)”" in refusal(path)


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


def test_what_xlrd_remarks_upon_is_not_printed(tmp_path: Path) -> None:
    path = book(tmp_path, "xls", Marks=[["ID"], ["a"]])
    path.write_bytes(path.read_bytes() + b"x")  # its size is no multiple of anything now
    code = "import sys; from ltix_data import sheets; print(sheets.read(sys.argv[1]).cells)"

    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("(['a'],)\n", "")


def test_a_bare_xls_without_its_container_is_read(tmp_path: Path) -> None:
    made = xlwt.Workbook()
    made.add_sheet("Marks").write(0, 0, "ID")
    made.get_sheet(0).write(1, 0, "a")
    (tmp_path / "marks.xls").write_bytes(made.get_biff_data())

    assert sheets.read(tmp_path / "marks.xls").column("ID") == ["a"]
