"""The platform: its state under one lock, and what an administrator or teacher can do to it."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import spec
from . import university
from .capacity import Capacity, Load, like_moodle
from .keysets import PlatformKey, ToolKeys, fetch_json, require_public
from .like import USER_IDS, personality
from .model import Cell, Course, LineItem, Membership, Number, RequestError, Tool
from .options import Options
from .people import Person
from .quota import COST, FULL, Bucket, Quota
from .store import Store

if TYPE_CHECKING:
    from .rules import Strict

#: How long an administrator's invitation to register is good for, in seconds.
REGISTRATION_LIFETIME = 3600


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a bearer token stands for."""

    client_id: str
    scopes: frozenset[str]
    expires: float


class Platform:
    """A practice platform.

    Args:
        options: how it behaves.
        base_url: its address and issuer; by default the one each request was sent to.
        now: the clock, in seconds since the epoch.
        sleep: how it takes its time, where the options say so.
        fetch: how a tool's ``jwks_uri`` is read; by default over https, or http on this machine.

    Attributes:
        under_maintenance: set it, and tokens and services are closed until it is set back.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        base_url: str | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        fetch: Callable[[str], Any] = fetch_json,
    ) -> None:
        self.options = options or Options()
        self.base_url = base_url.rstrip("/") if base_url else None
        self.now, self.sleep = now, sleep
        self.lock = threading.RLock()
        self.key = PlatformKey()
        self.tool_keys = ToolKeys(fetch)
        self.tools: dict[str, Tool] = {}
        courses = university.courses(self.options.seed, USER_IDS.get(self.options.like, str))
        self.courses: dict[str, Course] = {course.course_id: course for course in courses}
        self.under_maintenance = False
        self.quota: Quota | Bucket = Quota()
        self.load: Load | None = None
        self.next_item = 1
        self.access_tokens: dict[str, AccessToken] = {}
        self.used_assertions: dict[tuple[str, str], float] = {}
        self.registration_tokens: dict[str, float] = {}
        self.login_hints: dict[str, Any] = {}
        self.content_requests: dict[str, Any] = {}
        self.used_nonces: dict[tuple[str, str], float] = {}
        self._store = Store(Path(self.options.state_file), self) if self.options.state_file else None
        if self.options.cost:
            self.meter_quota(cost=self.options.cost)
        if self.options.capacity:
            self.bound_capacity(like_moodle(self.options.capacity))

    @cached_property
    def rules(self) -> Strict:
        """What the services decide: the strict rules, or those of the platform that this one is like."""
        return personality(self.options)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock, and keep the state afterwards unless the change was refused."""
        with self.lock:
            yield
            if self._store:
                self._store.changed()

    def close(self) -> None:
        """Write what is not on disk yet."""
        if self._store:
            self._store.flush()

    # --- Tools ----------------------------------------------------------------------------------

    def add_tool(
        self,
        *,
        jwks: dict[str, Any] | None = None,
        jwks_uri: str | None = None,
        redirect_uris: Iterable[str] = (),
        initiate_login_uri: str | None = None,
        target_link_uri: str | None = None,
        name: str = "Practice tool",
        scopes: Iterable[str] = spec.ALL_SCOPES,
        custom: dict[str, str] | None = None,
        messages: Iterable[str] = (spec.RESOURCE_LINK_REQUEST, spec.DEEP_LINKING_REQUEST),
        deep_linking_uri: str | None = None,
    ) -> Tool:
        """Register a tool, and give each course a resource link and a coupled line item for it.

        Raises:
            ValueError: the key set holds no public RSA key, or holds a private one.
        """
        if jwks is not None:
            require_public(jwks)
        with self.changing():
            number = len(self.tools) + 1
            tool = Tool(
                number=number,
                client_id=f"practice-client-{number:04d}",
                deployment_id=f"practice-deployment-{number:04d}",
                name=name,
                jwks=jwks,
                jwks_uri=jwks_uri,
                redirect_uris=tuple(redirect_uris),
                initiate_login_uri=initiate_login_uri,
                target_link_uri=target_link_uri,
                scopes=tuple(scopes),
                custom=dict(custom or {}),
                messages=tuple(messages),
                deep_linking_uri=deep_linking_uri,
            )
            self.tools[tool.client_id] = tool
            for course in self.courses.values():
                self._couple(course, tool)
        return tool

    def registration_token(self) -> str:
        """Return a token that registers one tool, once, within an hour."""
        token = secrets.token_urlsafe(24)
        with self.changing():
            self.registration_tokens[token] = self.now() + REGISTRATION_LIFETIME
        return token

    def allowed_scopes(self, tool: Tool) -> set[str]:
        """Return what the token endpoint may grant to a tool."""
        allowed = self.options.granted_scopes
        return {scope for scope in tool.scopes if allowed is None or scope in allowed}

    def revoke_tokens(self) -> None:
        """Make every access token worthless, as a restart would."""
        with self.lock:
            self.access_tokens.clear()

    def exhaust_quota(self, after: int = 0, *, refusals: int | None = None, status: int | None = None) -> None:
        """Refuse requests to the services when *after* more have been answered; tokens stay free.

        Args:
            after: how many are still answered.
            refusals: how many are refused before all is well again; None refuses until `restore_quota`.
            status: what refusals say; None is what the platform it is like would.
        """
        self.quota = Quota(after, refusals, status)

    def meter_quota(self, *, cost: float = COST, full: float = FULL, status: int | None = None) -> None:
        """Let requests to the services fill a leaky bucket by the platform's clock, as at Canvas.

        Args:
            cost: what each request costs.
            full: from what level on requests are refused; each one under way holds 50 of it.
            status: what refusals say; None is what the platform it is like would.
        """
        self.quota = Bucket(self.now, cost, full, status)

    def restore_quota(self) -> None:
        """Answer again without counting."""
        self.quota = Quota()

    def bound_capacity(self, capacity: Capacity | None) -> None:
        """Let a request to the services take the longer the more are under way; None makes all quick again."""
        self.load = Load(capacity, self.sleep) if capacity else None

    # --- Courses --------------------------------------------------------------------------------

    def course(self, course_id: str) -> Course:
        """Return a course.

        Raises:
            RequestError: there is none of that id.
        """
        if course_id not in self.courses:
            raise RequestError(404, "There is no such course.")
        return self.courses[course_id]

    def enrol(
        self,
        course_id: str,
        user_id: str,
        *,
        roles: Iterable[str] = university.LEARNER,
        name: str | None = None,
        email: str | None = None,
    ) -> None:
        """Enrol someone, known or new, or change the roles of a member."""
        with self.changing():
            course = self.course(course_id)
            member = course.members.get(user_id)
            if member is None:
                person = self.find_person(user_id) or _newcomer(user_id, name, email)
                last = max((other.number for other in course.members.values()), default=0)
                born = course.version + 1
                member = course.members[user_id] = Membership(person, tuple(roles), "Active", last + 1, born)
            member.roles, member.status = tuple(roles), "Active"
            _touch(course, member)

    def unenrol(self, course_id: str, user_id: str) -> None:
        """Remove someone from a course; a differences report says `Deleted`. [NRPS §2.3]"""
        self.set_status(course_id, user_id, "Deleted")

    def set_status(self, course_id: str, user_id: str, status: str) -> None:
        """Make a membership `Active`, `Inactive` or `Deleted`."""
        if status not in spec.MEMBERSHIP_STATUS:
            raise ValueError(f"A membership is one of {spec.MEMBERSHIP_STATUS}.")
        with self.changing():
            course = self.course(course_id)
            member = course.members[user_id]
            member.status = status
            _touch(course, member)

    def override_grade(
        self, course_id: str, item: int, user_id: str, score: Number | None, *, comment: str | None = None
    ) -> None:
        """Set what a teacher types into the gradebook; None lifts it and shows the tool's score again.

        The result then differs from the score, and later scores do not replace it. [AGS §4.1]

        Args:
            course_id: the course.
            item: the line item's number, the one in its URL.
            user_id: whose grade.
            score: points out of the line item's maximum.
            comment: the teacher's own comment; a score without a comment leaves it alone. [AGS §3.4.11]
        """
        with self.changing():
            line_item = self.course(course_id).items[item]
            cell = line_item.cells.setdefault(user_id, Cell())
            cell.override, cell.override_out_of = score, line_item.out_of
            if comment is not None:
                cell.comment, cell.comment_from_tool = comment, False

    def lock_grade(self, course_id: str, item: int, user_id: str, *, locked: bool = True) -> None:
        """Lock someone's grade, as teachers can at Moodle; other platforms take no notice."""
        with self.changing():
            self.course(course_id).items[item].cells.setdefault(user_id, Cell()).locked = locked

    def cell(self, course_id: str, item: int, user_id: str) -> Cell | None:
        """Return what is in someone's cell of a line item; `submissions` and `comments` count there at Canvas."""
        return self.course(course_id).items[item].cells.get(user_id)

    def course_claims(
        self, course_id: str, tool: Tool, base_url: str | None = None, resource_link: str | None = None
    ) -> dict[str, Any]:
        """Return the context, resource link, roster and grade claims that a launch would carry."""
        from .claims import service_claims  # claims need the state's types: the import goes the other way

        base = (base_url or self.base_url or "").rstrip("/")
        if not base:
            raise ValueError("Give base_url: the platform only learns its own address from requests.")
        with self.lock:
            return service_claims(self.course(course_id), tool, base, resource_link)

    def id_token(self, course_id: str, tool: Tool, user_id: str, *, nonce: str, base_url: str | None = None) -> str:
        """Return a signed launch of that person, for tests that skip the browser's journey."""
        from .claims import launch_claims

        base = (base_url or self.base_url or "").rstrip("/")
        with self.lock:
            return self.key.sign(launch_claims(self, self.course(course_id), tool, user_id, nonce=nonce, base=base))

    def _couple(self, course: Course, tool: Tool) -> None:
        link = f"link-{course.course_id}-{tool.number}"
        course.links[tool.client_id] = link
        fields = {"label": f"{tool.name}: activity", "scoreMaximum": 100, "resourceLinkId": link}
        self.add_item(course, LineItem(self.next_item, tool.client_id, fields, coupled=True))

    def add_item(self, course: Course, item: LineItem) -> None:
        """Put a line item into a course; the caller holds the lock and has numbered it `next_item`."""
        course.items[item.number] = item
        self.next_item = item.number + 1

    def find_person(self, user_id: str) -> Person | None:
        """Return someone who is or was in any course."""
        return next((c.members[user_id].person for c in self.courses.values() if user_id in c.members), None)


def _newcomer(user_id: str, name: str | None, email: str | None) -> Person:
    given, _, family = (name or user_id).rpartition(" ")
    return Person(user_id, name or user_id, given, family, email, "", user_id)


def _touch(course: Course, member: Membership) -> None:
    course.version += 1
    member.changed = course.version
