"""Line items, scores and results: Assignment and Grade Services 2.0.

A tool sees only its own line items, never the platform's whole gradebook. No `limit` is sent on any
read: Open edX would cut the list without saying so, Moodle answers 404.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from .. import columns, parsing, spec, urls
from ..answers import Answer
from ..columns import Columns
from ..errors import (
    AccessError,
    CoupledLineItemError,
    LtixWarning,
    MalformedResponseError,
    NotFoundError,
    PlatformError,
    RefusedError,
    TransportError,
    UnavailableError,
    UnknownOutcomeError,
    UsageError,
)
from ..records import LineItem, Result
from .base import AdvantageService

_READ = (spec.SCOPE_LINE_ITEM, spec.SCOPE_LINE_ITEM_READONLY)
_WRITE = (spec.SCOPE_LINE_ITEM,)
#: Beyond these Moodle answers 502 and leaves an orphan column behind.
_MOODLE_LENGTHS = {"tag": 255, "resource_id": 512}


class Grades(AdvantageService):
    """The gradebook columns a tool owns in one course."""

    claim = spec.CLAIM_GRADES
    scopes = spec.GRADE_SCOPES
    called = "line items and grades (Assignment and Grades)"

    # --- Line items -------------------------------------------------------------------------------

    def line_items(
        self, *, tag: str | None = None, resource_id: str | None = None, resource_link: str | None = None
    ) -> list[LineItem]:
        """Return the tool's line items, those that fit all filters.

        Filters are asked of the platform and applied again here: Sakai knows one of them by another
        name, others ignore them, Open edX fails at a link it does not know (then all are read). Where
        the course has no container, its one line item is returned. [AGS §3.2.4]

        Raises:
            ScopeError: neither line item scope was granted.
            PlatformError: the answer is not a line item container.
        """
        query = {"tag": tag, "resource_id": resource_id, "resource_link_id": resource_link}
        try:
            found = self._all_line_items(query)
        except (RefusedError, UnavailableError):
            if not any(query.values()):
                raise
            found = self._all_line_items({})
        return [
            item
            for item in found
            if (tag is None or item.tag == tag)
            and (resource_id is None or item.resource_id == resource_id)
            and (resource_link is None or item.resource_link_id == resource_link)
        ]

    def _all_line_items(self, query: dict[str, str | None]) -> list[LineItem]:
        if not self.endpoint.get("lineitems"):
            return [self.line_item(self.url("lineitem"))]
        what, section = f"the line items of course “{self.course_name}”", "AGS §3.2.4"
        url = urls.add_query(self.url("lineitems"), query)
        pages = self.client.pages(url, what, scopes=_READ, accept=spec.LINE_ITEM_CONTAINER, key=None, section=section)
        items = [LineItem.from_json(raw) for page in pages for raw in page.entries(None, what, section)]
        return list({item.item_id: item for item in items}.values())  # a page may repeat an item

    def line_item(self, item_id: str) -> LineItem:
        """Return one line item, as the platform has it now. [AGS §3.2.3]"""
        url = urls.require(item_id, "item_id")
        what = f"a line item of course “{self.course_name}”"
        raw = self.client.get_json(url, what, scopes=_READ, accept=spec.LINE_ITEM, section="AGS §3.2.3")
        return LineItem.from_json({**raw, "id": raw.get("id") or url} if isinstance(raw, dict) else raw)

    def create(self, item: LineItem) -> LineItem:
        """Create *item* and return it as the platform stored it.

        It is read back, for Moodle echoes what was sent and not what it keeps; where that fails, a warning
        says so, for the item is there. Creating is not idempotent: after an `UnknownOutcomeError` look for
        the item before trying again. [AGS §3.2.5]

        Raises:
            UsageError: the label is blank, or the maximum is not above 0.
        """
        self._check(item)
        what = f"a new line item in course “{self.course_name}”"
        body = parsing.wire_bytes(replace(item, item_id=None).to_json())
        answer = self.client.send_json(
            "POST", self.url("lineitems"), what, body, scopes=_WRITE, media_type=spec.LINE_ITEM, section="AGS §3.2.5"
        )
        made = replace(item, item_id=_created_id(answer, what))
        try:
            return self.line_item(made.item_id or "")
        except (AccessError, PlatformError, TransportError) as error:
            warnings.warn(f"The line item was created; it is shown as it was sent. {error}", LtixWarning, stacklevel=2)
            return made

    def update(self, item_id: str, **changes: Any) -> LineItem:
        """Change what *changes* name and keep the rest: GET, change, PUT, and read again. [AGS §3.2.6]

        *changes* are fields of `LineItem`. A blank text takes the field away; it is sent as blank, for
        Open edX keeps what is left out.

        Raises:
            UsageError: the label is blank, the maximum is not above 0, or a change the service forbids.
        """
        if fixed := {"item_id", "resource_link_id"}.intersection(changes):
            raise UsageError(f"{' and '.join(sorted(fixed))} of a line item cannot be changed.", spec="AGS §3.2.6")
        before = self.line_item(item_id)
        item = replace(before, **changes)
        self._check(item)
        what = f"a line item of course “{self.course_name}”"
        self.client.send_json(
            "PUT",
            urls.require(item_id, "item_id"),
            what,
            parsing.wire_bytes(item.to_json()),
            scopes=_WRITE,
            media_type=spec.LINE_ITEM,
            section="AGS §3.2.6",
        )
        return self.line_item(item_id)

    def delete(self, item: LineItem, *, force: bool = False) -> None:
        """Delete a line item and every result in it. [AGS §3.2]

        Raises:
            CoupledLineItemError: it belongs to the platform's own link, and *force* is not set.
        """
        if self.is_coupled(item) and not force:
            raise CoupledLineItemError(
                f"A line item of course “{self.course_name}” is coupled: the platform made it for its own link.",
                hint="Canvas refuses to delete it, Moodle deletes it with its grades. Pass force=True if you mean it.",
                spec="AGS §4.3",
            )
        what = f"to delete a line item of course “{self.course_name}”"
        url = urls.require(item.item_id, "item_id")
        answer = self.client.send("DELETE", url, what, scopes=_WRITE, accept=spec.LINE_ITEM, section="AGS §3.2")
        _check_no_web_page(answer, what)

    def is_coupled(self, item: LineItem) -> bool:
        """Return whether the platform made *item* for a resource link. [AGS §4.3]

        Known of the one the launch named; the others are told by a resource link without any mark of a
        tool's own, for each link of a course can have one.
        """
        if item.item_id and item.item_id == self.endpoint.get("lineitem"):
            return True
        return bool(item.resource_link_id) and not (item.tag or item.resource_id)

    def _check(self, item: LineItem) -> None:
        if not isinstance(item.label, str) or not item.label.strip():
            raise UsageError("A line item needs a label.", spec="AGS §3.2.7")
        if not parsing.is_points(item.out_of) or item.out_of == 0:
            raise UsageError("A line item needs out_of, its maximum, above 0.", spec="AGS §3.2.8")
        if item.starts_at and item.ends_at and item.ends_at < item.starts_at:
            raise UsageError("The line item ends before it starts.", spec="AGS §3.2.13")
        if self.client.registration.platform == "Moodle":
            for key, most in _MOODLE_LENGTHS.items():
                if len(getattr(item, key) or "") > most:
                    raise UsageError(f"Moodle takes at most {most} characters as {key}.", spec="AGS §3.2.11")

    # --- Results and scores -----------------------------------------------------------------------

    def results(self, item_id: str, *, user_id: str | None = None) -> list[Result]:
        """Return the results of one line item; people without one may be missing. [AGS §3.3]

        *user_id* is asked of the platform and applied again here (Sakai and Open edX ignore it). Where
        the platform fails over it (Open edX, at an id with a dot), all results are read instead; and where
        *user_id* is a pseudonym of somebody who was not seen yet.
        """
        url = urls.append_path(urls.require(item_id, "item_id"), "/results")
        if user_id is None:
            return self._results(url)
        veil = self.client.veil
        known = veil is None or veil.knows(user_id)
        query = {"user_id": self.client.real_id(user_id) if known else None}
        try:
            found = self._results(urls.add_query(url, query))
        except (RefusedError, UnavailableError):
            found = self._results(url)
        return [result for result in found if result.user_id == user_id]

    def result_columns(self, item: LineItem) -> Columns:
        """Return the results of one line item, as `results` reads them, as columns and without a record for each."""
        url = urls.append_path(urls.require(item.item_id, "item_id"), "/results")
        if self.client.veil is not None:
            return columns.results_of_one(self._results(url))
        parts = [columns.results_from_json(page) for page in self._result_pages(url)]
        return columns.without_repeats(parts[0] if len(parts) == 1 else columns.joined(parts, list(parts[0])))

    def _results(self, url: str) -> list[Result]:
        found: dict[str, Result] = {}
        for page in self._result_pages(url):
            for raw in page:
                result = Result.from_json(raw)
                if result.score is not None or result.user_id not in found:  # an empty repeat hides no grade
                    found[result.user_id] = result
        veil = self.client.veil
        return list(found.values()) if veil is None else list(map(veil.result, found.values()))

    def _result_pages(self, url: str) -> Iterator[list[Any]]:
        what, section = f"the results of a line item of course “{self.course_name}”", "AGS §3.3.3"
        scopes = (spec.SCOPE_RESULT_READONLY,)
        pages = self.client.pages(url, what, scopes=scopes, accept=spec.RESULT_CONTAINER, key=None, section=section)
        return (page.entries(None, what, section) for page in pages)

    def post_score(self, item_id: str, body: bytes | Callable[[], bytes]) -> None:
        """Send one score, as `Score.to_bytes` froze it. Never repeated blindly. [AGS §3.4]

        Args:
            item_id: the line item's URL.
            body: the frozen bytes, or what gives them when the request's turn has come, each time it is tried.

        Raises:
            RefusedError: the platform does not take it; `status` 409 says it holds one as new.
            UnknownOutcomeError: no answer came, or a web page; read the result before sending again.
        """
        url = urls.append_path(urls.require(item_id, "item_id"), "/scores")
        what, section = f"a score in course “{self.course_name}”", "AGS §3.4"
        scopes = (spec.SCOPE_SCORE,)
        try:
            answer = self.client.send_json(
                "POST", url, what, body, scopes=scopes, media_type=spec.SCORE, section=section
            )
        except NotFoundError as error:
            hint = "The person may not be in the course, or the line item is gone; compare with the roster."
            raise NotFoundError(error.what, hint=hint, spec=section, status=error.status, code=error.code) from None
        _check_no_web_page(answer, what)


def _check_no_web_page(answer: Answer, what: str) -> None:
    """Refuse to believe a login or maintenance page that calls itself a success."""
    if answer.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise UnknownOutcomeError(
            f"{urls.host(answer.url)} answered {what} with a web page (status {answer.status}); it may not be done.",
            hint="Read back what the platform holds before sending it again.",
        )


def _created_id(answer: Answer, what: str) -> str:
    """Return the new item's URL, from the body or the Location header."""
    raw: Any = None
    with suppress(MalformedResponseError):
        raw = answer.json(what)
    found = raw.get("id") if isinstance(raw, dict) else None
    for link in (found, answer.headers.get("location")):
        if isinstance(link, str) and link.strip():
            with suppress(UsageError):
                return urls.require(urls.join(answer.url, link.strip()), "The id of a line item")
    raise MalformedResponseError(
        f"{urls.host(answer.url)} accepted {what} and did not say where it is.",
        hint="Find it with line_items(); do not create it again.",
        spec="AGS §3.2.5",
        status=answer.status,
    )
