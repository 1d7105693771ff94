"""The form that leads from nothing to a session: choose or register, enter what it shows, launch once."""

from __future__ import annotations

import threading
from typing import Any

import ipywidgets

from .. import markup, registration
from ..errors import UsageError
from ..forms import parts
from ..receiver import Receiver, receive
from ..registration import Registration
from ..registration.stored import check_store
from ..session import Session
from ..session import connect as open_session
from .fields import Answers, Choice
from .guide import guide, steps_of, values_of

_PORT = 8765
_MOST_COURSES = 12

#: The forms of this kernel that receive launches.
_RECEIVING: list[ConnectForm] = []


def connect(
    name: str | None = None,
    *,
    port: int = _PORT,
    public_url: str | None = None,
    store: str = "keyring",
    tool_name: str = "ltix_data",
    jwks_url: str | None = None,
) -> ConnectForm:
    """Return a form that connects to a platform; its ``session`` is there as soon as one is registered.

        form = ltix.widgets.connect()
        form

    Choose a stored registration, or make one: the form shows what to enter on the platform, receives launches
    while the notebook goes on, and says which course is ready. What it shows of secrets (the address of the tool's
    page, the registration address) is ordinary output of the cell, is taken away when the form stops receiving, and
    opens nothing after that. The arguments are those of `ltix_data.receive`, and can be changed in the form.

    Args:
        name: the registration to begin with, or what to call a new one.
        port: where the tool listens; platforms keep its address, so it is the same each time. 0 takes a free one.
        public_url: the address that leads to it from outside, where there is one; ``{port}`` stands for the port.
        store: where a new registration's key is kept: "keyring", or "none" where a file or the environment has it.
        tool_name: what the tool is called on the platform.
        jwks_url: where the key set is published for good, if it is.

    Raises:
        UsageError: *store* is something else, or *port* is none.
    """
    check_store(store)
    if not isinstance(port, int) or not 0 <= port <= 65535:
        raise UsageError("port must be a number from 0 to 65535.", hint="0 takes a free one.")
    return ConnectForm(name, port=port, public_url=public_url, store=store, tool_name=tool_name, jwks_url=jwks_url)


