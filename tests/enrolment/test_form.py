"""What the tool says of itself, and to whom."""

from __future__ import annotations

import pytest

from ltix_data import spec
from ltix_data.enrolment import Tool

from .conftest import TOOL, configuration

EVERYTHING = {
    "application_type": "web",
    "response_types": ["id_token"],
    "grant_types": ["implicit", "client_credentials"],
    "initiate_login_uri": "https://tool.example/login",
    "redirect_uris": ["https://tool.example/launch"],
    "client_name": "My notebook",
    "jwks_uri": "https://tool.example/jwks",
    "token_endpoint_auth_method": "private_key_jwt",
    "scope": " ".join(spec.ALL_SCOPES),
    spec.TOOL_CONFIGURATION: {
        "domain": "tool.example",
        "target_link_uri": "https://tool.example/launch",
        "description": TOOL.description,
        "claims": ["iss", "sub", "name", "given_name", "family_name", "email"],
        "messages": [
            {"type": "LtiResourceLinkRequest"},
            {
                "type": "LtiDeepLinkingRequest",
                "target_link_uri": "https://tool.example/launch",
                "label": "My notebook",
            },
        ],
    },
}


def about(messages=None, code="other"):
    return {"product_family_code": code} | ({} if messages is None else {"messages_supported": messages})


def test_a_platform_that_says_nothing_is_told_everything(lms):
    platform = lms()

    platform.enrol()

    assert platform.form == EVERYTHING
    assert platform.posts[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "messages",
    [
        ["LtiResourceLinkRequest"],
        [{"type": "LtiResourceLinkRequest"}, {"type": "LtiSubmissionReviewRequest"}, 7, {"type": 7}],
        [],
    ],
)
def test_deep_linking_is_left_out_where_there_is_none(lms, messages):
    platform = lms(configuration() | {spec.PLATFORM_CONFIGURATION: about(messages)})

    platform.enrol()

    assert platform.form[spec.TOOL_CONFIGURATION]["messages"] == [{"type": "LtiResourceLinkRequest"}]


def test_names_of_messages_are_read_as_moodle_writes_them(lms):
    """Moodle lists bare names."""
    platform = lms(configuration() | {spec.PLATFORM_CONFIGURATION: about(["LtiDeepLinkingRequest"], "moodle")})

    platform.enrol()

    assert len(platform.form[spec.TOOL_CONFIGURATION]["messages"]) == 2


def test_claims_that_a_platform_does_not_know_are_not_asked_for(lms):
    platform = lms(configuration(claims_supported=["sub", "name", "email", "picture"]))

    platform.enrol()

    assert platform.form[spec.TOOL_CONFIGURATION]["claims"] == ["iss", "sub", "name", "email"]


def test_scopes_are_asked_for_even_where_a_platform_does_not_list_them(lms):
    """Blackboard grants rosters and does not list their scope."""
    platform = lms(configuration(scopes_supported=["openid"]))

    platform.enrol()

    assert platform.form["scope"].split() == list(spec.ALL_SCOPES)


def test_canvas_is_told_where_to_show_the_tool_and_to_name_people(lms):
    places = [
        {"type": "LtiResourceLinkRequest", "placements": ["account_navigation", "course_navigation"]},
        {"type": "LtiDeepLinkingRequest", "placements": ["link_selection", "editor_button"]},
    ]
    platform = lms(configuration() | {spec.PLATFORM_CONFIGURATION: about(places, "canvas")})

    platform.enrol()
    told = platform.form[spec.TOOL_CONFIGURATION]

    assert told["https://canvas.instructure.com/lti/privacy_level"] == "public"
    assert told["messages"] == [
        {
            "type": "LtiResourceLinkRequest",
            "target_link_uri": "https://tool.example/launch",
            "label": "My notebook",
            "placements": ["course_navigation"],
            "https://canvas.instructure.com/lti/visibility": "admins",
        },
        {
            "type": "LtiDeepLinkingRequest",
            "target_link_uri": "https://tool.example/launch",
            "label": "My notebook",
            "placements": ["link_selection"],
        },
    ]


def test_keys_are_sent_themselves_where_the_tool_has_no_address(lms):
    platform = lms()
    tool = Tool(name="t", base_url="http://127.0.0.1:8765/", jwks={"keys": [{"kty": "RSA"}]})

    platform.enrol(tool)

    assert platform.form["jwks"] == {"keys": [{"kty": "RSA"}]}
    assert "jwks_uri" not in platform.form
    assert platform.form[spec.TOOL_CONFIGURATION]["domain"] == "127.0.0.1:8765"


def test_a_tool_says_what_else_it_is_given(lms):
    platform = lms()
    tool = Tool(
        name="t",
        base_url="https://tool.example",
        login_url="https://tool.example/oidc",
        launch_url="https://tool.example/in",
        jwks_url="https://keys.example/set",
        contacts=("office@tool.example",),
        scopes=(spec.SCOPE_SCORE,),
        custom={"course": "$Context.id"},
    )

    platform.enrol(tool)
    told = platform.form

    assert (told["initiate_login_uri"], told["redirect_uris"]) == (tool.login_url, [tool.launch_url])
    assert (told["jwks_uri"], told["scope"]) == ("https://keys.example/set", spec.SCOPE_SCORE)
    assert told["contacts"] == ["office@tool.example"]
    assert told[spec.TOOL_CONFIGURATION]["custom_parameters"] == {"course": "$Context.id"}
