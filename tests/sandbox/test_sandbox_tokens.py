"""The token endpoint believes nothing that is not signed, fresh and new."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from ltix_data import spec
from ltix_data.sandbox import Options, Platform, create_app

from .conftest import BASE, Desk, jwks_of, new_key


def test_a_good_assertion_buys_a_token_for_the_scopes_asked(desk):
    answer = desk.ask(scope=f"{spec.SCOPE_SCORE} {spec.SCOPE_MEMBERSHIPS}")

    token = answer.json.pop("access_token")
    assert (answer.status_code, answer.headers["Cache-Control"], len(token) > 20) == (200, "no-store", True)
    assert {name: value for name, value in answer.json.items() if name != "access_token"} == {
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": f"{spec.SCOPE_SCORE} {spec.SCOPE_MEMBERSHIPS}",
    }


def test_an_audience_list_that_holds_the_token_url_is_accepted(desk):
    assert desk.ask(desk.assertion(aud=["https://other.example", f"{BASE}/token"])).status_code == 200


def test_a_signature_by_another_key_is_refused(desk):
    answer = desk.ask(desk.assertion(key=new_key()))

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert "signature" in answer.json["error_description"]


def test_the_public_key_used_as_a_shared_secret_is_refused(desk):
    secret = jwks_of(desk.key)["keys"][0]["n"]

    answer = desk.ask(desk.assertion(key=secret, algorithm="HS256"))

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_an_unsigned_assertion_is_refused(desk):
    unsigned = jwt.encode(desk.claims(), None, "none", headers={"kid": "k1"})

    assert (desk.ask(unsigned).status_code, desk.ask(unsigned).json["error"]) == (401, "invalid_client")


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits")
def test_a_short_key_is_refused(make_desk):
    short = generate_private_key(public_exponent=65537, key_size=1024)
    desk = make_desk(tool={"jwks": jwks_of(short)})

    answer = desk.ask(desk.assertion(key=short))

    assert (answer.status_code, "2048" in answer.json["error_description"]) == (401, True)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"kid": None}, "kid"),
        ({"kid": "unknown"}, "kid"),
        ({"sub": "somebody"}, "sub"),
        ({"iss": "somebody"}, "iss"),
        ({"aud": f"{BASE}/token/"}, "aud"),
        ({"aud": None}, "aud"),
        ({"iat": None}, "iat"),
        ({"iat": "1790000000"}, "iat"),
        ({"iat": True}, "iat"),
        ({"iat": 1_790_000_005}, "future"),
        ({"nbf": 1_790_000_005}, "nbf"),
        ({"exp": None}, "exp"),
        ({"exp": 1_790_000_000}, "expired"),
        ({"iat": 1_790_000_000 - 3601}, "older"),
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
    ],
)
def test_an_assertion_with_one_thing_wrong_is_refused_and_the_thing_is_named(desk, changes, word):
    answer = desk.ask(desk.assertion(**changes))

    assert answer.status_code in (400, 401)
    assert answer.json["error"] == "invalid_client"
    assert word in answer.json["error_description"]


def test_a_replayed_jti_is_refused_even_in_a_new_assertion(desk):
    first, second = (
        desk.ask(desk.assertion(jti="once")),
        desk.ask(desk.assertion(jti="once", exp=desk.platform.now() + 9)),
    )

    assert (first.status_code, second.status_code) == (200, 400)
    assert "jti" in second.json["error_description"]


def test_a_refused_assertion_does_not_use_up_its_jti(desk):
    desk.ask(desk.assertion(jti="mine", key=new_key()))

    assert desk.ask(desk.assertion(jti="mine")).status_code == 200


def test_used_assertions_are_forgotten_once_they_are_dead(desk, clock, monkeypatch):
    monkeypatch.setattr("ltix_data.sandbox.tokens._MOST_REMEMBERED", 2)
    statuses = [desk.ask().status_code for _ in range(3)]

    clock.advance(400)

    assert statuses == [200, 200, 503]
    assert desk.ask().status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"client_assertion_type": "jwt"}, "invalid_request"),
        ({"client_assertion": "not.a.jwt"}, "invalid_client"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "https://purl.imsglobal.org/spec/lti-ags/scope/score.write"}, "invalid_scope"),
    ],
)
def test_a_form_with_one_thing_wrong_gets_the_error_of_the_rfc(desk, changes, error):
    answer = desk.ask(**changes)

    assert (answer.status_code, answer.json["error"]) == (400, error)


def test_the_form_must_be_a_form(desk):
    answer = desk.web.post("/token", json={"grant_type": spec.GRANT_TYPE})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_narrowed_grant_is_the_intersection(make_desk):
    desk = make_desk(granted_scopes=(spec.SCOPE_SCORE,))

    answer = desk.ask(scope=" ".join(spec.ALL_SCOPES))

    assert answer.json["scope"] == spec.SCOPE_SCORE


def test_nothing_left_to_grant_is_invalid_scope(make_desk):
    desk = make_desk(granted_scopes=())

    assert desk.ask().json["error"] == "invalid_scope"


def test_strict_scopes_refuse_all_for_one_as_sakai_does(make_desk):
    desk = make_desk(granted_scopes=(spec.SCOPE_SCORE,), strict_scopes=True)

    assert desk.ask(scope=f"{spec.SCOPE_SCORE} {spec.SCOPE_LINE_ITEM}").json["error"] == "invalid_scope"
    assert desk.ask(scope=spec.SCOPE_SCORE).status_code == 200


def test_a_key_set_behind_a_url_is_read_again_once_for_an_unknown_kid(key, clock):
    served, asked = jwks_of(key, "old"), []

    def fetch(url):
        asked.append(url)
        return served

    platform = Platform(Options(), now=clock, fetch=fetch)
    tool = platform.add_tool(jwks_uri="https://tool.example/jwks")
    desk = Desk(platform, key, tool, create_app(platform).test_client())
    known = [desk.ask(desk.assertion(kid="old")).status_code for _ in range(2)]
    served = jwks_of(key, "new")
    rotated = desk.ask(desk.assertion(kid="new")).status_code

    assert (known, rotated, len(asked)) == ([200, 200], 200, 2)


def test_a_key_set_that_cannot_be_read_is_a_refusal_not_a_crash(key, clock):
    def fetch(url):
        raise OSError("down")

    platform = Platform(now=clock, fetch=fetch)
    desk = Desk(
        platform, key, platform.add_tool(jwks_uri="https://tool.example/jwks"), create_app(platform).test_client()
    )

    assert desk.ask().json["error_description"] == "The tool's key set cannot be read."


def test_a_private_key_pasted_as_a_key_set_is_refused(platform_of_none, key):
    private = jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True)

    with pytest.raises(ValueError, match="private"):
        platform_of_none.add_tool(jwks={"keys": [{**private, "kid": "k1"}]})


@pytest.fixture
def platform_of_none():
    return Platform()


def test_a_token_dies_after_its_lifetime(make_desk, clock):
    desk = make_desk(token_lifetime=60)
    before = desk.roster().status_code

    clock.advance(60)

    after = desk.roster()
    assert (before, after.status_code) == (200, 401)
    assert 'error="invalid_token"' in after.headers["WWW-Authenticate"]


def test_answers_are_dated_by_the_platforms_clock(desk):
    assert desk.ask().headers["Date"] == "Mon, 21 Sep 2026 14:13:20 GMT"
