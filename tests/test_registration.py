import copy
import dataclasses
import json
import os
import pickle
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import jwt
import pytest
from keyring_backends import BrokenKeyring, MemoryKeyring, installed, key

import ltix_data
from ltix_data import registration, registry
from ltix_data.courses import KnownCourse
from ltix_data.errors import (
    InvalidKeyError,
    KeyStorageError,
    LtixWarning,
    RegistrationError,
    UnknownNameError,
    UsageError,
)
from ltix_data.keys import SigningKey
from ltix_data.registration import Registration

FACTS = {
    "issuer": "https://lms.example.edu",
    "client_id": "tool-1",
    "token_url": "https://lms.example.edu/mod/lti/token.php",
}
COURSE = KnownCourse("BIO101", context_id="42", memberships_url="https://lms.example.edu/members")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    for name in [*os.environ]:
        if name.startswith("LTIX_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    monkeypatch.setenv("LTIX_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data" / "registrations"


@pytest.fixture
def ring():
    with installed(MemoryKeyring(priority=5)) as ring:
        yield ring


def register(name="uni", **changes):
    return registration.register(name, **{**FACTS, "private_key": key(), **changes})


def by_hand(**changes):
    return Registration(**{"name": "uni", **FACTS, **changes})


def entries(ring):
    return sorted(username for _, username in ring.entries)


def edit(folder, change, name="uni"):
    path = folder / f"{name}.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


# --- made by hand ---------------------------------------------------------------------------------


def test_one_made_by_hand_signs_and_publishes_with_its_key_and_stores_nothing(folder):
    made = by_hand(private_key=key().private_pem(), kid="k1")

    token = jwt.encode({"iss": "tool-1"}, made.signing_key().private, algorithm="RS256")
    assert jwt.decode(token, made.public_pem, algorithms=["RS256"]) == {"iss": "tool-1"}
    assert made.jwks() == {"keys": [made.public_jwk]} == {"keys": [SigningKey.load(key(), kid="k1").public_jwk]}
    assert (made.kid, made.key_storage, made.stored, folder.exists()) == ("k1", "memory", False, False)


def test_courses_of_one_made_by_hand_stay_in_memory(folder):
    made = by_hand(private_key=key())
    made.remember(COURSE)

    assert (made.courses, folder.exists()) == ((COURSE,), False)


def test_one_made_by_hand_without_a_key_takes_it_from_the_environment(monkeypatch):
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().compact())
    made = by_hand(kid="k1")

    assert made.signing_key() == SigningKey.load(key(), kid="k1")
    assert made.public_jwk["kid"] == "k1"


def test_one_made_by_hand_without_a_key_never_asks_the_keyring():
    with installed(BrokenKeyring(priority=5)), pytest.raises(KeyStorageError, match="LTIX_KEY_FILE"):
        by_hand(kid="k1").signing_key()


def test_pasted_values_lose_the_blanks_around_them():
    pasted = Registration(
        name=" uni ",
        issuer=" https://lms.example.edu\n",
        client_id=10000000000042,
        token_url="\thttps://lms.example.edu/token ",
        deployment_id=" 1 ",
    )

    assert (pasted.name, pasted.issuer, pasted.client_id, pasted.token_url, pasted.deployment_id) == (
        "uni",
        "https://lms.example.edu",
        "10000000000042",
        "https://lms.example.edu/token",
        "1",
    )


@pytest.mark.parametrize(
    "name", ["", "-uni", ".uni", "uni.", "a/b", "a\\b", "../x", "CON", "nul.txt", "a" * 65, "ü", 7]
)
def test_a_name_that_could_not_name_a_file_everywhere_is_refused(name):
    with pytest.raises(UsageError, match="registration's name"):
        by_hand(name=name)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"client_id": "  "}, "client_id"),
        ({"client_id": True}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"issuer": ""}, "issuer"),
        ({"token_url": None}, "token_url is not a URL"),
        ({"token_url": "lms.example.edu/token"}, "token_url is not a URL"),
        ({"token_url": "http://lms.example.edu/token"}, "token_url must begin with https"),
        ({"auth_url": "nowhere"}, "auth_url is not a URL"),
        ({"jwks_url": "file:///etc/passwd"}, "jwks_url is not a URL"),
        ({"audience": ["https://lms.example.edu"]}, "audience must be a text"),  # Brightspace: 500 for an array
        ({"deployment_id": " "}, "deployment_id"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(changes, says):
    with pytest.raises(UsageError, match=says):
        by_hand(**changes)


def test_plain_http_is_for_this_computer_alone():
    assert by_hand(token_url="http://localhost:8000/token").token_url == "http://localhost:8000/token"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, FACTS["token_url"]),
        ({"audience": "https://aud.example.edu"}, "https://aud.example.edu"),
        ({"token_url": "https://auth.brightspace.com/core/connect/token"}, "https://api.brightspace.com/auth/token"),
        ({"token_url": "https://auth.brightspace.com.example.edu/t"}, "https://auth.brightspace.com.example.edu/t"),
    ],
)
def test_the_audience_is_the_token_url_unless_the_platform_wants_another(changes, expected):
    assert by_hand(**changes).audience == expected


