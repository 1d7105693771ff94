"""The list of registrations, a copy for another computer, forgetting."""

from __future__ import annotations

import json
import os

import pytest
from keyring_backends import MemoryKeyring, installed, key

import ltix_data as ltix
from ltix_data import registration, registry
from ltix_data.courses import KnownCourse

from .conftest import run, told

FACTS = {"issuer": "https://lms.uni.edu", "token_url": "https://lms.uni.edu/token", "client_id": "0042"}
SECRET = "correct horse battery"


@pytest.fixture
def stored():
    with installed(MemoryKeyring(priority=5)):
        found = ltix.register("uni", **FACTS, private_key=key())
        found.remember(KnownCourse(name="BIO101", memberships_url="https://lms.uni.edu/m"))
        yield found


def test_the_group_alone_lists_them_in_every_format(stored):
    table = run("registrations").stdout
    [record] = json.loads(run("registrations", "--format", "json").stdout)

    assert table.splitlines()[1].split()[:1] == ["uni"]
    assert (record["name"], record["client_id"], record["courses"]) == ("uni", "0042", 1)
    assert run("registrations", "--format", "csv").stdout.splitlines()[1].startswith("uni,LTI 1.3,")


def test_a_copy_without_the_key_goes_to_another_name(stored, tmp_path):
    file = tmp_path / "uni.json"

    out = run("registrations", "export", "uni", str(file))
    back = run("registrations", "import", str(file), "--name", "copy", "--store", "none", "--key", key_at(tmp_path))

    assert (out.exit_code, back.exit_code) == (0, 0), told(back)
    assert "PRIVATE" not in file.read_text()
    assert [course.name for course in registration.load("copy").courses] == ["BIO101"]


def key_at(folder) -> str:
    path = folder / "k.pem"
    path.touch(mode=0o600)
    path.write_text(key().private_pem())
    return str(path)


@pytest.mark.parametrize("way", ["file", "environment"])
def test_the_key_goes_along_encrypted_and_comes_back(stored, tmp_path, monkeypatch, way):
    file, words = tmp_path / "uni.json", tmp_path / "words.txt"
    words.write_text(f"{SECRET}\n")
    options = ["--passphrase-file", str(words)] if way == "file" else []
    if way == "environment":
        monkeypatch.setenv("LTIX_DATA_PASSPHRASE", SECRET)

    out = run("registrations", "export", "uni", str(file), "--with-key", *options)
    ltix.forget("uni")
    back = run("registrations", "import", str(file), *options)

    assert (out.exit_code, back.exit_code) == (0, 0), told(back)
    assert registration.load("uni").signing_key() == key()
    assert SECRET not in told(out) + told(back)


def test_a_passphrase_is_never_an_argument_and_its_lack_is_told(stored, tmp_path):
    file, words = tmp_path / "uni.json", tmp_path / "words.txt"
    words.write_text(SECRET)

    lacking = run("registrations", "export", "uni", str(file), "--with-key")
    argument = run("registrations", "export", "uni", str(file), "--with-key", "--passphrase", SECRET)
    run("registrations", "export", "uni", str(file), "--with-key", "--passphrase-file", str(words))
    closed = run("registrations", "import", str(file), "--name", "copy")

    assert [done.exit_code for done in (lacking, argument, closed)] == [1, 1, 1]
    assert "--passphrase-file" in lacking.stderr
    assert "--passphrase-file" in closed.stderr
    assert registry.names() == ["uni"]


def test_a_wrong_passphrase_stores_nothing(stored, tmp_path):
    file, words = tmp_path / "uni.json", tmp_path / "words.txt"
    words.write_text(SECRET)
    run("registrations", "export", "uni", str(file), "--with-key", "--passphrase-file", str(words))
    words.write_text("incorrect horse")

    done = run("registrations", "import", str(file), "--name", "copy", "--passphrase-file", str(words))

    assert (done.exit_code, registry.names()) == (1, ["uni"])


def test_a_file_that_is_there_is_replaced_by_force_alone(stored, tmp_path):
    file = tmp_path / "uni.json"
    file.write_text("mine")

    refused = run("registrations", "export", "uni", str(file))
    kept = file.read_text()
    forced = run("registrations", "export", "uni", str(file), "--force")

    assert (refused.exit_code, kept, forced.exit_code) == (1, "mine", 0)
    assert "ltix" not in refused.stderr
    assert json.loads(file.read_text())


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff", b"not json"])
def test_what_is_no_export_is_one_line_of_error(stored, tmp_path, content):
    file = tmp_path / "uni.json"
    file.write_bytes(content)

    done = run("registrations", "import", str(file), "--name", "copy")

    assert (done.exit_code, registry.names()) == (1, ["uni"])
    assert len(told(done).splitlines()) == 1


@pytest.mark.process
def test_a_passphrase_typed_on_a_terminal_is_asked_for_twice_and_not_shown(key_file, tmp_path, terminal):
    ltix.register("uni", **FACTS, store="none")
    file = tmp_path / "uni.json"

    asked = terminal("registrations", "export", "uni", str(file), "--with-key")
    asked.until("Passphrase:")
    asked.answer(SECRET)
    asked.until("Repeat for confirmation:")
    asked.answer(SECRET)

    assert asked.end() == 0, asked.shown
    assert SECRET not in asked.shown
    again = terminal("registrations", "import", str(file), "--name", "copy", "--store", "none")
    again.until("Passphrase:")
    again.answer(SECRET)
    assert again.end() == 0, again.shown
    assert "copy" in registry.names()
    assert os.name != "posix" or file.stat().st_mode & 0o077 == 0


# --- Forgetting -------------------------------------------------------------------------------------


def test_without_a_terminal_nothing_is_asked(stored):
    done = run("forget", "uni")

    assert (done.exit_code, done.stdout, registry.names()) == (0, "Forgot uni.\n", [])


def test_a_draft_is_forgotten_too():
    with installed(MemoryKeyring(priority=5)) as ring:
        run("register", "uni", "--draft")
        done = run("forget", "uni")

        assert (done.exit_code, ring.entries) == (0, {})
        assert run("forget", "uni").exit_code == 1


@pytest.mark.process
@pytest.mark.parametrize(("said", "status", "left"), [("y", 0, []), ("n", 1, ["uni"]), ("", 1, ["uni"])])
def test_on_a_terminal_it_is_asked_whether_it_is_meant(key_file, terminal, said, status, left):
    ltix.register("uni", **FACTS, store="none")

    asked = terminal("forget", "uni")
    asked.until("Delete “uni”, its private key and its 0 courses? [y/N]")
    asked.answer(said)

    assert (asked.end(), registry.names()) == (status, left)


@pytest.mark.process
def test_yes_asks_nothing_on_a_terminal(key_file, terminal):
    ltix.register("uni", **FACTS, store="none")

    assert (terminal("forget", "uni", "--yes").end(), registry.names()) == (0, [])
