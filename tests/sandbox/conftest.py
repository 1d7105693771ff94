"""A platform with a clock that stands still, and a tool that talks to it by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm
from werkzeug.test import TestResponse

from ltix_data import spec
from ltix_data.sandbox import Options, Platform, create_app

BASE = "http://localhost"
_jti = count()


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.time = 1_790_000_000.0

    def __call__(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds


def new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def jwks_of(key: RSAPrivateKey, kid: str = "k1") -> dict[str, Any]:
    return {"keys": [{**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": "RS256", "use": "sig"}]}


@dataclass
class Desk:
    """A tool at its desk: knows its key, asks the platform through Flask's test client."""

    platform: Platform
    key: RSAPrivateKey
    tool: Any
    web: Any
    tokens: dict[tuple[str, ...], str] = field(default_factory=dict)

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = self.platform.now()
        client_id = self.tool.client_id
        claims = {"iss": client_id, "sub": client_id, "aud": f"{BASE}/token", "iat": now, "exp": now + 300}
        claims = {**claims, "jti": f"j{next(_jti)}", **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def assertion(self, *, key: Any = None, kid: str | None = "k1", algorithm: str = "RS256", **changes: Any) -> str:
        headers = {"kid": kid} if kid else {}
        return jwt.encode(self.claims(**changes), key or self.key, algorithm, headers=headers)

    def ask(self, assertion: str | None = None, scope: str = spec.SCOPE_SCORE, **changes: str) -> TestResponse:
        form = {
            "grant_type": spec.GRANT_TYPE,
            "client_assertion_type": spec.ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
            "scope": scope,
            **changes,
        }
        return self.web.post("/token", data=form)

    def token(self, *scopes: str) -> str:
        if scopes not in self.tokens:
            self.tokens[scopes] = json.loads(self.ask(scope=" ".join(scopes)).text)["access_token"]
        return self.tokens[scopes]

    def get(self, url: str, accept: str, *scopes: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token(*(scopes or spec.ALL_SCOPES))}", "Accept": accept}
        return self.web.get(url, headers=headers)

    def send(self, method: str, url: str, body: object, media_type: str, *scopes: str) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token(*(scopes or spec.ALL_SCOPES))}", "Content-Type": media_type}
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.web.open(url, method=method, data=data, headers=headers)

    def claim(self, name: str, course: str = "SEM12") -> Any:
        return self.platform.course_claims(course, self.tool, BASE)[name]

    def roster(self, query: str = "", course: str = "SEM12") -> TestResponse:
        return self.get(f"/courses/{course}/memberships{query}", spec.MEMBERSHIP_CONTAINER)

    def coupled(self) -> str:
        return self.claim(spec.CLAIM_GRADES)["lineitem"]

    def create(self, **fields: Any) -> str:
        body = {"label": "Quiz", "scoreMaximum": 10, **fields}
        return self.send("POST", self.claim(spec.CLAIM_GRADES)["lineitems"], body, spec.LINE_ITEM).json["id"]

    def score(self, item: str, user_id: str = "0004713", *, second: int = 0, **fields: Any) -> TestResponse:
        body = {
            "userId": user_id,
            "timestamp": f"2026-09-21T10:00:{second:02d}.000Z",
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            **fields,
        }
        return self.send("POST", sub_path(item, "scores"), body, spec.SCORE)

    def results(self, item: str, query: str = "") -> list[dict[str, Any]]:
        return self.get(sub_path(item, "results") + query, spec.RESULT_CONTAINER).json


def sub_path(item: str, name: str) -> str:
    path, _, query = item.partition("?")
    return f"{path}/{name}?{query}"


def link(response: TestResponse, rel: str) -> str | None:
    for part in response.headers.get("Link", "").split(", "):
        url, _, kind = part.partition("; ")
        if kind == f'rel="{rel}"':
            return url[1:-1]
    return None


@pytest.fixture(scope="session")
def key() -> RSAPrivateKey:
    return new_key()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_desk(key, clock):
    def make(tool: dict[str, Any] | None = None, **options: Any) -> Desk:
        platform = Platform(Options(**options), now=clock)
        added = platform.add_tool(**{"jwks": jwks_of(key), **(tool or {})})
        return Desk(platform, key, added, create_app(platform).test_client())

    return make


@pytest.fixture
def desk(make_desk) -> Desk:
    return make_desk()
