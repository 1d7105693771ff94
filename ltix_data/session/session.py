"""The session a notebook opens: one registration, one token for all its courses, frames out."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .. import frames, markup, registration, spec, urls
from ..choosing import counted
from ..client import ServiceClient
from ..course import Course
from ..courses import KnownCourse
from ..errors import ForeignHostError, ScopeError, UsageError
from ..http import HttpClient
from ..recovery import Recovery
from ..registration import Registration
from ..services.base import refuse_raw
from ..timestamps import ScoreClock
from ..tokens import TokenStatus
from ..veil import Veil
from ..veil import key as veilkey
from . import views
from .capturing import Capturing
from .likewise import Likewise
from .many import ManyCourses

if TYPE_CHECKING:
    import pandas as pd


def connect(
    name: str | Registration, *, http: HttpClient | None = None, pseudonyms: bool | bytes | str = False
) -> Session:
    """Open a session with a platform. Nothing is sent yet.

    Args:
        name: a stored registration's name, or a `Registration` made by hand.
        http: a client with other limits.
        pseudonyms: show people under pseudonyms: every user_id is one, in frames, displays and errors, and uploads
            take them; names, addresses, other ids and comments are left out. They are made with a key of the
            registration's own that is kept in the keyring (see `ltix_data.veil.key`), and so are the same in
            every run; or with the key given here, as text or bytes.

    Raises:
        UsageError: *pseudonyms* is no key; or is True, and the registration was made by hand.
        UnknownNameError: no registration has that name; near misses are suggested.
        KeyStorageError: the private key cannot be read; the message says what to do.
        InvalidKeyError: the key is not the registered one.
    """
    if not isinstance(name, (str, Registration)):
        raise UsageError("connect takes a registration's name, or a Registration.")
    found = name if isinstance(name, Registration) else registration.load(name)
    found.signing_key()  # a locked keyring is told now, not in the middle of a report
    key = veilkey.wanted(found.name, pseudonyms, stored=found.stored)
    return Session(found, http=http, veil=None if key is None else Veil(key))


def registrations() -> pd.DataFrame:
    """Return the stored registrations, one row for each.

    Returns:
        Columns name, platform, issuer, client_id (text), courses (int64, how many are known),
        key_storage (text: "keyring", or "none" where file or environment provide the key).
    """
    return frames.registrations(registration.saved())


class Session(ManyCourses, Capturing, Likewise, Recovery):
    """Courses of one registration. Made by `connect`; also a context manager.

    Its token is asked for when first needed, renewed by itself, and shared by courses and threads.
    """

    def __init__(self, registered: Registration, *, http: HttpClient | None = None, veil: Veil | None = None) -> None:
        self.registration = registered
        self._extra_scopes: frozenset[str] = frozenset()
        self._derived: tuple[tuple[KnownCourse, ...], frozenset[str], frozenset[str]] | None = None
        self._client = ServiceClient(
            registered,
            offered=lambda: self._derive()[1] | self._extra_scopes,
            origins=lambda: self._derive()[2],
            http=http,
            veil=veil,
        )
        self._clock = ScoreClock(self._client.http.clock.now, self._client.http.sleep)

    def __repr__(self) -> str:
        known = self.registration
        courses = counted(len(known.courses), "course")
        covered = "; pseudonyms" if self._client.veil is not None else ""
        return (
            f"<Session {known.name}: {known.platform}, client id {known.client_id}, {courses}{covered}; "
            f"{self._status()}>"
        )

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        markup.tell(printer, repr(self), views.steps(self.registration.name, self.registration.courses))

    def _repr_html_(self) -> str:
        return views.html(self.registration, self._status(), pseudonyms=self._client.veil is not None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The session's courses cannot be used after it."""
        self._client.close()

    # --- Token and other services -----------------------------------------------------------------

    def token(self) -> TokenStatus:
        """Return the state of the token, asking for one if there is none that is fresh.

        Raises:
            TokenError: the platform refused; the message says what to check.
            ScopeError: no course is known yet, so there is nothing to ask for.
        """
        self._client.tokens.token()
        return self._status()

    def refresh(self) -> TokenStatus:
        """Ask for a new token now. Never needed: tokens renew themselves. Raises as `token` does."""
        self._client.tokens.refresh()
        return self._status()

    def get(self, url: str, scope: str | Sequence[str] | None = None, accept: str = spec.JSON) -> Any:
        """Return the parsed JSON of any service of this platform, asked with the same token.

        Args:
            url: where; on a host that the registration or a course named.
            scope: what the token needs (any one of several); added to what is asked for.
            accept: the media type to ask for.

        Raises:
            UsageError: the session shows people under pseudonyms, and such an answer may name them.
            ScopeError: the scope was not granted; nothing was sent.
            ForeignHostError: the host is not one of this platform; nothing was sent.
        """
        refuse_raw(self._client)
        scopes = (scope,) if isinstance(scope, str) else tuple(scope or ())
        asked_before = self._extra_scopes
        self._allow(scopes)
        try:
            return self._client.get_json(urls.require(url, "url"), "this request", scopes=scopes, accept=accept)
        except (UsageError, ScopeError, ForeignHostError):
            self._extra_scopes = asked_before  # what was not granted is not asked for again and again
            raise

    # --- Within -----------------------------------------------------------------------------------

    def _open(self, known: KnownCourse) -> Course:
        return Course(known, self._client, self._clock, self._allow)

    def _allow(self, scopes: Sequence[str]) -> None:
        self._extra_scopes |= frozenset(scopes)

    def _derive(self) -> tuple[tuple[KnownCourse, ...], frozenset[str], frozenset[str]]:
        """Return the courses with all their scopes and origins, worked out once for each set of courses."""
        known = self.registration.courses
        if self._derived is None or self._derived[0] is not known:
            scopes = frozenset(scope for course in known for scope in course.offered_scopes)
            origins = frozenset(urls.origin(url) for course in known for url in course.service_urls)
            self._derived = (known, scopes, origins)
        return self._derived

    def _status(self) -> TokenStatus:
        return TokenStatus.of(self._client.tokens.current, self._client.now())
