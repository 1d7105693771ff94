"""The tool's routes. Platform and browser come in here; what to do is the desk's business."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from .. import urls
from ..errors import LaunchError, LtixError, UsageError
from ..launch import Login
from . import choices, pages
from .addresses import Addresses
from .desk import Desk

_PAGE_COOKIE = "ltix_page"
_LOGIN_SECONDS = 600
_LARGEST_POST = 2**20
_WRONG_AUDIENCE = frozenset({"no_audience", "wrong_audience", "no_azp", "wrong_azp"})  # [Security §5.1.3]
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(desk: Desk, own: Addresses) -> Flask:
    """Return the tool's web part."""
    app = Flask("ltix_data.receiver", static_folder=None, template_folder="templates", root_path=pages.ROOT)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_POST
    app.wsgi_app = _Below(own.prefix, app.wsgi_app)  # type: ignore[method-assign]
    app.before_request(lambda: _before(own))
    app.after_request(_after)
    _public_routes(app, desk, own)
    _page_routes(app, desk, own)

    @app.errorhandler(LtixError)
    def refused(error: LtixError) -> tuple[str, int]:
        return pages.refusal(error), 401 if getattr(error, "code", None) in _WRONG_AUDIENCE else 400

    return app


def _public_routes(app: Flask, desk: Desk, own: Addresses) -> None:
    """Add what platforms use."""

    @app.get("/jwks")
    def jwks() -> Response:
        return jsonify(desk.jwks())

    @app.get("/register/<invitation>")
    def register(invitation: str) -> str:
        if not _same(invitation, own.invitation):
            raise LaunchError(
                "This address for registration is an old one.",
                hint="Copy the registration URL from the tool's page again.",
                spec="Dynamic Registration §3.3",
                code="unknown_invitation",
            )
        configuration = request.args.get("openid_configuration", "")
        enrolment = desk.enrol(configuration, request.args.get("registration_token"), own)
        return pages.registered(desk, enrolment)

    @app.route("/login", methods=["GET", "POST"])
    def login() -> AnyResponse:
        begun = desk.begin(request.values.to_dict(), own)
        answer = redirect(begun.url, 303)
        _remember(answer, begun, own)
        return answer

    @app.post("/launch")
    def launched() -> str:
        posted = request.form.to_dict()
        found, captured = desk.finish(posted, _browser(posted.get("state", "")), own)
        if found.deep_linking is None:
            return pages.captured(captured, found.registration.name)
        if desk.items is not None:
            return pages.answered(desk.answer(found, desk.items(found)))
        return pages.choose(found, desk.hold(found), own)

    @app.get("/launch")
    def opened() -> tuple[str, int]:
        raise LaunchError(
            "This address takes launches, and a launch is posted to it by the platform.",
            hint="Open the tool from a course on the platform.",
            spec="Security §5.1.1.5",
            code="no_launch",
        )

    @app.post("/deep-linking")
    def chosen() -> str:
        ticket = request.form.get("ticket", "")
        found = desk.held(ticket)
        return pages.answered(desk.answer(found, choices.items(request.form, own.launch), ticket))


def _page_routes(app: Flask, desk: Desk, own: Addresses) -> None:
    """Add the page of whoever started the tool; its key keeps everybody else out."""

    @app.get("/")
    def home() -> AnyResponse | str:
        if "key" in request.args:
            if not _same(request.args["key"], own.page_key):
                return pages.closed()
            answer = redirect(f"{_here(own)}/", 303)
            answer.set_cookie(_PAGE_COOKIE, own.page_key, httponly=True, samesite="Lax")
            return answer
        return pages.home(desk, own) if _may(own) else pages.closed()

    @app.post("/registration")
    def entered() -> AnyResponse:
        _require(own)
        desk.keep(choices.facts(request.form))
        return redirect(f"{_here(own)}/", 303)

    @app.post("/paste")
    def pasted() -> AnyResponse:
        _require(own)
        desk.paste(request.form.get("launch", ""))
        return redirect(f"{_here(own)}/", 303)


def _before(own: Addresses) -> None:
    g.nonce = secrets.token_urlsafe(12)
    if not own.serves(request.host):
        raise UsageError(
            "This tool is not found under that name.", hint=f"Open it at {own.public}; public_url= says another name."
        )


def _after(response: Response) -> Response:
    response.headers.update(_HEADERS)
    if response.mimetype == "text/html":
        # a form's answer goes to whatever platform asked; nothing else leaves, and nothing is loaded
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'nonce-{g.nonce}'; script-src 'nonce-{g.nonce}'; img-src data:; "
            "form-action 'self' https: http:; base-uri 'none'"
        )
    return response


def _remember(answer: AnyResponse, begun: Login, own: Addresses) -> None:
    """Bind a login to this browser. The platform posts the launch from its own site, perhaps in its frame.

    A cookie that crosses sites must be Secure, and has a place of its own in each platform's frame. On this
    machine there is no https, and browsers differ: some take a Secure one all the same, others only one that
    says nothing.
    """
    name, kept = _login_cookie(begun.state), {"httponly": True, "max_age": _LOGIN_SECONDS}
    if urlsplit(own.public).scheme != "https":
        answer.set_cookie(name, begun.browser, **kept)  # type: ignore[arg-type]
        name += "_s"
    answer.set_cookie(name, begun.browser, secure=True, samesite="None", partitioned=True, **kept)  # type: ignore[arg-type]


def _browser(state: str) -> str | None:
    name = _login_cookie(state)
    return request.cookies.get(name) or request.cookies.get(f"{name}_s")


def _login_cookie(state: str) -> str:
    """Return a login's own cookie: two tabs may be opened at once."""
    return "ltix_login_" + hashlib.sha256(state.encode(errors="replace")).hexdigest()[:16]


def _may(own: Addresses) -> bool:
    return _same(request.cookies.get(_PAGE_COOKIE, ""), own.page_key)


def _require(own: Addresses) -> None:
    """Let only the page's own forms change anything: they carry the key, which no other site knows."""
    if not _may(own) or not _same(request.form.get("key", ""), own.page_key):
        raise UsageError(
            "This form is not from the tool's page.", hint="Open the address that was printed at the start."
        )


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


def _here(own: Addresses) -> str:
    """Return our address as this browser sees it: the local one, or the public one."""
    return own.local if urls.is_loopback(f"http://{request.host}") and own.is_local else own.public


class _Below:
    """Takes the public address' path off a request's, where a proxy has left it on."""

    def __init__(self, prefix: str, app: Callable[[dict[str, Any], Any], Iterable[bytes]]) -> None:
        self._prefix = prefix
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if self._prefix and path.startswith(f"{self._prefix}/"):
            environ["PATH_INFO"] = path[len(self._prefix) :]
        return self._app(environ, start_response)
