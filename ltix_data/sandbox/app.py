"""The Flask application: blueprints, the clock of its answers, and refusals as JSON."""

from __future__ import annotations

import secrets
from email.utils import formatdate

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from . import activation, deeplinking, items, nrps, oidc, pages, registration, scores, tokens
from .model import RequestError
from .state import Platform
from .web import EXTENSION, json_answer, practice

_SERVICES = ("nrps", "items", "scores")
#: Larger bodies are refused; a score has a few hundred bytes.
_LARGEST_BODY = 1_000_000
#: Where a request keeps the quota it was let in by: an administrator may set another meanwhile.
_QUOTA = "ltix-practice.quota"


def build(platform: Platform) -> Flask:
    """Return the application that serves *platform*."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32),
        MAX_CONTENT_LENGTH=_LARGEST_BODY,
        SESSION_COOKIE_NAME="ltix-practice",
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.extensions[EXTENSION] = platform
    for module in (tokens, nrps, items, scores, oidc, deeplinking, registration, activation, pages):
        app.register_blueprint(module.blueprint)
    app.before_request(_let_in)
    app.before_request(_be_slow)  # a request that takes its time is under way, and holds its part of the quota
    app.after_request(_finish)
    app.register_error_handler(RequestError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    return app


def _be_slow() -> None:
    platform = practice()
    if platform.options.latency:
        platform.sleep(platform.options.latency)
    if platform.load and request.blueprint in _SERVICES:
        platform.load.bear()


def _let_in() -> None:
    """Refuse what comes while the platform is mended, or when its quota is used up. Pages stay open."""
    platform = practice()
    if platform.under_maintenance and request.blueprint in ("tokens", *_SERVICES):
        raise platform.rules.maintenance()
    if request.blueprint in _SERVICES:
        quota = platform.quota
        if not quota.take():
            raise platform.rules.too_many(quota.status)
        request.environ[_QUOTA] = quota


def _finish(response: Response) -> Response:
    """Date the answer by the platform's clock: clients learn how far theirs is off."""
    if request.blueprint in _SERVICES:
        if quota := request.environ.pop(_QUOTA, None):
            quota.settle()
        practice().rules.finish(response)
    response.headers["Date"] = formatdate(practice().now(), usegmt=True)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _refuse(problem: RequestError) -> Response:
    return practice().rules.refusal(problem)


def _refuse_http(error: HTTPException) -> Response:
    status = error.code or 500
    answer = json_answer({"status": status, "reason": error.description or error.name}, status=status)
    for name, value in error.get_headers():
        if name in ("Allow", "Location", "Retry-After"):
            answer.headers[name] = value
    return answer
