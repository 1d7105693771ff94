"""Rosters: Names and Role Provisioning Services 2.0."""

from __future__ import annotations

from flask import Blueprint, Response

from .. import spec
from .claims import context_claim
from .web import bearer, here, practice

blueprint = Blueprint("nrps", __name__)


@blueprint.get("/courses/<course_id>/memberships")
def memberships(course_id: str) -> Response:
    """Answer one page of a roster, or of what has changed in it. [NRPS §2.4]"""
    platform = practice()
    rules = platform.rules
    tool = bearer(spec.SCOPE_MEMBERSHIPS)
    rules.check_accept(spec.MEMBERSHIP_CONTAINER)
    with platform.lock:
        course = platform.course(course_id)
        rules.check_resource_link(course, tool)
        page = rules.roster_page(rules.roster(course))
        body = {
            "id": here(after=None, as_of=None, limit=None),
            "context": context_claim(course),
            "members": [rules.member(course, tool, member) for member in page.entries],
        }
        links = rules.roster_links(course, page.more)
    return rules.roster_answer(body, links)