class ConnectForm:
    """The form; made by `connect`. Shown by being the last line of a cell.

    `session` is None until a platform is connected; `background` does what takes its time.
    """

    def __init__(
        self,
        name: str | None,
        *,
        port: int,
        public_url: str | None,
        store: str,
        tool_name: str,
        jwks_url: str | None,
    ) -> None:
        self.session: Session | None = None
        self.said = parts.said()
        self.guide, self.outcome = parts.Area(), parts.Area()
        self.choice = Choice(
            name, port=port, public_url=public_url, store=store, settings=public_url is not None or store != "keyring"
        )
        self.answers = Answers()
        self._tool_name, self._jwks_url = tool_name, jwks_url
        self._tool: Receiver | None = None
        self._made: str | None = None  # the registration that was made here, and may be corrected here
        self._pasted = ""
        self._changing = threading.RLock()
        self._build()
        self._attempt(lambda: self.choice.offer(name))
        self._arrange()

    def _build(self) -> None:
        self.open_button = parts.button("Connect", lambda: self._start(self._open), kind="primary")
        self.receive_button = parts.button("", lambda: self._start(self._receive))
        self.stop_button = parts.button("Stop receiving", lambda: self._start(self.close))
        self.store_button = parts.button("Store the registration", lambda: self._start(self._register), kind="primary")
        self.capture_button = parts.button("Store its course", self._use_pasted)
        self.paste_box = parts.labelled(
            ipywidgets.Textarea,
            "An id_token, or a launch's claims as JSON",
            placeholder="It is taken out of this box at once, for it holds names.",
            continuous_update=False,
        )
        self.given = parts.column(
            parts.heading("What the platform gave you"),
            parts.hint("Where the values were entered by hand; dynamic registration brings this here by itself."),
            self.answers.widget,
            parts.row(self.store_button),
        )
        self.paste = parts.column(
            parts.heading("A launch from somewhere else"), self.paste_box, parts.row(self.capture_button)
        )
        self.top = parts.column(
            parts.heading("Connect to a platform", level=2),
            self.choice.widget,
            parts.row(self.open_button, self.receive_button, self.stop_button),
            self.said.widget,
        )
        buttons = (self.open_button, self.receive_button, self.stop_button, self.store_button, self.capture_button)
        self.background = parts.Background(self.outcome.fail, disable=buttons)
        self.choice.watch(self._arrange)
        parts.on_change(self.paste_box, self._take_pasted)

    @property
    def receiver(self) -> Receiver | None:
        """The tool that listens, while it does."""
        return self._tool

    def close(self) -> None:
        """Stop receiving launches, and take away what it showed of secrets. The session stays."""
        with self._changing:
            tool, self._tool = self._tool, None
            self.guide.clear()
            self._pasted = ""
        if tool is not None:
            tool.close()
            self.said.say("Stopped receiving launches.")
        if self in _RECEIVING:
            _RECEIVING.remove(self)
        self.choice.enable(True)
        known = self.session.registration if self.session else None
        self._attempt(lambda: self.choice.offer(known.name if known else None))
        self._attempt(lambda: self._refresh(known))

    # --- What the buttons do, in a thread of their own: a keyring may ask, a platform be slow ----------

    def _start(self, do: Any) -> None:
        self.outcome.clear()
        self.background.start(do)

    def _open(self) -> None:
        self._refresh(registration.load(self.choice.name))
        self.said.say("Connected.")

    def _receive(self) -> None:
        name, port = self.choice.name, self.choice.port
        for other in [form for form in _RECEIVING if form.receives(name, port)]:
            other.close()
        tool = receive(
            name,
            port=port,
            public_url=self.choice.public_url,
            store=self.choice.store,
            tool_name=self._tool_name,
            jwks_url=self._jwks_url,
            say=self._heard,
        )
        _RECEIVING.append(self)
        self.choice.enable(False)
        with self._changing:
            self._tool = tool
            self._refresh(tool.registration)
        self.said.say(f"Receiving at {tool.url}; other cells can run meanwhile.")

    def receives(self, name: str, port: int) -> bool:
        """Return whether it receives for that registration, or at that port."""
        return self._tool is not None and (self.choice.name == name or self.choice.port == port != 0)

    def _register(self) -> None:
        """Store the registration. One that was made here a moment ago is corrected: its key is on the platform."""
        name, facts = self.choice.name, self.answers.facts()
        correct = self._made == name
        known = registration.register(
            name,
            store=self.choice.store,
            private_key=registration.load(name).signing_key() if correct else None,
            replace=correct,
            **facts,
        )
        self._made = name
        self._refresh(known)
        self.said.say(f"Registered with {known.platform}. Now open the tool once from a course there.")

    def _take_pasted(self) -> None:
        """Take what was pasted out of the box, whose text is in saved notebooks, as soon as it is known."""
        if taken := parts.taken(self.paste_box):
            self._pasted = taken
            self.said.say("Taken. Choose “Store its course”.")

    def _use_pasted(self) -> None:
        pasted, self._pasted = self._pasted, ""
        if not pasted:
            self.said.say("Paste a launch first.")
            return
        self._start(lambda: self._capture(pasted))

    def _capture(self, pasted: str) -> None:
        if self.session is None:
            return
        course = self.session.capture(pasted)
        self._refresh(self.session.registration)
        self.said.say(f"{course.name} is ready.")

    # --- What comes from outside -------------------------------------------------------------------

    def _heard(self, sentence: str) -> None:
        """React to what the tool tells, in its thread; the platform's page must not suffer from what fails here."""
        if self._tool is not None:
            news = sentence.partition(": session.course(")[0]  # what to type is shown below
            self._attempt(lambda: self._refresh(self._tool.registration if self._tool else None))
            self.said.say(news if news.endswith(".") else f"{news}.")

    def _attempt(self, do: Any) -> None:
        try:
            do()
        except Exception as error:
            self.outcome.fail(error)

    def _refresh(self, found: Registration | None) -> None:
        """Show what there is now, and open the session where there was none, or one with other facts."""
        with self._changing:
            self._show_guide()
            self._arrange()
            if found is None:
                return
            if self.session is None or self.session.registration != found:
                self.session = open_session(found.name)
            self._show_outcome(found)
            self._arrange()

    # --- What is shown -----------------------------------------------------------------------------

    def _show_guide(self) -> None:
        """Show it only where it is different: showing it anew would close what somebody opened in it."""
        if self._tool is None:
            return
        found = self._tool.registration
        steps = self.choice.steps if self.choice.is_new else steps_of(found.platform if found else None)
        values = values_of(
            self._tool, self.choice.name, store=self.choice.store, tool_name=self._tool_name, jwks_url=self._jwks_url
        )
        html, text = guide(self._tool, steps, values)
        if html != self.guide.html:
            self.guide.show(html, text)

    def _show_outcome(self, found: Registration) -> None:
        courses = [course.name for course in found.courses]
        news = f"Connected to {found.platform} as “{found.name}”, client id {found.client_id}."
        session = f"{name}.session" if (name := _variable(self)) else f'ltix.connect("{found.name}")'
        lines = [(f"course = {session}.course({courses[-1]!r})", "opens a course")] if courses else []
        if not courses:
            news += " No course is known yet: open the tool once from a course on the platform, or paste a launch."
        html = markup.render(
            "connected.html",
            news=news,
            kind="done" if courses else "info",
            courses=courses,
            most=_MOST_COURSES,
            steps=lines,
        )
        self.outcome.show(html, "\n".join([news, *(code for code, _ in lines)]))

    def _arrange(self) -> None:
        """Show the controls that have a use now."""
        with self._changing:
            self._arrange_now()

    def _arrange_now(self) -> None:
        new, listens = self.choice.is_new, self._tool is not None
        registered = self.session is not None and self.session.registration.name == self.choice.name
        if not listens:
            self.answers.suit(self.choice.steps)
        self.receive_button.description = "Show what to enter there" if new else "Receive launches"
        self.receive_button.tooltip = self.receive_button.description
        self.receive_button.button_style = "primary" if new else ""
        parts.shown(self.open_button, when=not new and not listens)
        parts.shown(self.receive_button, when=not listens)
        parts.shown(self.stop_button, when=listens)
        parts.shown(self.given, when=listens and new and (not registered or self._made == self.choice.name))
        parts.shown(self.paste, when=registered)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.top)  # type: ignore[no-untyped-call]
        self.guide.display()
        display(parts.column(self.given, self.paste))  # type: ignore[no-untyped-call]
        self.outcome.display()

    def __repr__(self) -> str:
        state = f"connected as “{self.session.registration.name}”" if self.session else "not connected yet"
        return f"<Connect form, {state}{f', receiving at {self._tool.url}' if self._tool else ''}>"


def _variable(form: object) -> str | None:
    """Return what the notebook calls the form, or None."""
    from IPython import get_ipython

    shell: Any = get_ipython()
    names = dict(shell.user_ns) if shell is not None else {}
    return next((name for name, value in names.items() if value is form and not name.startswith("_")), None)
