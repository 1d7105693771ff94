"""What is chosen and typed in the form: a registration, where its tool listens, what the platform gave."""

from __future__ import annotations

from typing import Any

import ipywidgets

from ..choosing import counted
from ..errors import UsageError
from ..forms import parts
from ..receiver.steps import STEPS, Steps
from ..session import registrations
from .guide import ANY

_NEW = ""
_STORES = (("this computer's keyring", "keyring"), ("a file or a variable that is there already", "none"))

#: Argument of `ltix_data.register` -> its label.
_FACTS = {
    "host": "Its host",
    "client_id": "Client id",
    "deployment_id": "Deployment id",
    "issuer": "Issuer (platform id)",
    "token_url": "Token URL",
    "auth_url": "Authentication request URL",
    "jwks_url": "The platform's public key set URL",
    "audience": "Audience of token requests (seldom needed)",
}
_ADDRESSES = ("issuer", "token_url", "auth_url", "jwks_url", "audience")


class Choice:
    """A stored registration or a new one, and where its tool listens.

    Args:
        name: the registration to begin with, or what to call a new one.
        port: where the tool listens; 0 takes a free port.
        public_url: the address that leads there, or None.
        store: where a new registration's key is kept.
        settings: whether to begin with the settings in sight.
    """

    def __init__(self, name: str | None, *, port: int, public_url: str | None, store: str, settings: bool) -> None:
        self._stored = parts.labelled(ipywidgets.Dropdown, "Registration", options=[("make a new one", _NEW)])
        self._name = parts.text_box(
            "What to call it", placeholder="uni-moodle", tooltip="Letters, digits, “.”, “_” and “-”", value=name or ""
        )
        platforms = [(steps.name, steps.key) for steps in (*STEPS, ANY)]
        self._platform = parts.labelled(ipywidgets.Dropdown, "Platform", options=platforms)
        self._more = parts.labelled(ipywidgets.Checkbox, "Settings", value=settings, indent=False)
        self._port = parts.labelled(
            ipywidgets.BoundedIntText, "Port (0: any that is free)", value=port, min=0, max=65535
        )
        self._public_url = parts.text_box(
            "Public address", placeholder="https://…; {port} stands for the port", value=public_url or ""
        )
        self._store = parts.labelled(ipywidgets.Dropdown, "The private key comes from", options=_STORES, value=store)
        self._new = parts.column(self._name, self._platform)
        self._settings = parts.column(
            self._port,
            parts.hint("The platform keeps the tool's address: take the same port each time."),
            self._public_url,
            self._store,
        )
        self.widget = parts.column(self._stored, self._new, self._more, self._settings)
        parts.on_change(self._stored, self._arrange)
        parts.on_change(self._more, self._arrange)
        self._arrange()

    def offer(self, choose: str | None = None) -> None:
        """Offer the registrations that are stored now; *choose* that one, if it is."""
        known = registrations()
        rows = zip(known["name"], known["platform"], known["courses"], strict=True)
        options = [(f"{name} ({platform}, {counted(int(count), 'course')})", name) for name, platform, count in rows]
        wanted = choose if choose is not None else self._stored.value
        self._stored.options = [("make a new one", _NEW), *options]
        self._stored.value = wanted if wanted in set(known["name"]) else _NEW

    def watch(self, do: Any) -> None:
        """Call *do* when another registration or platform is chosen."""
        parts.on_change(self._stored, do)
        parts.on_change(self._platform, do)

    @property
    def is_new(self) -> bool:
        """Whether a new registration is to be made."""
        return bool(self._stored.value == _NEW)

    @property
    def name(self) -> str:
        """The registration's name."""
        return str(self._name.value).strip() if self.is_new else str(self._stored.value)

    @property
    def steps(self) -> Steps:
        """What to do on the platform that is chosen."""
        return next(steps for steps in (*STEPS, ANY) if steps.key == self._platform.value)

    @property
    def store(self) -> str:
        """Where a new registration's key is kept."""
        return str(self._store.value)

    @property
    def port(self) -> int:
        """Where the tool listens."""
        return int(self._port.value)

    @property
    def public_url(self) -> str | None:
        """The address that leads to the tool."""
        return str(self._public_url.value).strip() or None

    def enable(self, on: bool) -> None:
        """Let it be changed, or not: while the tool listens, nothing of it can."""
        for widget in (self._stored, self._name, self._platform, self._port, self._public_url, self._store):
            widget.disabled = not on

    def _arrange(self) -> None:
        parts.shown(self._new, when=self.is_new)
        parts.shown(self._settings, when=self._more.value)


class Answers:
    """What the platform gave: the fields that it shows, and all addresses where somebody wants to type them."""

    def __init__(self) -> None:
        self._boxes = {key: parts.text_box(label) for key, label in _FACTS.items()}
        self._by_hand = parts.labelled(ipywidgets.Checkbox, "Enter all addresses by hand", indent=False)
        self._steps = ANY
        self.widget = parts.column(*self._boxes.values(), self._by_hand)
        parts.on_change(self._by_hand, self._arrange)
        self.suit(ANY)

    def suit(self, steps: Steps) -> None:
        """Ask for what this platform shows, and say where it shows it."""
        self._steps = steps
        where = {answer.field: answer.label for answer in steps.answers}
        for key, box in self._boxes.items():
            box.placeholder = where.get(key, "")
            box.tooltip = where.get(key, _FACTS[key])
        self._by_hand.value = False
        parts.shown(self._by_hand, when=steps.key)
        self._arrange()

    def facts(self) -> dict[str, str]:
        """Return what was typed, as arguments of `ltix_data.register`.

        Raises:
            UsageError: there is no client id.
        """
        given = {key: str(self._boxes[key].value).strip() for key in self._asked()}
        facts = {key: value for key, value in given.items() if value}
        if "client_id" not in facts:
            raise UsageError("The client id is missing.", hint="The platform shows it once the tool is added there.")
        return facts | ({"platform": self._steps.name} if self._steps.key else {})

    def _asked(self) -> set[str]:
        shown = {answer.field for answer in self._steps.answers}
        return shown | set(_ADDRESSES) if self._by_hand.value else shown

    def _arrange(self) -> None:
        for key, box in self._boxes.items():
            parts.shown(box, when=key in self._asked())
