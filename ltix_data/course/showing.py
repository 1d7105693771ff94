"""A course to look at and to work with by hand: pictures and forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .base import CourseBase

if TYPE_CHECKING:
    from ..forms import CourseForms
    from ..plots import CoursePlots


class Showing(CourseBase):
    """Pictures and forms of a course; what they need is loaded when they are first used.

    They ask the whole course, of which this is a part: hence the casts.
    """

    @property
    def plot(self) -> CoursePlots:
        """Pictures: ``.distribution("Quiz 1")``, ``.completion()``, ``.gradebook()`` and ``.progress_over_time()``.

        They need matplotlib: ``pip install "ltix-data[plots]"``.
        """
        from ..plots import CoursePlots

        return CoursePlots(cast(Any, self))

    @property
    def widgets(self) -> CourseForms:
        """Forms in a notebook: ``course.widgets.upload()``, ``course.widgets.explore()``."""
        from ..forms import CourseForms

        return CourseForms(cast(Any, self))
