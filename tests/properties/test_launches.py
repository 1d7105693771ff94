"""Launches and registrations by anybody: a posted form, a key set, claims and configurations of any kind."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scripted import HOST, START, Reply, Script

import ltix_data as ltix
from ltix_data import spec
from ltix_data.courses import KnownCourse
from ltix_data.enrolment import enrol
from ltix_data.errors import LtixError
from ltix_data.keys import SigningKey
from ltix_data.launch import LaunchContext, Login, read_launch, registration_form

from . import documents
from .test_remote_input import only_ltix_errors, replies

JWKS_URL = f"{HOST}/jwks"
SERVICE = "https://lms.example.edu/claim/attendance"
LOGIN = Login(f"{HOST}/auth", "state-1", "nonce-1")
CLAIMS = {
    "iss": HOST,
    "aud": "c1",
    "sub": "u1",
    "iat": START,
    "exp": START + 300,
    "nonce": LOGIN.nonce,
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
        self.http = self.script.http()

    def signed(self, claims: Any) -> str:
        """Return *claims* as an id_token of the platform; a 1e400 of theirs is one in its JSON."""
        head = {"kid": self.lms_key.kid}
        return jwt.api_jws.encode(documents.written(claims), self.lms_key.private, algorithm="RS256", headers=head)

    def launched(self, posted: dict[str, str]) -> LaunchContext | LtixError:
        found: LaunchContext | LtixError = only_ltix_errors(
            lambda: read_launch(self.script.registration, posted, LOGIN, http=self.http, now=self.script.time.now)
        )
        return found


def forms() -> st.SearchStrategy[dict[str, str]]:
    """What a browser can post: no lone surrogates, for a form is UTF-8."""
    text = documents.texts().map(lambda text: text.encode("utf-8", "replace").decode())
    part = documents.bodies(documents.anything()).map(lambda body: base64.urlsafe_b64encode(body).rstrip(b"=").decode())
    token = st.lists(part | text, max_size=4).map(".".join) | part
    state = st.just(LOGIN.state) | text
    return st.fixed_dictionaries({}, optional={"state": state, "id_token": token | text, "error": text, "other": text})


# --- The posted form ------------------------------------------------------------------------------


def in_base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@given(forms())
@example({"state": "é"})
@example({"state": LOGIN.state, "id_token": in_base64("[" * 100_000) + ".e30.eA"})
@example({"state": LOGIN.state, "id_token": in_base64('{"alg":"none"}') + ".e30."})
@example({"state": LOGIN.state, "id_token": in_base64('{"alg":"RS256","kid":["k"]}') + ".e30.eA"})
def test_no_posted_form_is_believed_and_each_is_an_error_of_ours(signing_key, lms_key, posted):
    """Anybody on this computer can post to the receiver; without the platform's signature nothing is a launch."""
    assert isinstance(Tool(signing_key, lms_key).launched(posted), LtixError)


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
    token = jwt.encode(CLAIMS, lms_key.private, algorithm="RS256", headers={"kid": "k1"})

    assert isinstance(tool.launched({"state": LOGIN.state, "id_token": token}), LtixError)


# --- The claims -----------------------------------------------------------------------------------

WORDS = st.sampled_from(["", " ", "c1", HOST, "https://[bad", f"{HOST}:99999/x", "é", "1.3.0"]) | documents.texts()
INSIDE = st.dictionaries(
    st.sampled_from(["id", "label", "title", "lineitems", "lineitem", "scope", "context_memberships_url", "url"]),
    WORDS | documents.anything(),
    max_size=4,
)


@st.composite
def changed_claims(draw: st.DrawFn) -> dict[str, Any]:
    """Draw claims of which a few are anything at all."""
    some = st.dictionaries(
        st.sampled_from(sorted(CLAIMS)) | documents.texts(), documents.anything() | WORDS | INSIDE, max_size=2
    )
    more = st.dictionaries(st.sampled_from([SERVICE, spec.CLAIM_CONTEXT, spec.CLAIM_GRADES]), INSIDE, max_size=2)
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

    outcome = tool.launched({"state": LOGIN.state, "id_token": tool.signed(claims)})

    if not isinstance(outcome, LtixError):
        assert (claims["iss"], claims["nonce"]) == (HOST, LOGIN.nonce)
        assert KnownCourse.from_json(json.loads(json.dumps(outcome.course.to_json()))) == outcome.course


@pytest.mark.parametrize("expiry", ["NaN", '"nan"', '"NaN"'])
def test_a_launch_that_expires_at_no_time_is_refused(signing_key, lms_key, expiry):
    """Nothing is later than NaN: such a launch would hold for ever."""
    tool = Tool(signing_key, lms_key)
    payload = json.dumps(CLAIMS | {"exp": "@"}).replace('"@"', expiry).encode()
    token = jwt.api_jws.encode(payload, lms_key.private, algorithm="RS256", headers={"kid": lms_key.kid})
    tool.script.time.seconds += 10**9

    assert isinstance(tool.launched({"state": LOGIN.state, "id_token": token}), LtixError)


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


# --- Dynamic registration -------------------------------------------------------------------------

CONFIGURATION = {
    "issuer": HOST,
    "registration_endpoint": f"{HOST}/register",
    "token_endpoint": f"{HOST}/token",
    "authorization_endpoint": f"{HOST}/auth",
    "jwks_uri": JWKS_URL,
}
CONFIGURATIONS = st.dictionaries(
    st.sampled_from([*CONFIGURATION, spec.PLATFORM_CONFIGURATION]), WORDS | documents.anything(), max_size=2
).map(CONFIGURATION.__or__)
REGISTERED = st.fixed_dictionaries(
    {"client_id": st.just("c1") | documents.anything()},
    optional={spec.TOOL_CONFIGURATION: st.just({"deployment_id": "d1"}) | INSIDE | documents.anything()},
)
ADDRESSES = st.just(f"{HOST}/.well-known/openid-configuration") | WORDS | documents.texts().map("https://".__add__)


@given(ADDRESSES, st.none() | documents.texts(), replies(CONFIGURATIONS), replies(REGISTERED))
@example(f"{HOST}/c", "é\r\nX: y", Reply(200, json.dumps(CONFIGURATION).encode()), Reply(200, b'{"client_id": "c1"}'))
@example(f"{HOST}/c", None, Reply(200, json.dumps(CONFIGURATION).encode()), Reply(201, b'{"client_id": 7}'))
@example(f"{HOST}/c", f"{documents.SECRET}é", Reply(200, json.dumps(CONFIGURATION).encode()), Reply(200))
@example(f"{HOST}/c", None, Reply(200, json.dumps(CONFIGURATION).encode()), Reply(201, b'["client_id"]'))
@example(f"{HOST}/c", None, Reply(200, b'["issuer"]'), Reply(200))
@example("https://\ud800/", None, Reply(200), Reply(200))
@example("https://[bad", None, Reply(200), Reply(200))
def test_a_registration_is_whole_or_an_error(signing_key, address, token, configuration, registered):
    script = Script(signing_key)
    script.on("/c", configuration)
    script.on("/.well-known/openid-configuration", configuration)
    script.on("/register", registered)
    form = registration_form(name="tool", base_url="http://127.0.0.1:8000")

    outcome = only_ltix_errors(lambda: enrol(address, token, form, http=script.http()))

    if not isinstance(outcome, LtixError):
        assert all(isinstance(outcome[key], str) and outcome[key] for key in ("issuer", "client_id", "token_url"))
        assert outcome["deployment_id"] is None or isinstance(outcome["deployment_id"], str)
