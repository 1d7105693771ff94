"""What a launch says: who, where, and which services there are. [Core §5.3, §5.4]"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .. import spec
from .model import Content, Course, Json, LineItem, Membership, RequestError, Tool
from .people import Person

if TYPE_CHECKING:
    from .state import Platform

_COURSE_SECTION = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"
_ID_TOKEN_LIFETIME = 300
#: The platform's variables that a tool's custom parameters may name. [Core §B]
VARIABLES = (
    "User.id",
    "User.username",
    "Person.sourcedId",
    "Context.id",
    "Context.label",
    "ResourceLink.id",
    "ResourceLink.title",
    "ResourceLink.available.startDateTime",
    "ResourceLink.available.endDateTime",
    "ResourceLink.submission.startDateTime",
    "ResourceLink.submission.endDateTime",
)
_PERSONAL_VARIABLES = ("User.username", "Person.sourcedId")


def item_url(course: Course, item: LineItem, tool: Tool, base: str) -> str:
    """Return a line item's id. Its query is part of it, as at Moodle: without it there is no item."""
    return f"{base}/courses/{course.course_id}/lineitems/{item.number}?type_id={tool.number}"


def context_claim(course: Course) -> Json:
    """Return the course as launches and rosters name it."""
    return {"id": course.context_id, "label": course.label, "title": course.title, "type": [_COURSE_SECTION]}


def service_claims(course: Course, tool: Tool, base: str, resource_link: str | None = None) -> Json:
    """Return where a launch comes from and the services that the tool may use there.

    Raises:
        RequestError: *resource_link* is not the tool's in this course.
    """
    link = resource_link or course.links[tool.client_id]
    if not course.has_link(tool.client_id, link):
        raise RequestError(404, "There is no such resource link of this tool in this course.")
    placed = course.placed(tool.client_id, link)
    claim = {"id": link, "title": placed.title if placed else f"{tool.name} in {course.title}"}
    if placed and placed.item.get("text"):
        claim["description"] = placed.item["text"]
    return {spec.CLAIM_RESOURCE_LINK: claim, **course_claims(course, tool, base, link)}


def course_claims(course: Course, tool: Tool, base: str, link: str | None) -> Json:
    """Return the course and its services; a line item is named for a *link* only."""
    claims: Json = {spec.CLAIM_DEPLOYMENT_ID: tool.deployment_id, spec.CLAIM_CONTEXT: context_claim(course)}
    if spec.SCOPE_MEMBERSHIPS in tool.scopes:
        claims[spec.CLAIM_MEMBERSHIPS] = {
            "context_memberships_url": f"{base}/courses/{course.course_id}/memberships",
            "service_versions": ["2.0"],
        }
    if any(scope in tool.scopes for scope in spec.GRADE_SCOPES):
        claims[spec.CLAIM_GRADES] = _grades_claim(course, tool, base, link)
    return claims


def _grades_claim(course: Course, tool: Tool, base: str, link: str | None) -> Json:
    """Return the AGS claim; it names a line item only where the link has exactly one. [AGS §3.1]"""
    claim: Json = {"scope": [scope for scope in tool.scopes if scope in spec.GRADE_SCOPES]}
    if spec.SCOPE_LINE_ITEM in tool.scopes or spec.SCOPE_LINE_ITEM_READONLY in tool.scopes:
        claim["lineitems"] = f"{base}/courses/{course.course_id}/lineitems?type_id={tool.number}"
    linked = [item for item in course.items_of(tool.client_id) if item.fields.get("resourceLinkId") == link]
    if link is not None and len(linked) == 1:
        claim["lineitem"] = item_url(course, linked[0], tool, base)
    return claim


def launch_claims(
    platform: Platform,
    course: Course,
    tool: Tool,
    user_id: str,
    *,
    nonce: str,
    base: str,
    resource_link: str | None = None,
    target: str = "window",
) -> Json:
    """Return all claims of a resource link launch. [Core §5.3, §5.4]

    Raises:
        RequestError: that person is not a member of the course, or the resource link is not the tool's.
    """
    link = resource_link or course.links[tool.client_id]
    return {
        **_message(platform, course, tool, user_id, nonce=nonce, base=base, target=target, link=link),
        **service_claims(course, tool, base, link),
        spec.CLAIM_MESSAGE_TYPE: spec.RESOURCE_LINK_REQUEST,
        spec.CLAIM_TARGET_LINK_URI: target_link_uri(tool, course.placed(tool.client_id, link)),
    }


