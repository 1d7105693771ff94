"""The zip archives that .xlsx and .ods files are: which of the two, and whether it is safe to unpack."""

from __future__ import annotations

import io
import zipfile
from typing import Literal

from ..errors import UsageError
from .grid import MAX_BYTES, refuse, refuse_locked

SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")


def kind(name: str, data: bytes) -> Literal["xlsx", "ods"]:
    """Return which format an archive is in, once it is known to be harmless.

    Raises:
        UsageError: it is neither, has a password, unpacks to too much, or defines XML entities.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _kind(name, archive)
    except UsageError:
        raise
    except Exception:  # zipfile raises whatever a broken file leads it into
        refuse(name, "is not a workbook that can be read: it is damaged or cut off", "Download or save it once more.")


def _kind(name: str, archive: zipfile.ZipFile) -> Literal["xlsx", "ods"]:
    entries = {entry.filename: entry for entry in archive.infolist()}
    if any(entry.flag_bits & 1 for entry in entries.values()):
        refuse_locked(name)
    if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
        refuse(name, f"unpacks to more than {MAX_BYTES >> 20} MB", "Is it a grade sheet?")
    if "[Content_Types].xml" in entries:
        types = archive.read("[Content_Types].xml")  # names in an archive vary, types do not
        if b"ms-excel.sheet.binary" in types:
            refuse(name, "is a binary workbook (.xlsb)", "Open it in a spreadsheet program and save it as .xlsx.")
        if b"spreadsheetml" in types:
            _refuse_entities(name, archive)
            return "xlsx"
    mimetype = archive.read("mimetype") if "mimetype" in entries else b"spreadsheet"
    if "content.xml" not in entries or b"spreadsheet" not in mimetype:
        refuse(name, "is an archive but no spreadsheet", "Unpack it, or export the sheet as .xlsx or CSV.")
    if "META-INF/manifest.xml" in entries and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        refuse_locked(name)  # LibreOffice encrypts the entries, not the archive
    return "ods"


def _refuse_entities(name: str, archive: zipfile.ZipFile) -> None:
    """Refuse definitions of XML entities, which may grow without end; no spreadsheet program writes any."""
    for entry in archive.namelist():
        if entry.endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.read(entry).replace(b"\0", b""):
            refuse(name, "is not a workbook that can be read", "Open it in a spreadsheet program and save it again.")
