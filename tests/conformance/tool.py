"""A tool for tests: our own login, launch and deep linking behind three addresses of this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask, redirect, request
from markupsafe import escape
from werkzeug.serving import WSGIRequestHandler, make_server

import ltix_data as ltix
from ltix_data import deeplinking
from ltix_data.errors import LtixError
from ltix_data.http import HttpClient
from ltix_data.launch import LaunchContext, Launches


class Tool:
    """What the tool knows and has seen.

    Attributes:
        url: where it listens.
        registration: who is launched; set before the first login.
        launches: ours, under test.
        chosen: what it answers a deep linking request with.
        seen: the launches that were accepted, the latest last.
        refused: the errors of what was not.
    """

    def __init__(self) -> None:
        self.url = ""
        self.registration: ltix.Registration
        self.http = HttpClient()
        self.launches = Launches(http=self.http)
        self.chosen: Sequence[Any] = ()
        self.seen: list[LaunchContext] = []
        self.refused: list[LtixError] = []

    @property
    def login_url(self) -> str:
        """Return what platforms call the initiation of a login."""
        return f"{self.url}/login"

    @property
    def launch_url(self) -> str:
        """Return where launches are posted."""
        return f"{self.url}/launch"

    def app(self) -> Flask:
        """Return the tool's web part."""
        app = Flask("tool", static_folder=None)

        @app.route("/login", methods=["GET", "POST"])
        def login() -> Any:
            begun = self.launches.begin(self.registration, request.values, redirect_uri=self.launch_url)
            answer = redirect(begun.url)
            answer.set_cookie(_cookie(begun.state), begun.browser, httponly=True)
            return answer

        @app.post("/launch")
        def launch() -> str:
            browser = request.cookies.get(_cookie(request.form.get("state", "")))
            found = self.launches.finish(self.registration, request.form, browser=browser, tool_urls=(self.url,))
            self.seen.append(found)
            return self._answer(found) if found.deep_linking else "<p>launched</p>"

        @app.errorhandler(LtixError)
        def refused(error: LtixError) -> tuple[str, int]:
            self.refused.append(error)
            return f"<p>{escape(str(error))}</p>", 400

        return app

    def _answer(self, found: LaunchContext) -> str:
        answered = deeplinking.answer(self.registration, found.claims, self.chosen)
        token = f'<input type=hidden name=JWT value="{escape(answered.jwt)}">'
        return f'<form method=post action="{escape(answered.return_url)}">{token}</form>'


def _cookie(state: str) -> str:
    """Return a login's own cookie: two tabs may be opened at once."""
    return f"tool-{state}"


@contextmanager
def running() -> Iterator[Tool]:
    """Serve a tool on a free port of this machine for as long as the block runs."""
    tool = Tool()
    server = make_server("127.0.0.1", 0, tool.app(), threaded=True, request_handler=_Quiet)
    tool.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield tool
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        tool.http.close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Stay quiet."""
