"""The session a notebook opens: one registration, one token for all its courses, frames out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from . import choosing, frames, registration, spec, urls
from .choosing import counted
from .client import ServiceClient
from .course import Course
from .courses import KnownCourse
from .errors import (
    AmbiguousError,
    ForeignHostError,
    LtixError,
    LtixWarning,
    ScopeError,
    UnknownNameError,
    UsageError,
)
from .http import HttpClient
from .recovery import Recovery
from .registration import Registration
from .timestamps import ScoreClock
from .tokens import TokenStatus

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row")
_COURSES_AT_ONCE = 8


def connect(name: str | Registration, *, http: HttpClient | None = None) -> Session:
    """Open a session with a platform. Nothing is sent yet.

    Args:
        name: a stored registration's name, or a `Registration` made by hand.
        http: a client with other limits.

    Raises:
        UnknownNameError: no registration has that name; near misses are suggested.
        KeyStorageError: the private key cannot be read; the message says what to do.
        InvalidKeyError: the key is not the registered one.
    """
    if not isinstance(name, (str, Registration)):
        raise UsageError("connect takes a registration's name, or a Registration.")
    found = name if isinstance(name, Registration) else registration.load(name)
    found.signing_key()  # a locked keyring is told now, not in the middle of a report
    return Session(found, http=http)


def registrations() -> pd.DataFrame:
    """Return the stored registrations, one row for each.

    Returns:
        Columns name, platform, issuer, client_id (text), courses (int64, how many are known),
        key_storage (text: "keyring", or "none" where file or environment provide the key).
    """
    return frames.registrations(registration.saved())


class Session(Recovery):
    """Courses of one registration. Made by `connect`; also a context manager.

    Its token is asked for when first needed, renewed by itself, and shared by courses and threads.
    """

    def __init__(self, registered: Registration, *, http: HttpClient | None = None) -> None:
        self.registration = registered
        self._extra_scopes: frozenset[str] = frozenset()
        self._derived: tuple[tuple[KnownCourse, ...], frozenset[str], frozenset[str]] | None = None
        self._client = ServiceClient(
            registered,
            offered=lambda: self._derive()[1] | self._extra_scopes,
            origins=lambda: self._derive()[2],
            http=http,
        )
        self._clock = ScoreClock(self._client.http.clock.now, self._client.http.sleep)

    def __repr__(self) -> str:
        known = self.registration
        courses = counted(len(known.courses), "course")
        return f"<Session {known.name}: {known.platform}, client id {known.client_id}, {courses}; {self._status()}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The session's courses cannot be used after it."""
        self._client.close()

    # --- Courses ----------------------------------------------------------------------------------

    def courses(self) -> pd.DataFrame:
        """Return the courses known so far, one row for each.

        Platforms have no directory of courses: launches and `add_course` make them known.

        Returns:
            Columns name, label, title, context_id, memberships_url, lineitems_url, lineitem_url,
            resource_link_id (text, missing where unknown), scopes (tuple of URIs, None where nobody said).
        """
        return frames.courses(self.registration.courses)

    def course(self, name: str) -> Course:
        """Return a course by its name, label, title or context id.

        Raises:
            UnknownNameError: there is none; near misses are suggested.
            AmbiguousError: the title or label fits several.
        """
        if not isinstance(name, str) or not name.strip():
            raise UsageError("Say which course: its name, label, title or context id, as text.")
        known = self.registration.courses
        for field in ("name", "context_id", "label", "title"):
            found = [course for course in known if getattr(course, field) == name]
            if len(found) > 1:
                names = ", ".join(f"“{course.name}”" for course in found)
                raise AmbiguousError(f"{len(found)} courses have the {field} “{name}”.", hint=f"Use a name: {names}.")
            if found:
                return self._open(found[0])
        words = [word for course in known for word in (course.name, course.label, course.title) if word]
        raise UnknownNameError(
            f"“{self.registration.name}” knows no course “{name}”.",
            hint=choosing.near_misses(str(name), words) + " Launch the tool from it, or use session.add_course(…).",
        )

    def add_course(
        self,
        name: str,
        context_id: str | None = None,
        *,
        memberships_url: str | None = None,
        lineitems_url: str | None = None,
        lineitem_url: str | None = None,
        scopes: Iterable[str] | None = None,
        label: str | None = None,
        title: str | None = None,
        resource_link_id: str | None = None,
        services: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Course:
        """Add a course by hand, or replace the one of this name, and return it.

        It is stored with the registration, if that is.

        Args:
            name: what to call it.
            context_id: the platform's id of it.
            memberships_url: ``context_memberships_url`` of its launches. [NRPS §3.6]
            lineitems_url: ``lineitems`` of its launches. [AGS §3.1]
            lineitem_url: ``lineitem`` of its launches, the platform's own (coupled) column.
            scopes: what its launches offer; everything its services could need, where None.
            label: its short name.
            title: its long name.
            resource_link_id: the id of the tool's link in it.
            services: the claims of a platform's own services, by claim URI.

        Raises:
            UsageError: an address is none, or there is nothing to reach it by.
        """
        if not (memberships_url or lineitems_url or lineitem_url or services):
            raise UsageError(
                f"There is nothing to reach course “{name}” by.",
                hint="Give memberships_url, lineitems_url or lineitem_url, as its launches carry them.",
            )
        known = KnownCourse(
            name=name,
            context_id=context_id,
            label=label,
            title=title,
            memberships_url=memberships_url,
            lineitems_url=lineitems_url,
            lineitem_url=lineitem_url,
            resource_link_id=resource_link_id,
            scopes=None if scopes is None else tuple(scopes.split() if isinstance(scopes, str) else scopes),
            services=dict(services or {}),
        )
        self.registration.remember(known)
        return self._open(known)

    # --- Many courses -----------------------------------------------------------------------------

    def rosters(self, courses: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the rosters of several courses (of all known ones) in one frame.

        Returns:
            The columns of `Course.roster` after a column course. Courses that could not be read are
            listed in ``.attrs["errors"]`` (dicts with course, error, message), and warned about.
        """
        return self._gather(courses, lambda course: course.roster(), like=frames.roster([]))

    def results(self, courses: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the results of several courses (of all known ones) in one frame.

        Returns:
            The columns of `Course.results` after a column course; errors as in `rosters`.
        """
        return self._gather(courses, lambda course: course.results(), like=frames.results([]))

    def _gather(
        self, courses: Iterable[str] | None, read: Callable[[Course], pd.DataFrame], *, like: pd.DataFrame
    ) -> pd.DataFrame:
        asked = [courses] if isinstance(courses, str) else courses
        names = [known.name for known in self.registration.courses] if asked is None else list(asked)
        opened = [self.course(name) for name in names]

        def attempt(course: Course) -> pd.DataFrame | LtixError:
            try:
                return read(course)
            except LtixError as error:
                return error

        with ThreadPoolExecutor(max_workers=_COURSES_AT_ONCE, thread_name_prefix="ltix-courses") as pool:
            answers = list(zip(opened, pool.map(attempt, opened), strict=True))
        return frames.stacked(
            [(course.name, answer) for course, answer in answers if not isinstance(answer, LtixError)],
            like=like,
            errors=_noted([(course.name, answer) for course, answer in answers if isinstance(answer, LtixError)]),
        )

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
            ScopeError: the scope was not granted; nothing was sent.
            ForeignHostError: the host is not one of this platform; nothing was sent.
        """
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


def _noted(failed: Sequence[tuple[str, LtixError]]) -> list[dict[str, str]]:
    """Return the failures as plain data (frames' attrs must survive to_parquet), and warn of them."""
    if failed:
        names = ", ".join(name for name, _ in failed[:5]) + (", …" if len(failed) > 5 else "")
        warnings.warn(
            f"{counted(len(failed), 'course')} could not be read ({names}) and {'is' if len(failed) == 1 else 'are'} "
            "missing from this frame; see .attrs['errors'].",
            LtixWarning,
            stacklevel=4,
        )
    return [{"course": name, "error": type(error).__name__, "message": str(error)} for name, error in failed]
