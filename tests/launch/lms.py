"""A scripted platform and the tool it launches: every half of a launch can be changed."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from scripted import HOST, Script, says

from ltix_data import spec
from ltix_data.keys import SigningKey
from ltix_data.launch import LaunchContext, Launches, Login

JWKS_URL = f"{HOST}/jwks"
TOOL = "https://tool.example/lti"
ROLE = spec.CONTEXT_ROLE


class Lms:
    """A platform, and the `Launches` of one tool; their clocks are one."""

    def __init__(
        self, key: SigningKey, lms_key: SigningKey, *, tool: dict[str, Any] | None = None, **facts: Any
    ) -> None:
        self.key = lms_key
        self.script = Script(key, **{"auth_url": f"{HOST}/auth", "jwks_url": JWKS_URL} | facts)
        self.time = self.script.time
        self.publish(lms_key.public_jwk)
        self.http = self.script.http()
        self.launches = Launches(http=self.http, now=self.time.now, **tool or {})

    @property
    def registration(self) -> Any:
        return self.script.registration

    @property
    def asked_for_keys(self) -> int:
        """Return how often the key set was asked for."""
        return sum(seen.url == self.registration.jwks_url for seen in self.script.seen)

    def publish(self, *jwks: object) -> None:
        self.script.on("/jwks", says({"keys": list(jwks)}))

    # --- The login --------------------------------------------------------------------------------

    def asked(self, **changes: str | None) -> dict[str, str]:
        """Return the parameters of a login initiation."""
        asked = {
            "iss": HOST,
            "client_id": "c1",
            "login_hint": "hint-1",
            "target_link_uri": TOOL,
            "lti_message_hint": "message-1",
        }
        return {key: value for key, value in (asked | changes).items() if value is not None}

    def begin(self, **changes: str | None) -> Login:
        return self.launches.begin(self.registration, self.asked(**changes), redirect_uri=f"{TOOL}/launch")

    # --- The launch -------------------------------------------------------------------------------

    def claims(self, login: Login, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the claims of a good launch with *changes*; ... leaves a claim out."""
        now = int(self.time.now())
        good = {
            "iss": HOST,
            "aud": "c1",
            "sub": "u1",
            "iat": now,
            "exp": now + 300,
            "nonce": login.nonce,
            spec.CLAIM_MESSAGE_TYPE: spec.RESOURCE_LINK_REQUEST,
            spec.CLAIM_VERSION: spec.LTI_VERSION,
            spec.CLAIM_DEPLOYMENT_ID: "d1",
            spec.CLAIM_TARGET_LINK_URI: TOOL,
            spec.CLAIM_RESOURCE_LINK: {"id": "link-1", "title": "Week 1"},
            spec.CLAIM_ROLES: [ROLE + "Instructor"],
            spec.CLAIM_CONTEXT: {"id": "ctx", "label": "BIO101", "title": "Biology"},
            spec.CLAIM_MEMBERSHIPS: {"context_memberships_url": f"{HOST}/m", "service_versions": ["2.0"]},
            spec.CLAIM_GRADES: {"lineitems": f"{HOST}/items", "scope": [spec.SCOPE_SCORE]},
        }
        return {key: value for key, value in (good | dict(changes or {})).items() if value is not ...}

    def sign(self, claims: Any, *, key: SigningKey | None = None, **header: Any) -> str:
        """Return an id_token; a header of ... is left out."""
        key = key or self.key
        full = {"alg": "RS256", "typ": "JWT", "kid": key.kid} | header
        begin = ".".join(encoded({name: value for name, value in full.items() if value is not ...}, claims))
        signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(begin.encode(), key.private)
        return f"{begin}.{base64url(signature)}"

    def finish(
        self, login: Login, token: str, *, browser: str | None = "", tool_urls: Sequence[str] = (), **posted: str
    ) -> LaunchContext:
        """Post *token* from the browser that began, unless *browser* says another."""
        form = {"state": login.state, "id_token": token} | posted
        secret = login.browser if browser == "" else browser
        return self.launches.finish(self.registration, form, browser=secret, tool_urls=tool_urls)

    def launch(self, changes: Mapping[str, Any] | None = None, **how: Any) -> LaunchContext:
        """Launch the tool from beginning to end."""
        login = self.begin()
        return self.finish(login, self.sign(self.claims(login, changes)), **how)


def encoded(*parts: Any) -> list[str]:
    return [base64url(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in parts]


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
