"""What LTI asks of a message whose signature holds."""

from __future__ import annotations

import pytest
from scripted import HOST

from ltix_data import spec
from ltix_data.errors import LaunchError

from .lms import TOOL

SETTINGS = {
    "deep_link_return_url": f"{HOST}/deep_links",
    "accept_types": ["ltiResourceLink"],
    "accept_presentation_document_targets": ["iframe"],
}
DEEP_LINKING = {
    spec.CLAIM_MESSAGE_TYPE: spec.DEEP_LINKING_REQUEST,
    spec.CLAIM_RESOURCE_LINK: ...,
    spec.CLAIM_DEEP_LINKING_SETTINGS: SETTINGS,
}


def refused(lms, changes, **how) -> LaunchError:
    with pytest.raises(LaunchError) as caught:
        lms.launch(changes, **how)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("version", ["1.3", "1.1", "LTI-1p0", 1.3, ["1.3.0"]], ids=str)
def test_another_version_is_refused(lms, version):
    assert refused(lms, {spec.CLAIM_VERSION: version}).code == "wrong_version"


def test_a_message_of_another_specification_is_refused_by_name(lms):
    error = refused(lms, {spec.CLAIM_MESSAGE_TYPE: "LtiSubmissionReviewRequest"})

    assert (error.code, error.spec) == ("wrong_message_type", "Core §5.3.1")
    assert "LtiSubmissionReviewRequest" in str(error)


@pytest.mark.parametrize("kind", ["Ann Smith", 7, ["LtiResourceLinkRequest"], {}, ""], ids=str)
def test_a_message_that_nobody_knows_is_refused_without_its_name(lms, kind):
    error = refused(lms, {spec.CLAIM_MESSAGE_TYPE: kind})

    assert error.code == "wrong_message_type"
    assert "a message of an unknown type" in str(error)


#: Where an identifier is -> how to put one there, and the error's word and section.
IDENTIFIERS = {
    "deployment_id": (lambda id_: {spec.CLAIM_DEPLOYMENT_ID: id_}, "Core §5.3.3"),
    "user": (lambda id_: {"sub": id_}, "Core §5.3.6"),
    "resource_link": (lambda id_: {spec.CLAIM_RESOURCE_LINK: {"id": id_}}, "Core §5.3.5"),
    "context": (lambda id_: {spec.CLAIM_CONTEXT: {"id": id_}}, "Core §5.4.1"),
}


@pytest.mark.parametrize("name", IDENTIFIERS)
@pytest.mark.parametrize("id_", ["x" * 256, " ", "a\nb", "a\x85b", "\ud800", 7, True, ["x"], {}], ids=str)
def test_an_identifier_is_text_of_at_most_255_characters(lms, name, id_):
    put, section = IDENTIFIERS[name]

    error = refused(lms, put(id_))

    assert (error.code, error.spec) == (f"wrong_{name}", section)


@pytest.mark.parametrize("name", IDENTIFIERS)
@pytest.mark.parametrize("id_", ["", None])
def test_an_identifier_that_is_missing_is_refused(lms, name, id_):
    assert refused(lms, IDENTIFIERS[name][0](id_)).code == f"no_{name}"


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_identifier_may_be_as_long_as_the_specification_allows(lms, name):
    assert lms.launch(IDENTIFIERS[name][0]("x" * 255)).user_id


def test_a_launch_of_another_deployment_is_refused(make_lms):
    """The attacker installed the same tool elsewhere on the platform."""
    error = refused(make_lms(deployment_id="d1"), {spec.CLAIM_DEPLOYMENT_ID: "d2"})

    assert (error.code, error.spec) == ("wrong_deployment", "Core §5.3.3")


def test_any_deployment_will_do_where_the_registration_names_none(lms):
    assert lms.launch({spec.CLAIM_DEPLOYMENT_ID: "d2"}).deployment_id == "d2"


def test_an_anonymous_launch_is_taken_where_it_is_allowed(make_lms):
    found = make_lms(tool={"allow_anonymous": True}).launch({"sub": ...})

    assert found.user_id is None