@pytest.mark.parametrize(
    ("platform", "issuer", "token_url"),
    [
        ("Canvas", "https://canvas.instructure.com", "https://uni.example.edu/login/oauth2/token"),
        ("Canvas", "https://canvas.uni.example.edu", "https://canvas.uni.example.edu/login/oauth2/token"),
        ("Moodle", "https://uni.example.edu", "https://uni.example.edu/mod/lti/token.php"),
        (
            "Blackboard",
            "https://blackboard.com",
            "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
        ),
        ("Brightspace", "https://uni.brightspace.com", "https://auth.brightspace.com/core/connect/token"),
        ("Sakai", "https://uni.example.edu", "https://uni.example.edu/imsblis/lti13/token/3"),
        ("Open edX", "https://uni.example.edu", "https://uni.example.edu/api/lti_consumer/v1/token/x"),
        ("Schoology", "https://schoology.schoology.com", "https://lti-service.svc.schoology.com/lti-service/token"),
        ("LTI 1.3", "https://notblackboard.com", "https://uni.example.edu/token"),
    ],
)
def test_the_platform_is_told_from_its_addresses(platform, issuer, token_url):
    assert by_hand(issuer=issuer, token_url=token_url).platform == platform


def test_the_platform_may_be_said():
    assert by_hand(platform="Our Moodle").platform == "Our Moodle"


def test_the_origins_are_those_of_all_its_addresses():
    made = by_hand(auth_url="https://sso.example.edu:8443/auth", jwks_url="https://LMS.example.edu/jwks")

    assert made.origins == {"https://lms.example.edu:443", "https://sso.example.edu:8443"}
    assert by_hand(issuer="our school").origins == {"https://lms.example.edu:443"}


def test_its_repr_shows_who_it_is_and_no_key():
    assert repr(by_hand(private_key=key())) == (
        "Registration(name='uni', platform='Moodle', issuer='https://lms.example.edu', client_id='tool-1')"
    )


def test_no_way_of_showing_one_shows_its_key():
    made = by_hand(private_key=key().private_pem())
    shown = f"{vars(made)} {made!s} {made!r}"

    assert not [part for part in json.loads(key().compact()).values() if part in shown]
    assert "PRIVATE" not in shown


def test_two_are_equal_when_their_facts_are():
    assert by_hand(private_key=key()) == by_hand()
    assert hash(by_hand(private_key=key())) == hash(by_hand())
    assert by_hand() != by_hand(client_id="tool-2")


def test_facts_cannot_be_changed_behind_the_checks():
    with pytest.raises(dataclasses.FrozenInstanceError):
        by_hand().token_url = "http://lms.example.edu"


@pytest.mark.parametrize("act", [pickle.dumps, copy.copy, copy.deepcopy])
def test_one_with_a_key_of_its_own_is_neither_pickled_nor_copied(act):
    with pytest.raises(UsageError, match="cannot be copied or pickled"):
        act(by_hand(private_key=key()))


def test_a_pickled_stored_one_leaves_its_key_in_the_keyring(ring):
    made = register()
    made.remember(COURSE)
    pickled = pickle.dumps(made)
    there = pickle.loads(pickled)

    assert key().compact()[6:60].encode() not in pickled
    assert (there, there.courses, there.signing_key()) == (made, (COURSE,), key())


# --- stored ---------------------------------------------------------------------------------------


def test_what_is_registered_is_loaded_again(ring):
    made = register(auth_url="https://lms.example.edu/auth", deployment_id="1", audience="https://aud.example.edu")
    loaded = registration.load("uni")

    assert (loaded, loaded.audience, loaded.key_storage, loaded.stored) == (
        made,
        "https://aud.example.edu",
        "keyring",
        True,
    )
    assert (loaded.kid, loaded.signing_key(), loaded.jwks()) == (key().kid, key(), made.jwks())


