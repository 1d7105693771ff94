"""Forms in a notebook: grades from a sheet into a course, and a course to look around in.

    parts       what all forms are made of: labelled controls, a place for HTML, work in the background
    reading     what a form asks of a course
    files       choosing a sheet: by dialog, by dropping it, by its path
    choices     which line item, who a row is, which columns
    pages       a sheet, a plan and a report as HTML
    mending     the rows that cannot be sent: another value, or left out
    delivering  send, cancel, go on
    upload      the form that is made of these
    explore     the roster, and one line item beside it

They use what everybody can use: `Course.plan_grades`, `Plan.send`, `Report.resume`. What of a form is personal is
cell output and never the state of a widget, which notebooks keep: see `parts`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .reading import Course

if TYPE_CHECKING:
    import pandas as pd

    from .explore import ExploreForm
    from .upload import UploadForm


class CourseForms:
    """The forms of one course: ``course.widgets``."""

    def __init__(self, course: Course) -> None:
        self._course = course

    def __repr__(self) -> str:
        return f"Forms of {self._course.name}: .upload() and .explore(), each shown by a cell that ends with it."

    def upload(
        self,
        sheet: pd.DataFrame | str | Path | None = None,
        *,
        item: object = None,
        match: str | None = None,
        score: str | None = None,
        key: str | None = None,
    ) -> UploadForm:
        """Return a form that sends the grades of a sheet; it shows itself at the end of a cell.

        It shows what it read and what would be sent before anything is, and mends single rows. Whatever is given
        here can be chosen in the form as well.

        Args:
            sheet: a DataFrame, or the path of a file; without it, the form asks for a file.
            item: the line item: a label, an item_id, or a row of `Course.line_items`.
            match: the roster column that tells who a row is, such as "email".
            score: the sheet's column of grades.
            key: the sheet's column to match by, where it is not called as the roster's is.

        Returns:
            The form; its `sheet`, `plan` and `report` are what it made.
        """
        from .upload import UploadForm

        return UploadForm(self._course, sheet, item=item, match=match, score=score, key=key)

    def explore(self, item: object = None) -> ExploreForm:
        """Return a form that shows the roster, to search and filter, and one line item's grades beside it.

        Args:
            item: the line item to begin with: a label, an item_id, or a row of `Course.line_items`.

        Returns:
            The form; its `shown` is the frame that it shows.
        """
        from .explore import ExploreForm

        return ExploreForm(self._course, item)


__all__ = ["CourseForms"]
