"""A platform that says of itself what a test wants, and writes down everything that is sent to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from ltix_data import spec
from ltix_data.enrolment import Enrolment, Tool, enrol
from ltix_data.http import HttpClient

BASE = "https://lms.example.edu"
CONFIGURATION_URL = f"{BASE}/.well-known/openid-configuration"
TOKEN = "reg-tok-3cr3t"
TOOL = Tool(name="My notebook", base_url="https://tool.example")

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def configuration(family: str | None = None, /, **changes: Any) -> dict[str, Any]:
    """Return a good configuration, with changes; None leaves a field out."""
    good = {
        "issuer": BASE,
        "registration_endpoint": f"{BASE}/register",
        "token_endpoint": f"{BASE}/token",
        "authorization_endpoint": f"{BASE}/auth",
        "jwks_uri": f"{BASE}/jwks",
    }
    if family is not None:
        good[spec.PLATFORM_CONFIGURATION] = {"product_family_code": family}
    return {key: value for key, value in (good | changes).items() if value is not None}


class Lms:
    """Answers the configuration and the registration; `sent` lists what it was asked."""

    def __init__(self, found: object = None, registered: Answer | Mapping[str, Any] | None = None) -> None:
        self.found = configuration() if found is None else found
        self.registered = {"client_id": "c1"} if registered is None else registered
        self.sent: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        answer = self.registered if request.method == "POST" else self.found
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return answer(request) if callable(answer) else httpx.Response(200, json=answer)

    def enrol(self, tool: Tool = TOOL, *, url: str = CONFIGURATION_URL, token: str | None = TOKEN) -> Enrolment:
        http = HttpClient(transport=httpx.MockTransport(self), sleep=lambda seconds: None)
        return enrol(url, token, tool, http=http)

    @property
    def posts(self) -> list[httpx.Request]:
        return [request for request in self.sent if request.method == "POST"]

    @property
    def form(self) -> dict[str, Any]:
        """The registration that was sent, the only one."""
        (post,) = self.posts
        return json.loads(post.content)

    def saw_token(self) -> set[str]:
        """Return the hosts that the registration token went to."""
        return {
            urlsplit(str(request.url)).hostname
            for request in self.sent
            if TOKEN in request.headers.get("Authorization", "") or TOKEN in str(request.url)
        }


@pytest.fixture
def lms() -> Callable[..., Lms]:
    return Lms
