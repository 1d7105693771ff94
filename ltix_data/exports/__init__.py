"""Grade exports of Canvas, Moodle, Blackboard and others: what a `Sheet` is, and how to read it.

    export      Export: the sheet, its keys, score columns, maxima, units, rows to skip
    columns     score_column, key_column: from what a caller wrote to the sheet's column
    reading     cells and columns, as every kind looks at them
    canvas, moodle, blackboard, brightspace, gradescope, nbgrader, google_forms
                one kind each: the evidence it needs is in the module's docstring

A kind is recognised by shapes that nobody writes by hand; everything else is a plain table, and stays
as it is. No number is guessed: where a file contradicts itself, `Export.notes` say so.
"""

from __future__ import annotations

from collections.abc import Callable

from ..sheets import Sheet
from . import blackboard, brightspace, canvas, google_forms, gradescope, moodle, nbgrader
from .columns import key_column, score_column
from .export import Export

__all__ = ["Export", "key_column", "recognise", "score_column"]

_KINDS: tuple[Callable[[Sheet, str | None], Export | None], ...] = (
    canvas.recognise,
    moodle.recognise,
    blackboard.recognise,
    brightspace.recognise,
    gradescope.recognise,
    nbgrader.recognise,
    google_forms.recognise,
)


def recognise(sheet: Sheet, label: str | None = None) -> Export:
    """Return what kind of export *sheet* is, and how to read it; a plain table has the name None.

    Args:
        sheet: the table as it stands in the file.
        label: the assignment that is meant, for kinds that hold several below each other (nbgrader):
            the line item's label, or what the caller wrote as score where that is none of the columns.
            Rows of other assignments are skipped.
    """
    for recognised in _KINDS:
        if (export := recognised(sheet, label)) is not None:
            return export
    return Export(name=None, sheet=sheet)
