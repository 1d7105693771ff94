"""What the platform keeps: tools, courses, members, line items and the cells of a gradebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .. import spec
from .people import Person

Json = dict[str, Any]
Number = int | float


class RequestError(Exception):
    """A request that is refused; becomes the answer's status, its reason and its extra headers.

    *body* is the answer's body where it is a peculiar one: text is sent as HTML, all else as JSON.
    Without one it is what the platform makes of the reason.
    """

    def __init__(
        self, status: int, reason: str, headers: dict[str, str] | None = None, *, body: object | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers or {}
        self.body = body


class TokenError(Exception):
    """An error answer of the token endpoint. [RFC 6749 §5.2]"""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


@dataclass(slots=True)
class Tool:
    """A registered tool. *number* stands in the URLs of its line items, as ``type_id`` does at Moodle.

    *messages* are the kinds of launch it takes; *deep_linking_uri* is where it wants to be asked for content,
    where that is another address than `target_link_uri`. One that is not *active* waits for an administrator.
    """

    number: int
    client_id: str
    deployment_id: str
    name: str
    jwks: Json | None = None
    jwks_uri: str | None = None
    redirect_uris: tuple[str, ...] = ()
    initiate_login_uri: str | None = None
    target_link_uri: str | None = None
    scopes: tuple[str, ...] = spec.ALL_SCOPES
    custom: dict[str, str] = field(default_factory=dict)
    messages: tuple[str, ...] = (spec.RESOURCE_LINK_REQUEST, spec.DEEP_LINKING_REQUEST)
    deep_linking_uri: str | None = None
    active: bool = True

    @property
    def offers_content(self) -> bool:
        """Whether it can be asked for content."""
        return bool(self.initiate_login_uri) and spec.DEEP_LINKING_REQUEST in self.messages


@dataclass(slots=True)
class Membership:
    """A person in a course. *number* is its place in the roster; *born* and *changed* are course versions."""

    person: Person
    roles: tuple[str, ...]
    status: str
    number: int
    born: int = 0
    changed: int = 0

    def has(self, role: str) -> bool:
        """Return whether a role (a URI or a context role's short name) or a sub-role of it is held."""
        short = role.removeprefix(spec.CONTEXT_ROLE)
        if ":" in short:
            return role in self.roles
        return any(
            own == spec.CONTEXT_ROLE + short or own.startswith(f"{spec.CONTEXT_SUB_ROLE}{short}#") for own in self.roles
        )


@dataclass(slots=True)
class Cell:
    """One learner's cell in one column: the tool's last score and what a teacher made of it.

    *given* and *override* keep the maximum they were given out of, so that a new maximum of the
    column rescales them without rounding twice. [AGS §3.2.6] *submissions* and *comments* are kept
    only by platforms that add one at each score; *locked* matters only to those that lock grades.
    """

    score: Json | None = None
    timestamp: str | None = None
    given: Number | None = None
    given_out_of: Number = 1
    override: Number | None = None
    override_out_of: Number = 1
    comment: str | None = None
    comment_from_tool: bool = False
    scoring_user_id: str | None = None
    started_at: str | None = None
    submitted_at: str | None = None
    submissions: int = 0
    comments: list[str] = field(default_factory=list)
    locked: bool = False

    def visible(self, out_of: Number) -> Number | None:
        """Return what the gradebook shows, in points out of *out_of*."""
        if self.override is not None:
            return _scaled(self.override, self.override_out_of, out_of)
        return None if self.given is None else _scaled(self.given, self.given_out_of, out_of)


@dataclass(slots=True)
class LineItem:
    """A column. *fields* are its JSON without `id`; *coupled* ones belong to a resource link's life."""

    number: int
    client_id: str
    fields: Json
    coupled: bool = False
    cells: dict[str, Cell] = field(default_factory=dict)

    @property
    def out_of(self) -> Number:
        """The scoreMaximum."""
        maximum: Number = self.fields["scoreMaximum"]
        return maximum


@dataclass(slots=True)
class Content:
    """A content item that a tool placed in a course, as it came. Resource links have a *link_id*."""

    number: int
    client_id: str
    item: Json
    link_id: str | None = None

    @property
    def title(self) -> str:
        """What people see of it, in one line."""
        column = self.item.get("lineItem") or {}
        return str(self.item.get("title") or column.get("label") or self.item.get("text") or self.item["type"])


@dataclass(slots=True)
class Course:
    """A course. *version* counts the changes of its roster; *contents* are what deep linking has placed.

    *links* are the resource links that every tool is deployed with, by client id.
    """

    course_id: str
    context_id: str
    label: str
    title: str
    members: dict[str, Membership] = field(default_factory=dict)
    items: dict[int, LineItem] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    contents: dict[int, Content] = field(default_factory=dict)
    version: int = 0

    def member(self, user_id: str) -> Membership | None:
        """Return a current member; people who have left are kept, but as `Deleted`."""
        found = self.members.get(user_id)
        return found if found and found.status != "Deleted" else None

    def items_of(self, client_id: str) -> list[LineItem]:
        """Return the line items that a tool may see: its own."""
        return [item for item in self.items.values() if item.client_id == client_id]

    def placed(self, client_id: str, link_id: str | None) -> Content | None:
        """Return the resource link of a tool that deep linking placed under that id."""
        links = (content for content in self.contents.values() if content.link_id is not None)
        return next((link for link in links if (link.client_id, link.link_id) == (client_id, link_id)), None)

    def has_link(self, client_id: str, link_id: str | None) -> bool:
        """Return whether that is a resource link of the tool's own here."""
        return link_id is not None and (
            self.links.get(client_id) == link_id or self.placed(client_id, link_id) is not None
        )


def _scaled(value: Number, out_of: Number, wanted: Number) -> Number:
    return value if out_of == wanted else value * wanted / out_of
