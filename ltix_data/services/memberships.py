"""Course rosters: Names and Role Provisioning Services 2.0."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, fields, replace

from .. import columns, paging, roles, spec, urls
from ..columns import Columns
from ..errors import LtixWarning, TooLargeError, UsageError
from ..paging import Page
from ..records import Member
from .base import AdvantageService

_SECTION = "NRPS §2.1"
MAX_MEMBERS = 50_000


@dataclass(frozen=True, slots=True)
class Roster:
    """The people of a course, each once, and where to ask later what has changed since."""

    members: tuple[Member, ...]
    differences_url: str | None = None


class Memberships(AdvantageService):
    """The people of one course."""

    claim = spec.CLAIM_MEMBERSHIPS
    scopes = (spec.SCOPE_MEMBERSHIPS,)
    called = "a roster (Names and Roles)"

    def members(
        self, *, role: str | None = None, resource_link: str | None = None, status: str | None = None
    ) -> Iterator[Member]:
        """Yield members page by page, in the platform's order, as they are read.

        *role* is asked of the platform and applied again here: Moodle's second page comes back
        unfiltered, Open edX ignores it altogether. *status* is applied here; the service has no such
        filter. Somebody whom the platform lists twice comes twice; `roster` puts the two together.

        Args:
            role: a word of `roles.WORDS`, a sub-role, or a URI.
            resource_link: the id of a resource link, to get those who may open it. [NRPS §3]
            status: Active, Inactive or Deleted.

        Raises:
            UsageError: a filter that is no word of the specification.
            AccessError: the token was refused, or lacks the memberships scope.
            PlatformError: the answer is not a membership container. [NRPS §2.1]
        """
        fits = fitting(role, status)
        for _, members in self._asked(self._asked_pages(role, resource_link), resource_link):
            yield from map(self._shown, filter(fits, members))

    def roster(
        self,
        *,
        role: str | None = None,
        resource_link: str | None = None,
        status: str | None = None,
        max_members: int = MAX_MEMBERS,
        ahead: bool = True,
    ) -> Roster:
        """Return every member once; who is listed twice gets the roles of both entries.

        Filters and errors are those of `members`. A whole roster is asked for in larger pages where the platform
        was seen to give them, with the same result; see `paging`.

        Args:
            role: as in `members`.
            resource_link: as in `members`.
            status: as in `members`.
            max_members: an error beyond so many.
            ahead: ask for several pages at once where their links can be foretold. Leave it to whoever reads
                many rosters at once: they have enough under way.

        Raises:
            TooLargeError: the platform lists more than *max_members* people.
        """
        _check_most(max_members)
        fits = fitting(role, status)
        with closing(self._asked_pages(role, resource_link, ahead=ahead, larger=True)) as pages:
            everyone = self._gather(self._asked(pages, resource_link), max_members)
        return replace(everyone, members=tuple(filter(fits, everyone.members)))

    def columns(
        self,
        *,
        role: str | None = None,
        resource_link: str | None = None,
        status: str | None = None,
        max_members: int = MAX_MEMBERS,
        ahead: bool = True,
    ) -> tuple[Columns, str | None]:
        """Return what `roster` does as columns, without a record for each, and the differences URL."""
        if resource_link or self.client.veil is not None:  # both look into each entry
            found = self.roster(
                role=role, resource_link=resource_link, status=status, max_members=max_members, ahead=ahead
            )
            return columns.roster(found.members), found.differences_url
        _check_most(max_members)
        fits, word = selecting(role, status)
        parts, differences, count = [], None, 0
        with closing(self._asked_pages(role, None, ahead=ahead, larger=True)) as pages:
            for page in pages:
                part = columns.members_from_json(page.entries("members", self._what, _SECTION))
                parts.append(part)
                count += len(part["user_id"])
                if count > max_members:
                    self._check_people(len({user_id for part in parts for user_id in part["user_id"]}), max_members)
                differences = page.answer.link("differences") or differences
        everyone = columns.united(columns.joined(parts, columns.ROSTER), _merged)
        return columns.selected(everyone, fits, word), differences

    def differences(self, url: str, *, max_members: int = MAX_MEMBERS) -> Roster:
        """Return who was added, changed, or removed (status Deleted) since *url* was given. [NRPS §2.4.3]

        *url* is a `Roster.differences_url`, used as it is. Few platforms give one.
        """
        return self._gather(self._members(self._pages(urls.require(url, "The differences URL"))), max_members)

    def _gather(self, pages: Iterable[tuple[Page, list[Member]]], max_members: int) -> Roster:
        found: dict[str, Member] = {}
        differences = None
        for page, members in pages:
            for member in members:
                known = found.get(member.user_id)
                found[member.user_id] = member if known is None else _merged(known, member)
            self._check_people(len(found), max_members)
            differences = page.answer.link("differences") or differences
        return Roster(tuple(map(self._shown, found.values())), differences)

    def _check_people(self, count: int, max_members: int) -> None:
        if count > max_members:
            raise TooLargeError(
                f"Course “{self.course_name}” has more than {max_members} members.",
                hint="Raise max_members, or read them one by one with course.members().",
            )

    def _shown(self, member: Member) -> Member:
        """Return a member as this session may see it."""
        veil = self.client.veil
        return member if veil is None else veil.member(member)

    def _asked(self, asked: Iterable[Page], resource_link: str | None) -> Iterator[tuple[Page, list[Member]]]:
        """Yield pages and their members, and look whether a resource link was heeded."""
        pages = self._members(asked)
        first = next(pages)
        if resource_link and first[1] and not any(member.messages for member in first[1]):
            warnings.warn(_UNFILTERED.format(self._what), LtixWarning, stacklevel=4)
        return itertools.chain([first], pages)

    def _asked_pages(
        self, role: str | None, resource_link: str | None, *, ahead: bool = False, larger: bool = False
    ) -> Generator[Page, None, None]:
        query = {"role": roles.query_value(role), "rlid": resource_link}
        url = urls.add_query(self.url("context_memberships_url"), query)
        larger = larger and paging.may_be_asked(self.client.registration.platform, url)
        return self._pages(url, ahead=ahead, larger=larger)

    def _pages(self, url: str, *, ahead: bool = False, larger: bool = False) -> Generator[Page, None, None]:
        return self.client.pages(
            url,
            self._what,
            scopes=self.scopes,
            accept=spec.MEMBERSHIP_CONTAINER,
            key="members",
            section=_SECTION,
            ahead=ahead,
            larger=larger,
        )

    def _members(self, pages: Iterable[Page]) -> Iterator[tuple[Page, list[Member]]]:
        """Yield pages, and the members on them by name."""
        for page in pages:
            yield page, [Member.from_json(raw) for raw in page.entries("members", self._what, _SECTION)]

    @property
    def _what(self) -> str:
        return f"the roster of course “{self.course_name}”"


_UNFILTERED = (
    "The platform sent {} without the resource link's messages: it seems to ignore the resource_link filter, "
    "and these are the members of the whole course. [NRPS §3.2]"
)


def fitting(role: str | None, status: str | None) -> Callable[[Member], bool]:
    """Return the test that role and status stand for; see `Memberships.members`."""
    fits, word = selecting(role, status)
    return lambda member: fits(member.roles) and word in (None, member.status)


def selecting(role: str | None, status: str | None) -> tuple[Callable[[tuple[str, ...]], bool], str | None]:
    """Return the test of roles and the word that role and status stand for; see `Memberships.members`.

    Raises:
        UsageError: a filter that is no word of the specification.
    """
    word = status.strip().capitalize() if isinstance(status, str) else status
    if word is not None and word not in spec.MEMBERSHIP_STATUS:
        raise UsageError(f"status must be one of {', '.join(spec.MEMBERSHIP_STATUS)}.", spec="NRPS §2.3")
    return roles.matcher(role), word


def _check_most(max_members: int) -> None:
    if isinstance(max_members, bool) or not isinstance(max_members, int) or max_members < 1:
        raise UsageError("max_members must be a whole number above 0.")


def _merged(one: Member, other: Member) -> Member:
    """Return one entry for a person listed twice: once for each role, or again on a shifted page."""
    status = "Active" if "Active" in (one.status, other.status) else other.status
    missing = {f.name: getattr(one, f.name) for f in fields(Member) if not getattr(other, f.name)}
    return replace(other, **{**missing, "roles": tuple(dict.fromkeys(one.roles + other.roles)), "status": status})
