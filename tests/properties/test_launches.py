"""Launches by anybody: logins, posted forms, key sets and claims of any kind."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scripted import HOST, START, Reply, Script

import ltix_data as ltix
from ltix_data import spec
from ltix_data.courses import KnownCourse
from ltix_data.errors import LtixError
from ltix_data.keys import SigningKey
from ltix_data.launch import LaunchContext, Launches, Login

from . import documents
from .test_remote_input import only_ltix_errors, replies

JWKS_URL = f"{HOST}/jwks"
SERVICE = "https://lms.example.edu/claim/attendance"
ASKED = {"iss": HOST, "client_id": "c1", "login_hint": "h", "target_link_uri": "https://tool.example"}
CLAIMS = {
    "iss": HOST,
    "aud": "c1",
    "sub": "u1",
    "iat": START,
    "exp": START + 300,
    spec.CLAIM_MESSAGE_TYPE: spec.RESOURCE_LINK_REQUEST,
    spec.CLAIM_VERSION: spec.LTI_VERSION,
    spec.CLAIM_DEPLOYMENT_ID: "d1",
    spec.CLAIM_TARGET_LINK_URI: "https://tool.example",
    spec.CLAIM_RESOURCE_LINK: {"id": "link-1"},
    spec.CLAIM_ROLES: [spec.CONTEXT_ROLE + "Instructor"],
    spec.CLAIM_CONTEXT: {"id": "ctx", "label": "BIO101", "title": "Biology"},
    spec.CLAIM_MEMBERSHIPS: {"context_memberships_url": f"{HOST}/c/1/memberships"},
    spec.CLAIM_GRADES: {"lineitems": f"{HOST}/c/1/lineitems", "scope": [spec.SCOPE_SCORE]},
    SERVICE: {"attendance_url": f"{HOST}/attendance"},
}


@pytest.fixture(scope="module")
def lms_key() -> SigningKey:
    return SigningKey.generate()


class Tool:
    """A tool that a scripted platform launches; its key set is what *reply* says."""

    def __init__(self, key: SigningKey, lms_key: SigningKey, reply: Reply | None = None) -> None:
        self.script = Script(key, auth_url=f"{HOST}/auth", jwks_url=JWKS_URL)
        self.lms_key = lms_key
        keys = json.dumps({"keys": [lms_key.public_jwk]}).encode()
        self.script.on("/jwks", reply or Reply(200, keys))
        parsers = {SERVICE: lambda claim: claim["attendance_url"]}
        self.launches = Launches(http=self.script.http(), now=self.script.time.now, parsers=parsers)
        self.login: Login = self.begun(ASKED)

    def begun(self, asked: dict[str, str]) -> Any:
        return only_ltix_errors(
            lambda: self.launches.begin(self.script.registration, asked, redirect_uri="https://tool.example/launch")
        )

    def signed(self, claims: Any, *, kid: str | None = None) -> str:
        """Return *claims* as an id_token of the platform; a 1e400 of theirs is one in its JSON."""
        head = {"kid": kid or self.lms_key.kid}
        return jwt.api_jws.encode(documents.written(claims), self.lms_key.private, algorithm="RS256", headers=head)

    def launched(self, posted: dict[str, Any], browser: str | None = "") -> LaunchContext | LtixError:
        """Post the form. A state of ... is the right one, and so is the browser unless another is given."""
        form = {key: self.login.state if value is ... else value for key, value in posted.items()}
        secret = self.login.browser if browser == "" else browser
        found: LaunchContext | LtixError = only_ltix_errors(
            lambda: self.launches.finish(
                self.script.registration, form, browser=secret, tool_urls=["https://tool.example"]
            )
        )
        return found


def forms() -> st.SearchStrategy[dict[str, Any]]:
    """What a browser can post: no lone surrogates, for a form is UTF-8. A state of ... is the right one."""
    text = documents.texts().map(lambda text: text.encode("utf-8", "replace").decode())
    part = documents.bodies(documents.anything()).map(lambda body: base64.urlsafe_b64encode(body).rstrip(b"=").decode())
    token = st.lists(part | text, max_size=4).map(".".join) | part
    state = st.just(...) | text
    return st.fixed_dictionaries({}, optional={"state": state, "id_token": token | text, "error": text, "other": text})


# --- The login ------------------------------------------------------------------------------------


@given(
    st.fixed_dictionaries(
        {key: st.just(value) | documents.texts() for key, value in ASKED.items()},
        optional=dict.fromkeys(
            ("lti_message_hint", "lti_deployment_id", "redirect_uri", "state", "nonce"), documents.texts()
        ),
    )
)
@example(ASKED)
@example(ASKED | {"login_hint": "\ud800"})
@example(ASKED | {"lti_message_hint": "&state=x#\r\n\0"})
@example(ASKED | {"iss": "https://[bad"})
def test_a_login_leads_to_the_registrations_platform_or_is_an_error(signing_key, lms_key, asked):
    outcome = Tool(signing_key, lms_key).begun(asked)

    if not isinstance(outcome, LtixError):
        sent = parse_qsl(urlsplit(outcome.url).query, keep_blank_values=True, errors="strict")
        assert outcome.url.startswith(f"{HOST}/auth?")
        assert dict(sent)["login_hint"] == asked["login_hint"]
        assert dict(sent).get("lti_message_hint") == asked.get("lti_message_hint")
        assert dict(sent)["state"] == outcome.state
        assert len(dict(sent)) == len(sent)


# --- The posted form ------------------------------------------------------------------------------


def in_base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@given(forms(), st.sampled_from(["", None, "x"]) | documents.texts())
@example({"state": "é"}, "")
@example({"state": ..., "id_token": in_base64("[" * 100_000) + ".e30.eA"}, "")
@example({"state": ..., "id_token": in_base64('{"alg":"none"}') + ".e30."}, "")
@example({"state": ..., "id_token": in_base64('{"alg":"RS256","kid":["k"]}') + ".e30.eA"}, "")
@example({"state": ..., "id_token": "e30.e30.e30"}, "\ud800")
def test_no_posted_form_is_believed_and_each_is_an_error_of_ours(signing_key, lms_key, posted, browser):
    """Anybody on this computer can post to the receiver; without the platform's signature nothing is a launch."""
    assert isinstance(Tool(signing_key, lms_key).launched(posted, browser), LtixError)


