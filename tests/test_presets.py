"""Presets: what is told of a platform from its host, and what is made of a pasted host."""

from __future__ import annotations

import pytest

import ltix_data as ltix
from ltix_data import presets
from ltix_data.errors import UnknownNameError, UsageError

GATEWAY = "https://developer.blackboard.com/api/v1"
SCHOOLOGY = "https://lti-service.svc.schoology.com/lti-service"

FACTS = {
    ("canvas", "uni.instructure.com"): {
        "platform": "Canvas",
        "issuer": "https://canvas.instructure.com",
        "token_url": "https://uni.instructure.com/login/oauth2/token",
        "auth_url": "https://sso.canvaslms.com/api/lti/authorize_redirect",
        "jwks_url": "https://sso.canvaslms.com/api/lti/security/jwks",
    },
    ("canvas", "uni.beta.instructure.com"): {
        "platform": "Canvas",
        "issuer": "https://canvas.beta.instructure.com",
        "token_url": "https://uni.beta.instructure.com/login/oauth2/token",
        "auth_url": "https://sso.beta.canvaslms.com/api/lti/authorize_redirect",
        "jwks_url": "https://sso.beta.canvaslms.com/api/lti/security/jwks",
    },
    ("canvas", "https://uni.test.instructure.com/courses/12"): {
        "platform": "Canvas",
        "issuer": "https://canvas.test.instructure.com",
        "token_url": "https://uni.test.instructure.com/login/oauth2/token",
        "auth_url": "https://sso.test.canvaslms.com/api/lti/authorize_redirect",
        "jwks_url": "https://sso.test.canvaslms.com/api/lti/security/jwks",
    },
    ("canvas", "canvas.uni.edu"): {
        "platform": "Canvas",
        "issuer": "https://canvas.instructure.com",
        "token_url": "https://canvas.uni.edu/login/oauth2/token",
        "auth_url": "https://canvas.uni.edu/api/lti/authorize_redirect",
        "jwks_url": "https://canvas.uni.edu/api/lti/security/jwks",
    },
    ("moodle", "https://uni.edu/moodle/"): {
        "platform": "Moodle",
        "issuer": "https://uni.edu/moodle",
        "token_url": "https://uni.edu/moodle/mod/lti/token.php",
        "auth_url": "https://uni.edu/moodle/mod/lti/auth.php",
        "jwks_url": "https://uni.edu/moodle/mod/lti/certs.php",
    },
    ("blackboard", None): {
        "platform": "Blackboard",
        "issuer": "https://blackboard.com",
        "token_url": f"{GATEWAY}/gateway/oauth2/jwttoken",
        "auth_url": f"{GATEWAY}/gateway/oidcauth",
        "jwks_url": f"{GATEWAY}/management/applications/app-1/jwks.json",
    },
    ("brightspace", "uni.brightspace.com"): {
        "platform": "Brightspace",
        "issuer": "https://uni.brightspace.com",
        "token_url": "https://auth.brightspace.com/core/connect/token",
        "auth_url": "https://uni.brightspace.com/d2l/lti/authenticate",
        "jwks_url": "https://uni.brightspace.com/d2l/.well-known/jwks",
        "audience": "https://api.brightspace.com/auth/token",
    },
    ("sakai", "sakai.uni.edu"): {
        "platform": "Sakai",
        "issuer": "https://sakai.uni.edu",
        "auth_url": "https://sakai.uni.edu/imsoidc/lti13/oidc_auth",
        "jwks_url": "https://sakai.uni.edu/imsblis/lti13/keyset",
    },
    ("openedx", "courses.uni.edu"): {
        "platform": "Open edX",
        "issuer": "https://courses.uni.edu",
        "auth_url": "https://courses.uni.edu/api/lti_consumer/v1/launch/",
    },
    ("schoology", "uni.schoology.com"): {
        "platform": "Schoology",
        "issuer": "https://schoology.schoology.com",
        "token_url": f"{SCHOOLOGY}/access-token",
        "auth_url": f"{SCHOOLOGY}/authorize-redirect",
        "jwks_url": f"{SCHOOLOGY}/.well-known/jwks",
    },
    ("practice", "http://127.0.0.1:5000"): {
        "platform": "Practice",
        "issuer": "http://127.0.0.1:5000",
        "token_url": "http://127.0.0.1:5000/token",
        "auth_url": "http://127.0.0.1:5000/auth",
        "jwks_url": "http://127.0.0.1:5000/jwks",
    },
}


@pytest.mark.parametrize(("key", "host"), FACTS, ids=str)
def test_a_host_and_a_client_id_tell_the_addresses(key, host):
    assert presets.find(key).facts(host, "app-1") == FACTS[key, host]


