"""What the tool knows between two requests, and does at each; nothing here knows of web pages."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import keys, registry, urls
from .. import registration as registrations
from ..choosing import counted
from ..coursebook import Captured
from ..courses import KnownCourse
from ..deeplinking import Answered, ContentItem, answer
from ..enrolment import Enrolment, Tool, enrol
from ..errors import LaunchError, RegistrationError, UsageError
from ..http import HttpClient
from ..keys import SigningKey
from ..launch import LaunchContext, Launches, Login
from ..registration import Registration
from ..registration.drafts import draft
from ..session import Session
from .addresses import Addresses

_MOST_LAUNCHES = 1000
_STORES = ("keyring", "none", "memory")


class Desk:
    """A tool's memory.

    Args:
        name: the registration's name.
        store: where a new registration's key goes; see `ltix_data.receive`.
        http: the client to ask platforms through.
        parsers: claim URI -> what reads it.
        items: answers deep linking requests; without it a person is asked.
        say: is told what happens.
    """

    tool_name = "ltix_data"
    jwks_url: str | None = None

    def __init__(
        self,
        name: str,
        *,
        store: str,
        http: HttpClient,
        parsers: Mapping[str, Callable[[Any], Any]],
        items: Callable[[LaunchContext], Sequence[ContentItem]] | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        if store not in _STORES:
            raise UsageError(f"store must be {', '.join(map(repr, _STORES[:-1]))} or {_STORES[-1]!r}.")
        self.name = name
        self.http = http
        self.items = items
        self.launches: list[LaunchContext] = []
        self.enrolment: Enrolment | None = None
        self._store = store
        self._say = say or (lambda sentence: None)
        self._gate = Launches(http=http, parsers=parsers)
        self._waiting: dict[str, LaunchContext] = {}
        self._arrived = threading.Condition()
        self._unseen: deque[LaunchContext] = deque(maxlen=_MOST_LAUNCHES)
        self._own_key = SigningKey.generate() if store == "memory" else None
        self._registration: Registration | None = None  # where nothing is stored
        if store != "memory" and self.registration is None:
            draft(name, store=store)  # a keyring that does not work is told now

    # --- The registration -------------------------------------------------------------------------

    @property
    def registration(self) -> Registration | None:
        """Return the registration, once there is one; a stored one as it is now, whoever stored it."""
        if self._store != "memory":
            return registrations.load(self.name) if self.name in registry.names() else None
        return self._registration

    def registered(self) -> Registration:
        """Return the registration.

        Raises:
            LaunchError: there is none yet.
        """
        found = self.registration
        if found is None:
            raise LaunchError(
                "This tool is not registered with a platform yet.",
                hint="Register it first: dynamically, or by entering the platform's client id on the tool's page.",
                spec="Security §5.1.1.1",
                code="not_registered",
            )
        return found

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the key set to publish; before there is a registration, that of its draft."""
        if (found := self.registration) is not None:
            return found.jwks()
        if self._own_key is not None:
            return keys.jwks([self._own_key.public_jwk])
        return draft(self.name, store=self._store).jwks()

    def enrol(self, configuration_url: str, token: str | None, own: Addresses) -> Enrolment:
        """Answer a platform's invitation to register. [Dynamic Registration §3]"""
        tool = Tool(
            name=self.tool_name,
            base_url=own.public,
            login_url=own.login,
            launch_url=own.launch,
            jwks_url=self.jwks_url or own.jwks,
            # this tool may be closed tomorrow: its address is a makeshift
            jwks=None if self.jwks_url else self.jwks(),
            jwks_reachable=bool(self.jwks_url) or not own.is_private or _is_here(configuration_url, own),
        )
        self._check_platform(configuration_url)
        self.enrolment = enrol(configuration_url, token, tool, http=self.http)
        self.keep(self.enrolment.facts)
        return self.enrolment

    def keep(self, facts: Mapping[str, Any]) -> Registration:
        """Store what the platform told, or a person entered; the key is the one that was shown."""
        told = {key: value for key, value in facts.items() if value is not None}
        if told.get("issuer"):
            self._check_platform(told["issuer"])
        if self._own_key is not None:
            known = self._registration = Registration(name=self.name, private_key=self._own_key, **told)
        else:
            replace = self.name in registry.names()
            known = registrations.register(self.name, store=self._store, replace=replace, **told)
        self._say(f"Registered with {known.platform}: client id {known.client_id}.")
        return known

    def _check_platform(self, address: str) -> None:
        """Refuse a second platform under the name of the first: its courses and key would be lost."""
        found = self.registration
        known = found is None or _host_of(address) in {_host_of(own) for own in _addresses_of(found)}
        if not known:
            raise RegistrationError(
                f"“{self.name}” is registered already, with another platform.",
                hint="Use another name for another platform: a registration belongs to one.",
            )

    # --- Launches ---------------------------------------------------------------------------------

    def begin(self, asked: Mapping[str, str], own: Addresses) -> Login:
        """Answer a login initiation. [Security §5.1.1.1]"""
        return self._gate.begin(self.registered(), asked, redirect_uri=own.launch)

    def finish(
        self, posted: Mapping[str, str], browser: str | None, own: Addresses
    ) -> tuple[LaunchContext, Captured | None]:
        """Check a launch, store its course and return both. [Security §5.1.3, Core §5.3]"""
        known = self.registered()
        found = self._gate.finish(known, posted, browser=browser, tool_urls=(own.public, own.local))
        captured = None
        if found.deep_linking is None:
            captured = self._capture(known, found.course)
            with self._arrived:
                self.launches.append(found)
                del self.launches[:-_MOST_LAUNCHES]
                self._unseen.append(found)
                self._arrived.notify_all()
        return found, captured

    def _capture(self, known: Registration, course: KnownCourse | None) -> Captured | None:
        if course is None:
            self._say("A launch came that offers no course services.")
            return None
        captured = known.capture(course)
        news = {"new": "is ready", "moved": "was updated", "same": "is known"}[captured.change]
        self._say(f"{captured.course.name} {news}: session.course({captured.course.name!r})")
        return captured

    def next_launch(self, seconds: float) -> LaunchContext | None:
        """Return the first launch not returned before, waiting a while for one."""
        with self._arrived:
            if not self._unseen:
                self._arrived.wait(seconds)
            return self._unseen.popleft() if self._unseen else None

    def paste(self, text: str) -> str:
        """Store the course of a pasted id_token or of pasted claims; return its name."""
        with Session(self.registered()) as opened:
            name = opened.capture(text).name
        self._say(f"{name} is ready: session.course({name!r})")
        return name

    # --- Deep linking -----------------------------------------------------------------------------

    def hold(self, found: LaunchContext) -> str:
        """Keep a deep linking request until its person has chosen; return the secret it is found by."""
        ticket = secrets.token_urlsafe(18)
        with self._arrived:
            self._waiting[ticket] = found
            while len(self._waiting) > _MOST_LAUNCHES:
                self._waiting.pop(next(iter(self._waiting)))
        return ticket

    def held(self, ticket: str) -> LaunchContext:
        """Return the deep linking request that a form belongs to.

        Raises:
            LaunchError: there is none: it was answered, or the tool was started anew.
        """
        found = self._waiting.get(ticket)
        if found is None:
            raise LaunchError(
                "This form belongs to no request that waits for an answer.",
                hint="Begin again on the platform: add content from the tool.",
                spec="DL §2",
                code="no_request",
            )
        return found

    def answer(self, found: LaunchContext, items: Sequence[ContentItem], ticket: str = "") -> Answered:
        """Sign the answer to a deep linking request; it is answered once."""
        if not items and found.registration.platform == "Open edX":
            raise LaunchError(
                "Nothing was sent: Open edX would delete what was chosen here before.",
                hint="Close this window.",
                spec="DL §4.5.6",
                code="nothing_chosen",
            )
        answered = answer(found.registration, found.claims, items)
        self._waiting.pop(ticket, None)
        self._say(f"Answered a deep linking request with {counted(len(items), 'item')}.")
        return answered


def _addresses_of(found: Registration) -> set[str]:
    """Return where a platform is found: its issuer, which need not be an address, and its endpoints."""
    return {found.issuer, found.token_url, *filter(None, (found.auth_url, found.jwks_url))}


def _is_here(platform: str, own: Addresses) -> bool:
    """Return whether the platform runs on this machine too, as one to practise with does."""
    return own.is_local and urls.is_loopback(platform)


def _host_of(url: str) -> str:
    return urls.host(url) or url
