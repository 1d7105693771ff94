"""A course as users meet it: rosters, line items, results and grades as DataFrames."""

from __future__ import annotations

from .history import Remembering
from .scores import Scores
from .showing import Showing
from .uploads import Uploads


class Course(Remembering, Scores, Uploads, Showing):
    """One course of a session. Made by `Session.course` and `Session.add_course`.

    A tool sees only the line items it owns, never the platform's whole gradebook. Every method asks
    the platform anew, and raises an `LtixError` that says what to do when it cannot give all of it.

    `item` arguments take a label, an item_id, or a row of `line_items`.
    """
