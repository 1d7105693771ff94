"""A teacher's browser between the practice platform and the tool's half of deep linking."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
import pytest

import ltix_data as ltix
from ltix_data import spec
from ltix_data.courses import KnownCourse
from ltix_data.deeplinking import Answered, answer
from ltix_data.http import HttpClient
from ltix_data.sandbox import Options, Platform, create_app

ISSUER = "https://practice.example"
REDIRECT = "https://tool.example/launch"
TEACHER = "b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10"
LEARNER = "9007199254740993"


class Campus:
    """The platform, the tool registered with it, and one browser. `posts` counts what reached the platform."""

    def __init__(self, key: Any, scopes: tuple[str, ...] = spec.ALL_SCOPES, **options: Any) -> None:
        self.platform = Platform(Options(**options), base_url=ISSUER)
        self.tool = self.platform.add_tool(
            jwks={"keys": [key.public_jwk]},
            name="Quizzes",
            redirect_uris=[REDIRECT],
            initiate_login_uri="https://tool.example/login",
            scopes=scopes,
        )
        self.app = create_app(self.platform)
        self.web = self.app.test_client()
        self.registration = ltix.Registration(
            name="practice",
            issuer=ISSUER,
            client_id=self.tool.client_id,
            token_url=f"{ISSUER}/token",
            private_key=key,
        )
        self.posts = 0

    def log_in(self, user_id: str) -> None:
        self.web.post("/login", data={"user_id": user_id}, base_url=ISSUER)

    def claims_of(self, path: str, user_id: str = TEACHER) -> dict[str, Any]:
        """Click on *path*, do what the tool's login does, and return the claims that arrive."""
        self.log_in(user_id)
        begun = self.web.get(path, base_url=ISSUER).headers["Location"]
        told = {name: values[0] for name, values in parse_qs(urlsplit(begun).query).items()}
        asked = {
            "response_type": "id_token",
            "response_mode": "form_post",
            "scope": "openid",
            "prompt": "none",
            "client_id": told["client_id"],
            "redirect_uri": REDIRECT,
            "login_hint": told["login_hint"],
            "lti_message_hint": told["lti_message_hint"],
            "state": "s",
            "nonce": "n",
        }
        page = self.web.get("/auth", query_string=asked, base_url=ISSUER).text
        fields = dict(re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', page))
        key = jwt.PyJWK(self.platform.key.jwks()["keys"][0])
        return jwt.decode(unescape(fields["id_token"]), key, ["RS256"], audience=self.tool.client_id)

    def request(self, course: str = "SEM12", **limits: Any) -> dict[str, Any]:
        """Return the claims of a deep linking request, with what the teacher's page limits it to."""
        query = f"?{urlencode(limits, doseq=True)}" if limits else ""
        return self.claims_of(f"/courses/{course}/deep_linking/{self.tool.client_id}{query}")

    def launch(self, link_id: str, user_id: str = LEARNER, course: str = "SEM12") -> dict[str, Any]:
        return self.claims_of(f"/courses/{course}/launch/{self.tool.client_id}?link={link_id}", user_id)

    def answer(self, claims: dict[str, Any], items: Any = (), **words: Any) -> Answered:
        return answer(self.registration, claims, items, **words)

    def post(self, answered: Answered) -> Any:
        self.posts += 1
        path = answered.return_url.removeprefix(ISSUER)
        return self.web.post(path, data={"JWT": answered.jwt}, base_url=ISSUER)

    def place(self, *items: Any, **limits: Any) -> list[Any]:
        """Ask, answer, post; return what stands in the course afterwards."""
        response = self.post(self.answer(self.request(**limits), items))
        assert response.status_code == 200, response.text
        return self.placed()

    def placed(self, course: str = "SEM12") -> list[Any]:
        return list(self.platform.course(course).contents.values())

    def session(self, claims: dict[str, Any]) -> ltix.Session:
        """Return a session that knows the course of a launch."""
        self.registration.remember(KnownCourse.from_claims(claims))
        return ltix.connect(self.registration, http=HttpClient(transport=httpx.WSGITransport(app=self.app)))


@pytest.fixture
def make_campus(signing_key):
    def make(**options: Any) -> Campus:
        return Campus(signing_key, **options)

    return make


@pytest.fixture
def campus(make_campus) -> Campus:
    return make_campus()
