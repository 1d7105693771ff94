"""A practice platform behind the proxy, and a session whose every link leads through it."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

import ltix_data as ltix
from ltix_data.courses import KnownCourse
from ltix_data.http import HttpClient
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.claims import service_claims
from ltix_data.sandbox.model import Cell
from ltix_data.sandbox.server import serve
from ltix_data.wire import Limits

from .proxy import Proxy


class Network:
    """Client, proxy and platform in one process, over real sockets.

    Attributes:
        waited: the seconds that each thread would have slept between tries; nobody really sleeps.
        on_sleep: what happens when somebody would.
    """

    def __init__(
        self,
        key: SigningKey,
        stack: ExitStack,
        *,
        now: Callable[[], float] = time.time,
        limits: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.key = key
        self.proxy = Proxy()
        stack.callback(self.proxy.stop)
        self.platform = Platform(Options(**options), base_url=self.proxy.url, now=now)
        self.tool = self.platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
        self.proxy.upstream = stack.enter_context(serve(self.platform))
        stack.callback(self.proxy.stop)  # before the platform, whose threads wait for it
        self.registration = ltix.Registration(
            name="practice",
            issuer=self.proxy.url,
            client_id=self.tool.client_id,
            token_url=f"{self.proxy.url}/token",
            private_key=key,
        )
        for course in self.platform.courses.values():
            claims = service_claims(course, self.tool, self.proxy.url)
            self.registration.remember(KnownCourse.from_claims(claims))
        self.waited: Counter[int] = Counter()
        self.on_sleep: Callable[[], object] = lambda: None
        self.http = HttpClient(limits=Limits(**(limits or {})), sleep=self._sleep)
        self.session = ltix.connect(self.registration, http=self.http)
        stack.callback(self.session.close)

    def _sleep(self, seconds: float) -> None:
        self.waited[threading.get_ident()] += seconds
        self.on_sleep()
        time.sleep(0.001)

    def item(self, course: str) -> Any:
        """Return the platform's own record of the tool's line item."""
        return next(iter(self.platform.courses[course].items.values()))

    def item_url(self, course: str) -> str:
        return f"{self.proxy.url}/courses/{course}/lineitems/{self.item(course).number}?type_id={self.tool.number}"

    def learners(self, course: str, count: int) -> list[str]:
        """Return the user ids of some who can be graded."""
        members = self.platform.courses[course].members.items()
        return [user for user, member in members if member.has("Learner") and member.status == "Active"][:count]

    def sheet(self, course: str, count: int) -> pd.DataFrame:
        """Return a sheet in which everybody has a grade of their own."""
        users = self.learners(course, count)
        return pd.DataFrame({"user_id": users, "score": [grade(number, count) for number in range(count)]})

    def fill(self, course: str, count: int) -> None:
        """Put the sheet's grades into the platform's store."""
        for row in self.sheet(course, count).itertuples():
            self.item(course).cells[row.user_id] = Cell(given=row.score, given_out_of=100)

    def held(self, course: str) -> dict[str, float]:
        """Return the grades in the platform's store."""
        return {user: cell.given for user, cell in self.item(course).cells.items() if cell.given is not None}

    def accepted(self) -> Counter[str]:
        """Return how many scores the platform has accepted for each person."""
        posts = (f for f in self.proxy.forwarded if f.path.endswith("/scores") and f.status < 300)
        return Counter(json.loads(post.body)["userId"] for post in posts)

    def private(self, course: str, *counts: int) -> dict[str, set[str]]:
        """Return what no message, repr or log may tell, by kind."""
        people = [member.person for member in self.platform.courses[course].members.values()]
        grades = {str(grade(number, count)) for count in counts for number in range(count)}
        return {
            "token": set(self.proxy.tokens),
            "assertion": {"eyJ"},
            "key": {"PRIVATE KEY", str(self.key.private.private_numbers().p)},
            "name": {person.name for person in people if " " in person.name or not person.name.isascii()},
            "email": {person.email for person in people if person.email},
            "user id": {person.user_id for person in people},
            "grade": grades,
        }


def grade(number: int, count: int) -> float:
    """Return a grade with decimals that nothing else has."""
    return round(7.13571 + number * 90 / count, 5)


def sockets() -> int | None:
    """Return how many file descriptors are open, where that can be seen."""
    folder = Path("/dev/fd")
    return len(os.listdir(folder)) if folder.exists() else None  # noqa: PTH208 - a listing, not paths


def threads() -> int:
    return len(threading.enumerate())
