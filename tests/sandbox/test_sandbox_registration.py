"""Registration: a token is good for one tool, and the tool has to describe itself fully."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from jwt.algorithms import RSAAlgorithm

from ltix_data import spec

from .conftest import BASE, jwks_of


@pytest.fixture
def metadata(key):
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": "http://127.0.0.1:9/login",
        "redirect_uris": ["http://127.0.0.1:9/launch"],
        "client_name": "My notebook",
        "jwks": jwks_of(key),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": f"{spec.SCOPE_SCORE} {spec.SCOPE_MEMBERSHIPS} openid",
        spec.TOOL_CONFIGURATION: {
            "domain": "127.0.0.1:9",
            "target_link_uri": "http://127.0.0.1:9/",
            "claims": ["sub"],
            "messages": [{"type": spec.RESOURCE_LINK_REQUEST}],
        },
    }


def register(desk, metadata, token=None):
    token = token or desk.platform.registration_token()
    return desk.web.post("/register", json=metadata, headers={"Authorization": f"Bearer {token}"})


def test_the_configuration_names_the_endpoints_of_this_issuer(desk):
    found = desk.web.get("/.well-known/openid-configuration").json

    assert found["issuer"] == BASE
    for name, path in (("token_endpoint", "token"), ("registration_endpoint", "register"), ("jwks_uri", "jwks")):
        assert found[name] == f"{BASE}/{path}"
    assert found[spec.PLATFORM_CONFIGURATION]["product_family_code"] == "ltix-practice"


def test_a_registered_tool_gets_its_ids_and_can_ask_for_tokens(desk, metadata):
    answer = register(desk, metadata)
    client_id = answer.json["client_id"]
    desk.tool = desk.platform.tools[client_id]

    assert answer.status_code == 201
    assert answer.json[spec.TOOL_CONFIGURATION]["deployment_id"] == desk.tool.deployment_id
    assert set(answer.json["scope"].split()) == {spec.SCOPE_SCORE, spec.SCOPE_MEMBERSHIPS}
    assert desk.ask(scope=spec.SCOPE_SCORE).status_code == 200
    assert desk.ask(scope=spec.SCOPE_LINE_ITEM).json["error"] == "invalid_scope"


def test_a_registration_token_is_good_once(desk, metadata):
    token = desk.platform.registration_token()

    assert [register(desk, metadata, token).status_code for _ in range(2)] == [201, 401]


def test_a_refused_registration_does_not_use_up_the_token(desk, metadata):
    token = desk.platform.registration_token()

    assert register(desk, {**metadata, "client_name": ""}, token).status_code == 400
    assert register(desk, metadata, token).status_code == 201


def test_a_registration_token_does_not_keep(desk, metadata, clock):
    token = desk.platform.registration_token()
    clock.advance(3600)

    assert register(desk, metadata, token).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"application_type": "native"},
        {"response_types": ["code"]},
        {"grant_types": ["implicit"]},
        {"grant_types": "implicit client_credentials"},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"client_name": None},
        {"redirect_uris": []},
        {"redirect_uris": ["http://tool.example/launch"]},
        {"initiate_login_uri": "javascript:alert(1)"},
        {"jwks": None},
        {"jwks_uri": "https://tool.example/jwks"},
        {"jwks": {"keys": []}},
        {"scope": ["openid"]},
        {spec.TOOL_CONFIGURATION: {}},
        {spec.TOOL_CONFIGURATION: {"domain": "x", "custom_parameters": {"a": 1}}},
    ],
)
def test_a_registration_with_one_thing_wrong_is_refused(desk, metadata, changes):
    answer = register(desk, {**metadata, **changes})

    assert (answer.status_code, len(desk.platform.tools)) == (400, 1)
    assert answer.json["error"] in ("invalid_client_metadata", "invalid_redirect_uri")


def test_a_private_key_sent_by_mistake_is_refused(desk, metadata, key):
    private = {**RSAAlgorithm.to_jwk(key, as_dict=True), "kid": "k1"}

    answer = register(desk, {**metadata, "jwks": {"keys": [private]}})

    assert (answer.status_code, "private" in answer.json["error_description"]) == (400, True)
    assert private["d"] not in answer.text


def test_a_key_set_address_is_taken_instead_of_a_key_set(desk, metadata):
    del metadata["jwks"]

    answer = register(desk, {**metadata, "jwks_uri": "https://tool.example/jwks"})

    assert desk.platform.tools[answer.json["client_id"]].jwks_uri == "https://tool.example/jwks"


def test_an_invitation_leads_to_the_tool_with_a_token_that_works(desk, metadata):
    answer = desk.web.get("/registrations/new", query_string={"tool": "http://127.0.0.1:9/register?x=1"})
    query = parse_qs(urlsplit(answer.headers["Location"]).query)

    assert query["x"] == ["1"]
    assert query["openid_configuration"] == [f"{BASE}/.well-known/openid-configuration"]
    assert register(desk, metadata, query["registration_token"][0]).status_code == 201


def test_an_invitation_never_leads_off_the_web(desk):
    for address in ("javascript:alert(1)", "http://tool.example/register", "//tool.example"):
        assert desk.web.get("/registrations/new", query_string={"tool": address}).status_code == 400


def test_a_script_can_be_invited_and_register_by_hand(desk, key):
    asked = {"Accept": "application/json"}
    invited = desk.web.get("/registrations/new", headers=asked).json
    added = desk.web.post("/tools", json={"name": "By hand", "jwks": jwks_of(key)})

    assert set(invited) == {"openid_configuration", "registration_token"}
    assert added.status_code == 201
    assert added.json == desk.web.get(f"/tools/{added.json['client_id']}", headers=asked).json
    assert added.json["token_url"] == f"{BASE}/token"
    assert set(added.json["courses"]) == {"SEM12", "BIO101", "MED3000"}


def test_a_person_can_paste_a_public_key(desk, key):
    form = {"name": "Pasted", "jwks": json.dumps(jwks_of(key)), "redirect_uris": "https://a.example\n"}

    answer = desk.web.post("/tools", data=form, follow_redirects=True)

    assert ("Pasted" in answer.text, "practice-client-0002" in answer.text) == (True, True)
    assert desk.platform.tools["practice-client-0002"].redirect_uris == ("https://a.example",)


@pytest.mark.parametrize("fields", [{"jwks": {"keys": "x"}}, {"number": 7}, {"redirect_uris": ["http://a.example/"]}])
def test_a_tool_described_wrongly_is_refused(desk, fields):
    assert desk.web.post("/tools", json={"name": "Bad", **fields}).status_code == 400
