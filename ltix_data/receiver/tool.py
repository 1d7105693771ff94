"""A tool on this machine that a platform can register and launch: key set, login, launch, registration.

It listens on loopback only, for as long as its ``with`` block runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import Flask, Response, jsonify, redirect, request
from markupsafe import escape
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response as AnyResponse

from .. import launch, spec
from ..courses import KnownCourse
from ..enrolment import enrol
from ..errors import LaunchError, LtixError
from ..http import HttpClient
from ..launch import LaunchContext, Login
from ..registration import Registration

_STATE_COOKIE = "ltix_state"
_MOST_LOGINS = 1000


class Receiver:
    """What a tool's web part remembers between requests.

    Args:
        jwks: the public key set to serve.
        keep: makes (and stores, if wanted) the registration from what the platform told.
        name: what the tool is called on the platform.
        registration: the registration, where there is one already.
        inline_keys: send the key set itself instead of its address, for a platform that lives longer
            than this receiver. [RFC 7591 §2]
    """

    def __init__(
        self,
        jwks: Mapping[str, Any],
        keep: Callable[[Mapping[str, Any]], Registration],
        *,
        name: str = "ltix_data",
        registration: Registration | None = None,
        inline_keys: bool = False,
    ) -> None:
        self.jwks = jwks
        self.name = name
        self.registration = registration
        self.launches: list[LaunchContext] = []
        self.http = HttpClient()
        self._keep = keep
        self._inline_keys = inline_keys
        self._logins: dict[str, Login] = {}

    def register(self, base_url: str, asked: Mapping[str, str]) -> Registration:
        """Answer a platform's invitation to register."""
        form = launch.registration_form(name=self.name, base_url=base_url)
        if self._inline_keys:
            form = {key: value for key, value in form.items() if key != "jwks_uri"} | {"jwks": self.jwks}
        facts = enrol(asked.get("openid_configuration", ""), asked.get("registration_token"), form, http=self.http)
        self.registration = self._keep(facts)
        return self.registration

    def begin(self, base_url: str, asked: Mapping[str, str]) -> Login:
        """Answer a login initiation."""
        login = launch.login(self._registered(), asked, redirect_uri=f"{base_url}/launch")
        while len(self._logins) >= _MOST_LOGINS:
            self._logins.pop(next(iter(self._logins)))
        self._logins[login.state] = login
        return login

    def finish(self, posted: Mapping[str, str], browser_state: str) -> LaunchContext:
        """Check a launch and remember its course. A state serves once."""
        login = self._logins.pop(browser_state, None)
        if login is None:
            raise LaunchError("The launch answers no login of this browser.", hint="Open the tool again.")
        found = launch.read_launch(self._registered(), posted, login, http=self.http)
        found = replace(found, course=self._distinct(found.course))
        self._registered().remember(found.course)
        self.launches.append(found)
        return found

    def _distinct(self, course: KnownCourse) -> KnownCourse:
        """Return *course* under a name that is no other course's: two sections may share a label."""
        known = {other.name: other.context_id for other in self._registered().courses}
        if known.get(course.name, course.context_id) == course.context_id:
            return course
        return replace(course, name=f"{course.name} ({course.context_id})")

    def _registered(self) -> Registration:
        if self.registration is None:
            raise LaunchError("This tool is not registered yet.", hint="Register it with the platform first.")
        return self.registration


def create_app(receiver: Receiver) -> Flask:
    """Return the tool's web part."""
    app = Flask("ltix_data.receiver", static_folder=None)

    @app.get("/jwks")
    def jwks() -> Response:
        return jsonify(receiver.jwks)

    @app.get("/register")
    def register() -> str:
        receiver.register(_base(), request.args)
        return _page(
            "Registered", f"<script>(opener||parent).postMessage({{subject:'{spec.CLOSE_MESSAGE}'}},'*')</script>"
        )

    @app.route("/login", methods=["GET", "POST"])
    def login() -> AnyResponse:
        begun = receiver.begin(_base(), request.values)
        answer = redirect(begun.url)
        answer.set_cookie(_STATE_COOKIE, begun.state, httponly=True, max_age=600)
        return answer

    @app.post("/launch")
    def launched() -> str:
        found = receiver.finish(request.form, request.cookies.get(_STATE_COOKIE, ""))
        return _page(f"{found.course.name} is ready", f"<p>session.course({escape(repr(found.course.name))!s})</p>")

    @app.errorhandler(LtixError)
    def refused(error: LtixError) -> tuple[str, int]:
        return _page("This did not work", f"<p>{escape(str(error))}</p>"), 400

    return app


@contextmanager
def receiving(receiver: Receiver, *, port: int = 0) -> Iterator[str]:
    """Serve *receiver* on this machine from a thread; yield its URL."""
    server = make_server("127.0.0.1", port, create_app(receiver), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        receiver.http.close()


class _Quiet(WSGIRequestHandler):
    """Logs nothing: request lines carry tokens."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Stay quiet."""


def _base() -> str:
    return request.url_root.rstrip("/")


def _page(title: str, body: str) -> str:
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
    return f"{head}<body><h1>{escape(title)}</h1>{body}</body></html>"
