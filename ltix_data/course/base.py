"""What every part of a course stands on: its endpoints, the client, and how an item is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from .. import choosing, markup, spec
from ..client import ServiceClient
from ..courses import KnownCourse
from ..errors import UsageError
from ..records import LineItem
from ..services.base import AdvantageService, refuse_raw
from ..services.grades import Grades
from ..services.memberships import Memberships
from ..timestamps import ScoreClock
from . import views

Service = TypeVar("Service", bound=AdvantageService)


class CourseBase:
    """A course's services.

    Args:
        known: its names and endpoints.
        client: sends authorised requests.
        clock: gives scores their time.
        allow: adds scopes to what tokens are asked for.
    """

    def __init__(
        self, known: KnownCourse, client: ServiceClient, clock: ScoreClock, allow: Callable[[Sequence[str]], None]
    ) -> None:
        self._known = known
        self._client = client
        self._clock = clock
        self._allow = allow

    @property
    def name(self) -> str:
        """The name this course is called by."""
        return self._known.name

    def __repr__(self) -> str:
        services = [word for word, url in (("roster", self._known.memberships_url), ("grades", self._grades)) if url]
        title = f", {markup.still(self._known.title)}" if self._known.title else ""
        return f"<Course {markup.still(self.name)}{title}: {' and '.join(services) or 'no services'}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        markup.tell(printer, repr(self), views.steps(self._known))

    def _repr_html_(self) -> str:
        return views.html(self._known, self._client.registration.name, self._client.tokens.current)

    def service(self, kind: type[Service]) -> Service:
        """Return a service of this course: a subclass of `AdvantageService`.

        Raises:
            UsageError: no launch of this course offered it; or it is none of LTI's own, and the session shows
                people under pseudonyms, which a platform's own answers may name.
        """
        if kind not in (Memberships, Grades):
            refuse_raw(self._client)
        endpoint = self._known.endpoint(kind.claim)
        if endpoint is None:
            raise UsageError(
                f"Course “{self.name}” does not offer {kind.called or kind.__name__}.",
                hint="Ask the platform's administrator to enable it and launch the tool from this course again, "
                "or give its URL to session.add_course(…).",
                spec="Core §6.1",
            )
        if kind not in (Memberships, Grades):
            self._allow(kind.scopes)
        return kind(self._client, endpoint, course_name=self.name)

    def _meet(self, people: Iterable[str]) -> None:
        """Let a veil see the whole roster where it does not know who one of these pseudonyms is."""
        veil = self._client.veil
        if veil is not None and self._known.memberships_url and not all(map(veil.knows, people)):
            for _ in self.service(Memberships).members():
                pass

    def _real_id(self, user_id: str) -> str:
        """Return the platform's own user_id of somebody, whom the session may know by a pseudonym.

        Raises:
            UnknownNameError: nobody in the course has this pseudonym.
        """
        self._meet([user_id])
        return self._client.real_id(user_id)

    @property
    def _grades(self) -> str | None:
        return self._known.lineitems_url or self._known.lineitem_url

    def _items(self) -> list[LineItem]:
        return self.service(Grades).line_items()

    def _item(self, item: object) -> LineItem:
        url = choosing.item_url(item)
        if url is not None:
            return self.service(Grades).line_item(url)
        return choosing.labelled(item, self._items(), self.name)

    def _score_extensions(self) -> dict[str, Any]:
        """Canvas takes every score as a new submission unless told otherwise."""
        if self._client.registration.platform == "Canvas":
            return {spec.CANVAS_SUBMISSION: {"new_submission": False}}
        return {}
