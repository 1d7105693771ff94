"""A registration takes the key of its pseudonyms along, sealed, and commands write it for jobs."""

from __future__ import annotations

import base64
import json
import os
import stat

import pytest
from click.testing import CliRunner
from keyring_backends import BrokenKeyring, MemoryKeyring, installed, key

import ltix_data as ltix
from ltix_data import registration
from ltix_data.cli import main
from ltix_data.errors import LtixWarning, RegistrationError
from ltix_data.veil import Veil

PASSPHRASE = "five words that rhyme not"
FACTS = {"issuer": "https://lms.example.edu", "client_id": "c1", "token_url": "https://lms.example.edu/token"}
ENTRY = ("ltix_data", "uni/pseudonyms")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    for name in [*os.environ]:
        if name.startswith("LTIX_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)


@pytest.fixture
def computer(tmp_path, monkeypatch):
    """Return a function: another computer, with a folder and a keyring of its own."""

    def enter(name, ring=None):
        monkeypatch.setenv("LTIX_DATA_DIR", str(tmp_path / name))
        return installed(ring or MemoryKeyring(priority=5))

    return enter


@pytest.fixture
def path(tmp_path):
    return tmp_path / "uni.json"


@pytest.fixture
def kept(computer, path):
    """Export a registration with its keys; return the pseudonym key."""
    with computer("here") as ring:
        made = registration.register("uni", private_key=key(), **FACTS)
        ltix.connect("uni", pseudonyms=True).close()
        made.export(path, passphrase=PASSPHRASE)
        return ring.entries[ENTRY]


def test_pseudonyms_are_the_same_on_the_other_computer(kept, computer, path):
    with computer("there") as ring:
        registration.import_registration(path, passphrase=PASSPHRASE)

        assert ring.entries[ENTRY] == kept
        assert ltix.connect("uni", pseudonyms=True)._client.veil.mark == Veil(kept.encode()).mark


def test_the_file_shows_nothing_of_the_key(kept, path):
    text = path.read_text()

    assert kept not in text
    assert base64.b64encode(kept.encode()).decode() not in text


def test_no_key_travels_without_a_passphrase_and_none_where_none_was_made(kept, computer, path, tmp_path):
    with computer("elsewhere"):
        made = registration.register("uni", private_key=key(), **FACTS)
        made.export(tmp_path / "plain.json")
        made.export(tmp_path / "unmade.json", passphrase=PASSPHRASE)

    assert "pseudonym_key" in json.loads(path.read_text())
    for name in ("plain.json", "unmade.json"):
        assert "pseudonym_key" not in json.loads((tmp_path / name).read_text())


def test_a_key_of_the_environment_travels_too(computer, path, monkeypatch):
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().private_pem())
    monkeypatch.setenv("LTIX_DATA_PSEUDONYM_KEY_UNI", "a key of the environment's own")
    with computer("here", BrokenKeyring(priority=5)):
        registration.register("uni", store="none", **FACTS).export(path, passphrase=PASSPHRASE)
    monkeypatch.delenv("LTIX_DATA_PSEUDONYM_KEY_UNI")

    with computer("there") as ring:
        registration.import_registration(path, passphrase=PASSPHRASE)
        assert ring.entries[ENTRY] == "a key of the environment's own"


def test_no_keyring_is_no_hindrance_where_none_is_used(computer, path, monkeypatch):
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().private_pem())
    with computer("here", BrokenKeyring(priority=5)):
        registration.register("uni", store="none", **FACTS).export(path, passphrase=PASSPHRASE)

    assert "pseudonym_key" not in json.loads(path.read_text())


def test_a_key_that_was_tampered_with_is_not_taken(kept, computer, path):
    document = json.loads(path.read_text())
    document["pseudonym_key"]["box"] = document["pseudonym_key"]["box"][::-1]
    path.write_text(json.dumps(document))

    with computer("there") as ring, pytest.raises(RegistrationError, match="changed after it was written"):
        registration.import_registration(path, passphrase=PASSPHRASE)
    assert ring.entries == {}


def test_pseudonyms_made_here_already_are_not_made_worthless(kept, computer, path):
    with computer("there") as ring:
        registration.register("uni", private_key=key(), **FACTS)
        ltix.connect("uni", pseudonyms=True).close()
        before = dict(ring.entries)

        with pytest.raises(RegistrationError, match="another pseudonym key than “uni” here"):
            registration.import_registration(path, passphrase=PASSPHRASE, replace=True)
        assert ring.entries == before


def test_importing_the_same_again_is_fine(kept, computer, path):
    with computer("there") as ring:
        registration.import_registration(path, passphrase=PASSPHRASE)
        registration.import_registration(path, passphrase=PASSPHRASE, replace=True)
        assert ring.entries[ENTRY] == kept


def test_nothing_is_left_behind_where_the_registration_cannot_be_stored(kept, computer, path, tmp_path):
    folder = tmp_path / "there" / "registrations"
    with computer("there") as ring:
        folder.mkdir(parents=True)
        (folder / "uni.json").mkdir()  # nothing can be moved there

        with pytest.raises(RegistrationError):
            registration.import_registration(path, passphrase=PASSPHRASE, replace=True)
        assert ring.entries == {}


def test_a_key_that_is_not_kept_is_told(kept, computer, path):
    with computer("there") as ring, pytest.warns(LtixWarning, match=r"pseudonyms, which was not kept.*LTIX_PSEUDONYM"):
        registration.import_registration(path, passphrase=PASSPHRASE, store="none")
    assert ring.entries == {}


# --- commands -------------------------------------------------------------------------------------


def run(*arguments: str):
    return CliRunner().invoke(main, list(arguments))


def test_the_command_writes_the_key_into_a_new_file_that_only_its_owner_reads(computer, tmp_path):
    target = tmp_path / "uni.pseudonyms"
    with computer("here") as ring:
        registration.register("uni", private_key=key(), **FACTS)

        ended = run("key", "pseudonyms", "uni", "--out", str(target))

        assert ended.exit_code == 0, ended.output
        assert target.read_text() == f"{ring.entries[ENTRY]}\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert f"LTIX_PSEUDONYM_KEY_FILE={target}" in ended.output
    assert ring.entries[ENTRY] not in ended.output


def test_the_file_makes_the_same_pseudonyms_for_a_job(computer, tmp_path, monkeypatch):
    target = tmp_path / "uni.pseudonyms"
    with computer("here"):
        registration.register("uni", private_key=key(), **FACTS)
        run("key", "pseudonyms", "uni", "--out", str(target))
        here = ltix.connect("uni", pseudonyms=True)._client.veil.cover("u1")
    monkeypatch.setenv("LTIX_PSEUDONYM_KEY_FILE", str(target))

    by_hand = ltix.Registration(name="uni", private_key=key(), **FACTS)
    assert ltix.connect(by_hand, pseudonyms=True)._client.veil.cover("u1") == here


def test_the_command_overwrites_nothing(computer, tmp_path):
    target = tmp_path / "uni.pseudonyms"
    target.write_text("mine")
    with computer("here"):
        registration.register("uni", private_key=key(), **FACTS)

        ended = run("key", "pseudonyms", "uni", "--out", str(target))

    assert (ended.exit_code, target.read_text()) == (1, "mine")
