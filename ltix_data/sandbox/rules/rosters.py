"""Rosters: who is listed, how told, in which pages. [NRPS §2]"""

from __future__ import annotations

from typing import ClassVar

from flask import Response, request

from ... import spec
from ..claims import member_message, personal
from ..model import Course, Json, Membership, RequestError, Tool
from ..paging import Changes, Page, keyset
from ..web import here, json_answer, link_header, positive
from .answers import AnswerRules


class RosterRules(AnswerRules):
    """What the roster service tells.

    `after` and `as_of` in the query are ours and travel in `Link` only: the place in the roster where a
    page begins, and the version of the roster when its first page was read.
    """

    #: Whether a roster names a URL that later reports what has changed. [NRPS §2.4.3]
    tells_differences: ClassVar[bool] = True

    def check_resource_link(self, course: Course, tool: Tool) -> None:
        """Refuse a resource link that is not the tool's own in this course. [NRPS §3.1]"""
        link = request.args.get("rlid")
        if link is not None and not course.has_link(tool.client_id, link):
            raise RequestError(404, "There is no such resource link of this tool in this course. [NRPS §3.1]")

    def roster(self, course: Course) -> list[Membership]:
        """Return all whom the request asks for, in the roster's order."""
        since = positive(request.args["since"], "since", least=0) if "since" in request.args else None
        if not self.tells_differences:
            since = None
        role = request.args.get("role")
        found = [
            member
            for member in course.members.values()
            if self.is_told(member, since) and (role is None or self.has_role(member, role))
        ]
        return sorted(found, key=lambda member: member.number)

    def is_told(self, member: Membership, since: int | None) -> bool:
        """Return whether someone is told at all, or has changed *since*.

        `Deleted` is told only in a report of differences, to those who knew them. [NRPS §2.3]
        """
        if member.status == "Deleted":
            return since is not None and member.born <= since < member.changed
        return since is None or member.changed > since

    def has_role(self, member: Membership, role: str) -> bool:
        """Return whether the filter lets someone through. [NRPS §2.4.1]"""
        return member.has(role)

    def roster_page(self, found: list[Membership]) -> Page[Membership]:
        """Return the page that the request asks for. [NRPS §2.4.2]"""
        return keyset(found, lambda member: member.number, self.page_limit())

    def roster_links(self, course: Course, more: Changes | None) -> dict[str, str]:
        """Return the Link header: the next page, and where differences will be told."""
        if not self.tells_differences:
            return link_header(next=None if more is None else here(**more))
        as_of = positive(request.args.get("as_of", str(course.version)), "as_of", least=0)
        following = None if more is None else here(**more, as_of=as_of)
        return link_header(next=following, differences=here(after=None, as_of=None, since=as_of))

    def roster_answer(self, body: Json, links: dict[str, str]) -> Response:
        """Return a page as an answer."""
        return json_answer(body, media_type=spec.MEMBERSHIP_CONTAINER, headers=links)

    def member(self, course: Course, tool: Tool, member: Membership) -> Json:
        """Return what is told of one member."""
        person = member.person
        entry: Json = {"status": member.status, "user_id": person.user_id, "roles": self.roles(member)}
        if not self.options.withhold_names:
            entry |= self.names(member)
        if "rlid" in request.args:
            entry["message"] = [member_message(course, tool, member, self.options.withhold_names, request.args["rlid"])]
        return entry

    def names(self, member: Membership) -> Json:
        """Return what says who somebody is."""
        person = member.person
        sourcedid = {"lis_person_sourcedid": person.sourcedid} if person.sourcedid else {}
        return {**personal(person), **sourcedid, "ext_user_username": person.username}

    def roles(self, member: Membership) -> list[str]:
        """Return how the roles of a member are written."""
        return list(member.roles)
