"""The key of the pseudonyms: one for each registration, in the keyring or the environment, and never lost by a race."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading

import pytest
from keyring_backends import BrokenKeyring, ForgetfulKeyring, MemoryKeyring, installed, key

import ltix_data as ltix
from ltix_data import registration
from ltix_data.errors import KeyStorageError, LtixWarning, UsageError
from ltix_data.veil import Veil

TEXT = "a key of sixteen letters or more"
FACTS = {"issuer": "https://lms.example.edu", "client_id": "c1", "token_url": "https://lms.example.edu/token"}
ENTRY = ("ltix_data", "uni/pseudonyms")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch, tmp_path):
    for name in [*os.environ]:
        if name.startswith("LTIX_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    monkeypatch.setenv("LTIX_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def ring():
    with installed(MemoryKeyring(priority=5)) as ring:
        yield ring


@pytest.fixture
def uni(ring):
    return registration.register("uni", private_key=key(), **FACTS)


def cover(name="uni", pseudonyms=True, user_id="u1"):
    """Return the pseudonym that a new session gives."""
    with ltix.connect(name, pseudonyms=pseudonyms) as session:
        return session._client.veil.cover(user_id)


# --- the keyring ----------------------------------------------------------------------------------


def test_a_key_of_32_random_bytes_is_made_the_first_time_and_used_ever_after(uni, ring):
    first = cover()

    kept = ring.entries[ENTRY]
    assert len(kept) == 43
    assert cover() == first == Veil(kept.encode()).cover("u1")
    assert ring.entries[ENTRY] == kept


def test_each_registration_has_a_key_of_its_own(uni, ring):
    registration.register("other", private_key=key(1), **FACTS | {"client_id": "c2"})

    assert cover("uni") != cover("other")


def test_no_key_is_made_by_an_ordinary_session(uni, ring):
    ltix.connect("uni").close()

    assert ENTRY not in ring.entries


def test_the_file_of_the_registration_holds_nothing_of_it(uni, ring, tmp_path):
    cover()

    stored = [path.read_text() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not any(ring.entries[ENTRY] in text for text in stored)


def test_a_registration_that_is_corrected_keeps_its_pseudonyms(uni):
    before = cover()
    registration.register("uni", replace=True, **FACTS | {"client_id": "c9"})

    assert cover() == before


@pytest.mark.parametrize("broken", [BrokenKeyring, ForgetfulKeyring])
def test_a_keyring_that_fails_is_told_with_the_variable_to_set_instead(uni, broken):
    uni.signing_key()
    found = registration.load("uni")
    found.signing_key()

    with installed(broken(priority=5)), pytest.raises(KeyStorageError, match="LTIX_PSEUDONYM_KEY_FILE"):
        ltix.connect(found, pseudonyms=True)


def test_threads_that_come_at_once_get_one_key(uni):
    gate, made = threading.Barrier(8), []

    def come():
        gate.wait()
        made.append(cover())

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(made) == 8
    assert len(set(made)) == 1


COME = """
    import sys, time
    import ltix_data as ltix
    print("ready", flush=True)
    sys.stdin.readline()
    print(ltix.connect("uni", pseudonyms=True)._client.veil.cover("u1"))
