"""Keys in rotation: at every step the platform grants a token, however it learns of the tool's keys."""

from __future__ import annotations

import json
from contextlib import contextmanager

import httpx
import pytest
from keyring_backends import MemoryKeyring, installed, key

import ltix_data as ltix
from ltix_data import registration
from ltix_data.courses import KnownCourse
from ltix_data.errors import TokenError
from ltix_data.http import HttpClient
from ltix_data.sandbox import Platform, create_app
from ltix_data.sandbox.claims import service_claims

BASE = "https://practice.example"
PAGE = "https://uni.example/jwks.json"


class Pasted:
    """A platform into which the key set is pasted by its administrator."""

    def __init__(self, published: dict) -> None:
        self.platform = Platform(base_url=BASE)
        self.tool = self.platform.add_tool(jwks=published)

    def told(self, published: dict) -> None:
        self.tool.jwks = published


class One(Pasted):
    """A platform that has room for one pasted key (Canvas, Moodle): the newest one takes the old one's place."""

    def told(self, published: dict) -> None:
        newest = [jwk for jwk in published["keys"] if jwk not in self.tool.jwks["keys"]] or published["keys"][:1]
        self.tool.jwks = {"keys": newest}


class Reading:
    """A platform that reads the file behind the tool's key set URL, and again when it does not know the key."""

    def __init__(self, published: dict) -> None:
        self.page = published
        self.platform = Platform(base_url=BASE, fetch=self.fetch)
        self.tool = self.platform.add_tool(jwks_uri=PAGE)

    def fetch(self, url: str) -> dict:
        assert url == PAGE
        return self.page

    def told(self, published: dict) -> None:
        self.page = published


class Caching(Reading):
    """One that keeps what it read for hours, whoever signs."""

    def __init__(self, published: dict) -> None:
        self.kept = None
        super().__init__(published)

    def fetch(self, url: str) -> dict:
        self.kept = self.kept or super().fetch(url)
        return self.kept

    def told(self, published: dict) -> None:
        super().told(published)
        self.kept = None  # the hours go by


@pytest.fixture(autouse=True)
def _ring():
    with installed(MemoryKeyring(priority=5)):
        yield


@contextmanager
def enrolled(kind, tmp_path, store="keyring"):
    """Register with a platform of that *kind*; yield it and a function that exports the key set and tells it."""
    at = kind({"keys": [key().public_jwk]})
    made = registration.register(
        "uni",
        issuer=BASE,
        client_id=at.tool.client_id,
        token_url=f"{BASE}/token",
        private_key=key(),
        store=store,
    )
    made.remember(KnownCourse.from_claims(service_claims(at.platform.course("SEM12"), at.tool, BASE)))

    def tell() -> None:
        at.told(json.loads(made.export_jwks(tmp_path / "jwks.json").read_text()))

    yield made, at, tell


def granted(at) -> bool:
    """Return whether a notebook that starts now gets a token."""
    http = HttpClient(transport=httpx.WSGITransport(app=create_app(at.platform)), sleep=lambda seconds: None)
    with ltix.connect("uni", http=http) as session:
        try:
            session.token()
        except TokenError:
            return False
    return True


@pytest.mark.parametrize("kind", [Pasted, One, Reading, Caching])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["made here", "made elsewhere"])
def test_a_token_is_granted_at_every_step_of_a_rotation(kind, elsewhere, tmp_path):
    with enrolled(kind, tmp_path) as (made, at, tell):
        steps = [("before", granted(at))]
        new = made.rotate_key(private_key=key(1) if elsewhere else None, activate=False)["kid"]
        steps.append(("made", granted(at)))
        tell()
        steps.append(("told", granted(at)))
        made.activate_key(new)
        steps.append(("signs", granted(at)))
        made.retire_key(key().kid)
        steps.append(("old one retired", granted(at)))
        tell()
        steps.append(("told again", granted(at)))

    assert [step for step, good in steps if not good] == []
    assert [jwk["kid"] for jwk in (at.tool.jwks or at.page)["keys"]] == [new] == [made.signing_key().kid]


def test_where_one_key_is_pasted_the_next_signs_from_when_it_is_there(tmp_path):
    with enrolled(One, tmp_path) as (made, at, tell):
        http = HttpClient(transport=httpx.WSGITransport(app=create_app(at.platform)), sleep=lambda seconds: None)
        with ltix.connect("uni", http=http) as session:
            session.token()
            new = made.rotate_key(activate=False)["kid"]
            made_granted = granted(at)
            tell()
            members = len(session.course("SEM12").roster())
            made.activate_key(new)
            activated_granted = granted(at)
            made.retire_key(key().kid)

    assert (made_granted, members > 0, activated_granted, granted(at)) == (True, True, True, True)


@pytest.mark.parametrize("kind", [Pasted, Reading])
def test_going_back_to_the_old_key_is_granted_too(kind, tmp_path):
    with enrolled(kind, tmp_path) as (made, at, tell):
        new = made.rotate_key(activate=False)["kid"]
        tell()
        made.activate_key(new)
        forth = granted(at)
        made.activate_key(key().kid)

        assert (forth, granted(at)) == (True, True)


def test_a_key_that_signs_at_once_is_known_to_a_platform_that_reads_the_new_set(tmp_path):
    with enrolled(Reading, tmp_path) as (made, at, tell):
        made.rotate_key()
        tell()

        assert granted(at)


def test_a_key_that_the_platform_does_not_know_yet_gives_way_to_the_one_before(tmp_path):
    with enrolled(Caching, tmp_path) as (made, at, _):
        made.rotate_key()

        assert granted(at)


def test_a_key_that_the_platform_does_not_know_is_refused_where_it_is_the_only_one(tmp_path):
    """This test says that the others could fail."""
    with enrolled(Caching, tmp_path) as (made, at, _):
        made.rotate_key()
        made.retire_key(key().kid)

        assert not granted(at)


def test_a_retired_key_is_refused_once_the_platform_knows(tmp_path):
    with enrolled(Pasted, tmp_path) as (made, at, tell):
        early = registration.load("uni")
        early.signing_key()
        made.rotate_key()
        made.retire_key(key().kid)
        tell()
        http = HttpClient(transport=httpx.WSGITransport(app=create_app(at.platform)), sleep=lambda seconds: None)

        with ltix.connect(early, http=http) as session, pytest.raises(TokenError):
            session.token()


def test_where_no_key_is_kept_each_step_is_granted_with_the_key_the_environment_has(tmp_path, monkeypatch):
    """As a scheduled job does it: publish the next key, tell the platform, exchange the secret, retire the old."""
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().private_pem())
    with enrolled(Reading, tmp_path, store="none") as (made, at, tell):
        steps = [granted(at)]
        made.rotate_key(private_key=key(1), activate=False)
        tell()
        steps.append(granted(at))
        monkeypatch.setenv("LTIX_DATA_KEY_UNI", key(1).private_pem())
        steps.append(granted(at))
        made.activate_key(key(1).kid)
        made.retire_key(key().kid)
        tell()
        steps.append(granted(at))

    assert steps == [True] * 4
