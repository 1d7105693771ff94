"""What `receive` returns: a tool that listens while the notebook goes on."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .. import markup, registry, session, urls
from ..choosing import counted
from ..deeplinking import ContentItem
from ..errors import LaunchError, UsageError
from ..http import HttpClient
from ..launch import LaunchContext
from ..registration import Registration
from .addresses import Addresses, public_url
from .app import create_app
from .desk import Desk

if TYPE_CHECKING:
    from ..session import Session

_POLL = 0.2
_LAST_ANSWERS = 5.0


def receive(
    name: str,
    *,
    port: int = 0,
    public_url: str | None = None,
    store: str = "keyring",
    tool_name: str = "ltix_data",
    items: Callable[[LaunchContext], Sequence[ContentItem]] | None = None,
    parsers: Mapping[str, Callable[[Any], Any]] | None = None,
    jwks_url: str | None = None,
    say: Callable[[str], None] | None = None,
) -> Receiver:
    """Start a tool on this machine that a platform can register and launch, and return it.

    Open its `page`: it lists every value that a platform asks for, and says where to enter it. Launches store
    their course with the registration *name*. It listens on 127.0.0.1 until it is closed; use it in a ``with``
    block, or call `Receiver.close`.

        with ltix.receive("uni-moodle") as tool:
            print(tool.page)
            course = tool.wait().session().course("BIO101")

    Args:
        name: the registration to use, or to make when there is none of that name yet.
        port: where to listen; 0 takes a free one. Give one where the platform keeps the tool's addresses.
        public_url: the address that leads here from outside, where there is one (a tunnel, a proxy);
            ``{port}`` stands for the port. On a JupyterHub that tells its servers their address
            (``JUPYTERHUB_PUBLIC_URL``) it is found by itself, below jupyter-server-proxy.
        store: where a new registration's key goes: "keyring", "none" (a file or the environment provides
            it) or "memory" (nothing at all is stored).
        tool_name: what the tool is called on the platform.
        items: answers deep linking requests at once; without it a page asks the person.
        parsers: claim URI -> what reads it (see `ltix_data.launch.Launches`).
        jwks_url: where the key set is published for good, if it is (see `Registration.export_jwks`). Without it
            dynamic registration sends the keys themselves, where the platform takes them.
        say: is told of each registration, launch and refusal, in a sentence.

    Raises:
        UsageError: an argument cannot be used, or the port is taken.
        RegistrationError: the stored registration is damaged.
        KeyStorageError: the keyring cannot be used; the message says what to do.
    """
    known = registry.check_name(name)
    http = HttpClient()
    desk = Desk(known, store=store, http=http, parsers=parsers or {}, items=items, say=say)
    desk.tool_name = tool_name
    desk.jwks_url = None if jwks_url is None else urls.require(jwks_url, "jwks_url")
    return Receiver(desk, port=port, public=public_url)


class Receiver:
    """A tool that is listening; made by `receive`, also a context manager. Its repr shows its addresses."""

    def __init__(self, desk: Desk, *, port: int, public: str | None) -> None:
        self._desk = desk
        self._answering = _Answering()
        self._server = _listen(port, self._answering)
        number = self._server.socket.getsockname()[1]
        local = f"http://127.0.0.1:{number}"
        try:
            found = public_url(public, number) or local
        except UsageError:
            self._server.server_close()
            raise
        self.addresses = Addresses(local, found, secrets.token_urlsafe(18), secrets.token_urlsafe(18))
        self._server.app = create_app(desk, self.addresses)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True, name="ltix-receiver"
        )
        self._thread.start()

    @property
    def page(self) -> str:
        """Return the address of the page to open; its key lets nobody else in."""
        return self.addresses.page

    @property
    def url(self) -> str:
        """Return the tool's address, which platforms are given parts of."""
        return self.addresses.public

    @property
    def registration(self) -> Registration | None:
        """Return the registration, once there is one."""
        return self._desk.registration

    @property
    def launches(self) -> tuple[LaunchContext, ...]:
        """Return the launches received so far, the first one first."""
        return tuple(self._desk.launches)

    def wait(self, timeout: float | None = None) -> LaunchContext:
        """Return the first launch that nobody has waited for yet, waiting until one comes.

        Args:
            timeout: seconds to wait at most; for ever, where None. An interrupt ends it at any time.

        Raises:
            LaunchError: none came in time.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while (found := self._desk.next_launch(_POLL)) is None:
            if until is not None and time.monotonic() >= until:
                raise LaunchError(
                    "No launch came in time.",
                    hint=f"Open the tool from a course on the platform; {self.addresses.page} says how.",
                    code="no_launch",
                )
            if not self._thread.is_alive():
                raise LaunchError("This tool is closed.", hint="Start it again: ltix.receive(…).", code="closed")
        return found

    def session(self) -> Session:
        """Open a session with the platform; see `ltix_data.connect`.

        Raises:
            LaunchError: no platform has registered this tool yet.
        """
        return session.connect(self._desk.registered())

    def close(self) -> None:
        """Stop listening. What was registered and captured stays."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(_LAST_ANSWERS)
            self._answering.wait(_LAST_ANSWERS)
        self._server.server_close()
        self._desk.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "listening" if self._thread.is_alive() else "closed"
        count = counted(len(self._desk.launches), "launch")
        return f"<Tool “{self._desk.name}”, {state} at {self.addresses.public}, {count}>"

    def _repr_html_(self) -> str:
        """Show a link to the page. A saved notebook keeps it, so its key ends with this receiver."""
        registered = self._desk.registration
        return markup.render(
            "receiver.html",
            name=self._desk.name,
            listening=self._thread.is_alive(),
            address=self.addresses.public,
            registration="stored" if registered else "none yet: register the tool on its page",
            launches=str(len(self._desk.launches)),
            page=self.addresses.page,
            steps=self._steps(),
        )

    def _steps(self) -> list[tuple[str, str]]:
        """Return what can be typed next, as (code, what it does)."""
        if self._desk.registration is None or not self._desk.launches:
            return [("launch = tool.wait()", "waits until somebody opens the tool from a course")]
        name = markup.quoted(self._desk.name)
        return [
            ("session = tool.session()", "the platform's courses that were launched"),
            ("tool.close()", f"stops listening; later, ltix.connect({name}) opens the session again"),
        ]


class _Answering:
    """Counts the requests that are being answered: a page that says what was done shall arrive."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *error: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until none is, but not longer than that."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, seconds)


class _Quiet(WSGIRequestHandler):
    """Logs nothing: request lines carry tokens."""

    answering: _Answering

    def run_wsgi(self) -> None:
        """Answer one request."""
        with self.answering:
            super().run_wsgi()

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Stay quiet."""


def _listen(port: int, answering: _Answering) -> BaseWSGIServer:
    """Return a server on this machine alone; its application follows, for it must know the port.

    The socket is made here: werkzeug ends the process where a port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(os.name == "posix"))
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(
            f"Port {port} cannot be listened on.", hint="Choose another, or port=0 for a free one."
        ) from error
    handler = type("_Handler", (_Quiet,), {"answering": answering})
    with listener:  # the server has a copy of it
        return make_server(
            "127.0.0.1", port, lambda environ, start: [], threaded=True, request_handler=handler, fd=listener.fileno()
        )