"""


@pytest.mark.process
def test_processes_that_come_at_once_end_with_one_key_and_so_do_later_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("LTIX_ALLOW_INSECURE_KEYRING", "1")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    make = f"import ltix_data as ltix; ltix.register('uni', **{FACTS!r})"
    subprocess.run([sys.executable, "-c", make], check=True, timeout=60)
    command = [sys.executable, "-c", textwrap.dedent(COME)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60)[0].strip() for process in processes]

    later = subprocess.run(command, input="\n", check=True, capture_output=True, text=True, timeout=60).stdout
    assert len({*told, later.split()[-1]}) == 1
    assert told[0].startswith("p")


# --- given by hand --------------------------------------------------------------------------------


def test_a_key_given_as_text_is_used_as_its_bytes_and_kept_nowhere(uni, ring):
    assert cover(pseudonyms=TEXT) == cover(pseudonyms=TEXT.encode()) == Veil(TEXT.encode()).cover("u1")
    assert ENTRY not in ring.entries


def test_text_that_came_with_its_line_end_is_the_same_key(uni):
    assert cover(pseudonyms=f"{TEXT}\r\n") == cover(pseudonyms=TEXT)


def test_bytes_are_used_as_they_are(uni):
    assert cover(pseudonyms=b"\n" * 16) == Veil(b"\n" * 16).cover("u1")


@pytest.mark.parametrize(
    "wrong", [b"fifteen bytes..", "fifteen bytes..", "", " " * 20, 1, None, 1.5, ["x"], "x" * 5000]
)
def test_what_is_no_key_is_refused_and_not_repeated(uni, wrong):
    with pytest.raises(UsageError) as caught:
        ltix.connect("uni", pseudonyms=wrong)

    assert "fifteen" not in str(caught.value)


def test_a_registration_made_by_hand_must_give_one(ring):
    by_hand = ltix.Registration(name="uni", private_key=key(), **FACTS)

    with pytest.raises(UsageError, match=r"made by hand.*LTIX_PSEUDONYM_KEY_FILE or LTIX_DATA_PSEUDONYM_KEY_UNI"):
        ltix.connect(by_hand, pseudonyms=True)
    assert cover(by_hand, pseudonyms=TEXT) == Veil(TEXT.encode()).cover("u1")
    assert ring.entries == {}


# --- the environment ------------------------------------------------------------------------------


@pytest.fixture
def by_hand():
    return ltix.Registration(name="my-uni", private_key=key(), **FACTS)


def in_file(monkeypatch, tmp_path):
    path = tmp_path / "pseudonyms.txt"
    path.touch(0o600)
    path.write_text(f"{TEXT}\n")
    monkeypatch.setenv("LTIX_PSEUDONYM_KEY_FILE", str(path))


def in_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("LTIX_DATA_PSEUDONYM_KEY_MY_UNI", TEXT)


def credential(called):
    def set_up(monkeypatch, tmp_path):
        (tmp_path / called).write_text(f"{TEXT}\n")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    return set_up


PLACES = {
    "file": in_file,
    "variable": in_variable,
    **{name: credential(name) for name in ("my-uni-pseudonyms", "ltix_data-my-uni-pseudonyms", "ltix_pseudonyms")},
}


@pytest.mark.parametrize("place", PLACES)
def test_a_job_finds_the_key_where_there_is_no_keyring(by_hand, monkeypatch, tmp_path, place):
    PLACES[place](monkeypatch, tmp_path)

    with installed(BrokenKeyring(priority=5)):
        assert cover(by_hand) == Veil(TEXT.encode()).cover("u1")


def test_the_environment_comes_before_the_keyring(uni, ring, monkeypatch):
    before = cover()
    monkeypatch.setenv("LTIX_DATA_PSEUDONYM_KEY_UNI", TEXT)

    assert cover() == Veil(TEXT.encode()).cover("u1") != before


def test_a_key_file_that_others_may_read_is_told(by_hand, monkeypatch, tmp_path):
    in_file(monkeypatch, tmp_path)
    (tmp_path / "pseudonyms.txt").chmod(0o644)

    with pytest.warns(LtixWarning, match=r"pseudonyms.txt is readable by others"):
        cover(by_hand)


def test_a_key_file_that_is_not_there_is_an_error(by_hand, monkeypatch, tmp_path):
    monkeypatch.setenv("LTIX_PSEUDONYM_KEY_FILE", str(tmp_path / "gone"))

    with pytest.raises(KeyStorageError, match=r"LTIX_PSEUDONYM_KEY_FILE cannot be read"):
        cover(by_hand)


@pytest.mark.parametrize("content", [b"\xff" * 32, b"short", b"", b"x" * 5000])
def test_a_key_file_with_something_else_is_an_error(by_hand, monkeypatch, tmp_path, content):
    in_file(monkeypatch, tmp_path)
    (tmp_path / "pseudonyms.txt").write_bytes(content)

    with pytest.raises(UsageError, match="LTIX_PSEUDONYM_KEY_FILE"):
        cover(by_hand)


# --- forgetting -----------------------------------------------------------------------------------


def test_forgetting_a_registration_forgets_its_pseudonyms(uni, ring):
    cover()

    ltix.forget("uni")

    assert ring.entries == {}


def test_a_registration_without_a_keyring_can_be_forgotten(ring, monkeypatch):
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().private_pem())
    registration.register("uni", store="none", **FACTS)

    with installed(BrokenKeyring(priority=5)):
        ltix.forget("uni")

    assert [found.name for found in registration.saved()] == []


def test_a_locked_keyring_keeps_the_registration_that_is_to_be_forgotten(uni, ring):
    cover()

    with installed(BrokenKeyring(priority=5)), pytest.raises(KeyStorageError):
        ltix.forget("uni")

    assert [found.name for found in registration.saved()] == ["uni"]
