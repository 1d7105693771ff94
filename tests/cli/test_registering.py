"""Registering by hand: by options in a script, by questions on a terminal, before and after the client id is known."""

from __future__ import annotations

import json
import sys

import pytest
from keyring_backends import MemoryKeyring, installed

import ltix_data as ltix
from ltix_data import registration, registry
from ltix_data.courses import KnownCourse

from .conftest import run, told

MOODLE = ("--platform", "moodle", "--host", "moodle.uni.edu")


@pytest.fixture
def ring():
    with installed(MemoryKeyring(priority=5)) as ring:
        yield ring


def test_platform_and_host_are_enough_beside_the_client_id(ring):
    done = run("register", "uni", *MOODLE, "--client-id", "8Xk2")

    found = registration.load("uni")
    assert (done.exit_code, done.stderr) == (0, "")
    assert (found.platform, found.client_id, found.issuer) == ("Moodle", "8Xk2", "https://moodle.uni.edu")
    assert found.token_url == "https://moodle.uni.edu/mod/lti/token.php"
    assert found.public_pem.strip() in done.stdout
    assert "RSA key" in done.stdout
    assert "PRIVATE" not in done.stdout


def test_every_option_is_stored(key_file, signing_key):
    addresses = {
        "issuer": "https://lms.uni.edu",
        "token_url": "https://lms.uni.edu/t",
        "auth_url": "https://lms.uni.edu/a",
        "jwks_url": "https://lms.uni.edu/k",
        "audience": "https://lms.uni.edu/aud",
        "deployment_id": "3",
        "client_id": "007",
        "platform": "Ours",
    }
    options = [part for name, value in addresses.items() for part in (f"--{name.replace('_', '-')}", value)]

    done = run("register", "uni", *options, "--key", str(key_file), "--kid", "k1", "--store", "none")

    found = registration.load("uni")
    assert done.exit_code == 0, told(done)
    assert {name: getattr(found, name) for name in addresses} == addresses
    assert (found.key_storage, found.public_jwk["kid"], found.public_jwk["n"]) == (
        "none",
        "k1",
        signing_key.public_jwk["n"],
    )


def test_the_key_made_before_the_client_id_is_the_one_that_signs_after_it(ring):
    before = run("register", "uni-moodle", *MOODLE, "--draft")
    shown = run("key", "show", "uni-moodle", "--jwk")

    after = run("register", "uni-moodle", *MOODLE, "--client-id", "8Xk2")

    assert (before.exit_code, shown.exit_code, after.exit_code) == (0, 0, 0)
    assert f"ltix-data register uni-moodle {' '.join(MOODLE)} --client-id ID" in before.stdout
    found = registration.load("uni-moodle")
    assert json.loads(shown.stdout) == found.public_jwk
    assert found.signing_key().public_pem.strip() in before.stdout


def test_replacing_keeps_what_is_not_given(ring):
    run("register", "uni", *MOODLE, "--client-id", "8Xk2")
    before = registration.load("uni")
    before.remember(KnownCourse(name="BIO101", memberships_url="https://moodle.uni.edu/m"))

    done = run("register", "uni", "--replace", "--client-id", "9", "--deployment-id", "3")

    found = registration.load("uni")
    assert done.exit_code == 0, told(done)
    assert (found.client_id, found.deployment_id, found.token_url) == ("9", "3", before.token_url)
    assert (found.public_jwk, [course.name for course in found.courses]) == (before.public_jwk, ["BIO101"])


def test_replacing_the_host_brings_that_hosts_addresses(ring):
    run("register", "uni", *MOODLE, "--client-id", "8Xk2")

    done = run("register", "uni", "--replace", "--platform", "moodle", "--host", "new.uni.edu")

    found = registration.load("uni")
    assert done.exit_code == 0, told(done)
    assert (found.client_id, found.issuer) == ("8Xk2", "https://new.uni.edu")
    assert found.token_url == found.audience == "https://new.uni.edu/mod/lti/token.php"


