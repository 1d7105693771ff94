"""Line items: the columns of the gradebook that belong to the asking tool. [AGS §3.2]"""

from __future__ import annotations

from flask import Blueprint, Response, request

from .. import spec
from .model import Course, LineItem, RequestError, Tool
from .web import bearer, json_answer, practice, read_json

blueprint = Blueprint("items", __name__)

_READ = (spec.SCOPE_LINE_ITEM, spec.SCOPE_LINE_ITEM_READONLY)


@blueprint.get("/courses/<course_id>/lineitems")
def container(course_id: str) -> Response:
    """Answer one page of the tool's line items, filtered. [AGS §3.2.4]"""
    tool, rules = bearer(*_READ), practice().rules
    rules.check_accept(spec.LINE_ITEM_CONTAINER)
    with practice().lock:
        course = course_of(course_id, tool)
        page = rules.item_page(rules.items(course, tool))
        body = [rules.item_json(course, item, tool) for item in page.entries]
    return json_answer(body, media_type=spec.LINE_ITEM_CONTAINER, headers=rules.grade_links(page.more))


@blueprint.post("/courses/<course_id>/lineitems")
def create(course_id: str) -> Response:
    """Add a line item; it is not idempotent. [AGS §3.2.5]"""
    platform, tool = practice(), bearer(spec.SCOPE_LINE_ITEM)
    course = course_of(course_id, tool)
    sent = read_json(spec.LINE_ITEM)
    fields = platform.rules.new_item(course, tool, sent)
    with platform.changing():
        item = LineItem(platform.next_item, tool.client_id, fields)
        platform.add_item(course, item)
    return platform.rules.created(course, item, tool, sent)


@blueprint.get("/courses/<course_id>/lineitems/<item_id>")
def read(course_id: str, item_id: str) -> Response:
    """Answer one line item."""
    tool, rules = bearer(*_READ), practice().rules
    rules.check_accept(spec.LINE_ITEM)
    course, item = find(course_id, item_id, tool)
    return json_answer(rules.item_json(course, item, tool), media_type=spec.LINE_ITEM)


@blueprint.put("/courses/<course_id>/lineitems/<item_id>")
def replace(course_id: str, item_id: str) -> Response:
    """Replace a line item whole: what is omitted is unset, its id and its link apart. [AGS §3.2.6]"""
    tool, rules = bearer(spec.SCOPE_LINE_ITEM), practice().rules
    course, item = find(course_id, item_id, tool)
    sent = read_json(spec.LINE_ITEM)
    with practice().changing():
        item.fields = rules.changed_item(course, item, tool, sent)
    return rules.replaced(course, item, tool, sent)


@blueprint.delete("/courses/<course_id>/lineitems/<item_id>")
def delete(course_id: str, item_id: str) -> Response:
    """Delete a line item with its grades, unless its life is that of a resource link. [AGS §4.3.1]"""
    tool = bearer(spec.SCOPE_LINE_ITEM)
    course, item = find(course_id, item_id, tool)
    practice().rules.check_deletable(item)
    with practice().changing():
        course.items.pop(item.number, None)
    return Response(status=204)


def find(course_id: str, item_id: str, tool: Tool) -> tuple[Course, LineItem]:
    """Return a line item of the tool's own by its URL, the query included."""
    course = course_of(course_id, tool)
    if not (item_id.isascii() and item_id.isdigit() and len(item_id) <= 9):
        raise practice().rules.odd_number()
    item = course.items.get(int(item_id))
    if item is None or item.client_id != tool.client_id:
        raise RequestError(404, "There is no such line item of this tool.")
    return course, item


def course_of(course_id: str, tool: Tool) -> Course:
    """Return the course, provided that the URL kept the query it was handed out with."""
    course = practice().course(course_id)
    if request.args.getlist("type_id") != [str(tool.number)]:
        raise RequestError(404, "The URL has lost the query it was handed out with (type_id). [AGS §3.4.1]")
    return course
