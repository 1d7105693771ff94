"""Line items: the columns of the gradebook that belong to the asking tool. [AGS §3.2]"""

from __future__ import annotations

from flask import Blueprint, Response, request

from .. import spec
from . import checks
from .claims import item_url
from .model import Course, Json, LineItem, RequestError, Tool
from .web import (
    base_url,
    bearer,
    here,
    json_answer,
    link_header,
    page_limit,
    positive,
    practice,
    read_json,
    require_accept,
)

blueprint = Blueprint("items", __name__)

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
_FILTERS = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId", "tag": "tag"}
_READ = (spec.SCOPE_LINE_ITEM, spec.SCOPE_LINE_ITEM_READONLY)


@blueprint.get("/courses/<course_id>/lineitems")
def container(course_id: str) -> Response:
    """Answer one page of the tool's line items, filtered. [AGS §3.2.4]"""
    tool = bearer(*_READ)
    require_accept(spec.LINE_ITEM_CONTAINER)
    after = positive(request.args.get("after", "0"), "after", least=0)
    wanted = {field: request.args[name] for name, field in _FILTERS.items() if name in request.args}
    with practice().lock:
        course = course_of(course_id, tool)
        found = [
            item
            for item in course.items_of(tool.client_id)
            if item.number > after and all(item.fields.get(field) == value for field, value in wanted.items())
        ]
        limit = page_limit()
        page = [as_json(course, item, tool) for item in found[:limit]]
    more = here(after=found[limit - 1].number) if len(found) > limit else None
    return json_answer(page, media_type=spec.LINE_ITEM_CONTAINER, headers=link_header(next=more))


@blueprint.post("/courses/<course_id>/lineitems")
def create(course_id: str) -> Response:
    """Add a line item; it is not idempotent. [AGS §3.2.5]"""
    platform, tool = practice(), bearer(spec.SCOPE_LINE_ITEM)
    course = course_of(course_id, tool)
    fields = _checked(read_json(spec.LINE_ITEM))
    link = fields.get("resourceLinkId")
    if link is not None and link != course.links[tool.client_id]:
        raise RequestError(404, "resourceLinkId is no resource link of this tool in this course. [AGS §3.2.9]")
    with platform.changing():
        item = LineItem(platform.next_item, tool.client_id, fields)
        platform.add_item(course, item)
    body = as_json(course, item, tool)
    return json_answer(body, status=201, media_type=spec.LINE_ITEM, headers={"Location": body["id"]})


@blueprint.get("/courses/<course_id>/lineitems/<item_id>")
def read(course_id: str, item_id: str) -> Response:
    """Answer one line item."""
    tool = bearer(*_READ)
    require_accept(spec.LINE_ITEM)
    course, item = find(course_id, item_id, tool)
    return json_answer(as_json(course, item, tool), media_type=spec.LINE_ITEM)


@blueprint.put("/courses/<course_id>/lineitems/<item_id>")
def replace(course_id: str, item_id: str) -> Response:
    """Replace a line item whole: what is omitted is unset, its id and its link apart. [AGS §3.2.6]"""
    tool = bearer(spec.SCOPE_LINE_ITEM)
    course, item = find(course_id, item_id, tool)
    body = read_json(spec.LINE_ITEM)
    fields = _checked(body)
    if body.get("id") not in (None, item_url(course, item, tool, base_url())):
        raise RequestError(400, "The id of a line item must not change. [AGS §3.2.6]")
    with practice().changing():
        link = item.fields.get("resourceLinkId")
        if fields.get("resourceLinkId") not in (None, link):
            raise RequestError(400, "The resourceLinkId of a line item must not change. [AGS §3.2.6]")
        item.fields = fields | ({"resourceLinkId": link} if link else {})
    return json_answer(as_json(course, item, tool), media_type=spec.LINE_ITEM)


@blueprint.delete("/courses/<course_id>/lineitems/<item_id>")
def delete(course_id: str, item_id: str) -> Response:
    """Delete a line item with its grades, unless its life is that of a resource link. [AGS §4.3.1]"""
    tool = bearer(spec.SCOPE_LINE_ITEM)
    course, item = find(course_id, item_id, tool)
    if item.coupled:
        raise RequestError(403, "The platform owns this line item: it goes with its resource link. [AGS §4.3.1]")
    with practice().changing():
        course.items.pop(item.number, None)
    return Response(status=204)


def find(course_id: str, item_id: str, tool: Tool) -> tuple[Course, LineItem]:
    """Return a line item of the tool's own by its URL, the query included."""
    course = course_of(course_id, tool)
    item = course.items.get(positive(item_id, "The line item's number", least=0))
    if item is None or item.client_id != tool.client_id:
        raise RequestError(404, "There is no such line item of this tool.")
    return course, item


def course_of(course_id: str, tool: Tool) -> Course:
    """Return the course, provided that the URL kept the query it was handed out with."""
    course = practice().course(course_id)
    if request.args.getlist("type_id") != [str(tool.number)]:
        raise RequestError(404, "The URL has lost the query it was handed out with (type_id). [AGS §3.4.1]")
    return course


def as_json(course: Course, item: LineItem, tool: Tool) -> Json:
    """Return a line item as tools see it; times that are not set are null. [AGS §3.2.12]"""
    times = {"startDateTime": None, "endDateTime": None}
    return {"id": item_url(course, item, tool, base_url()), **times, **item.fields}


def _checked(body: Json) -> Json:
    """Return the fields that are set, checked; extensions as they came."""
    checks.only_known(body, _FIELDS)
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
