"""Deep linking: a teacher asks a tool for content, the tool's signed answer is placed in the course. [DL §2]

The request takes the way of every launch (see `oidc`). Its `data` is the one thing that the answer is known
by: the browser that carries it may send no cookie from the tool's page. An answer is good once, and a
refused one leaves the request open.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

import jwt
from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from .. import spec
from . import contents, oidc
from .claims import content_uri
from .model import Content, Course, Json, LineItem, RequestError, Tool
from .options import SAID, Accepts
from .state import Platform
from .web import base_url, practice

blueprint = Blueprint("deeplinking", __name__)

#: Seconds that a person may take in the tool.
_REQUEST_LIFETIME = 3600
#: An answer may not be older than this, whatever it says of its own end; seconds.
_OLDEST = 3600
_TEXTS = (spec.CLAIM_MESSAGE, spec.CLAIM_LOG, spec.CLAIM_ERROR_MESSAGE, spec.CLAIM_ERROR_LOG)


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that waits for its answer."""

    course_id: str
    client_id: str
    accepts: Accepts
    expires: float


@blueprint.get("/courses/<course_id>/deep_linking/<client_id>")
def start(course_id: str, client_id: str) -> AnyResponse | str:
    """Ask a tool for content; only who teaches the course may.

    ``type`` (as often as needed), ``multiple`` and ``line_items`` (yes, no, unsaid) and ``media_types`` in the
    query say what may come, instead of the options; ``frame=1`` shows the tool inside a page of the platform.
    """
    platform = practice()
    tool = oidc.require_tool(platform, client_id)
    if not tool.offers_content:
        raise RequestError(404, f"The tool did not register for {spec.DEEP_LINKING_REQUEST}.")
    course = platform.course(course_id)
    member = course.member(session.get("user_id", ""))
    if member is None:
        return oidc.ask_who(course_id)
    if not member.has("Instructor"):
        raise RequestError(403, "Only who teaches the course adds content to it.")
    if oidc.wants_frame():
        return oidc.frame(course, tool)
    settings = ask(platform, course, tool, _limits(platform.options.accepts), base_url())
    return oidc.begin(course, tool, content_uri(tool), settings=settings)


@blueprint.post("/courses/<course_id>/deep_linking/<client_id>")
def receive(course_id: str, client_id: str) -> str:
    """Place what the tool answers in the course. [DL §2.3, §4.5]"""
    platform = practice()
    course, tool = platform.course(course_id), oidc.require_tool(platform, client_id)
    claims = _verified(platform, tool)
    with platform.changing():
        pending = _pending(platform, course, tool, claims)
        items = contents.checked(claims.get(spec.CLAIM_CONTENT_ITEMS, []), pending.accepts)
        del platform.content_requests[claims[spec.CLAIM_DATA]]
        placed = [place(platform, course, tool, item, pending.accepts) for item in items]
    said = {"message": claims.get(spec.CLAIM_MESSAGE), "error": claims.get(spec.CLAIM_ERROR_MESSAGE)}
    return render_template("placed.html", course=course, tool=tool, placed=placed, **said)


@blueprint.post("/courses/<course_id>/contents/<int:number>/remove")
def remove(course_id: str, number: int) -> AnyResponse:
    """Take a placed item out of the course, and the column that came with it; only a teacher may."""
    platform, course = practice(), practice().course(course_id)
    member = course.member(session.get("user_id", ""))
    if member is None or not member.has("Instructor"):
        raise RequestError(403, "Only who teaches the course removes content from it.")
    with platform.changing():
        gone = course.contents.pop(number, None)
        for item in list(course.items.values()):
            if gone and gone.link_id and item.coupled and item.fields.get("resourceLinkId") == gone.link_id:
                del course.items[item.number]
    return redirect(url_for("pages.course", course_id=course_id), 303)


def ask(platform: Platform, course: Course, tool: Tool, accepts: Accepts, base: str) -> Json:
    """Return the settings of a new request, and wait for its answer. [DL §4.4.1]"""
    data, now = secrets.token_urlsafe(24), platform.now()
    with platform.lock:
        for known in [known for known, pending in platform.content_requests.items() if pending.expires <= now]:
            del platform.content_requests[known]
        platform.content_requests[data] = Pending(course.course_id, tool.client_id, accepts, now + _REQUEST_LIFETIME)
    optional = {
        "accept_multiple": accepts.multiple,
        "accept_lineitem": accepts.line_items,
        "accept_media_types": accepts.media_types,
    }
    return {
        "deep_link_return_url": f"{base}/courses/{course.course_id}/deep_linking/{tool.client_id}",
        "accept_types": list(accepts.types),
        "accept_presentation_document_targets": list(accepts.targets),
        "auto_create": True,
        "data": data,
        **{name: value for name, value in optional.items() if value is not None},
    }


def place(platform: Platform, course: Course, tool: Tool, item: Json, accepts: Accepts) -> Content:
    """Put a checked item into a course, with its column; the caller holds the lock."""
    number = max(course.contents, default=0) + 1
    is_link = item["type"] == "ltiResourceLink"
    link_id = f"link-{course.course_id}-{tool.number}-{number}-{secrets.token_hex(3)}" if is_link else None
    content = course.contents[number] = Content(number, tool.client_id, item, link_id)
    column = item.get("lineItem")
    if column and accepts.line_items is not False:  # False: line items are ignored [DL §4.4.1]
        fields = {"label": item.get("title"), **column, "resourceLinkId": link_id}
        platform.add_item(course, LineItem(platform.next_item, tool.client_id, fields, coupled=True))
    return content


