"""A key that waits: made once, found again, taken by the registration, never lost on the way."""

from __future__ import annotations

import pytest
from keyring_backends import BrokenKeyring, MemoryKeyring, installed, key

import ltix_data as ltix
from ltix_data import errors, registration
from ltix_data.registration import draft

FACTS = {"issuer": "https://lms.example.edu", "client_id": "c1", "token_url": "https://lms.example.edu/token"}


@pytest.fixture
def ring():
    with installed(MemoryKeyring(priority=9)) as ring:
        yield ring


def test_a_draft_has_the_same_key_every_time(ring):
    first = draft("uni")

    assert draft("uni").public_jwk == first.public_jwk
    assert draft("uni").public_pem.startswith("-----BEGIN PUBLIC KEY-----")
    assert len(ring.entries) == 1


def test_a_registration_signs_with_the_key_its_draft_showed(ring):
    shown = draft("uni").jwks()

    registered = ltix.register("uni", **FACTS)

    assert registered.jwks() == shown
    assert registered.signing_key().kid == shown["keys"][0]["kid"]
    assert len(ring.entries) == 1
    with pytest.raises(errors.RegistrationError, match="already"):
        draft("uni")


def test_a_draft_is_no_registration(ring):
    draft("uni")

    assert len(ltix.registrations()) == 0
    with pytest.raises(errors.UnknownNameError):
        ltix.connect("uni")


def test_another_key_ends_the_draft_and_its_key(ring):
    draft("uni")

    registered = ltix.register("uni", private_key=key(), **FACTS)

    assert list(ring.entries) == [("ltix_data", f"uni/{registered.kid}")]


def test_a_registration_that_fails_leaves_the_draft_and_its_key(ring, monkeypatch, tmp_path):
    """What was pasted into the platform must not be lost to a full disk."""
    shown = draft("uni").jwks()
    (tmp_path / "ltix_data" / "registrations" / "uni.json").mkdir()  # where the file should go

    with pytest.raises(errors.RegistrationError):
        ltix.register("uni", replace=True, **FACTS)

    (tmp_path / "ltix_data" / "registrations" / "uni.json").rmdir()
    assert draft("uni").jwks() == shown


def test_forgetting_a_draft_deletes_its_key(ring):
    draft("uni")

    ltix.forget("uni")

    assert ring.entries == {}
    assert draft("uni").public_jwk  # a new one


def test_a_keyring_that_fails_leaves_no_draft():
    with installed(BrokenKeyring(priority=9)), pytest.raises(errors.KeyStorageError):
        draft("uni")

    assert registration.saved() == []
    with installed(MemoryKeyring(priority=9)):
        assert draft("uni").public_jwk


def test_a_key_that_the_keyring_has_lost_is_told_and_no_other_takes_its_place(ring):
    """The platform holds the old one: a new one would sign in vain."""
    draft("uni")
    ring.entries.clear()

    with pytest.raises(errors.KeyStorageError, match="has no key"):
        draft("uni")


def test_without_a_keyring_the_environment_provides_the_key(monkeypatch):
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().private_pem())

    shown = draft("uni", store="none")
    registered = ltix.register("uni", store="none", **FACTS)

    assert (shown.key_storage, registered.public_jwk) == ("none", shown.public_jwk)


def test_without_a_keyring_and_without_a_key_it_says_where_to_put_one():
    with pytest.raises(errors.KeyStorageError, match="LTIX_DATA_KEY_UNI"):
        draft("uni", store="none")
