"""Line items: which fields, what is kept, what is answered. [AGS §3.2]"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from flask import Response, request

from ... import spec
from .. import checks
from ..claims import item_url
from ..model import Course, Json, LineItem, RequestError, Tool
from ..paging import Page, keyset
from ..web import base_url, json_answer
from .answers import AnswerRules

_FIELDS = frozenset(
    {
        "id",
        "label",
        "scoreMaximum",
        "resourceId",
        "resourceLinkId",
        "tag",
        "startDateTime",
        "endDateTime",
        "gradesReleased",
        "submissionReview",
    }
)


class ItemRules(AnswerRules):
    """What the line item service takes, keeps and tells."""

    #: The filters of a list: the query's name for a field. [AGS §3.2.4]
    item_filters: ClassVar[Mapping[str, str]] = {
        "resource_link_id": "resourceLinkId",
        "resource_id": "resourceId",
        "tag": "tag",
    }

    def items(self, course: Course, tool: Tool) -> list[LineItem]:
        """Return the tool's line items that the request asks for."""
        wanted = {field: request.args[name] for name, field in self.item_filters.items() if name in request.args}
        return [
            item
            for item in course.items_of(tool.client_id)
            if all(item.fields.get(field) == value for field, value in wanted.items())
        ]

    def item_page(self, found: list[LineItem]) -> Page[LineItem]:
        """Return the page that the request asks for."""
        return keyset(found, lambda item: item.number, self.page_limit())

    def item_json(self, course: Course, item: LineItem, tool: Tool) -> Json:
        """Return a line item as tools see it; times that are not set are null. [AGS §3.2.12]"""
        times = {"startDateTime": None, "endDateTime": None}
        return {"id": item_url(course, item, tool, base_url()), **times, **item.fields}

    def odd_number(self) -> RequestError:
        """Return the refusal of a line item's URL that has no number."""
        return RequestError(400, "The line item's number must be a whole number of at least 0.")

    def item_fields(self, body: Json) -> Json:
        """Return the fields that are set, checked; extensions as they came."""
        self.check_fields(body, _FIELDS)
        checks.text(body, "label", "[AGS §3.2.7]")
        checks.positive_number(body, "scoreMaximum", "[AGS §3.2.8]")
        for field, section in (("resourceId", "§3.2.10"), ("resourceLinkId", "§3.2.9"), ("tag", "§3.2.11")):
            checks.optional_text(body, field, f"[AGS {section}]")
        for field, section in (("startDateTime", "§3.2.12"), ("endDateTime", "§3.2.13")):
            if checks.optional_text(body, field, f"[AGS {section}]"):
                checks.moment(body, field, f"[AGS {section}]", fraction=False)
        if not isinstance(body.get("gradesReleased"), bool | None):
            raise RequestError(400, "gradesReleased must be true or false. [AGS §3.2.14]")
        return {field: value for field, value in body.items() if field != "id" and value not in (None, "")}

    def new_item(self, course: Course, tool: Tool, body: Json) -> Json:
        """Return the fields of a line item that is to be made. [AGS §3.2.5]"""
        fields = self.item_fields(body)
        link = fields.get("resourceLinkId")
        if link is not None and not course.has_link(tool.client_id, link):
            raise RequestError(404, "resourceLinkId is no resource link of this tool in this course. [AGS §3.2.9]")
        return fields

    def changed_item(self, course: Course, item: LineItem, tool: Tool, body: Json) -> Json:
        """Return the fields of a line item that is replaced: its id and its link stay. [AGS §3.2.6]"""
        fields = self.item_fields(body)
        if body.get("id") not in (None, item_url(course, item, tool, base_url())):
            raise RequestError(400, "The id of a line item must not change. [AGS §3.2.6]")
        link = item.fields.get("resourceLinkId")
        if fields.get("resourceLinkId") not in (None, link):
            raise RequestError(400, "The resourceLinkId of a line item must not change. [AGS §3.2.6]")
        return fields | ({"resourceLinkId": link} if link else {})

    def created(self, course: Course, item: LineItem, tool: Tool, sent: Json) -> Response:
        """Return the answer to a creation; *sent* is what the tool sent."""
        body = self.item_json(course, item, tool)
        return json_answer(body, status=201, media_type=spec.LINE_ITEM, headers={"Location": body["id"]})

    def replaced(self, course: Course, item: LineItem, tool: Tool, sent: Json) -> Response:
        """Return the answer to a replacement; *sent* is what the tool sent."""
        return json_answer(self.item_json(course, item, tool), media_type=spec.LINE_ITEM)

    def check_deletable(self, item: LineItem) -> None:
        """Refuse to delete what lives as long as its resource link. [AGS §4.3.1]"""
        if item.coupled:
            raise RequestError(403, "The platform owns this line item: it goes with its resource link. [AGS §4.3.1]")