@pytest.mark.parametrize("key", ["canvas", "moodle", "brightspace", "blackboard", "schoology"])
def test_what_is_told_makes_a_registration_of_that_platform(signing_key, key):
    preset = presets.find(key)

    made = ltix.Registration(name="uni", client_id="c1", private_key=signing_key, **preset.facts("lms.uni.edu", "c1"))

    assert (made.platform, made.audience) == (preset.name, presets.audience(made.token_url) or made.token_url)


def test_each_preset_names_what_it_cannot_tell():
    needed = {preset.key: preset.needs for preset in presets.PRESETS if preset.needs}

    assert needed == {"sakai": ("token_url",), "openedx": ("token_url", "jwks_url")}
    assert all(presets.find(key).note for key in needed)


def test_those_that_share_their_addresses_need_no_host():
    assert [preset.key for preset in presets.PRESETS if not preset.needs_host] == ["blackboard", "schoology"]


def test_the_key_set_of_blackboard_needs_the_client_id():
    assert "jwks_url" not in presets.find("blackboard").facts()


def test_a_client_id_stays_one_part_of_the_address():
    assert presets.find("blackboard").facts(client_id="a/../b?c")["jwks_url"].endswith("/a%2F..%2Fb%3Fc/jwks.json")


@pytest.mark.parametrize(
    ("pasted", "base"),
    [
        ("moodle.uni.edu", "https://moodle.uni.edu"),
        ("  https://moodle.uni.edu/ \n", "https://moodle.uni.edu"),
        ("HTTPS://Moodle.Uni.EDU", "https://moodle.uni.edu"),
        ("uni.edu/Moodle", "https://uni.edu/Moodle"),
        ("https://uni.edu/a/b//", "https://uni.edu/a/b"),
        ("moodle.uni.edu:8443", "https://moodle.uni.edu:8443"),
        ("https://moodle.uni.edu:443/", "https://moodle.uni.edu"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("localhost:8000/moodle", "http://localhost:8000/moodle"),
        ("[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_host_is_taken_as_people_paste_it(pasted, base):
    assert presets.find("moodle").facts(pasted)["issuer"] == base


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "   ",
        "http://moodle.uni.edu",
        "ftp://moodle.uni.edu",
        "https://someone:secret@moodle.uni.edu",
        "someone@moodle.uni.edu",
        "https://moodle.uni.edu/?lang=en",
        "https://moodle.uni.edu/#top",
        "https://moodle.uni.edu/course/view.php",
        "https://uni.edu/moodle/my/",
        "https://",
        "moodle uni edu",
        "moodle.uni.edu:99999",
        "https://[bad",
        "https://moodle.uni.edu\x00",
    ],
)
def test_what_is_no_address_of_a_platform_is_refused(pasted):
    with pytest.raises(UsageError) as caught:
        presets.find("moodle").facts(pasted)

    assert "secret" not in str(caught.value)


def test_a_page_within_a_platform_that_lives_at_the_root_is_no_matter():
    assert (
        presets.find("canvas")
        .facts("uni.instructure.com/courses/1")["token_url"]
        .startswith("https://uni.instructure.com/login")
    )


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("canvas", "canvas"),
        (" Moodle ", "moodle"),
        ("OPEN EDX", "openedx"),
        ("open-edx", "openedx"),
        ("desire2learn", "brightspace"),
        ("D2L", "brightspace"),
        ("BlackboardLearn", "blackboard"),
        ("sakailms.org", "sakai"),
        ("ltix-practice", "practice"),
    ],
)
def test_a_platform_is_found_by_whatever_it_is_called(asked, key):
    assert presets.find(asked).key == key


@pytest.mark.parametrize(("asked", "near"), [("modle", "Moodle"), ("blackbord", "Blackboard"), ("canvs", "Canvas")])
def test_near_misses_are_suggested(asked, near):
    with pytest.raises(UnknownNameError, match=f"Did you mean {near}"):
        presets.find(asked)


def test_the_practice_platform_is_in_no_list():
    with pytest.raises(UnknownNameError) as caught:
        presets.find("no such thing")

    assert "practice" not in str(caught.value)
    assert "practice" not in {preset.key for preset in presets.PRESETS}


@pytest.mark.parametrize("key", [preset.key for preset in presets.PRESETS if preset.key != "openedx"])
def test_a_preset_is_recognised_by_its_own_addresses(key):
    facts = presets.find(key).facts("lms.uni.edu", "c1")

    assert presets.guess(facts["issuer"], facts.get("token_url"), facts["auth_url"], facts.get("jwks_url")) == (
        presets.find(key).name
    )


def test_an_unknown_platform_is_guessed_to_be_none():
    assert presets.guess("https://lms.uni.edu", None, "https://lms.uni.edu/auth") == "LTI 1.3"


def test_only_brightspace_has_an_audience_of_its_own():
    assert presets.audience("https://auth.brightspace.com/core/connect/token") == (
        "https://api.brightspace.com/auth/token"
    )
    assert presets.audience("https://moodle.uni.edu/mod/lti/token.php") is None