def _limits(usual: Accepts) -> Accepts:
    """Return what this request may bring: what the query says, else the options."""
    asked = request.args
    for name in ("multiple", "line_items"):
        if asked.get(name, "yes") not in SAID:
            raise RequestError(400, f"{name} must be one of {', '.join(SAID)}.")
    return Accepts(
        types=tuple(asked.getlist("type")) or usual.types,
        multiple=SAID[asked["multiple"]] if "multiple" in asked else usual.multiple,
        line_items=SAID[asked["line_items"]] if "line_items" in asked else usual.line_items,
        media_types=asked.get("media_types") or usual.media_types,
        targets=usual.targets,
    )


def _pending(platform: Platform, course: Course, tool: Tool, claims: Json) -> Pending:
    """Return the request that is answered. [DL §4.5.5]"""
    data = claims.get(spec.CLAIM_DATA)
    found = platform.content_requests.get(data) if isinstance(data, str) else None
    if not isinstance(found, Pending) or found.expires <= platform.now():
        raise RequestError(
            400,
            "data must be what the request said, to the letter; a request is answered once, within an hour. "
            "[DL §4.5.5]",
        )
    if (found.course_id, found.client_id) != (course.course_id, tool.client_id):
        raise RequestError(400, "data belongs to a request of another course or to another tool. [DL §4.5.5]")
    return found


def _verified(platform: Platform, tool: Tool) -> Json:
    """Return the claims of the answer that was posted, after checking all but its content. [Security §5.2.3]"""
    if list(request.form) != ["JWT"] or len(request.form.getlist("JWT")) != 1:
        raise RequestError(400, "Post one form field, JWT, once. [Security §5.2.1]")
    claims = _signed_claims(platform, tool, request.form["JWT"])
    if claims.get("iss") != tool.client_id:
        raise RequestError(400, "iss must be the tool's client_id. [Security §5.2.2]")
    if claims.get("aud") not in (base_url(), [base_url()]):
        raise RequestError(400, "aud must be this platform's issuer, and nobody else. [DL §4.5.1]")
    if claims.get("azp", base_url()) != base_url():
        raise RequestError(400, "azp, where it is sent, must be this platform's issuer. [Security §5.2.2]")
    _check_times(claims, platform.now(), platform.rules.leeway)
    _use_once(platform, tool, claims)
    _check_message(tool, claims)
    return claims


def _signed_claims(platform: Platform, tool: Tool, token: str) -> Json:
    """Return the claims of a token signed with one of the tool's keys."""
    try:
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        key = platform.tool_keys.find(tool, kid) if isinstance(kid, str) else None
    except (jwt.PyJWTError, OSError, ValueError) as error:
        raise RequestError(400, "JWT is no signed token, or the tool's key set cannot be read.") from error
    if header.get("alg") != spec.SIGNING_ALGORITHM:
        raise RequestError(401, f"JWT must be signed with {spec.SIGNING_ALGORITHM}. [Security §5.2.3]")
    if key is None:
        raise RequestError(401, "JWT's kid is no RSA key (2048 bits or more) of the tool's key set. [Security §6.3]")
    try:
        claims = json.loads(jwt.PyJWS().decode(token, key, algorithms=[spec.SIGNING_ALGORITHM]))
    except (jwt.PyJWTError, ValueError) as error:
        raise RequestError(401, "JWT's signature does not verify. [Security §5.2.3]") from error
    if not isinstance(claims, dict):
        raise RequestError(400, "JWT's claims are no JSON object. [Security §5.2.2]")
    return claims


def _check_times(claims: Json, now: float, leeway: float) -> None:
    issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
    if issued > now + leeway:
        raise RequestError(400, "iat lies in the future: check the tool's clock. [Security §5.2.2]")
    if expires <= now or expires <= issued:
        raise RequestError(400, "exp: the answer has expired. [Security §5.2.3]")
    if issued < now - _OLDEST:
        raise RequestError(400, "iat: the answer is older than an hour. [Security §5.2.3]")


def _seconds(claims: Json, name: str) -> float:
    value: Any = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise RequestError(400, f"{name} must be a number of seconds. [Security §5.2.2]")
    return float(value)


def _use_once(platform: Platform, tool: Tool, claims: Json) -> None:
    nonce, now = claims.get("nonce"), platform.now()
    if not isinstance(nonce, str) or not nonce:
        raise RequestError(400, "nonce must be a text. [Security §5.2.2]")
    with platform.lock:
        used = platform.used_nonces
        for known in [known for known, end in used.items() if end <= now]:
            del used[known]
        if (tool.client_id, nonce) in used:
            raise RequestError(400, "nonce was used before: make a new answer each time. [Security §5.2.3]")
        used[tool.client_id, nonce] = float(claims["iat"]) + _OLDEST + platform.rules.leeway


def _check_message(tool: Tool, claims: Json) -> None:
    fixed = {
        "message_type": (spec.CLAIM_MESSAGE_TYPE, spec.DEEP_LINKING_RESPONSE, "§4.5.2"),
        "version": (spec.CLAIM_VERSION, spec.LTI_VERSION, "§4.5.3"),
        "deployment_id": (spec.CLAIM_DEPLOYMENT_ID, tool.deployment_id, "§4.5.4"),
    }
    for name, (claim, wanted, section) in fixed.items():
        if claims.get(claim) != wanted:
            raise RequestError(400, f"{name} must be {wanted}. [DL {section}]")
    for claim in _TEXTS:
        if not isinstance(claims.get(claim, ""), str):
            raise RequestError(400, f"{claim.rpartition('/')[2]} must be a text. [DL §4.5.7]")
