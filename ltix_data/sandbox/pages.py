"""What a person sees: courses and what is in them, a login, invitations to register, and the gradebook.

`/registrations/new`, `/tools` and `/tools/<client_id>` answer JSON to those who ask for it
(``Accept: application/json``): scripts have no eyes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from .. import spec
from .claims import service_claims
from .keysets import is_web_address
from .model import Content, Course, Json, RequestError, Tool
from .options import ITEM_TYPES
from .web import base_url, json_answer, parse_object, practice

blueprint = Blueprint("pages", __name__)

#: How many learners the login page offers; nobody reads 3,000.
_LEARNERS_OFFERED = 20


@blueprint.get("/")
def home() -> str:
    """Show courses and tools."""
    platform = practice()
    tools = list(platform.tools.values())
    return render_template("home.html", courses=platform.courses.values(), tools=tools)


@blueprint.get("/courses/<course_id>")
def course(course_id: str) -> str:
    """Show what is in a course: the tools it is deployed with, and what deep linking has placed."""
    platform = practice()
    found = platform.course(course_id)
    with platform.lock:
        placed = [(content, _column(found, content)) for content in found.contents.values()]
        tools = list(platform.tools.values())
    member = found.member(session.get("user_id", ""))
    teaches = member is not None and member.has("Instructor")
    return render_template(
        "course.html", course=found, tools=tools, placed=placed, types=ITEM_TYPES, member=member, teaches=teaches
    )


@blueprint.app_context_processor
def _visitor() -> Json:
    """Tell every page who is logged in."""
    return {"person": practice().find_person(session.get("user_id", ""))}


@blueprint.get("/login")
def login() -> str:
    """Offer people to be: all who teach the course, some who learn there."""
    course = practice().course(request.args.get("course", "SEM12"))
    members = [member for member in course.members.values() if member.status != "Deleted"]
    teachers = [member for member in members if member.has("Instructor")]
    learners = [member for member in members if member.has("Learner")][:_LEARNERS_OFFERED]
    groups = {"Teachers and assistants": teachers, "Learners": learners}
    coming = {name: request.args.get(name, "") for name in ("client", "then")}
    return render_template("login.html", course=course, coming=coming, groups=groups)


@blueprint.post("/login")
def log_in() -> AnyResponse:
    """Become that person; there are no passwords in practice."""
    user_id = request.form.get("user_id", "")
    if practice().find_person(user_id) is None:
        raise RequestError(400, "There is no such person.")
    session["user_id"] = user_id
    return redirect(_next_page(request.form), 303)


@blueprint.post("/logout")
def log_out() -> AnyResponse:
    """Be nobody."""
    session.clear()
    return redirect(url_for("pages.home"), 303)


@blueprint.get("/registrations/new")
def invite() -> AnyResponse | str:
    """Issue a registration token, and lead to the tool's registration address when one is given."""
    tool = request.args.get("tool", "").strip()
    if tool and not is_web_address(tool):
        raise RequestError(400, "The tool's address must be https (or http on this machine).")
    query = {"openid_configuration": f"{base_url()}/.well-known/openid-configuration"}
    if tool:
        query["registration_token"] = practice().registration_token()
        return redirect(f"{tool}{'&' if '?' in tool else '?'}{urlencode(query)}")
    if _wants_json():
        return json_answer(query | {"registration_token": practice().registration_token()})
    return render_template("invite.html", close_message=spec.CLOSE_MESSAGE)


@blueprint.get("/tools/new")
def new_tool() -> str:
    """Show the form an administrator pastes a tool's public key into."""
    return render_template("new_tool.html", base=base_url())


@blueprint.post("/tools")
def add_tool() -> AnyResponse:
    """Register a tool by hand: from that form, or from the same fields as JSON."""
    fields = parse_object(request.get_data()) if request.mimetype == spec.JSON else _form()
    single = ("jwks_uri", "initiate_login_uri", "target_link_uri", "deep_linking_uri")
    addresses = [*(fields.get(name) for name in single), *fields.get("redirect_uris", [])]
    if not all(is_web_address(address) for address in addresses if address):
        raise RequestError(400, "Addresses must be https (or http on this machine).")
    try:
        tool = practice().add_tool(**fields)
    except (ValueError, TypeError) as error:
        raise RequestError(400, f"This tool cannot be registered: {error}") from error
    if request.mimetype == spec.JSON:
        return json_answer(_settings(tool), status=201)
    return redirect(url_for("pages.tool", client_id=tool.client_id), 303)


@blueprint.get("/tools/<client_id>")
def tool(client_id: str) -> AnyResponse | str:
    """Show what the tool's owner has to know: ids, endpoints, and each course's service addresses."""
    found = practice().tools.get(client_id)
    if found is None:
        raise RequestError(404, "There is no such tool.")
    settings = _settings(found)
    if _wants_json():
        return json_answer(settings)
    text = json.dumps(settings["courses"], indent=2, ensure_ascii=False)
    return render_template("tool.html", tool=found, settings=settings, courses=text)


@blueprint.get("/courses/<course_id>/gradebook/<client_id>")
def gradebook(course_id: str, client_id: str) -> Response | str:
    """Show what a teacher sees of a tool's line items."""
    course = practice().course(course_id)
    with practice().lock:
        items = course.items_of(client_id)
        rows = [
            (member, [item.cells[user_id].visible(item.out_of) if user_id in item.cells else None for item in items])
            for user_id, member in course.members.items()
            if member.has("Learner") and member.status != "Deleted"
        ]
    tool = practice().tools.get(client_id)
    return render_template("gradebook.html", course=course, tool=tool, items=items, rows=rows)


def _column(course: Course, content: Content) -> Json | None:
    """Return the column that came with a placed link, if there is one."""
    columns = [item.fields for item in course.items.values() if item.coupled]
    return next((c for c in columns if content.link_id and c.get("resourceLinkId") == content.link_id), None)


def _next_page(form: Mapping[str, str]) -> str:
    """Return where somebody goes who has just logged in: to what they came for."""
    then, course, client = (form.get(name, "") for name in ("then", "course", "client"))
    if then.startswith(url_for("pages.home") + "courses/"):  # a page of this platform, and no other's
        return then
    if course and client:
        return url_for("oidc.start", course_id=course, client_id=client)
    return url_for("pages.course", course_id=course) if course in practice().courses else url_for("pages.home")


def _settings(tool: Tool) -> Json:
    base = base_url()
    return {
        "name": tool.name,
        "issuer": base,
        "client_id": tool.client_id,
        "deployment_id": tool.deployment_id,
        "auth_url": f"{base}/auth",
        "token_url": f"{base}/token",
        "jwks_url": f"{base}/jwks",
        "courses": {course.course_id: service_claims(course, tool, base) for course in practice().courses.values()},
    }


def _form() -> Json:
    form = {name: value.strip() for name, value in request.form.items() if value.strip()}
    known = ("name", "jwks_uri", "initiate_login_uri", "target_link_uri", "deep_linking_uri")
    fields: Json = {key: form[key] for key in known if key in form}
    fields["redirect_uris"] = form.get("redirect_uris", "").split()
    if "jwks" in form:
        fields["jwks"] = parse_object(form["jwks"].encode())
    return fields


def _wants_json() -> bool:
    return request.headers.get("Accept", "").startswith(spec.JSON)
