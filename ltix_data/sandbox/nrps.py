"""Rosters: Names and Role Provisioning Services 2.0."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request

from .. import spec
from .claims import context_claim, member_message, personal
from .model import Course, Json, Membership, RequestError, Tool
from .web import bearer, here, json_answer, link_header, page_limit, positive, practice, require_accept

blueprint = Blueprint("nrps", __name__)


@blueprint.get("/courses/<course_id>/memberships")
def memberships(course_id: str) -> Response:
    """Answer one page of a roster, or of what has changed in it. [NRPS §2.4]

    `after` and `as_of` are ours and travel in `Link` only: the place in the roster where this page
    begins, and the version of the roster when its first page was read.
    """
    platform = practice()
    tool = bearer(spec.SCOPE_MEMBERSHIPS)
    require_accept(spec.MEMBERSHIP_CONTAINER)
    with platform.lock:
        course = platform.course(course_id)
        _check_resource_link(course, tool)
        found = list(filter(_filter(), course.members.values()))
        found.sort(key=lambda member: member.number)
        limit = page_limit()
        page = found[:limit]
        as_of = positive(request.args.get("as_of", str(course.version)), "as_of", least=0)
        more = here(after=page[-1].number, as_of=as_of) if len(found) > limit else None
        body = {
            "id": here(after=None, as_of=None, limit=None),
            "context": context_claim(course),
            "members": [_member(course, tool, member) for member in page],
        }
    links = link_header(next=more, differences=here(after=None, as_of=None, since=as_of))
    return json_answer(body, media_type=spec.MEMBERSHIP_CONTAINER, headers=links)


def _check_resource_link(course: Course, tool: Tool) -> None:
    """Refuse a resource link that is not the tool's own in this course. [NRPS §3.1]"""
    link = request.args.get("rlid")
    if link is not None and link != course.links.get(tool.client_id):
        raise RequestError(404, "There is no such resource link of this tool in this course. [NRPS §3.1]")


def _filter() -> Callable[[Membership], bool]:
    """Return whether a membership belongs to this page or a later one."""
    after = positive(request.args.get("after", "0"), "after", least=0)
    since = positive(request.args["since"], "since", least=0) if "since" in request.args else None
    role = request.args.get("role")

    def wanted(member: Membership) -> bool:
        if member.number <= after:
            return False
        if member.status == "Deleted":  # told only in a report of differences, to those who knew them [NRPS §2.3]
            return since is not None and member.born <= since < member.changed
        return (since is None or member.changed > since) and (role is None or member.has(role))

    return wanted


def _member(course: Course, tool: Tool, member: Membership) -> Json:
    entry: Json = {"status": member.status, "user_id": member.person.user_id, "roles": list(member.roles)}
    withheld = practice().options.withhold_names
    if not withheld:
        entry |= personal(member.person)
        if member.person.sourcedid:
            entry["lis_person_sourcedid"] = member.person.sourcedid
        entry["ext_user_username"] = member.person.username
    if "rlid" in request.args:
        entry["message"] = [member_message(course, tool, member, withheld)]
    return entry