def content_claims(
    platform: Platform,
    course: Course,
    tool: Tool,
    user_id: str,
    *,
    nonce: str,
    base: str,
    settings: Json,
    target: str = "window",
) -> Json:
    """Return all claims of a deep linking request: those of a launch, but for the resource link. [DL §4.4]

    Raises:
        RequestError: that person is not a member of the course.
    """
    return {
        **_message(platform, course, tool, user_id, nonce=nonce, base=base, target=target, link=None),
        **course_claims(course, tool, base, None),
        spec.CLAIM_MESSAGE_TYPE: spec.DEEP_LINKING_REQUEST,
        spec.CLAIM_TARGET_LINK_URI: content_uri(tool),
        spec.CLAIM_DEEP_LINKING_SETTINGS: settings,
    }


def _message(
    platform: Platform,
    course: Course,
    tool: Tool,
    user_id: str,
    *,
    nonce: str,
    base: str,
    target: str,
    link: str | None,
) -> Json:
    """Return what every message through the browser says, whatever its type."""
    member = course.member(user_id)
    if member is None:
        raise RequestError(403, "This person is not a member of the course.")
    now, withheld = int(platform.now()), platform.options.withhold_names
    back = {"document_target": target, "locale": "en", "return_url": f"{base}/"}
    claims: Json = {
        "iss": base,
        "aud": tool.client_id,
        "azp": tool.client_id,
        "sub": user_id,
        "iat": now,
        "exp": now + _ID_TOKEN_LIFETIME,
        "nonce": nonce,
        spec.CLAIM_VERSION: spec.LTI_VERSION,
        spec.CLAIM_ROLES: list(member.roles),
        spec.CLAIM_TOOL_PLATFORM: _platform_claim(base),
        spec.CLAIM_LAUNCH_PRESENTATION: back,
        spec.CLAIM_CUSTOM: _custom(course, tool, member, withheld, link),
    }
    if not withheld:
        claims |= personal(member.person)
        claims[spec.CLAIM_LIS] = {"person_sourcedid": member.person.sourcedid}
    return claims


def member_message(
    course: Course, tool: Tool, member: Membership, withheld: bool, resource_link: str | None = None
) -> Json:
    """Return what a launch of that resource link would say of this member alone. [NRPS §3.2]"""
    link = resource_link if course.has_link(tool.client_id, resource_link) else course.links[tool.client_id]
    return {
        spec.CLAIM_MESSAGE_TYPE: spec.RESOURCE_LINK_REQUEST,
        spec.CLAIM_CUSTOM: _custom(course, tool, member, withheld, link),
    }


def personal(person: Person) -> Json:
    """Return name and address, as far as there are any."""
    named = {
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
    }
    return {field: value for field, value in named.items() if value}


def target_link_uri(tool: Tool, placed: Content | None = None) -> str:
    """Return where a resource link leads: to its own address, where deep linking gave it one. [DL §3.2]"""
    own = placed.item.get("url") if placed else None
    return own or tool.target_link_uri or next(iter(tool.redirect_uris), "about:blank")


def content_uri(tool: Tool) -> str:
    """Return where the tool is asked for content."""
    return tool.deep_linking_uri or target_link_uri(tool)


def _platform_claim(base: str) -> Json:
    host = re.sub(r"[^A-Za-z0-9.]+", "-", base.partition("://")[2]).strip("-")
    return {"guid": host, "name": "Practice University", "product_family_code": "ltix-practice", "version": "1"}


def _custom(course: Course, tool: Tool, member: Membership, withheld: bool, link: str | None) -> dict[str, str]:
    """Return the custom parameters, variables resolved; an unsupported one stays as it is. [Core §B]

    Those of a resource link that deep linking placed come on top of the tool's. [DL §3.2]
    """
    placed = course.placed(tool.client_id, link)
    values = {
        "$User.id": member.person.user_id,
        "$User.username": member.person.username,
        "$Person.sourcedId": member.person.sourcedid,
        "$Context.id": course.context_id,
        "$Context.label": course.label,
        **({"$ResourceLink.id": link} if link else {}),
        **(_link_values(placed) if placed else {}),
    }
    hidden = {f"${name}" for name in _PERSONAL_VARIABLES} if withheld else set()
    asked = {"practice_user": "$User.id", "practice_context": "$Context.label", **tool.custom}
    asked |= placed.item.get("custom", {}) if placed else {}
    return {name: value if value in hidden else values.get(value, value) for name, value in asked.items()}


def _link_values(placed: Content) -> dict[str, str]:
    """Return the variables of a placed resource link: its title and its times, where it has any."""
    times = {
        f"$ResourceLink.{period}.{end}": placed.item.get(period, {}).get(end)
        for period in ("available", "submission")
        for end in ("startDateTime", "endDateTime")
    }
    return {"$ResourceLink.title": placed.title, **{name: value for name, value in times.items() if value}}
