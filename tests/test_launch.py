"""Launches and dynamic registration: what is trusted, and what is refused."""

from __future__ import annotations

import time
import urllib.error
from types import SimpleNamespace

import httpx
import jwt
import pytest

import ltix_data as ltix
from ltix_data import demo, errors, launch, spec
from ltix_data.enrolment import enrol
from ltix_data.http import HttpClient
from ltix_data.keys import SigningKey
from ltix_data.receiver import Receiver, receiving
from ltix_data.sandbox import Platform
from ltix_data.sandbox.server import serve

ISSUER = "https://lms.example"


@pytest.fixture(scope="module")
def lms():
    """A platform's key, and a client that reads its key set."""
    key = SigningKey.generate()
    app = httpx.MockTransport(lambda request: httpx.Response(200, json={"keys": [key.public_jwk]}))
    return SimpleNamespace(key=key, http=HttpClient(transport=app, sleep=lambda seconds: None))


@pytest.fixture
def registration(signing_key):
    return ltix.Registration(
        name="uni",
        issuer=ISSUER,
        client_id="c1",
        token_url=f"{ISSUER}/token",
        auth_url=f"{ISSUER}/auth",
        jwks_url=f"{ISSUER}/jwks",
        deployment_id="d1",
        private_key=signing_key,
    )


@pytest.fixture
def login(registration):
    asked = {"iss": ISSUER, "client_id": "c1", "login_hint": "h", "target_link_uri": "https://tool.example"}
    return launch.login(registration, asked, redirect_uri="https://tool.example/launch")


def claims(login, **changes):
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": "c1",
        "sub": "u1",
        "iat": now,
        "exp": now + 300,
        "nonce": login.nonce,
        spec.CLAIM_MESSAGE_TYPE: spec.RESOURCE_LINK_REQUEST,
        spec.CLAIM_VERSION: "1.3.0",
        spec.CLAIM_DEPLOYMENT_ID: "d1",
        spec.CLAIM_TARGET_LINK_URI: "https://tool.example",
        spec.CLAIM_RESOURCE_LINK: {"id": "link-1"},
        spec.CLAIM_ROLES: [spec.CONTEXT_ROLE + "Instructor"],
        spec.CLAIM_CONTEXT: {"id": "ctx", "label": "BIO101", "title": "Biology"},
        spec.CLAIM_MEMBERSHIPS: {"context_memberships_url": f"{ISSUER}/m", "service_versions": ["2.0"]},
        spec.CLAIM_GRADES: {"lineitems": f"{ISSUER}/items", "scope": [spec.SCOPE_SCORE]},
        "https://lms.example/claim/attendance": {"attendance_url": f"{ISSUER}/attendance"},
    }
    return {key: value for key, value in (good | changes).items() if value is not None}


def posted(lms, login, payload, *, key=None, algorithm="RS256", kid=None, state=None):
    signed = jwt.encode(payload, (key or lms.key).private, algorithm=algorithm, headers={"kid": kid or lms.key.kid})
    return {"id_token": signed, "state": state or login.state}


def test_the_login_asks_as_the_specification_says(login):
    query = dict(httpx.URL(login.url).params)

    assert query | {"state": "", "nonce": ""} == {
        "response_type": "id_token",
        "response_mode": "form_post",
        "scope": "openid",
        "prompt": "none",
        "client_id": "c1",
        "redirect_uri": "https://tool.example/launch",
        "login_hint": "h",
        "state": "",
        "nonce": "",
    }


def test_a_launch_names_the_course_with_all_its_services(lms, registration, login):
    found = launch.read_launch(registration, posted(lms, login, claims(login)), login, http=lms.http)

    assert found.course.to_json() == {
        "name": "BIO101",
        "context_id": "ctx",
        "label": "BIO101",
        "title": "Biology",
        "resource_link_id": "link-1",
        "memberships_url": f"{ISSUER}/m",
        "lineitems_url": f"{ISSUER}/items",
        "scopes": [spec.SCOPE_SCORE],
        "services": {"https://lms.example/claim/attendance": {"attendance_url": f"{ISSUER}/attendance"}},
    }


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-tool"},
        {"azp": "another-tool"},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"exp": 1_000_000_000},
        {"iat": 4_000_000_000, "exp": 4_000_000_300},
        {"exp": None},
        {spec.CLAIM_VERSION: "1.1"},
        {spec.CLAIM_MESSAGE_TYPE: "LtiDeepLinkingRequest"},
        {spec.CLAIM_DEPLOYMENT_ID: "d2"},
        {spec.CLAIM_DEPLOYMENT_ID: None},
        {spec.CLAIM_TARGET_LINK_URI: None},
    ],
    ids=lambda change: ",".join(f"{key.rsplit('/', 1)[-1]}={value}" for key, value in change.items()),
)
def test_a_launch_with_a_wrong_claim_is_refused(lms, registration, login, change):
    with pytest.raises(errors.LaunchError):
        launch.read_launch(registration, posted(lms, login, claims(login, **change)), login, http=lms.http)


