"""The tool's key: shown in its public half alone, rotated, retired, published, used where there is no keyring."""

from __future__ import annotations

import json

import pytest
from keyring_backends import MemoryKeyring, installed, key

import ltix_data as ltix
from ltix_data import recipes, registration

from .conftest import run, told

FACTS = {"issuer": "https://lms.uni.edu", "token_url": "https://lms.uni.edu/token", "client_id": "0042"}


@pytest.fixture
def stored():
    with installed(MemoryKeyring(priority=5)):
        yield ltix.register("uni", **FACTS, private_key=key())


def kids() -> list[str]:
    return [jwk["kid"] for jwk in registration.load("uni").jwks()["keys"]]


def test_the_public_half_is_shown_in_each_form(stored):
    assert json.loads(run("key", "show", "uni").stdout) == stored.public_jwk
    assert run("key", "show", "uni", "--pem").stdout == stored.public_pem
    assert json.loads(run("key", "show", "uni", "--jwks").stdout) == stored.jwks()


def test_no_command_prints_a_private_half(stored, tmp_path):
    printed = "".join(
        told(run("key", *arguments))
        for arguments in (
            ("show", "uni", "--jwks"),
            ("rotate", "uni"),
            ("recipe", "uni", "cron"),
            ("export", "uni", str(tmp_path / "jwks.json")),
        )
    )

    private = json.loads(key().compact())
    assert not any(number in printed for number in (private["p"], private["q"]))
    assert '"d"' not in printed
    assert "PRIVATE KEY" not in printed


def test_rotating_makes_a_new_current_key_and_retiring_drops_the_old_one(stored):
    rotated = run("key", "rotate", "uni", "--bits", "3072")
    new, old = kids()
    retired = run("key", "retire", "uni", old)

    assert (rotated.exit_code, retired.exit_code, old) == (0, 0, key().kid)
    assert f"ltix-data key retire uni {old}" in rotated.stdout
    assert kids() == [new]
    assert registration.load("uni").signing_key().bits == 3072


def test_a_key_can_be_published_before_it_signs(stored, tmp_path):
    file = tmp_path / "new.pem"
    file.touch(mode=0o600)
    file.write_text(key(1).private_pem())

    published = run("key", "rotate", "uni", "--key", str(file), "--later")
    before = registration.load("uni").signing_key()
    activated = run("key", "activate", "uni", key(1).kid)

    assert (published.exit_code, activated.exit_code) == (0, 0), told(activated)
    assert f"ltix-data key activate uni {key(1).kid}" in published.stdout
    assert (before, registration.load("uni").signing_key()) == (key(), key(1))


def test_what_cannot_be_retired_is_told_in_words_of_the_command_line(stored):
    current = run("key", "retire", "uni", key().kid)
    unknown = run("key", "retire", "uni", "nothing")

    assert (current.exit_code, unknown.exit_code) == (1, 1)
    assert "“ltix-data key rotate”" in current.stderr
    assert "()" not in told(current) + told(unknown)


@pytest.mark.parametrize("command", ["activate", "retire"])
@pytest.mark.parametrize("kid", ["-jsKTGJ9nmlDtr5L2NfTeddatejd2qgfZGo4s1TyGDM", "--help-me", "-"])
def test_a_key_id_may_begin_with_a_hyphen(stored, command, kid):
    """One of 64 does: it is the hash of the key."""
    asked = run("key", command, "uni", kid)

    assert (asked.exit_code, "no key with that id" in told(asked)) == (1, True), told(asked)


def test_the_key_set_is_written_for_a_web_server_and_written_again(stored, tmp_path):
    file = tmp_path / "jwks.json"

    first = run("key", "export", "uni", str(file))
    run("key", "rotate", "uni")
    second = run("key", "export", "uni", str(file))

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert [jwk["kid"] for jwk in json.loads(file.read_text())["keys"]] == kids()


def test_the_recipes_offered_are_those_there_are(stored):
    from ltix_data.cli import keys

    assert keys._RECIPES == recipes.KINDS
    for kind in recipes.KINDS:
        assert run("key", "recipe", "uni", kind).stdout.strip() == recipes.recipe(stored, kind).strip()


def test_an_unknown_registration_is_told(stored):
    done = run("key", "show", "uno")

    assert (done.exit_code, done.stdout) == (1, "")
    assert "Did you mean “uni”?" in done.stderr
