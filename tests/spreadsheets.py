"""Workbooks as scripts write them, in each format that is read: openpyxl, xlwt, odfpy."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import datetime, time
from io import BytesIO
from pathlib import Path

import odf.opendocument
import odf.style
import odf.table
import odf.text
import openpyxl
import pytest
import xlwt

from ltix_data import sheets
from ltix_data.errors import UsageError

CALCEXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"


@dataclass(frozen=True)
class As:
    """A number, its format, and what is seen of it."""

    value: float
    number_format: str
    seen: str


@dataclass(frozen=True)
class Formula:
    text: str


@dataclass(frozen=True)
class Error:
    text: str


def book(folder: Path, kind: str, /, hidden: str = "", **pages: list[list[object]]) -> Path:
    """Write a workbook as a script would, and return its path."""
    path = folder / f"marks.{kind}"
    path.write_bytes({"xlsx": as_xlsx, "xls": as_xls, "ods": as_ods}[kind](hidden, pages))
    return path


def as_xlsx(hidden: str, pages: dict[str, list[list[object]]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in pages.items():
        page = made.create_sheet(title)
        page.sheet_state = "hidden" if title == hidden else "visible"
        for row, values in enumerate(rows, 1):
            for column, value in enumerate(values, 1):
                cell = page.cell(row, column)
                cell.value = getattr(value, "value", getattr(value, "text", value))
                if isinstance(value, As):
                    cell.number_format = value.number_format
    return saved(made)


def as_xls(hidden: str, pages: dict[str, list[list[object]]]) -> bytes:
    made = xlwt.Workbook()
    for title, rows in pages.items():
        page = made.add_sheet(title)
        page.visibility = int(title == hidden)
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                if isinstance(value, Error):
                    page.row(row).set_cell_error(column, {"#N/A": 0x2A}.get(value.text, value.text))
                elif isinstance(value, As):
                    page.write(row, column, value.value, xlwt.easyxf(num_format_str=value.number_format))
                elif isinstance(value, (datetime, time)):
                    page.write(row, column, value, xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM"))
                elif value is not None:
                    page.write(row, column, xlwt.Formula(value.text[1:]) if isinstance(value, Formula) else value)
    return saved(made)


def as_ods(hidden: str, pages: dict[str, list[list[object]]]) -> bytes:
    made = odf.opendocument.OpenDocumentSpreadsheet()
    style = odf.style.Style(name="gone", family="table")
    style.addElement(odf.style.TableProperties(display="false"))
    made.automaticstyles.addElement(style)
    for title, rows in pages.items():
        page = odf.table.Table(name=title, **({"stylename": style} if title == hidden else {}))
        made.spreadsheet.addElement(page)
        for values in rows:
            row = odf.table.TableRow()
            page.addElement(row)
            for value in values:
                row.addElement(ods_cell(value))
    return saved(made)


def ods_cell(value: object) -> odf.element.Element:
    match value:
        case None:
            return odf.table.TableCell()
        case Formula(text):
            return odf.table.TableCell(formula=f"of:{text}")
        case Error(text):  # as LibreOffice writes it
            mark = {(CALCEXT, "value-type"): "error"}
            cell = odf.table.TableCell(formula="of:=X", valuetype="string", stringvalue="", qattributes=mark)
        case bool():
            cell, text = odf.table.TableCell(valuetype="boolean", booleanvalue=str(value).lower()), str(value).upper()
        case datetime():
            cell, text = odf.table.TableCell(valuetype="date", datevalue=value.isoformat()), f"{value:%d.%m.%y}"
        case time():
            cell, text = odf.table.TableCell(valuetype="time", timevalue=f"{value:PT%HH%MM%SS}"), f"{value:%H:%M}"
        case As(number, number_format, text):
            kind = "percentage" if number_format.endswith("%") else "float"
            cell = odf.table.TableCell(valuetype=kind, value=number)
        case str(text):
            cell = odf.table.TableCell(valuetype="string")
        case _:
            cell, text = odf.table.TableCell(valuetype="float", value=value), str(value)
    cell.addElement(odf.text.P(text=text))
    return cell


def saved(made: object) -> bytes:
    out = BytesIO()
    made.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def rewrite(path: Path, part: str, old: str, new: str) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def refusal(path: Path, sheet: str | None = None) -> str:
    with pytest.raises(UsageError) as refused:
        sheets.read(path, sheet=sheet)
    assert "s-001" not in str(refused.value)
    assert str(path.parent) not in str(refused.value)
    return str(refused.value)
