"""A practice platform to break on purpose, one thing at a time, and to examine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

import ltix_data as ltix
from ltix_data import doctor
from ltix_data.courses import KnownCourse
from ltix_data.doctor import Examination
from ltix_data.http import HttpClient
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Options, Platform, create_app
from ltix_data.sandbox.claims import service_claims
from ltix_data.wire import Limits

BASE = "https://practice.example"
Handler = Callable[[httpx.Request], httpx.Response]


@dataclass
class Row:
    """What one finding says."""

    verdict: str
    who: str
    message: str
    hint: str


class Patient:
    """A platform and a registration with it; `requests` lists what was sent.

    `meet` may answer a request itself, or return None to let the platform answer it.
    """

    def __init__(self, key: SigningKey, **options: Any) -> None:
        self.key, self.platform = key, Platform(Options(**options), base_url=BASE)
        self.tool = self.platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
        self.facts: dict[str, Any] = {
            "name": "practice",
            "platform": "Practice",
            "issuer": BASE,
            "client_id": self.tool.client_id,
            "token_url": f"{BASE}/token",
            "auth_url": f"{BASE}/auth",
            "jwks_url": f"{BASE}/jwks",
            "private_key": key,
        }
        self.courses = [
            KnownCourse.from_claims(service_claims(course, self.tool, BASE))
            for course in self.platform.courses.values()
        ]
        self.requests: list[tuple[str, str]] = []
        self.meet: Callable[[httpx.Request], httpx.Response | Exception | None] = lambda request: None
        self._transport = httpx.WSGITransport(app=create_app(self.platform))

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, request.url.path))
        met = self.meet(request)
        if isinstance(met, Exception):
            raise met
        return met or self._transport.handle_request(request)

    def registration(self) -> ltix.Registration:
        registered = ltix.Registration(**self.facts)
        registered.remember(*self.courses)
        return registered

    def examine(self, courses: Any = "SEM12", registration: Any = None, **http: Any) -> Examination:
        client = HttpClient(
            transport=httpx.MockTransport(self.handle),
            limits=Limits(attempts=2, longest_wait=5),
            sleep=lambda seconds: None,
            **http,
        )
        return doctor.examine(registration or self.registration(), courses=courses, http=client)


def rows(examination: Examination) -> dict[tuple[str, str], Row]:
    """Return the findings by check and subject."""
    frame = examination.findings
    found = {(row.check, row.subject): Row(row.verdict, row.who, row.message, row.hint) for row in frame.itertuples()}
    assert len(found) == len(frame)
    return found


def verdicts(examination: Examination) -> dict[str, str]:
    """Return the worst verdict of each check."""
    order = ["skipped", "ok", "warning", "problem"]
    found: dict[str, str] = {}
    for (check, _), row in rows(examination).items():
        found[check] = max(found.get(check, row.verdict), row.verdict, key=order.index)
    return found


def bad(examination: Examination) -> dict[tuple[str, str], tuple[str, str]]:
    """Return verdict and who of every finding that is a problem or a warning."""
    return {
        place: (row.verdict, row.who)
        for place, row in rows(examination).items()
        if row.verdict in ("problem", "warning")
    }


@pytest.fixture
def make_patient(signing_key):
    return lambda **options: Patient(signing_key, **options)


@pytest.fixture
def patient(make_patient) -> Patient:
    return make_patient()
