"""Registration: a token is good for one tool, and the tool has to describe itself fully."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from jwt.algorithms import RSAAlgorithm

from ltix_data import spec
from ltix_data.sandbox.keysets import ToolKeys

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


# --- Like other platforms -------------------------------------------------------------------------

CONFIGURATION = "/.well-known/openid-configuration"


def address_instead(metadata):
    """Return the metadata with the keys at an address, where some platforms want them."""
    return {key: value for key, value in metadata.items() if key != "jwks"} | {"jwks_uri": "https://tool.example/jwks"}


@pytest.mark.parametrize(
    "changes",
    [
        {"claims": "sub"},
        {"claims": None},
        {"messages": None},
        {"messages": ["LtiResourceLinkRequest"]},
        {"messages": [{"type": "LtiOtherRequest"}]},
        {"messages": [{"type": spec.DEEP_LINKING_REQUEST, "target_link_uri": "javascript:alert(1)"}]},
    ],
)
def test_a_tool_that_misdescribes_its_launches_is_refused(desk, metadata, changes):
    about = {**metadata[spec.TOOL_CONFIGURATION], **changes}

    answer = register(desk, {**metadata, spec.TOOL_CONFIGURATION: about})

    assert (answer.status_code, len(desk.platform.tools)) == (400, 1)


def test_a_tool_says_whether_it_can_be_asked_for_content(desk, metadata):
    about = metadata[spec.TOOL_CONFIGURATION]
    asked = {"type": spec.DEEP_LINKING_REQUEST, "target_link_uri": "https://tool.example/choose"}
    without = register(desk, metadata).json["client_id"]
    chooser = register(
        desk, {**metadata, spec.TOOL_CONFIGURATION: {**about, "messages": [*about["messages"], asked]}}
    ).json["client_id"]

    tools = desk.platform.tools

    assert (tools[without].offers_content, tools[without].deep_linking_uri) == (False, None)
    assert (tools[chooser].offers_content, tools[chooser].deep_linking_uri) == (True, "https://tool.example/choose")


@pytest.mark.parametrize(
    ("like", "family", "messages"),
    [
        ("strict", "ltix-practice", [{"type": spec.RESOURCE_LINK_REQUEST}, {"type": spec.DEEP_LINKING_REQUEST}]),
        ("moodle", "moodle", [spec.RESOURCE_LINK_REQUEST, spec.DEEP_LINKING_REQUEST]),
        ("sakai", "sakailms.org", [{"type": spec.RESOURCE_LINK_REQUEST}, {"type": spec.DEEP_LINKING_REQUEST}]),
        ("brightspace", "desire2learn", [{"type": spec.RESOURCE_LINK_REQUEST}, {"type": spec.DEEP_LINKING_REQUEST}]),
    ],
)
def test_each_platform_says_who_it_is_and_what_it_launches(make_desk, like, family, messages):
    about = make_desk(like=like).web.get(CONFIGURATION).json[spec.PLATFORM_CONFIGURATION]

    assert (about["product_family_code"], about["messages_supported"]) == (family, messages)


def test_canvas_shows_its_configuration_to_those_it_invited(make_desk):
    desk = make_desk(like="canvas")
    token = desk.platform.registration_token()
    header = {"Authorization": f"Bearer {token}"}

    assert desk.web.get(CONFIGURATION).status_code == 401
    assert desk.web.get(CONFIGURATION, headers={"Authorization": "Bearer another"}).status_code == 401
    assert desk.web.get(CONFIGURATION, headers=header).json["authorization_server"] == "localhost"
    assert desk.web.get(CONFIGURATION, query_string={"registration_token": token}).status_code == 200


def test_canvas_names_no_deployment(make_desk, metadata):
    answer = register(make_desk(like="canvas"), address_instead(metadata))

    assert (answer.status_code, "deployment_id" in answer.json[spec.TOOL_CONFIGURATION]) == (200, False)


def test_moodle_registers_with_200_and_refuses_in_plain_words(make_desk, metadata):
    desk = make_desk(like="moodle")
    good = address_instead(metadata)

    accepted, refused = register(desk, good), register(desk, metadata)
    strange = register(desk, good, "no-such-token")

    assert accepted.status_code == 200
    assert accepted.json[spec.TOOL_CONFIGURATION]["deployment_id"]
    assert (refused.status_code, refused.mimetype, refused.text) == (
        400,
        "text/html",
        "missing required attribute jwks_uri",
    )
    assert (strange.status_code, strange.mimetype, strange.text) == (401, "text/html", "token_already_used")


@pytest.mark.parametrize("like", ["moodle", "canvas", "blackboard", "brightspace"])
def test_some_read_keys_at_an_address_only(make_desk, metadata, like):
    assert register(make_desk(like=like), metadata).status_code == 400


def test_open_edx_knows_no_registration(make_desk, metadata):
    desk = make_desk(like="openedx")

    assert desk.web.get(CONFIGURATION).status_code == 404
    assert register(desk, metadata).status_code == 404


# --- Turning a tool on ----------------------------------------------------------------------------


@pytest.fixture
def waiting(make_desk, metadata):
    """A desk of a platform like the one named, whose tool has registered itself."""

    def make(like):
        desk = make_desk(like=like)
        desk.platform.tool_keys = ToolKeys(lambda url: jwks_of(desk.key))
        desk.tool = desk.platform.tools[register(desk, address_instead(metadata)).json["client_id"]]
        return desk

    return make


def opened(desk):
    """Open the tool as a learner would."""
    desk.web.post("/login", data={"user_id": next(iter(desk.platform.courses["SEM12"].members))})
    return desk.web.get(f"/courses/SEM12/launch/{desk.tool.client_id}")


@pytest.mark.parametrize("like", ["moodle", "canvas"])
def test_a_tool_that_waits_is_neither_launched_nor_given_tokens(waiting, like):
    desk = waiting(like)

    assert desk.ask().status_code in (400, 401)
    assert opened(desk).status_code in (403, 404)
    assert desk.web.get("/auth", query_string={"client_id": desk.tool.client_id}).status_code in (403, 404)


@pytest.mark.parametrize("like", ["moodle", "canvas"])
def test_a_person_turns_it_on(waiting, like):
    desk = waiting(like)
    page = f"/tools/{desk.tool.client_id}/activate"

    shown = desk.web.get(page).text
    desk.web.post(page)

    assert "<button>Activate</button>" in shown
    assert "<button>" not in desk.web.get(page).text
    assert opened(desk).status_code == 302
    assert desk.ask().status_code == 200


def test_the_page_of_a_tool_that_waits_leads_to_the_button(waiting):
    desk = waiting("moodle")

    assert f"/tools/{desk.tool.client_id}/activate" in desk.web.get(f"/tools/{desk.tool.client_id}").text


def test_a_tool_that_nobody_knows_cannot_be_turned_on(desk):
    assert desk.web.post("/tools/nobody/activate").status_code == 404


def test_a_tool_registered_by_hand_waits_for_nobody(make_desk):
    assert (
        opened(desk := make_desk({"initiate_login_uri": "http://127.0.0.1:9/login"}, like="moodle")).status_code == 302
    )
    assert desk.tool.active


def test_a_tool_goes_on_waiting_after_a_restart(make_desk, metadata, tmp_path, clock):
    options = {"like": "moodle", "state_file": tmp_path / "state.json"}
    before = make_desk(**options)
    client_id = register(before, address_instead(metadata)).json["client_id"]
    before.platform.close()

    after = make_desk(**options).platform.tools

    assert not after[client_id].active
