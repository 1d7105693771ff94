"""Line items of a course: the gradebook columns this tool owns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .. import choosing, frames
from ..errors import UsageError
from ..records import LineItem
from ..services.grades import Grades
from .base import CourseBase

if TYPE_CHECKING:
    import pandas as pd


class LineItems(CourseBase):
    """Reading, making, changing and deleting line items."""

    def line_items(
        self, tag: str | None = None, resource_id: str | None = None, resource_link: str | None = None
    ) -> pd.DataFrame:
        """Return this tool's line items (gradebook columns), one row for each.

        Returns:
            Columns item_id (the URL), label (text), out_of (float64, points), tag, resource_id,
            resource_link_id (text, missing where unset), starts_at, ends_at (datetime64 UTC, missing
            where unset), coupled (bool: the platform made it for its own link), grades_released
            (boolean, missing where the platform does not say).
        """
        service = self.service(Grades)
        filters = {"tag": tag, "resource_id": resource_id, "resource_link": resource_link}
        items = service.line_items(**{name: choosing.text(value, name) for name, value in filters.items()})
        return frames.line_items(items, self._is_coupled)

    def create_line_item(
        self,
        label: str,
        out_of: float,
        *,
        tag: str | None = None,
        resource_id: str | None = None,
        resource_link: str | None = None,
        starts: datetime | None = None,
        ends: datetime | None = None,
        grades_released: bool | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> pd.Series[Any]:
        """Create a line item; return it as a row of `line_items`, as the platform stored it.

        Creating twice makes two columns: look in `line_items` first. [AGS §3.2.5]

        Args:
            label: what the column is called.
            out_of: its maximum in points, above 0.
            tag: a mark of the tool's own, such as "grade".
            resource_id: the tool's own id of what is graded.
            resource_link: the id of a resource link of this course that it belongs to.
            starts: when submissions begin; a time without a zone is local time.
            ends: when they end.
            grades_released: whether learners may see the grades.
            extensions: further fields, by fully qualified URL. [AGS §3.1.2]
        """
        service = self.service(Grades)
        given = _checked(label, out_of, tag, resource_id, starts, ends, grades_released)
        item = LineItem(
            label=given.pop("label") or "",
            out_of=given.pop("out_of") or 0.0,
            resource_link_id=choosing.text(resource_link, "resource_link"),
            extensions=choosing.extensions(extensions),
            **given,
        )
        return self._row(service.create(item))

    def update_line_item(
        self,
        item: object,
        *,
        label: str | None = None,
        out_of: float | None = None,
        tag: str | None = None,
        resource_id: str | None = None,
        starts: datetime | None = None,
        ends: datetime | None = None,
        grades_released: bool | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> pd.Series[Any]:
        """Change a line item and keep what is not named; return it as the platform stored it.

        A blank text takes a field away. Platforms rescale the grades to a new maximum. [AGS §3.2.6]
        """
        service = self.service(Grades)
        changes = _checked(label, out_of, tag, resource_id, starts, ends, grades_released)
        added = choosing.extensions(extensions)
        before = self._item(item)
        named = {key: value for key, value in changes.items() if value is not None}
        if added:
            named["extensions"] = {**before.extensions, **added}
        return self._row(service.update(before.item_id or "", **named))

    def delete_line_item(self, item: object, *, force: bool = False) -> None:
        """Delete a line item with all its grades; the coupled one needs ``force=True``. [AGS §4.3]"""
        found = self._item(item)
        self._grades_for(found).delete(found, force=force)

    def _row(self, item: LineItem) -> pd.Series[Any]:
        return frames.line_items([item], self._is_coupled).iloc[0]

    def _is_coupled(self, item: LineItem) -> bool:
        return self._grades_for(item).is_coupled(item)

    def _grades_for(self, item: LineItem) -> Grades:
        """Return the service as a launch of *item*'s own link gives it: a course can have many links. [AGS §3.1]"""
        service = self.service(Grades)
        if item.item_id in self._known.coupled_urls:
            service.endpoint = {**service.endpoint, "lineitem": item.item_id}
        return service


def _checked(
    label: object, out_of: object, tag: object, resource_id: object, starts: object, ends: object, released: object
) -> dict[str, Any]:
    """Return the fields of a `LineItem` that were given; any missing value of a frame counts as none."""
    if released is not None and not isinstance(released, bool):
        raise UsageError("grades_released must be True or False.")
    return {
        "label": choosing.text(label, "label"),
        "out_of": choosing.amount(out_of, "out_of", spec="AGS §3.2.8"),
        "tag": choosing.text(tag, "tag"),
        "resource_id": choosing.text(resource_id, "resource_id"),
        "starts_at": choosing.moment(starts, "starts"),
        "ends_at": choosing.moment(ends, "ends"),
        "grades_released": released,
    }
