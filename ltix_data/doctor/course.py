"""One course: its roster, its line items, their results, and whether scores could be posted. Nothing is written."""

from __future__ import annotations

import time
from collections.abc import Collection

from .. import spec
from ..choosing import counted
from ..client import ServiceClient
from ..courses import KnownCourse
from ..errors import LtixError, NotFoundError
from ..records import LineItem
from ..services.grades import Grades
from ..services.memberships import Memberships
from . import causes
from .findings import ADMINISTRATOR, TEACHER, Finding, ok, skipped

_MOST_PEOPLE, _LONGEST = 5000, 60.0  # of a longer roster no more is read, nor for more seconds
_ENABLE = "Enable {} for the tool, then launch it from this course again."
_READ_ITEMS = (spec.SCOPE_LINE_ITEM, spec.SCOPE_LINE_ITEM_READONLY)


def examine(known: KnownCourse, client: ServiceClient, granted: Collection[str] | None) -> list[Finding]:
    """Return what there is to say of a course; *granted* is None where there is no token.

    Each check stands for itself: one that fails hides no other.
    """
    course = _Course(known, client, granted)
    found: list[Finding] = []
    for check, look in (
        ("roster", course.roster),
        ("line items", course.line_items),
        ("results", course.results),
        ("scores", course.scores),
        ("own column", course.coupled),
    ):
        try:
            found += look()
        except LtixError as error:
            found.append(causes.of_service(error, check, known.name))
        except Exception as error:  # whatever a platform sends, the other checks go on
            found.append(causes.of_fault(error, check, known.name))
    return found


class _Course:
    def __init__(self, known: KnownCourse, client: ServiceClient, granted: Collection[str] | None) -> None:
        self.known, self.name, self.granted = known, known.name, granted
        self._client = client
        self._items: list[LineItem] | None = None

    def roster(self) -> list[Finding]:
        """Read the roster, and say how many are in it and what is told of them."""
        endpoint = self.known.endpoint(spec.CLAIM_MEMBERSHIPS)
        if endpoint is None:
            return [self._not_offered("roster", "Names and Roles")]
        if why := self._cannot(spec.SCOPE_MEMBERSHIPS):
            return [skipped("roster", self.name, why), skipped("names", self.name, why)]
        try:
            people, more = self._people(Memberships(self._client, endpoint, course_name=self.name))
        except LtixError as error:
            failed = causes.of_service(error, "roster", self.name)
            return [failed, skipped("names", self.name, "The roster could not be read.")]
        if not people:
            message, hint = "It can be read, and nobody is in it.", "Enrol people, or publish the course."
            return [
                Finding("roster", self.name, "warning", message, TEACHER, hint),
                skipped("names", self.name, "Nobody is in the roster."),
            ]
        size = f"{'More than ' * more}{counted(len(people), 'member')}."
        return [ok("roster", self.name, size), self._names(list(people.values()))]

    def _people(self, service: Memberships) -> tuple[dict[str, tuple[bool, bool]], bool]:
        """Return of each person whether name and e-mail are told, and whether there are more."""
        people: dict[str, tuple[bool, bool]] = {}
        until = time.monotonic() + _LONGEST
        for member in service.members():
            if len(people) == _MOST_PEOPLE or time.monotonic() > until:
                return people, True
            people[member.user_id] = (bool(member.name or member.family_name), bool(member.email))
        return people, False

    def _names(self, told: list[tuple[bool, bool]]) -> Finding:
        """Say whether the platform shares names and e-mail addresses, which its administrator decides."""
        named, mailed = (sum(one[column] for one in told) for column in (0, 1))
        if named and mailed:
            return ok("names", self.name, f"{named} of {len(told)} with a name, {mailed} with an e-mail address.")
        lacking = "no names" if mailed else "no e-mail addresses" if named else "neither names nor e-mail addresses"
        hint = "Share the user's name and e-mail with the tool: its privacy setting on the platform."
        return Finding("names", self.name, "warning", f"The platform tells {lacking}.", ADMINISTRATOR, hint)

    def line_items(self) -> list[Finding]:
        """Read the line items."""
        if self._endpoint is None:
            return [self._not_offered("line items", "Assignment and Grades")]
        if why := self._cannot(*_READ_ITEMS):
            return [skipped("line items", self.name, why)]
        self._items = self._grades.line_items()
        return [ok("line items", self.name, f"{counted(len(self._items), 'line item')} of this tool.")]

    def results(self) -> list[Finding]:
        """Read the results of one line item."""
        if self._endpoint is None:
            return [skipped("results", self.name, "The course offers no grades.")]
        if why := self._cannot(spec.SCOPE_RESULT_READONLY):
            return [skipped("results", self.name, why)]
        if self._items is None:
            return [skipped("results", self.name, "The line items could not be read.")]
        item = next((item for item in self._items if item.item_id), None)
        if item is None:
            return [skipped("results", self.name, "There is no line item to read them of.")]
        self._grades.results(item.item_id or "")
        return [ok("results", self.name, "Those of one line item can be read.")]

    def scores(self) -> list[Finding]:
        """Say whether scores could be posted, from the scopes alone."""
        if self._endpoint is None:
            return [skipped("scores", self.name, "The course offers no grades.")]
        if spec.SCOPE_SCORE not in self.known.offered_scopes:
            return [self._not_offered("scores", "the posting of scores (Assignment and Grades)")]
        if why := self._cannot(spec.SCOPE_SCORE):
            return [skipped("scores", self.name, why)]
        if self._items is None:
            return [skipped("scores", self.name, "The line items could not be read.")]
        return [ok("scores", self.name, "The token may post them; none was posted.")]

    def coupled(self) -> list[Finding]:
        """Look whether the line item that the launch named is still there. [AGS §4.3]"""
        url = self.known.lineitem_url
        if url is None:
            return []
        if why := self._cannot(*_READ_ITEMS):
            return [skipped("own column", self.name, why)]
        if self._items is None:
            return [skipped("own column", self.name, "The line items could not be read.")]
        try:
            if url not in {item.item_id for item in self._items}:
                self._grades.line_item(url)
        except NotFoundError:
            message = "The column of the tool's own link is gone: the link or its activity was deleted."
            hint = "Launch the tool from its present link in this course, so that its column is known."
            return [Finding("own column", self.name, "warning", message, TEACHER, hint)]
        return [ok("own column", self.name, "The column of the tool's own link is there.")]

    @property
    def _endpoint(self) -> object | None:
        return self.known.endpoint(spec.CLAIM_GRADES)

    @property
    def _grades(self) -> Grades:
        return Grades(self._client, self.known.endpoint(spec.CLAIM_GRADES) or {}, course_name=self.name)

    def _cannot(self, *scopes: str) -> str:
        """Return why a service cannot be asked, or nothing."""
        if self.granted is None:
            return "There is no token."
        return "" if set(scopes).intersection(self.granted) else "The scope was not granted; see “scope”."

    def _not_offered(self, check: str, called: str) -> Finding:
        message = "The course does not offer it."
        return Finding(check, self.name, "warning", message, ADMINISTRATOR, _ENABLE.format(called))
