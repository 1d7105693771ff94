"""The first half of a launch: what is asked of the platform, and which logins begin nothing."""

from __future__ import annotations

import pytest
from scripted import HOST

from ltix_data.errors import LaunchError

from .lms import TOOL, query


def refused(lms, **changes) -> LaunchError:
    with pytest.raises(LaunchError) as caught:
        lms.begin(**changes)
    assert caught.value.hint
    assert caught.value.spec
    return caught.value


def test_the_login_asks_as_the_specification_says(lms):
    login = lms.begin()

    assert login.url.startswith(f"{HOST}/auth?")
    assert query(login.url) == {
        "response_type": "id_token",
        "response_mode": "form_post",
        "scope": "openid",
        "prompt": "none",
        "client_id": "c1",
        "redirect_uri": f"{TOOL}/launch",
        "login_hint": "hint-1",
        "lti_message_hint": "message-1",
        "state": login.state,
        "nonce": login.nonce,
    }


@pytest.mark.parametrize("hint", ["", "a b+c&d=é%2F", "x" * 5000, "1\r\nLocation: https://evil.example"])
def test_a_message_hint_comes_back_to_the_letter(lms, hint):
    assert query(lms.begin(lti_message_hint=hint).url)["lti_message_hint"] == hint


def test_no_message_hint_is_made_up(lms):
    assert "lti_message_hint" not in query(lms.begin(lti_message_hint=None).url)


def test_an_auth_url_keeps_its_own_query(make_lms):
    login = make_lms(auth_url=f"{HOST}/auth?tenant=7").begin()

    assert query(login.url)["tenant"] == "7"


def test_a_login_need_not_name_client_and_deployment(make_lms):
    assert make_lms(deployment_id="d1").begin(client_id=None).url


def test_every_login_has_secrets_of_its_own(lms):
    logins = [lms.begin() for _ in range(3)]

    assert len({secret for login in logins for secret in (login.state, login.nonce, login.browser)}) == 9


def test_a_login_shows_none_of_its_secrets(lms):
    assert repr(lms.begin()) == "Login()"


def test_the_browser_secret_is_in_no_address(lms):
    """It goes into the cookie alone: what the platform learns cannot be used from another browser."""
    login = lms.begin()

    assert login.browser not in login.url


@pytest.mark.parametrize("name", ["iss", "login_hint", "target_link_uri"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_login_without_a_required_parameter_is_refused(lms, name, value):
    error = refused(lms, **{name: value})

    assert (error.code, error.spec) == (f"no_{name}", "Security §5.1.1.1")
    assert "This address is for the platform" in str(error)


def test_a_login_of_another_platform_is_refused(lms):
    error = refused(lms, iss="https://evil.example")

    assert error.code == "wrong_issuer"
    assert error.hint == "It says https://evil.example; if that is your platform, register it with this issuer."


@pytest.mark.parametrize("issuer", [HOST + "/", HOST.upper()])
def test_an_issuer_that_differs_in_little_is_told_as_that(lms, issuer):
    """The commonest mistake of all: a slash at the end."""
    assert "to the letter" in str(refused(lms, iss=issuer))


@pytest.mark.parametrize("issuer", ["https://x.example/?<script>", "https://x.example/ann@example.edu", "Ann Smith"])
def test_an_issuer_that_could_say_more_than_an_address_is_not_repeated(lms, issuer):
    assert issuer not in str(refused(lms, iss=issuer))


def test_a_login_for_another_tool_is_refused(lms):
    error = refused(lms, client_id="c2")

    assert (error.code, error.spec) == ("wrong_client", "Core §4.1.3")


def test_a_login_for_another_deployment_is_refused(make_lms):
    error = refused(make_lms(deployment_id="d1"), lti_deployment_id="d2")

    assert (error.code, error.spec) == ("wrong_deployment", "Core §4.1.2")


def test_any_deployment_may_log_in_where_the_registration_names_none(lms):
    assert lms.begin(lti_deployment_id="d2").url


@pytest.mark.parametrize("auth_url", [None, "http://lms.example.edu/auth"])
def test_a_login_goes_nowhere_without_a_safe_address(make_lms, auth_url):
    assert refused(make_lms(auth_url=auth_url)).code == "no_auth_url"


def test_a_platform_on_this_computer_may_use_http(make_lms):
    assert make_lms(auth_url="http://127.0.0.1:8000/auth").begin().url.startswith("http://127.0.0.1:8000/auth?")


@pytest.mark.parametrize(
    "sent",
    [
        {"login_hint": "x&redirect_uri=https://evil.example"},
        {"login_hint": "x#https://evil.example"},
        {"lti_message_hint": "&state=mine&nonce=mine"},
        {"target_link_uri": "https://evil.example"},
        {"redirect_uri": "https://evil.example", "state": "mine", "nonce": "mine", "auth_url": "https://evil.example"},
    ],
)
def test_no_login_parameter_decides_where_the_browser_goes(lms, sent):
    """The attacker links to the tool's login with parameters of his own choice."""
    login = lms.begin(**sent)

    asked = query(login.url)
    assert login.url.startswith(f"{HOST}/auth?")
    assert "#" not in login.url
    assert (asked["redirect_uri"], asked["state"], asked["nonce"]) == (f"{TOOL}/launch", login.state, login.nonce)


@pytest.mark.parametrize("name", ["login_hint", "lti_message_hint"])
@pytest.mark.parametrize("value", ["x" * 20_000, "\ud800"])
def test_a_hint_that_cannot_be_passed_back_is_refused(lms, name, value):
    assert refused(lms, **{name: value}).code == f"wrong_{name}"