# --- The key set ----------------------------------------------------------------------------------

KEY_SETS = st.fixed_dictionaries(
    {
        "keys": documents.anything()
        | st.lists(
            st.fixed_dictionaries(
                {"kty": st.sampled_from(["RSA", "EC", "oct", "OKP"]) | documents.anything()},
                optional={
                    "kid": st.just("k1") | documents.anything(),
                    **dict.fromkeys(
                        ("n", "e", "x", "y", "k", "d"), st.sampled_from(["AQAB", "", "!", "AA"]) | documents.anything()
                    ),
                    "crv": st.sampled_from(["P-256", "Ed25519", "P-0"]),
                    "alg": st.sampled_from(["RS256", "none", "HS256"]) | documents.anything(),
                },
            ),
            max_size=2,
        )
    }
)


@given(replies(KEY_SETS))
@example(Reply(200, b'{"keys": [{"kty": "oct", "kid": "k1", "k": "AQAB"}]}'))
@example(Reply(200, b'{"keys": {"kty": "RSA"}}'))
@example(Reply(200, b'{"keys": [{"kty": ["RSA"]}]}'))
def test_a_key_set_that_lacks_the_key_is_an_error(signing_key, lms_key, reply):
    tool = Tool(signing_key, lms_key, reply)
    token = tool.signed(CLAIMS | {"nonce": tool.login.nonce}, kid="k1")

    assert isinstance(tool.launched({"state": ..., "id_token": token}), LtixError)


# --- The claims -----------------------------------------------------------------------------------

WORDS = st.sampled_from(["", " ", "c1", HOST, "https://[bad", f"{HOST}:99999/x", "é", "1.3.0"]) | documents.texts()
INSIDE = st.dictionaries(
    st.sampled_from(["id", "label", "title", "lineitems", "lineitem", "scope", "context_memberships_url", "url"]),
    WORDS | documents.anything(),
    max_size=4,
)