ADDRESSES = {
    "canvas": ("uni.instructure.com", "https://uni.instructure.com/login/oauth2/token"),
    "moodle": ("https://uni.edu/moodle/", "https://uni.edu/moodle/mod/lti/token.php"),
    "Moodle": ("lms.example.edu", "https://lms.example.edu/mod/lti/token.php"),
    "brightspace": ("uni.brightspace.com", "https://auth.brightspace.com/core/connect/token"),
    "blackboard": ("learn.uni.edu", "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken"),
}


@pytest.mark.parametrize("platform", ADDRESSES)
def test_a_platform_and_its_host_tell_the_addresses(ring, platform):
    host, token_url = ADDRESSES[platform]
    made = registration.register("uni", platform=platform, host=host, client_id="10000000000042", private_key=key())

    assert (made.token_url, made.platform.lower()) == (token_url, platform.lower())
    assert made == registration.load("uni")
    assert {made.issuer, made.auth_url, made.jwks_url, made.audience}.isdisjoint({None, ""})


def test_a_client_id_that_stands_in_an_address_is_filled_in(ring):
    made = registration.register("uni", platform="blackboard", client_id="app-1", private_key=key())

    assert made.jwks_url == "https://developer.blackboard.com/api/v1/management/applications/app-1/jwks.json"


def test_what_is_given_counts_more_than_what_the_host_tells(ring):
    made = registration.register(
        "uni",
        platform="moodle",
        host="lms.example.edu",
        client_id="t",
        issuer="https://old.example.edu",
        jwks_url="https://cdn.example.edu/certs",
        private_key=key(),
    )

    assert (made.issuer, made.jwks_url) == ("https://old.example.edu", "https://cdn.example.edu/certs")
    assert made.token_url == "https://lms.example.edu/mod/lti/token.php"


def test_where_the_host_does_not_tell_the_token_url_it_says_where_to_find_it(ring):
    with pytest.raises(UsageError, match=r"^token_url must be given\..*imsblis/lti13/token/"):
        registration.register("uni", platform="sakai", host="sakai.example.edu", client_id="t")
    made = registration.register(
        "uni",
        platform="sakai",
        host="sakai.example.edu",
        client_id="t",
        token_url="https://sakai.example.edu/imsblis/lti13/token/3",
        private_key=key(),
    )
    assert made.auth_url == "https://sakai.example.edu/imsoidc/lti13/oidc_auth"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, r"^issuer and token_url must be given\..*platform= \(canvas, .*\) and host="),
        ({"issuer": "https://lms.example.edu"}, r"^token_url must be given"),
        ({"token_url": "https://lms.example.edu/t"}, r"^issuer must be given"),
        ({"platform": "our own"}, r"^issuer and token_url must be given\..*platform="),
        ({"platform": "moodle"}, r"^issuer and token_url must be given\. Add host=, the host name of your Moodle"),
        ({"host": "lms.example.edu"}, r"^host= says where.*Add platform=: canvas"),
        ({"host": "lms.example.edu", "platform": "Moodel"}, r"No platform called 'Moodel'.*Did you mean Moodle"),
        ({"host": "http://lms.example.edu", "platform": "moodle"}, r"https"),
        ({"host": " ", "platform": "moodle"}, r"Moodle needs its host"),
    ],
)
def test_an_address_that_is_missing_is_named_and_who_tells_it(ring, given, says):
    with pytest.raises(UsageError, match=says):
        registration.register("uni", client_id="t", **given)
    assert (registration.saved(), ring.entries) == ([], {})


def test_without_a_host_the_platform_is_what_one_calls_it(ring):
    assert register(platform="Our Moodle").platform == "Our Moodle"


def test_a_key_is_made_where_none_is_given(ring):
    made = register(private_key=None, kid="tool-key")

    assert made.signing_key().bits == 2048
    assert entries(ring) == ["uni/tool-key"]


def test_nothing_secret_is_in_the_folder(ring, folder):
    register()
    text = "".join(path.read_text() for path in folder.iterdir())

    assert not [part for part in json.loads(key().compact()).values() if part in text]
    assert not {"d", "p", "q"} & json.loads(text)["keys"][0].keys()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_folder_and_its_files_are_for_their_owner_alone(ring, folder):
    register()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, folder, *folder.iterdir())}

    assert modes == {"data": 0o700, "registrations": 0o700, "uni.json": 0o600}


def test_a_keyring_that_fails_leaves_nothing_behind(folder):
    with installed(BrokenKeyring(priority=5)), pytest.raises(KeyStorageError):
        register()
    assert registration.saved() == []


