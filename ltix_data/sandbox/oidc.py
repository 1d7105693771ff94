"""Launches: third-party-initiated login, then a signed message through the browser. [Security §5.1.1]

The same way leads to a resource link and to a request for content (see `deeplinking`): the hint that
travels with the login knows which of the two was begun.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from .claims import content_claims, launch_claims, target_link_uri
from .model import Course, Json, RequestError, Tool
from .state import Platform
from .web import base_url, here, json_answer, practice

blueprint = Blueprint("oidc", __name__)

#: Seconds between a click on a link and the tool's answer.
_HINT_LIFETIME = 600
#: What an authentication request must say to the letter. [Security §5.1.1.2]
_FIXED = {"response_type": "id_token", "response_mode": "form_post", "scope": "openid", "prompt": "none"}


@dataclass(frozen=True, slots=True)
class Hint:
    """A launch that was begun: who clicked what of which tool where.

    It leads to the resource link *link_id*, or asks for content where there are deep linking *settings*.
    """

    user_id: str
    course_id: str
    client_id: str
    message_hint: str
    expires: float
    target: str
    link_id: str | None = None
    settings: Json | None = None


@blueprint.get("/jwks")
def jwks() -> Response:
    """Answer the platform's public key set."""
    return json_answer(practice().key.jwks())


@blueprint.get("/courses/<course_id>/launch/<client_id>")
def start(course_id: str, client_id: str) -> AnyResponse | str:
    """Send the browser to the tool, which has to ask who it is. [Security §5.1.1.1]

    ``link`` in the query is the id of a resource link that deep linking placed; ``frame=1`` shows the tool
    inside a page of the platform.
    """
    platform = practice()
    tool = require_tool(platform, client_id)
    course = platform.course(course_id)
    link = request.args.get("link")
    if link is not None and not course.has_link(client_id, link):
        raise RequestError(404, "There is no such resource link of this tool in this course.")
    if course.member(session.get("user_id", "")) is None:
        return ask_who(course_id)
    if wants_frame():
        return frame(course, tool)
    return begin(course, tool, target_link_uri(tool, course.placed(client_id, link)), link_id=link)


def require_tool(platform: Platform, client_id: str) -> Tool:
    """Return a tool that can be launched."""
    tool = platform.tools.get(client_id)
    if tool is None or not tool.initiate_login_uri:
        raise RequestError(404, "There is no such tool, or it was registered without initiate_login_uri.")
    if not tool.active:
        raise platform.rules.inactive()
    return tool


def ask_who(course_id: str) -> AnyResponse:
    """Send the browser to the login, from where it comes back to this page."""
    then = request.full_path.rstrip("?")
    return redirect(url_for("pages.login", course=course_id, then=request.script_root + then))


def wants_frame() -> bool:
    """Return whether the tool shall be shown inside a page of the platform."""
    return request.args.get("frame", "") not in ("", "0")


def frame(course: Course, tool: Tool) -> str:
    """Show this same launch within a frame: browsers treat cookies differently there."""
    return render_template("frame.html", course=course, tool=tool, inner=here(frame=None, target="iframe"))


def begin(
    course: Course, tool: Tool, target_uri: str, *, link_id: str | None = None, settings: Json | None = None
) -> AnyResponse:
    """Send the browser to the tool's login address; the person logged in here is a member of the course."""
    platform = practice()
    hint, message_hint = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    target = "iframe" if request.args.get("target") == "iframe" else "window"
    with platform.lock:
        _forget_expired(platform)
        expires = platform.now() + _HINT_LIFETIME
        platform.login_hints[hint] = Hint(
            session["user_id"], course.course_id, tool.client_id, message_hint, expires, target, link_id, settings
        )
    query = {
        "iss": base_url(),
        "target_link_uri": target_uri,
        "login_hint": hint,
        "lti_message_hint": message_hint,
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
    }
    address = tool.initiate_login_uri or ""
    return redirect(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}")


@blueprint.route("/auth", methods=["GET", "POST"])
def authorize() -> str:
    """Answer an authentication request with a form that posts the launch to the tool. [Security §5.1.1.3]

    Until the redirect_uri is known to be the tool's own, nothing is sent there.
    """
    platform = practice()
    asked = request.form if request.method == "POST" else request.args
    tool = platform.tools.get(asked.get("client_id", ""))
    if tool is None:
        raise RequestError(400, "client_id is no registered tool.")
    target = asked.get("redirect_uri", "")
    if target not in tool.redirect_uris:
        raise RequestError(400, "redirect_uri is not one that the tool registered, to the letter.")
    fields = _answer(platform, tool, asked.to_dict())
    if "state" in asked:
        fields["state"] = asked["state"]
    return render_template("post.html", target=target, fields=fields)


def _answer(platform: Platform, tool: Tool, asked: dict[str, str]) -> dict[str, str]:
    for name, value in _FIXED.items():
        if asked.get(name) != value:
            return _error("invalid_request", f"{name} must be {value}.")
    for name in ("state", "nonce", "login_hint"):
        if not asked.get(name):
            return _error("invalid_request", f"{name} is missing.")
    with platform.lock:
        hint = platform.login_hints.get(asked["login_hint"])
        if hint is None or hint.client_id != tool.client_id or hint.expires <= platform.now():
            return _error("invalid_request", "login_hint is not one that this platform gave to this tool lately.")
        if asked.get("lti_message_hint") != hint.message_hint:
            return _error("invalid_request", "lti_message_hint must come back as it was sent.")
        if session.get("user_id") != hint.user_id:
            return _error("login_required", "The browser is not logged in as the person of the login_hint.")
        del platform.login_hints[asked["login_hint"]]
        return {"id_token": platform.key.sign(_claims(platform, tool, hint, asked["nonce"]))}


def _claims(platform: Platform, tool: Tool, hint: Hint, nonce: str) -> Json:
    course = platform.course(hint.course_id)
    said = {"nonce": nonce, "base": base_url(), "target": hint.target}
    if hint.settings is not None:
        return content_claims(platform, course, tool, hint.user_id, settings=hint.settings, **said)
    return launch_claims(platform, course, tool, hint.user_id, resource_link=hint.link_id, **said)


def _error(error: str, description: str) -> Json:
    return {"error": error, "error_description": description}


def _forget_expired(platform: Platform) -> None:
    now = platform.now()
    for known in [known for known, hint in platform.login_hints.items() if hint.expires <= now]:
        del platform.login_hints[known]