OPTIONAL = (
    spec.CLAIM_TOOL_PLATFORM,
    spec.CLAIM_LAUNCH_PRESENTATION,
    spec.CLAIM_LIS,
    spec.CLAIM_CUSTOM,
    spec.CLAIM_ROLE_SCOPE_MENTOR,
    spec.CLAIM_DEEP_LINKING_SETTINGS,
    "name",
    "picture",
    "nbf",
)


@st.composite
def changed_claims(draw: st.DrawFn) -> dict[str, Any]:
    """Draw claims of which a few are anything at all."""
    some = st.dictionaries(
        st.sampled_from([*sorted(CLAIMS), *OPTIONAL, "nonce"]) | documents.texts(),
        documents.anything() | WORDS | INSIDE,
        max_size=2,
    )
    more = st.dictionaries(
        st.sampled_from([SERVICE, *OPTIONAL, spec.CLAIM_CONTEXT, spec.CLAIM_GRADES]), INSIDE, max_size=2
    )
    return CLAIMS | draw(some) | draw(more)


@given(changed_claims())
@example(CLAIMS)
@example(CLAIMS | {"nonce": "é"})
@example(CLAIMS | {"exp": 10**400})
@example(CLAIMS | {"iat": -(10**400)})
@example(CLAIMS | {"exp": float("inf"), "iat": float("-inf")})
@example(CLAIMS | {"azp": ["c1"]})
@example(CLAIMS | {spec.CLAIM_GRADES: {"lineitems": "https://[bad"}})
def test_signed_claims_are_a_launch_or_an_error(signing_key, lms_key, claims):
    tool = Tool(signing_key, lms_key)

    outcome = tool.launched({"state": ..., "id_token": tool.signed({"nonce": tool.login.nonce} | claims)})

    if not isinstance(outcome, LtixError):
        assert (claims["iss"], outcome.claims["nonce"]) == (HOST, tool.login.nonce)
        assert isinstance(outcome.user_id, str)
        assert "\n" not in repr(outcome)
        assert all(
            isinstance(value, str) for value in (*outcome.roles, *outcome.custom.values(), *outcome.mentor_scope)
        )
        if (course := outcome.course) is not None:
            assert KnownCourse.from_json(json.loads(json.dumps(course.to_json()))) == course


@pytest.mark.parametrize("expiry", ["NaN", '"nan"', '"NaN"'])
def test_a_launch_that_expires_at_no_time_is_refused(signing_key, lms_key, expiry):
    """Nothing is later than NaN: such a launch would hold for ever."""
    tool = Tool(signing_key, lms_key)
    payload = json.dumps(CLAIMS | {"exp": "@", "nonce": tool.login.nonce}).replace('"@"', expiry).encode()
    token = jwt.api_jws.encode(payload, lms_key.private, algorithm="RS256", headers={"kid": lms_key.kid})
    tool.script.time.seconds += 500

    assert isinstance(tool.launched({"state": ..., "id_token": token}), LtixError)


@given(st.dictionaries(st.sampled_from([SERVICE, "https://lms.example.edu/claim/b"]), INSIDE, max_size=2))
@example({SERVICE: {"url": "https://[bad"}})
@example({SERVICE: {"url": "https://lms.example.edu:99999/x"}})
def test_whatever_services_a_launch_brings_the_roster_can_be_read(signing_key, services):
    """One address that is none, in a service that nobody uses, must not close the course."""
    script = Script(signing_key)
    script.on("/c/1/memberships", Reply(200, b'{"members": [{"user_id": "1", "roles": []}]}'))
    course = only_ltix_errors(lambda: KnownCourse.from_claims(CLAIMS | services))
    if isinstance(course, LtixError):
        return
    script.registration.remember(course)

    with ltix.connect(script.registration, http=script.http()) as session:
        roster = session.course("BIO101").roster()

    assert list(roster["user_id"]) == ["1"]
