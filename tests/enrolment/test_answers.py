"""What comes of a registration: the facts, what is still to be done, and refusals that say what to do."""

from __future__ import annotations

import httpx
import pytest

from ltix_data import errors, spec

from .conftest import BASE, TOKEN, configuration

LOOK = "list of tools"


def test_the_facts_are_what_a_registration_is_made_of(lms):
    answer = {"client_id": "c1", "scope": spec.SCOPE_SCORE, spec.TOOL_CONFIGURATION: {"deployment_id": "d1"}}

    found = lms(configuration("moodle"), answer).enrol()

    assert found.facts == {
        "platform": "Moodle",
        "issuer": BASE,
        "client_id": "c1",
        "token_url": f"{BASE}/token",
        "auth_url": f"{BASE}/auth",
        "jwks_url": f"{BASE}/jwks",
        "deployment_id": "d1",
        "audience": None,
    }
    assert (found.platform, found.pending, found.granted) == ("Moodle", True, (spec.SCOPE_SCORE,))


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize(
    ("given", "read"), [("c1", "c1"), (" c1 ", "c1"), (10000000000001, "10000000000001"), (0, "0")]
)
def test_a_client_id_is_a_text_or_a_number(lms, status, given, read):
    found = lms(registered=httpx.Response(status, json={"client_id": given})).enrol()

    assert found.facts["client_id"] == read


@pytest.mark.parametrize("given", [None, "", " ", True, 1.5, -1, ["c1"], {"id": "c1"}, "a\nb", "x" * 2000])
def test_an_answer_without_a_client_id_says_that_a_tool_may_have_been_made(lms, given):
    with pytest.raises(errors.LaunchError, match=LOOK) as caught:
        lms(registered={"client_id": given}).enrol()

    assert caught.value.code == "no_client_id"


@pytest.mark.parametrize(
    ("given", "read"), [("d1", "d1"), (7, "7"), (None, None), ("", None), (["d1"], None), (False, None)]
)
def test_a_deployment_is_taken_where_the_answer_names_one(lms, given, read):
    answer = {"client_id": "c1", spec.TOOL_CONFIGURATION: {"deployment_id": given}}

    assert lms(registered=answer).enrol().facts["deployment_id"] == read


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        (f"{spec.SCOPE_SCORE}  openid", (spec.SCOPE_SCORE, "openid")),
        ([spec.SCOPE_SCORE, 7], (spec.SCOPE_SCORE,)),
        ("", ()),
        (None, spec.ALL_SCOPES),
        (7, spec.ALL_SCOPES),
    ],
)
def test_scopes_come_as_a_text_or_as_a_list_or_not_at_all(lms, scope, granted):
    assert lms(registered={"client_id": "c1", "scope": scope}).enrol().granted == granted


def test_what_was_not_granted_is_named_by_what_will_not_work(lms):
    found = lms(registered={"client_id": "c1", "scope": spec.SCOPE_LINE_ITEM_READONLY}).enrol()

    lost = " ".join(note for note in found.notes if "did not grant" in note)

    assert all(word in lost for word in ("roster()", "new columns", "results()", "cannot be sent"))
    assert "line_items()" not in lost


def test_where_everything_is_granted_nothing_is_said_to_be_missing(lms):
    assert not [note for note in lms().enrol().notes if "did not grant" in note]


@pytest.mark.parametrize(
    ("family", "pending", "words"),
    [
        ("moodle", True, "Manage tools → Activate"),
        ("canvas", True, "Developer Keys"),
        ("desire2learn", True, "Manage Extensibility"),
        ("BlackboardLearn", False, "LTI Tool Providers"),
        ("sakailms.org", False, "External Tools"),
        ("unheard-of", False, "launch"),
    ],
)
def test_the_notes_say_what_comes_next_on_that_platform(lms, family, pending, words):
    found = lms(configuration(family)).enrol()

    assert (found.pending, words in " ".join(found.notes)) == (pending, True)


@pytest.mark.parametrize(
    ("found", "audience"),
    [
        (configuration(), None),
        (configuration(authorization_server="https://as.example.edu"), "https://as.example.edu"),
        (configuration("canvas", authorization_server="sso.canvaslms.com"), None),
        (
            configuration("desire2learn", token_endpoint="https://auth.brightspace.com/core/connect/token"),
            "https://api.brightspace.com/auth/token",
        ),
        (configuration(authorization_server=["x"]), None),
    ],
)
def test_the_audience_is_the_platforms_own_where_it_has_one(lms, found, audience):
    assert lms(found).enrol().facts["audience"] == audience


def test_blackboards_keys_are_those_of_the_application(lms):
    """Its configuration names a key set that belongs to the portal."""
    portal = "https://developer.blackboard.com"
    found = configuration(
        "BlackboardLearn",
        issuer="https://blackboard.com",
        registration_endpoint=f"{portal}/register",
        token_endpoint=f"{portal}/token",
        authorization_endpoint=f"{portal}/auth",
        jwks_uri=f"{portal}/.well-known/jwks.json",
    )

    facts = lms(found, {"client_id": "app-1"}).enrol(url=f"{portal}/c").facts

    assert facts["jwks_url"] == f"{portal}/api/v1/management/applications/app-1/jwks.json"


# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.Response(400, html="invalid_redirect_uris"), errors.RefusedError, "Register by hand"),
        (
            httpx.Response(400, json={"error": "invalid_client_metadata"}),
            errors.RefusedError,
            "invalid_client_metadata",
        ),
        (httpx.Response(401, html="token_already_used"), errors.AccessError, "used up"),
        (httpx.Response(403, text="no"), errors.AccessError, "administrator"),
        (httpx.Response(404), errors.NotFoundError, "by hand"),
        (httpx.Response(409), errors.RefusedError, LOOK),
        (httpx.Response(422, json={"errors": ["x"]}), errors.RefusedError, "by hand"),
        (httpx.Response(418), errors.RefusedError, "by hand"),
        (httpx.Response(500, html="<h1>Error</h1>"), errors.UnavailableError, LOOK),
        (httpx.Response(503), errors.UnavailableError, LOOK),
        (httpx.Response(302, headers={"Location": f"{BASE}/login"}), errors.UnknownOutcomeError, LOOK),
        (httpx.Response(302, headers={"Location": "https://evil.example/"}), errors.ForeignHostError, "redirects"),
        (httpx.Response(200, html="Coding error: Maria has no role"), errors.MalformedResponseError, LOOK),
        (httpx.Response(200, html="<!doctype html>Maria"), errors.MalformedResponseError, LOOK),
        (httpx.Response(200), errors.MalformedResponseError, LOOK),
        (httpx.Response(201, json=["c1"]), errors.LaunchError, LOOK),
        (httpx.ReadTimeout("slow"), errors.UnknownOutcomeError, LOOK),
        (httpx.RemoteProtocolError("cut"), errors.UnknownOutcomeError, LOOK),
    ],
)
def test_a_registration_that_fails_says_what_to_do_and_is_sent_once(lms, answer, kind, words):
    platform = lms(registered=answer)

    with pytest.raises(kind, match=words) as caught:
        platform.enrol()

    assert len(platform.posts) == 1
    assert not any(secret in str(caught.value) for secret in (TOKEN, "Maria"))
