"""A registration that is forgotten leaves nobody's grades behind."""

from __future__ import annotations

import pytest

import ltix_data as ltix
from ltix_data import registration, snapshots


@pytest.fixture
def stored(practice):
    """Store the practice registration under a name, as often as wanted; one snapshot was taken of its course."""
    practice.course.snapshot()
    known = practice.registration

    def store(name: str) -> None:
        registration.register(
            name, store="none", issuer=known.issuer, client_id=known.client_id, token_url=known.token_url
        )

    return store


def kept() -> int:
    return len(list(snapshots.all_of()))


@pytest.fixture(autouse=True)
def key(monkeypatch, signing_key):
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", signing_key.private_pem())
    monkeypatch.setenv("LTIX_DATA_KEY_TWIN", signing_key.private_pem())


def test_snapshots_go_with_their_registration(stored):
    stored("uni")

    ltix.forget("uni")

    assert kept() == 0


def test_snapshots_stay_when_asked_for(stored):
    stored("uni")

    ltix.forget("uni", keep_snapshots=True)

    assert kept() == 1


def test_snapshots_of_a_tool_that_has_another_registration_stay(stored):
    stored("uni")
    stored("twin")

    ltix.forget("uni")
    there = kept()
    ltix.forget("twin")

    assert (there, kept()) == (1, 0)


def test_snapshots_stay_where_a_damaged_registration_may_need_them(stored, tmp_path):
    stored("uni")
    stored("twin")
    (tmp_path / "ltix_data" / "registrations" / "twin.json").write_text("{")

    ltix.forget("uni")

    assert kept() == 1