def test_where_anonymous_launches_are_allowed_a_bad_id_is_still_refused(make_lms):
    assert refused(make_lms(tool={"allow_anonymous": True}), {"sub": 7}).code == "wrong_user"


# --- The target link ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [TOOL, f"{TOOL}/", f"{TOOL}/quiz/1?x=1#y", "HTTPS://TOOL.example:443/lti", f"{TOOL}?next=https://evil.example"],
)
def test_a_link_below_the_tool_is_taken(lms, target):
    assert lms.launch({spec.CLAIM_TARGET_LINK_URI: target}, tool_urls=[f"{TOOL}/"]).target_link_uri == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/lti",
        "https://tool.example.evil.example/lti",
        "http://tool.example/lti",
        "https://tool.example:8443/lti",
        "https://tool.example/",
        "https://tool.example/ltix",
        "https://tool.example/lti/../admin",
        "https://tool.example/lti/%2e%2e/admin",
        "https://tool.example/lti/%2E%2E%2fadmin",
        "https://tool.example/lti\\..\\admin",
        "https://tool.example/lti/x\\..\\..\\admin",
    ],
)
def test_a_link_to_anywhere_else_is_refused(lms, target):
    """The attacker makes the tool send people to a page of his."""
    error = refused(lms, {spec.CLAIM_TARGET_LINK_URI: target}, tool_urls=[TOOL])

    assert (error.code, error.spec) == ("foreign_target_link_uri", "Core §5.3.4")
    assert "evil" not in str(error)


@pytest.mark.parametrize(
    "target", ["https://tool.example@evil.example/lti", "javascript:alert(1)", "/lti", "https://[bad", "https://a b"]
)
def test_a_link_that_is_no_plain_address_is_refused(lms, target):
    assert refused(lms, {spec.CLAIM_TARGET_LINK_URI: target}).code == "wrong_target_link_uri"


@pytest.mark.parametrize("target", [..., None, "", 7, [TOOL]], ids=str)
def test_a_launch_without_a_link_is_refused(lms, target):
    assert refused(lms, {spec.CLAIM_TARGET_LINK_URI: target}).code == "no_target_link_uri"


def test_one_of_several_addresses_will_do(lms):
    assert lms.launch(tool_urls=["http://127.0.0.1:8000", "https://tool.example"]).target_link_uri == TOOL


# --- Roles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("roles", ["Instructor", {}, 7], ids=str)
def test_roles_that_are_no_list_are_refused(lms, roles):
    assert refused(lms, {spec.CLAIM_ROLES: roles}).code == "wrong_roles"


# --- Deep linking ---------------------------------------------------------------------------------


def test_a_deep_linking_request_needs_no_resource_link(lms):
    found = lms.launch(DEEP_LINKING)

    assert found.resource_link is None
    assert found.deep_linking.accept_types == ("ltiResourceLink",)
    assert found.course.name == "BIO101"


def test_a_deep_linking_request_may_leave_out_roles_and_target(lms):
    found = lms.launch(DEEP_LINKING | {spec.CLAIM_ROLES: ..., spec.CLAIM_TARGET_LINK_URI: ...})

    assert (found.roles, found.target_link_uri) == ((), None)


@pytest.mark.parametrize("settings", [..., {}, [], SETTINGS | {"deep_link_return_url": "javascript:alert(1)"}], ids=str)
def test_a_deep_linking_request_that_cannot_be_answered_is_refused(lms, settings):
    error = refused(lms, DEEP_LINKING | {spec.CLAIM_DEEP_LINKING_SETTINGS: settings})

    assert (error.code, error.spec) == ("invalid_deep_linking_settings", "DL §4.4.1")


def test_a_deep_linking_request_may_not_lead_elsewhere_either(lms):
    changes = DEEP_LINKING | {spec.CLAIM_TARGET_LINK_URI: "https://evil.example"}

    assert refused(lms, changes, tool_urls=[TOOL]).code == "foreign_target_link_uri"
