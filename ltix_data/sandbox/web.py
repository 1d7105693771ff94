"""What all services share: bearer tokens, exact media types, JSON bodies, pages and their links."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn, cast
from urllib.parse import urlencode

from flask import Response, current_app, request

from .. import spec
from .model import Json, RequestError, Tool

if TYPE_CHECKING:
    from .state import Platform

EXTENSION = "ltix-practice"


def practice() -> Platform:
    """Return the platform that this application serves."""
    return cast("Platform", current_app.extensions[EXTENSION])


def base_url() -> str:
    """Return the platform's address, without a final slash; it is the issuer too."""
    return practice().base_url or request.url_root.rstrip("/")


def bearer(*scopes: str) -> Tool:
    """Return the tool whose token this request carries.

    Raises:
        RequestError: it carries none, a dead one, or one that has none of *scopes*.
    """
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    platform = practice()
    if kind.lower() != "bearer" or not token:
        raise platform.rules.no_token()
    known = platform.access_tokens.get(token)
    if known is None or known.expires <= platform.now():
        raise platform.rules.dead_token()
    if not known.scopes.intersection(scopes):
        raise platform.rules.missing_scope(scopes)
    return platform.tools[known.client_id]


def read_json(media_type: str) -> Json:
    """Return the body, an object sent under exactly that media type."""
    if request.headers.get("Content-Type", "").strip() != media_type:
        raise RequestError(415, f"Send Content-Type: {media_type}")
    return parse_object(request.get_data())


def parse_object(text: bytes) -> Json:
    """Return a JSON object; JSON has no NaN and no Infinity."""
    try:
        body = json.loads(text, parse_constant=_no_number)
    except ValueError as error:  # UnicodeDecodeError is one
        raise RequestError(400, "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise RequestError(400, "The body is not a JSON object.")
    return cast(Json, body)


def json_answer(
    body: object, *, status: int = 200, media_type: str = spec.JSON, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a JSON answer, letters written as themselves."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    answer = Response(text, status=status, content_type=media_type)
    answer.headers.update(headers or {})
    return answer


def html_answer(body: str, *, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return an HTML answer: a page that was meant for a person."""
    answer = Response(body, status=status, content_type="text/html; charset=utf-8")
    answer.headers.update(headers or {})
    return answer


def positive(text: str, what: str, least: int = 1) -> int:
    """Return a whole number out of a query."""
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < least:
        raise RequestError(400, f"{what} must be a whole number of at least {least}.")
    return int(text)


def here(**changes: str | int | None) -> str:
    """Return this request's URL with parts of its query changed; None removes one."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in changes]
    kept += [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"{base_url()}{request.path}" + (f"?{urlencode(kept)}" if kept else "")


def link_header(**urls: str | None) -> dict[str, str]:
    """Return a Link header naming the URLs that there are. [RFC 8288]"""
    links = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in urls.items() if url)
    return {"Link": links} if links else {}


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)