def test_a_folder_that_cannot_be_written_leaves_nothing_in_the_keyring(ring, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LTIX_DATA_DIR", str(tmp_path / "file"))

    with pytest.raises(RegistrationError, match="cannot be written to"):
        register()
    assert entries(ring) == []


def test_a_taken_name_is_refused_and_its_registration_stays(ring):
    made = register()

    with pytest.raises(RegistrationError, match="“uni” already"):
        register(client_id="tool-2", private_key=key(1))
    assert (registration.load("uni"), entries(ring)) == (made, [f"uni/{key().kid}"])


@pytest.mark.parametrize("replace", [False, True])
def test_a_name_that_differs_in_case_only_is_refused(ring, replace):
    register("Uni")

    with pytest.raises(RegistrationError, match="“Uni” already"):
        register("uni", replace=replace)
    with pytest.raises(UnknownNameError, match="Did you mean “Uni”"):
        registration.load("uni")


def test_replacing_corrects_the_facts_and_keeps_key_and_courses(ring):
    register().remember(COURSE)
    corrected = register(client_id="tool-2", private_key=None, replace=True)

    assert (corrected.client_id, corrected.signing_key(), corrected.courses) == ("tool-2", key(), (COURSE,))
    assert registration.load("uni") == corrected


def test_replacing_with_another_key_deletes_the_old_one(ring):
    register()
    replaced = register(private_key=key(1), replace=True)

    assert (replaced.jwks(), entries(ring)) == ({"keys": [key(1).public_jwk]}, [f"uni/{key(1).kid}"])


def test_replacing_by_another_platform_starts_over(ring):
    register().remember(COURSE)
    moved = register(issuer="https://other.example.edu", private_key=None, replace=True)

    assert (moved.courses, moved.public_jwk == key().public_jwk) == ((), False)
    assert entries(ring) == [f"uni/{moved.kid}"]


def test_replacing_by_one_without_a_stored_key_takes_it_out_of_the_keyring(ring):
    register()
    register(store="none", replace=True)

    assert entries(ring) == []


def test_a_replaced_key_that_cannot_be_deleted_is_warned_about(ring):
    register()

    with installed(BrokenKeyring(priority=5)), pytest.warns(LtixWarning, match="still in the keyring"):
        register(store="none", replace=True)


def test_a_store_that_is_none_of_the_two_is_refused(ring):
    with pytest.raises(UsageError, match="'keyring' or 'none'"):
        register(store="file")


def test_without_a_store_only_the_public_half_is_kept(folder, monkeypatch):
    with installed(BrokenKeyring(priority=5)):
        made = register(store="none", kid="k1")
        monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().compact())
        loaded = registration.load("uni")

        assert (loaded.key_storage, loaded.signing_key()) == ("none", SigningKey.load(key(), kid="k1"))
        assert made.jwks() == loaded.jwks() == {"keys": [SigningKey.load(key(), kid="k1").public_jwk]}


def test_without_a_store_and_a_key_the_id_is_kept_for_the_key_to_come(monkeypatch):
    register(store="none", private_key=None, kid="k1")
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().compact())

    assert registration.load("uni").public_jwk["kid"] == "k1"


def test_without_a_store_the_key_of_the_environment_is_published(monkeypatch):
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().compact())
    register(store="none", private_key=None)
    monkeypatch.delenv("LTIX_DATA_KEY_UNI")

    assert registration.load("uni").public_jwk == key().public_jwk


def test_a_key_that_is_not_the_registered_one_is_refused(ring, tmp_path, monkeypatch):
    register()
    (tmp_path / "other.pem").write_text(key(1).private_pem())
    (tmp_path / "other.pem").chmod(0o600)
    monkeypatch.setenv("LTIX_KEY_FILE", str(tmp_path / "other.pem"))

    with pytest.raises(InvalidKeyError, match="key in LTIX_KEY_FILE is not the one registered for “uni”"):
        registration.load("uni").signing_key()