def test_a_corrected_token_url_is_the_audience_too(ring):
    run("register", "uni", "--issuer", "https://x.edu", "--token-url", "https://x.edu/wrong", "--client-id", "1")

    run("register", "uni", "--replace", "--token-url", "https://x.edu/right")

    assert registration.load("uni").audience == "https://x.edu/right"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*MOODLE], "--draft"),
        (["--client-id", "1"], "--issuer and --token-url"),
        (["--platform", "moodle", "--client-id", "1"], "--host"),
        (["--host", "x.edu", "--client-id", "1"], "--platform"),
        (["--platform", "moodel", "--host", "x.edu", "--client-id", "1"], "Did you mean Moodle?"),
        ([*MOODLE, "--client-id", "1", "--key", "missing.pem"], "Check the path"),
        ([*MOODLE, "--client-id", "1", "--store", "cloud"], "cloud"),
        ([*MOODLE, "--draft", "--key", "key.pem"], "--key"),
    ],
)
def test_what_is_missing_is_a_clear_error_without_a_terminal(ring, arguments, words):
    done = run("register", "uni", *arguments)

    assert (done.exit_code, done.stdout, registry.names()) == (1, "", [])
    assert words in told(done)


def test_a_name_that_is_taken_is_told_with_the_way_out(ring):
    run("register", "uni", *MOODLE, "--client-id", "1")

    done = run("register", "uni", *MOODLE, "--client-id", "2")

    assert (done.exit_code, registration.load("uni").client_id) == (1, "1")
    assert "--replace" in done.stderr


# --- On a terminal ----------------------------------------------------------------------------------


@pytest.mark.process
def test_questions_lead_through_it(key_file, terminal):
    asked = terminal("register", "uni", "--store", "none")

    asked.until("Platform (canvas")
    asked.answer("moodle")
    asked.until("Host, such as moodle.example.edu:")
    asked.answer("http://moodle.uni.edu")
    asked.until("must be on https")
    asked.answer("moodle.uni.edu/moodle")
    asked.until("https://moodle.uni.edu/moodle/mod/lti/token.php")
    asked.until("Client id")
    asked.answer("8Xk2")

    assert asked.end() == 0, asked.shown
    found = registration.load("uni")
    assert (found.client_id, found.issuer) == ("8Xk2", "https://moodle.uni.edu/moodle")
    assert "Registered with Moodle as “uni”" in asked.shown
    assert "BEGIN PUBLIC KEY" in asked.shown


@pytest.mark.process
def test_another_platforms_addresses_are_asked_for(key_file, terminal):
    asked = terminal("register", "uni", "--store", "none")

    for question, answer in {
        "Platform (canvas": "other",
        "Issuer": "https://lms.uni.edu",
        "Token URL": "https://lms.uni.edu/token",
        "Authorization URL": "",
        "Keyset URL": "https://lms.uni.edu/keys",
        "Client id": "7",
    }.items():
        asked.until(question)
        asked.answer(answer)

    assert asked.end() == 0, asked.shown
    found = registration.load("uni")
    assert (found.platform, found.token_url, found.auth_url) == ("LTI 1.3", "https://lms.uni.edu/token", None)
    assert found.jwks_url == "https://lms.uni.edu/keys"


@pytest.mark.process
def test_enter_at_the_client_id_makes_the_key_and_says_how_to_go_on(key_file, terminal, signing_key):
    asked = terminal("register", "uni", *MOODLE, "--store", "none")

    asked.until("Client id (Enter")
    asked.answer("")

    assert asked.end() == 0, asked.shown
    assert registry.names() == []
    assert signing_key.public_pem.strip() in asked.shown
    assert f"ltix-data register uni {' '.join(MOODLE)} --store none --client-id ID" in asked.shown


@pytest.mark.process
def test_ctrl_c_at_a_question_stores_nothing(key_file, terminal):
    asked = terminal("register", "uni", "--store", "none")

    asked.until("Platform")
    asked.interrupt()

    assert asked.end() == 1
    assert registry.names() == []
    assert "Traceback" not in asked.shown


def test_the_forms_of_key_are_those_the_platforms_take():
    """Every platform that is known by name has its form, and no other."""
    from ltix_data import presets
    from ltix_data.cli import pasting

    assert set(pasting._TAKES) == {preset.name for preset in presets.PRESETS}
    assert sys.modules["ltix_data.cli.pasting"] is pasting
    assert ltix.registrations().empty
