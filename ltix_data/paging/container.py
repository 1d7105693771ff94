"""One page of a container, and the link behind it."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from .. import urls
from ..answers import Answer
from ..errors import ForeignHostError, MalformedResponseError, UsageError

#: Tells seconds.
Clock: TypeAlias = Callable[[], float]


class Ask(Protocol):
    """Asks for one page."""

    def __call__(self, url: str, /, *, once: bool = False) -> Answer:
        """Return the answer if it is 2xx; with *once*, one try is enough, for no error of it matters."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a container: its parsed JSON, and the answer it came in."""

    data: Any
    answer: Answer

    def entries(self, key: str | None, what: str, section: str) -> list[Any]:
        """Return the list at *key*, or the page itself where *key* is None.

        Raises:
            MalformedResponseError: there is no list.
        """
        found = (self.data.get(key) if isinstance(self.data, dict) else None) if key else self.data
        if not isinstance(found, list):
            raise MalformedResponseError(
                f"{urls.host(self.answer.url)} answered {what} without the list it must hold.",
                hint="Check that the URL is the service's own.",
                spec=section,
                status=self.answer.status,
            )
        return found


@dataclass(frozen=True, slots=True)
class Container:
    """What is read page by page.

    Args:
        what: what messages call it.
        key: where a page holds its list; None is the body itself.
        section: of the specification, for messages.
    """

    what: str
    key: str | None
    section: str

    def page(self, answer: Answer, *, first: bool) -> Page:
        """Return the page that an answer holds; behind the last one Sakai sends an empty body.

        Raises:
            MalformedResponseError: it is no JSON.
        """
        if not first and not answer.body.strip() and answer.link("next") is None:
            return Page({self.key: []} if self.key else [], answer)
        return Page(answer.json(self.what, spec=self.section), answer)

    def entries(self, page: Page) -> list[Any]:
        """Return the entries of a page. Raises as `Page.entries` does."""
        return page.entries(self.key, self.what, self.section)

    def rest(self, page: Page, begin: int) -> Page:
        """Return a page without its first entries."""
        left = self.entries(page)[begin:]
        return Page({**page.data, self.key: left} if self.key else left, page.answer)

    def check_next(self, following: str, home: str, seen: Set[str]) -> None:
        """Refuse a link that must not be followed.

        Args:
            following: where it leads.
            home: the origin of the first page.
            seen: what was asked for already.

        Raises:
            MalformedResponseError: it is no URL, or leads in a circle.
            ForeignHostError: it leads to another host.
        """
        try:
            urls.require(following, "The link to the next page")
        except UsageError as error:
            raise MalformedResponseError(
                f"The platform's link to the next page of {self.what} is no URL.", spec=self.section
            ) from error
        if urls.origin(following) != home:
            raise ForeignHostError(
                f"The next page of {self.what} would be on {urls.host(following)}, not where the first one was; "
                "not followed.",
                hint="This is a fault of the platform (often of a proxy before it); report it to its administrator.",
                spec=self.section,
            )
        if following in seen:
            raise MalformedResponseError(
                f"The platform's links between the pages of {self.what} lead in a circle.",
                hint="Nothing is returned, for nobody can tell whether it is all; report it to its administrator.",
                spec=self.section,
            )
