"""Scores, which tools send, and results, which the gradebook shows. [AGS §3.3, §3.4]"""

from __future__ import annotations

from flask import Blueprint, Response

from .. import spec
from .items import find
from .model import RequestError
from .rules.results import result_url
from .web import bearer, json_answer, practice

blueprint = Blueprint("scores", __name__)


@blueprint.post("/courses/<course_id>/lineitems/<item_id>/scores")
def post_score(course_id: str, item_id: str) -> Response:
    """Take a score."""
    platform, tool = practice(), bearer(spec.SCOPE_SCORE)
    rules = platform.rules
    course, item = find(course_id, item_id, tool)
    score = rules.read_score()
    rules.check_score(score)
    with platform.changing():
        rules.check_people(course, item, score)
        rules.record(item, score, platform.now())
    return rules.score_answer(score, result_url(course, item, tool, score["userId"]))


@blueprint.get("/courses/<course_id>/lineitems/<item_id>/results")
def results(course_id: str, item_id: str) -> Response:
    """Answer one page of results. [AGS §3.3.5]"""
    tool, rules = bearer(spec.SCOPE_RESULT_READONLY), practice().rules
    rules.check_accept(spec.RESULT_CONTAINER)
    with practice().lock:
        course, item = find(course_id, item_id, tool)
        page = rules.result_page(course, rules.result_users(course, item))
        rows = [rules.result(course, item, tool, user_id) for user_id in page.entries]
    return rules.result_answer(rows, rules.grade_links(page.more))


@blueprint.get("/courses/<course_id>/lineitems/<item_id>/results/<user_id>")
def one_result(course_id: str, item_id: str, user_id: str) -> Response:
    """Answer the result that lives at a result's id."""
    tool = bearer(spec.SCOPE_RESULT_READONLY)
    with practice().lock:
        course, item = find(course_id, item_id, tool)
        if user_id not in item.cells or course.member(user_id) is None:
            raise RequestError(404, "There is no such result.")
        return json_answer(practice().rules.result(course, item, tool, user_id))