def test_a_launch_signed_by_another_key_is_refused(lms, registration, login, signing_key):
    forged = posted(lms, login, claims(login), key=signing_key)

    with pytest.raises(errors.LaunchError, match="cannot be trusted"):
        launch.read_launch(registration, forged, login, http=lms.http)


def test_a_launch_of_another_browser_is_refused(lms, registration, login):
    with pytest.raises(errors.LaunchError, match="state"):
        launch.read_launch(registration, posted(lms, login, claims(login), state="x"), login, http=lms.http)


def test_an_unsigned_launch_is_refused(lms, registration, login):
    unsigned = jwt.encode(claims(login), None, algorithm="none", headers={"kid": lms.key.kid})

    with pytest.raises(errors.LaunchError):
        launch.read_launch(registration, {"id_token": unsigned, "state": login.state}, login, http=lms.http)


@pytest.mark.parametrize("body", [b"[]", b'{"keys": 1}', b'{"keys": [{"kty": "x"}]}', b"<html>"])
def test_a_key_set_that_is_none_is_one_clear_error(lms, registration, login, body):
    http = HttpClient(transport=httpx.MockTransport(lambda request: httpx.Response(200, content=body)))

    with pytest.raises(ltix.LtixError):
        launch.read_launch(registration, posted(lms, login, claims(login)), login, http=http)


def test_a_login_from_another_platform_is_refused(registration):
    with pytest.raises(errors.LaunchError, match="another platform"):
        launch.login(registration, {"iss": "https://evil.example", "login_hint": "h"}, redirect_uri="https://t.example")


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"issuer": ISSUER, "registration_endpoint": "http://lms.example/r"}, "registration_endpoint is not on https"),
        ({"registration_endpoint": f"{ISSUER}/r"}, "without an issuer"),
        ({"issuer": ISSUER}, "registration_endpoint is not a URL"),
        ([], "without an issuer"),
    ],
)
def test_a_platform_configuration_that_is_not_safe_is_refused(configuration, expected):
    http = HttpClient(transport=httpx.MockTransport(lambda request: httpx.Response(200, json=configuration)))

    with pytest.raises(ltix.LtixError, match=expected):
        enrol(f"{ISSUER}/config", "token", {}, http=http)


def test_no_registration_is_made_in_vain():
    """Where the rest of the configuration cannot be used, nothing is posted."""
    asked = []
    configuration = {"issuer": ISSUER, "registration_endpoint": f"{ISSUER}/r", "token_endpoint": "http://lms.example/t"}

    def app(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return httpx.Response(200, json=configuration)

    with pytest.raises(errors.LaunchError, match="token_endpoint is not on https"):
        enrol(f"{ISSUER}/config", "token", {}, http=HttpClient(transport=httpx.MockTransport(app)))

    assert asked == ["GET"]


def test_registration_and_launch_work_over_real_http():
    """The practice platform's real flow, with a browser's steps, captures the course."""
    platform = Platform()
    steps = []
    with serve(platform) as url, demo.introduced(url, say=steps.append) as registration:
        roster = ltix.connect(registration).course("SEM12").roster()

    assert len(steps) == 2
    assert len(roster) == 12


def test_a_launch_that_answers_no_login_is_a_page_that_says_so(signing_key):
    receiver = Receiver({"keys": []}, lambda facts: ltix.Registration(name="x", private_key=signing_key, **facts))

    with receiving(receiver) as tool, pytest.raises(urllib.error.HTTPError) as caught:
        demo.Browser().open(f"{tool}/launch", {"id_token": "x", "state": "y"})

    assert caught.value.code == 400
    assert "answers no login of this browser" in caught.value.read().decode()
