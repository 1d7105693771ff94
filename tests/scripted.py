"""A hand-written platform that answers by script and writes down what it was asked.

No socket, no sleep: it stands behind `httpx.MockTransport`, and its clock moves when somebody waits.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from ltix_data import spec
from ltix_data.client import ServiceClient
from ltix_data.http import HttpClient
from ltix_data.registration import Registration
from ltix_data.services.grades import Grades
from ltix_data.services.memberships import Memberships
from ltix_data.wire import Limits

HOST = "https://lms.example.edu"
TOKEN_URL = f"{HOST}/token"
ROSTER_URL = f"{HOST}/c/1/memberships"
ITEMS_URL = f"{HOST}/c/1/lineitems"
SECRET = "tok-3cr3t"
START = 1_750_000_000.0  # 2025-06-15T15:06:40Z


@dataclass(frozen=True)
class Reply:
    """One answer of the script."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, Any] = field(default_factory=dict)
    reason: bytes | None = None

    def response(self) -> httpx.Response:
        extensions = {} if self.reason is None else {"reason_phrase": self.reason}
        headers = [
            (key.encode(), value if isinstance(value, bytes) else value.encode()) for key, value in self.headers.items()
        ]
        return httpx.Response(self.status, headers=headers, stream=httpx.ByteStream(self.body), extensions=extensions)


Step = Reply | Exception | Callable[["Seen"], "Reply | Exception"]


def says(data: object, status: int = 200, **headers: Any) -> Reply:
    """Return a reply with *data* as JSON; ``retry_after="5"`` becomes the header Retry-After."""
    return Reply(status, json.dumps(data).encode(), {key.replace("_", "-"): value for key, value in headers.items()})


def text(body: str, status: int = 200, **headers: Any) -> Reply:
    return Reply(status, body.encode(), {key.replace("_", "-"): value for key, value in headers.items()})


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Time:
    """A clock that moves only when somebody sleeps, or a test says so."""

    def __init__(self) -> None:
        self.seconds = START
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds


def grant(**overrides: object) -> Callable[[Seen], Reply]:
    """Return a token endpoint that grants what is asked, but for *overrides*; None leaves a field out."""

    def answer(seen: Seen) -> Reply:
        data = {"access_token": SECRET, "token_type": "Bearer", "expires_in": 3600, "scope": seen.form["scope"]}
        return says({key: value for key, value in (data | overrides).items() if value is not None})

    return answer


class Script:
    """A platform whose every answer is written beforehand.

    The last answer for a path is given again and again; a path without any is 404.
    """

    def __init__(self, key: object, **facts: Any) -> None:
        self.time = Time()
        self.seen: list[Seen] = []
        self.offered = frozenset(spec.ALL_SCOPES)
        self._steps: dict[str, list[Step]] = {}
        self._lock = threading.Lock()
        self.registration = Registration(
            **{"name": "uni", "issuer": HOST, "client_id": "c1", "token_url": TOKEN_URL, "private_key": key} | facts
        )
        self.on("/token", grant())

    def on(self, path: str, *steps: Step) -> None:
        """Answer requests for *path* (without query) by *steps*."""
        self._steps[path] = list(steps)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        seen = Seen(request.method, str(request.url), dict(request.headers), request.read())
        with self._lock:
            self.seen.append(seen)
            steps = self._steps.get(urlsplit(seen.url).path, [Reply(404)])
            step = steps.pop(0) if len(steps) > 1 else steps[0]
        answer = step if isinstance(step, (Reply, Exception)) else step(seen)
        if isinstance(answer, Exception):
            raise answer
        return answer.response()

    def http(self, **limits: Any) -> HttpClient:
        return HttpClient(
            transport=httpx.MockTransport(self),
            limits=Limits(**limits),
            sleep=self.time.sleep,
            now=self.time.now,
            monotonic=self.time.now,
        )

    def client(self, *, origins: frozenset[str] = frozenset(), **limits: Any) -> ServiceClient:
        return ServiceClient(
            self.registration,
            offered=lambda: self.offered,
            origins=lambda: origins,
            http=self.http(**limits),
            now=self.time.now,
        )

    def memberships(self, url: str = ROSTER_URL, **limits: Any) -> Memberships:
        return Memberships(self.client(**limits), {"context_memberships_url": url}, course_name="BIO101")

    def grades(self, **endpoint: str) -> Grades:
        return Grades(self.client(), endpoint or {"lineitems": ITEMS_URL}, course_name="BIO101")

    @property
    def token_requests(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.url == self.registration.token_url]

    @property
    def service_requests(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.url != self.registration.token_url]

    @property
    def asked(self) -> list[str]:
        """Return method and URL of every service request."""
        return [f"{seen.method} {seen.url}" for seen in self.service_requests]


def members(*people: object, **more: object) -> dict[str, object]:
    """Return a membership container."""
    return {"id": ROSTER_URL, "context": {"id": "1"}, "members": list(people), **more}


def person(user_id: object = "u1", *roles: str, **more: object) -> dict[str, object]:
    """Return one entry of a membership container."""
    return {"user_id": user_id, "roles": list(roles or ("Learner",)), **more}
