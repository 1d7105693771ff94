"""Notebooks on the disk: read without loss, and written back whole, in the style they were in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from .. import disk
from ..errors import UsageError

_OLDEST = 4
_INDENT = re.compile(r"\{\r?\n([ \t]+)\"")


def read(path: Path) -> str:
    """Return the text of a file.

    Raises:
        UsageError: it cannot be read, or is no text.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise UsageError(f"“{path.name}” cannot be read ({what}).", hint="Give the path of a notebook.") from error
    except UnicodeDecodeError:
        raise UsageError(f"“{path.name}” is no text in UTF-8.", hint="Give the path of a notebook.") from None


def notebook(text: str, name: str) -> dict[str, Any]:
    """Return the notebook in a text.

    Raises:
        UsageError: it is no notebook, or one of a format before 4.
    """
    try:
        found = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):  # the error itself would quote the file
        raise UsageError(f"“{name}” is no notebook: it is not JSON.", hint="Give the path of an .ipynb file.") from None
    if not isinstance(found, dict) or not isinstance(found.get("nbformat"), int):
        raise UsageError(f"“{name}” is no notebook: it has no “nbformat”.", hint="Give the path of an .ipynb file.")
    if found["nbformat"] < _OLDEST or not isinstance(found.get("cells"), list):
        raise UsageError(
            f"“{name}” is a notebook of a format before 4, which Jupyter has not written since 2014.",
            hint="Open it in JupyterLab and save it, then try again.",
        )
    return found


def like(text: str, changed: dict[str, Any]) -> str:
    """Return a notebook as JSON, laid out as its *text* was, so that a comparison shows what was removed alone."""
    found = _INDENT.match(text.removeprefix("\ufeff"))
    ascii_only = text.isascii() and re.search(r"\\u[0-9a-f]{4}", text) is not None
    layout: dict[str, Any] = {"indent": found[1] if found else None, "ensure_ascii": ascii_only}
    if found is None and '": ' not in text[:200]:
        layout["separators"] = (",", ":")
    written = json.dumps(changed, **layout)
    try:
        written.encode("utf-8")
    except UnicodeEncodeError:  # half a character, as a cut text leaves it
        written = json.dumps(changed, **{**layout, "ensure_ascii": True})
    if "\r\n" in text:
        written = written.replace("\n", "\r\n")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    return mark + written + text[len(text.rstrip()) :]


def write(path: Path, text: str) -> None:
    """Put a text in the place of a file: whole or not at all, with the same permissions.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        disk.put(path, text.encode("utf-8"))
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise UsageError(
            f"“{path.name}” cannot be written ({what}); it is as it was.", hint="Check the folder."
        ) from error
