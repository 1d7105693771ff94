"""How things show themselves in a notebook: one look for all of them, light and dark, in plain HTML.

What is shown carries its own small style and loads nothing: it reads the same in JupyterLab, in VS Code and in a
file that nbconvert made. Where a viewer drops styles, as JupyterLab does in a notebook it does not trust, the words
and tables stay. Whatever is put in is text: it is escaped.
"""

from __future__ import annotations

import json
import numbers
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from jinja2 import Environment

Kind = Literal["info", "warning", "error", "done"]

MISSING = "–"
#: What moves a terminal's cursor, breaks a line, or turns the direction of the text that follows.
_UNRULY = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def render(template: str, **values: Any) -> str:
    """Return a template of this package as HTML: ``<div class="ltix">`` with the style and what is in it."""
    return _environment().get_template(template).render(**values)


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str, most: int = 200) -> str:
    """Return an HTML table; what is missing is “–”, and numbers stand on the right.

    Args:
        headers: what the columns are called.
        rows: one sequence of cells for each row.
        caption: what the table shows, in words.
        most: how many rows are shown; a line below tells how many are not.
    """
    return render("table.html", headers=headers, rows=[list(row) for row in rows], caption=caption, most=most)


def bars(counts: Sequence[tuple[str, int]], *, caption: str) -> str:
    """Return counts as a table of label, bar and number: it reads without colour, and without its bars."""
    return render("bars.html", counts=counts, caption=caption)


def note(text: str, *, kind: Kind) -> str:
    """Return one paragraph that begins with a word for its kind: Note, Warning, Error or Done."""
    return render("note.html", text=text, kind=kind)


def still(text: object) -> str:
    """Return text without the control characters by which a platform's words could rewrite a screen."""
    return _UNRULY.sub("\ufffd", str(text))


def quoted(text: str) -> str:
    """Return text as it is typed in Python: “"BIO101"”."""
    return json.dumps(text, ensure_ascii=False)


def tell(printer: Any, first: str, steps: Iterable[tuple[str, str]]) -> None:
    """Write *first* with IPython's pretty *printer*; and what to type next below it, unless it stands in a list."""
    printer.text(first)
    if printer.indentation:
        return
    shown = list(steps)
    width = max((len(code) for code, _ in shown), default=0)
    for code, what in shown:
        printer.text(f"\n  {still(code):<{width}}  {what}")


def cell(value: object) -> str:
    """Return the text of one cell: missing values as “–”, fractions with six digits at most."""
    if _is_missing(value):
        return MISSING
    if _is_number(value) and not isinstance(value, numbers.Integral):
        return f"{value:.6g}"
    return still(value)


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_missing(value: object) -> bool:
    """Return whether a cell is empty: None, NaN, NaT or pandas' NA, which is neither equal nor unequal."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        return True
    except ValueError:  # an array is no missing value
        return False


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__name__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": cell, "still": still}
    environment.tests["amount"] = lambda value: _is_number(value) or _is_missing(value)
    return environment