def test_a_key_is_read_once_by_however_many_threads(ring):
    class Counting(MemoryKeyring):
        asked = 0

        def get_password(self, service, username):
            self.asked += 1
            return super().get_password(service, username)

    register()
    counting = Counting(priority=5)
    counting.entries = ring.entries
    loaded = registration.load("uni")
    with installed(counting):
        threads = [threading.Thread(target=loaded.signing_key) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert counting.asked == 1


def test_all_are_listed_by_name(ring):
    for name in ("b", "C", "a"):
        register(name)

    assert [one.name for one in registration.saved()] == ["a", "b", "C"]


@pytest.mark.parametrize("act", [lambda: registration.load("uni-mudle"), lambda: registration.forget("uni-mudle")])
def test_an_unknown_name_suggests_near_misses(ring, act):
    register("uni-moodle")

    with pytest.raises(UnknownNameError, match=r"“uni-mudle”.*Did you mean “uni-moodle”"):
        act()


def test_forgetting_removes_the_file_and_every_key(ring, folder):
    made = register()
    made.rotate_key()
    registration.forget("uni")

    assert (registration.saved(), list(folder.iterdir()), entries(ring)) == ([], [], [])


def test_forgetting_does_not_mind_a_key_that_is_gone(ring):
    register()
    ring.entries.clear()
    registration.forget("uni")

    assert registration.saved() == []


def test_a_keyring_that_fails_keeps_a_registration_from_being_forgotten_by_half(ring):
    made = register()

    with installed(BrokenKeyring(priority=5)), pytest.raises(KeyStorageError):
        registration.forget("uni")
    assert registration.saved() == [made]


# --- keys in rotation -----------------------------------------------------------------------------


def test_after_rotating_both_public_halves_are_published_and_the_new_key_signs(ring):
    made = register()
    new = made.rotate_key()
    loaded = registration.load("uni")

    assert made.jwks() == loaded.jwks() == {"keys": [new, key().public_jwk]}
    assert made.signing_key().public_jwk == loaded.signing_key().public_jwk == made.public_jwk == new
    assert (made.kid, entries(ring)) == (new["kid"], sorted([f"uni/{key().kid}", f"uni/{new['kid']}"]))


def test_a_retired_key_is_published_no_longer_and_deleted(ring):
    made = register()
    new = made.rotate_key()
    made.retire_key(key().kid)

    assert made.jwks() == registration.load("uni").jwks() == {"keys": [new]}
    assert entries(ring) == [f"uni/{new['kid']}"]


def test_the_current_key_is_not_retired(ring):
    made = register()

    with pytest.raises(RegistrationError, match=r"current key.*rotate_key"):
        made.retire_key(key().kid)
    assert entries(ring) == [f"uni/{key().kid}"]


def test_an_unknown_key_is_not_retired(ring):
    with pytest.raises(UnknownNameError, match="no key with that id"):
        register().retire_key("other")


def test_another_notebook_signs_with_its_old_key_until_that_is_retired(ring):
    register()
    elsewhere = registration.load("uni")
    before = elsewhere.signing_key()
    new = registration.load("uni").rotate_key()
    overlap = elsewhere.signing_key()
    elsewhere.retire_key(before.kid)

    assert (overlap, elsewhere.signing_key().public_jwk, elsewhere.kid) == (before, new, new["kid"])


def test_a_rotation_that_the_keyring_refuses_changes_nothing(ring):
    made = register()

    with installed(BrokenKeyring(priority=5)), pytest.raises(KeyStorageError):
        made.rotate_key()
    assert made.jwks() == registration.load("uni").jwks() == {"keys": [key().public_jwk]}


def test_a_rotation_that_the_file_refuses_leaves_no_key_behind(ring, folder):
    made = register()
    (folder / "uni.json").unlink()

    with pytest.raises(UnknownNameError, match="No registration is called “uni”"):
        made.rotate_key()
    assert (entries(ring), made.signing_key()) == ([f"uni/{key().kid}"], key())


@pytest.mark.parametrize("hand", [{"private_key": key()}, {"kid": "k1"}], ids=["key", "no key"])
def test_keys_of_one_made_by_hand_are_not_rotated_even_if_another_of_that_name_is_stored(ring, hand):
    stored = register()
    made = by_hand(**hand)

    for act in (made.rotate_key, lambda: made.activate_key(key().kid), lambda: made.retire_key(key().kid)):
        with pytest.raises(RegistrationError, match="made by hand: its key is not kept in the keyring"):
            act()
    assert stored.jwks() == {"keys": [key().public_jwk]}


def test_no_key_is_made_where_none_is_kept():
    made = register(store="none")

    with pytest.raises(RegistrationError, match=r"not kept in the keyring, so none can be made here.*private_key="):
        made.rotate_key()
    assert made.jwks() == {"keys": [key().public_jwk]}


def test_where_no_key_is_kept_the_public_half_of_the_next_is_published_and_either_signs(monkeypatch):
    made = register(store="none")
    with installed(BrokenKeyring(priority=5)):
        made.rotate_key(private_key=key(1), activate=False)
        signing = []
        for provided in (key(), key(1)):
            monkeypatch.setenv("LTIX_DATA_KEY_UNI", provided.private_pem())
            signing.append(registration.load("uni").signing_key())
        made.activate_key(key(1).kid)
        made.retire_key(key().kid)

    assert signing == [key(), key(1)]
    assert made.jwks() == registration.load("uni").jwks() == {"keys": [key(1).public_jwk]}
    assert made.signing_key() == key(1)


def test_a_key_that_is_to_sign_later_is_published_behind_the_current_one(ring):
    made = register()
    new = made.rotate_key(activate=False)
    before = (made.signing_key(), registration.load("uni").signing_key())
    published = made.jwks()
    made.activate_key(new["kid"])

    assert (before, published) == ((key(), key()), {"keys": [key().public_jwk, new]})
    assert made.jwks() == registration.load("uni").jwks() == {"keys": [new, key().public_jwk]}
    assert made.signing_key().public_jwk == registration.load("uni").signing_key().public_jwk == made.public_jwk == new


def test_activating_the_old_key_goes_back(ring):
    made = register()
    new = made.rotate_key()
    made.activate_key(key().kid)
    made.retire_key(new["kid"])

    assert (made.signing_key(), made.jwks(), entries(ring)) == (
        key(),
        {"keys": [key().public_jwk]},
        [f"uni/{key().kid}"],
    )


KEY_FILES = {
    "PEM": lambda k: k.private_pem(),
    "compact": lambda k: k.compact(),
    "JWK": lambda k: json.dumps({"kty": "RSA", "kid": "made-elsewhere", **json.loads(k.compact())}),
}


@pytest.mark.parametrize("form", KEY_FILES)
def test_a_key_made_elsewhere_is_rotated_in(ring, tmp_path, form):
    path = tmp_path / "new.key"
    path.write_text(KEY_FILES[form](key(1)))
    path.chmod(0o600)
    made = register()
    new = made.rotate_key(private_key=path)

    assert new["kid"] == ("made-elsewhere" if form == "JWK" else key(1).kid)
    assert registration.load("uni").signing_key() == SigningKey.load(key(1), kid=new["kid"])
    assert made.jwks() == {"keys": [new, key().public_jwk]}


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_a_key_is_made_in_the_size_that_is_asked_for(ring, bits):
    made = register()
    made.rotate_key(bits=bits)

    assert registration.load("uni").signing_key().bits == bits


@pytest.mark.parametrize("twin", [key(), SigningKey.load(key(1), kid=key().kid)], ids=["same key", "same id"])
def test_a_key_that_is_published_already_is_not_rotated_in(ring, twin):
    made = register()

    with pytest.raises(UsageError, match=r"already.*activate_key"):
        made.rotate_key(private_key=twin)
    assert registration.load("uni").signing_key() == key()


@pytest.mark.parametrize("bits", [1024, 8192])
def test_a_size_that_platforms_do_not_take_is_refused(ring, bits):
    made = register()

    with pytest.raises(UsageError, match="2048 to 4096"):
        made.rotate_key(bits=bits)
    assert (made.jwks(), len(ring.entries)) == ({"keys": [key().public_jwk]}, 1)


def test_a_key_whose_private_half_is_gone_is_not_made_current(ring):
    made = register()
    new = made.rotate_key(activate=False)
    del ring.entries["ltix_data", f"uni/{new['kid']}"]

    with pytest.raises(KeyStorageError, match="no private half of the key"):
        made.activate_key(new["kid"])
    assert registration.load("uni").signing_key() == key()


def test_an_unknown_key_is_not_activated(ring):
    with pytest.raises(UnknownNameError, match="no key with that id"):
        register().activate_key("other")


def test_keys_of_each_registration_are_its_own(ring):
    one, other = register("one"), register("other", private_key=key(1))
    one.rotate_key()
    one.retire_key(key().kid)

    assert (other.jwks(), other.signing_key()) == ({"keys": [key(1).public_jwk]}, key(1))
    assert [entry for entry in entries(ring) if entry.startswith("other/")] == [f"other/{key(1).kid}"]


def test_what_is_published_is_what_another_notebook_made_of_it(ring):
    register()
    early = registration.load("uni")
    new = registration.load("uni").rotate_key()

    assert early.jwks() == {"keys": [new, key().public_jwk]}


# --- the key set as a file ------------------------------------------------------------------------


@pytest.fixture
def page(tmp_path):
    return tmp_path / "jwks.json"


def test_the_key_set_is_written_as_a_file_to_publish(ring, page):
    made = register()
    new = made.rotate_key()
    path = made.export_jwks(page)

    assert path == page
    assert json.loads(page.read_text()) == {"keys": [new, key().public_jwk]}
    assert {name for jwk in made.jwks()["keys"] for name in jwk} == {"kty", "n", "e", "kid", "alg", "use"}
    assert [path.name for path in page.parent.iterdir() if path.is_file()] == ["jwks.json"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_web_server_may_read_the_key_set(ring, page):
    register().export_jwks(page)

    assert stat.S_IMODE(page.stat().st_mode) == 0o644


def test_a_key_set_is_written_over_an_earlier_one(ring, page):
    made = register()
    made.export_jwks(page)
    new = made.rotate_key()
    made.retire_key(key().kid)
    made.export_jwks(str(page))

    assert json.loads(page.read_text()) == {"keys": [new]}


OTHER_FILES = {
    "a page": "<html>",
    "another list": '{"keys": [{"kty": "EC"}]}',
    "more than a key set": '{"keys": [], "name": "mine"}',
    "private keys": json.dumps({"keys": [{**key().public_jwk, **json.loads(key().compact())}]}),
    "nothing": "",
}


@pytest.mark.parametrize("other", OTHER_FILES)
def test_a_file_that_is_no_key_set_is_not_written_over_unless_asked(ring, page, other):
    page.write_text(OTHER_FILES[other])
    made = register()

    with pytest.raises(UsageError, match=r"“jwks.json” is there already; nothing was written.*replace=True"):
        made.export_jwks(page)
    kept = page.read_text()
    made.export_jwks(page, replace=True)
    assert (kept, json.loads(page.read_text())) == (OTHER_FILES[other], made.jwks())


def test_a_key_set_that_cannot_be_written_is_an_error_and_the_old_one_stays(ring, page):
    with pytest.raises(UsageError, match=r"“jwks.json” cannot be written"):
        register().export_jwks(page / "nowhere" / "jwks.json")


def test_the_key_set_of_one_made_by_hand_is_written_too(page):
    by_hand(private_key=key(), kid="k1").export_jwks(page)

    assert [jwk["kid"] for jwk in json.loads(page.read_text())["keys"]] == ["k1"]


# --- courses --------------------------------------------------------------------------------------


def test_a_remembered_course_is_there_next_time_as_it_was(ring):
    full = KnownCourse(
        "CHE",
        context_id="7",
        label="CHE",
        title="Chemistry – Ü",
        lineitems_url="https://lms.example.edu/7/lineitems?type_id=1",
        scopes=("a", "b"),
        services={"https://lms.example.edu/claim/attendance": {"url": "https://lms.example.edu/7/attendance"}},
    )
    register().remember(COURSE, full)

    assert registration.load("uni").courses == (COURSE, full)


def test_a_course_of_the_same_name_is_replaced_in_its_place(ring):
    made = register()
    newer = dataclasses.replace(COURSE, title="Biology")
    made.remember(COURSE, KnownCourse("CHE"), newer)

    assert made.courses == registration.load("uni").courses == (newer, KnownCourse("CHE"))


def test_a_forgotten_course_is_gone(ring):
    made = register()
    made.remember(COURSE, KnownCourse("CHE"))
    made.forget_course("BIO101")

    assert made.courses == registration.load("uni").courses == (KnownCourse("CHE"),)


def test_forgetting_an_unknown_course_suggests_near_misses():
    made = by_hand()
    made.remember(COURSE)

    with pytest.raises(UnknownNameError, match=r"“BIO10”.*Did you mean “BIO101”"):
        made.forget_course("BIO10")


def test_two_notebooks_do_not_lose_each_others_courses(ring):
    one, other = register(), registration.load("uni")
    one.remember(COURSE)
    other.remember(KnownCourse("CHE"))

    assert other.courses == registration.load("uni").courses == (COURSE, KnownCourse("CHE"))


@pytest.mark.process
def test_processes_that_write_at_once_lose_nothing(ring, folder):
    register()
    script = textwrap.dedent("""
        import sys
        from ltix_data import registration
        from ltix_data.courses import KnownCourse
        known = registration.load("uni")
        for number in range(10):
            known.remember(KnownCourse(f"{sys.argv[1]}-{number}"))
    """)
    home = Path(ltix_data.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(home)}
    running = [subprocess.Popen([sys.executable, "-c", script, str(n)], env=environment) for n in range(4)]

    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    assert len(registration.load("uni").courses) == 40
    assert [path.name for path in folder.iterdir()] == ["uni.json"]


def test_remembering_in_a_registration_forgotten_meanwhile_is_an_error(ring):
    made = register()
    registration.forget("uni")

    with pytest.raises(UnknownNameError):
        made.remember(COURSE)
    assert registration.saved() == []


# --- the files ------------------------------------------------------------------------------------


def test_a_write_that_fails_leaves_the_old_file_whole_and_no_litter(ring, folder):
    made = register()
    made.remember(COURSE)
    before = (folder / "uni.json").read_bytes()

    services = {"x": {"url": "https://lms.example.edu/x"}}
    course = KnownCourse("CHE", services=services)
    services["x"]["not"] = object()
    with pytest.raises(TypeError):
        made.remember(course)
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("uni.json", before)]


DAMAGE = {
    "cut": lambda path: path.write_text(path.read_text()[:100]),
    "empty": lambda path: path.write_text(""),
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe"),
    "a list": lambda path: path.write_text("[]"),
    "a field missing": lambda path: edit(path.parent, lambda document: document.pop("token_url")),
    "no version": lambda path: edit(path.parent, lambda document: document.pop("version")),
    "unsafe token URL": lambda path: edit(
        path.parent, lambda document: document.update(token_url="http://lms.example.edu/t")
    ),
    "another's name": lambda path: edit(path.parent, lambda document: document.update(name="other")),
    "a private key in it": lambda path: edit(path.parent, lambda document: document["keys"][0].update(d="AQAB")),
    "a key without id": lambda path: edit(path.parent, lambda document: document["keys"][0].pop("kid")),
    "a damaged course": lambda path: edit(path.parent, lambda document: document.update(courses=[{}])),
    "courses of another kind": lambda path: edit(path.parent, lambda document: document.update(courses={})),
    "an unknown storage": lambda path: edit(path.parent, lambda document: document.update(key_storage="cloud")),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_named_and_the_list_never_silently_shorter(ring, folder, damage):
    register("abc")
    register()
    DAMAGE[damage](folder / "uni.json")

    with pytest.raises(RegistrationError, match=r"registrations.uni\.json is damaged\. Restore it"):
        registration.saved()


def test_a_file_of_a_newer_version_is_not_touched(ring, folder):
    made = register()
    edit(folder, lambda document: document.update(version=2))

    for act in (lambda: registration.load("uni"), lambda: made.remember(COURSE), registration.saved):
        with pytest.raises(RegistrationError, match=r"newer version of ltix_data\. Upgrade"):
            act()


def test_fields_of_a_later_release_survive_a_change(ring, folder):
    made = register()
    edit(folder, lambda document: document.update(note="kept"))
    made.remember(COURSE)

    assert json.loads((folder / "uni.json").read_text())["note"] == "kept"


def test_a_lock_that_nobody_lets_go_of_is_an_error_in_bounded_time(ring, folder, monkeypatch):
    made = register()
    (folder / ".lock").touch()
    monkeypatch.setattr(registry, "LOCK_WAIT", 0.05)

    with pytest.raises(RegistrationError, match=r"Another process is changing.*delete .*\.lock"):
        made.remember(COURSE)
    assert (folder / ".lock").exists()


def test_messages_do_not_show_the_name_of_the_home_folder(ring, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    register()
    (tmp_path / "data/registrations/uni.json").write_text("")

    with pytest.raises(RegistrationError) as caught:
        registration.load("uni")
    assert str(tmp_path) not in str(caught.value)
    assert str(Path("~/data/registrations/uni.json")) in str(caught.value)


def test_without_a_folder_given_the_users_own_is_used(monkeypatch):
    monkeypatch.delenv("LTIX_DATA_DIR")

    assert registration.data_dir().name == "ltix_data"


def test_importing_registrations_imports_nothing_heavy():
    # A stand-in for the package itself, whose __init__ is no part of the promise.
    script = textwrap.dedent("""
        import sys, types
        package = types.ModuleType("ltix_data")
        package.__path__ = [sys.argv[1]]
        sys.modules["ltix_data"] = package
        import ltix_data.registration
        heavy = {"cryptography", "keyring", "platformdirs", "pandas", "numpy", "httpx", "flask"}
        print(sorted(heavy & set(sys.modules)))
    """)
    folder = str(Path(ltix_data.__file__).parent)
    found = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
