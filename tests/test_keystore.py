import contextvars
import os
import subprocess
import sys
import textwrap
import threading
import warnings
from pathlib import Path

import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import keyrings.alt.file
import pytest
from keyring_backends import (
    WINDOWS_LIMIT,
    BrokenKeyring,
    ChattyKeyring,
    ForgetfulKeyring,
    MemoryKeyring,
    SlowKeyring,
    TruncatingKeyring,
    installed,
    key,
)

from ltix_data import keystore, waiting
from ltix_data.errors import InvalidKeyError, KeyStorageError, LtixWarning, UsageError
from ltix_data.keys import SigningKey


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    for name in [*os.environ]:
        if name.startswith("LTIX_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)


@pytest.fixture
def ring():
    with installed(MemoryKeyring(priority=5)) as ring:
        yield ring


@pytest.fixture
def key_file(tmp_path):
    def write(signing_key, name="key.pem", mode=0o600):
        path = tmp_path / name
        path.write_text(signing_key.private_pem())
        path.chmod(mode)
        return path

    return write


class Chain(keyring.backends.chainer.ChainerBackend):
    """A chain of given backends; the real one finds its own."""

    priority = -1
    backends = ()

    def __init__(self, *backends):
        super().__init__()
        self.backends = backends


def plaintext(tmp_path):
    ring = keyrings.alt.file.PlaintextKeyring()
    ring.file_path = str(tmp_path / "plain.cfg")
    return ring


# --- the keyring ----------------------------------------------------------------------------------


def test_a_key_comes_back_from_the_keyring_with_its_id(ring):
    keystore.save("uni", SigningKey.load(key(), kid="tool-1"))

    assert keystore.load("uni", kid="tool-1") == SigningKey.load(key(), kid="tool-1")
    assert list(ring.entries) == [("ltix_data", "uni/tool-1")]


def test_a_deleted_key_is_gone_and_deleting_it_twice_is_fine(ring):
    keystore.save("uni", key())

    keystore.delete("uni", key().kid)
    keystore.delete("uni", key().kid)

    assert ring.entries == {}


@pytest.mark.parametrize("bits", [2048, 2049, 3072, 4096])
@pytest.mark.parametrize("kid", [None, "k" * 255, "🔑" * 255, '"' * 255], ids=["own", "ascii", "emoji", "quotes"])
def test_every_key_fits_where_windows_keeps_passwords(bits, kid):
    with installed(MemoryKeyring(priority=5, limit=WINDOWS_LIMIT)):
        named = SigningKey.load(key(bits=bits), kid=kid)
        keystore.save("uni", named)

        assert keystore.load("uni", kid=named.kid) == named


def test_an_entry_that_is_too_long_for_the_backend_is_an_error_that_says_what_to_do():
    with (
        installed(MemoryKeyring(priority=5, limit=300)) as small,
        pytest.raises(KeyStorageError, match=r"PasswordSetError.*LTIX_KEY_FILE"),
    ):
        keystore.save("uni", key())
    assert small.entries == {}


def test_a_key_that_is_not_there_is_an_error_that_says_where_to_put_one(ring):
    with pytest.raises(KeyStorageError, match=r"no key “k1” for “uni”.*LTIX_KEY_FILE or LTIX_DATA_KEY_UNI"):
        keystore.load("uni", kid="k1")


def test_the_keyring_is_left_alone_when_no_key_is_known_to_be_there():
    with installed(BrokenKeyring(priority=5)), pytest.raises(KeyStorageError, match="no private key for “uni”"):
        keystore.load("uni")


def test_a_damaged_entry_is_an_invalid_key(ring):
    ring.entries["ltix_data", "uni/k1"] = "{}"

    with pytest.raises(InvalidKeyError, match=r"^the keyring: "):
        keystore.load("uni", kid="k1")


LEAKED = [
    keyring.errors.KeyringLocked("locked"),
    keyring.errors.NoKeyringError("none"),
    keyring.errors.InitError("no collection"),
    keyring.errors.PasswordSetError("no"),
    keyring.errors.KeyringError("other"),
    ConnectionResetError("the bus went away"),
    TypeError("a backend's own mistake"),
]


@pytest.mark.parametrize("error", LEAKED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "act",
    [
        lambda: keystore.save("uni", key()),
        lambda: keystore.load("uni", kid="k1"),
        lambda: keystore.delete("uni", "k1"),
    ],
    ids=["save", "load", "delete"],
)
def test_whatever_a_backend_raises_becomes_one_error_that_says_what_to_do(act, error):
    with (
        installed(BrokenKeyring(priority=5, error=error)),
        pytest.raises(KeyStorageError, match="LTIX_KEY_FILE") as caught,
    ):
        act()
    assert type(error).__name__ in str(caught.value)
    assert caught.value.__cause__ is error


def test_a_locked_keyring_is_to_be_unlocked():
    with installed(BrokenKeyring(priority=5)), pytest.raises(KeyStorageError, match="Unlock the keyring"):
        keystore.save("uni", key())


def test_an_error_that_quotes_the_key_is_not_passed_on():
    with installed(ChattyKeyring(priority=5)), pytest.raises(KeyStorageError) as caught:
        keystore.save("uni", key())
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert key().compact()[6:60] not in str(caught.value)


def test_a_backend_that_cuts_the_key_is_found_out_and_the_rest_removed():
    cutting = TruncatingKeyring(priority=5)

    with installed(cutting), pytest.raises(KeyStorageError, match="100 of 357 characters"):
        keystore.save("uni", key())
    assert cutting.entries == {}


def test_a_backend_that_stores_nothing_is_found_out():
    with installed(ForgetfulKeyring(priority=5)), pytest.raises(KeyStorageError, match="stored nothing"):
        keystore.save("uni", key())


# --- backends that do not answer ------------------------------------------------------------------


@pytest.fixture
def slow(monkeypatch):
    """Install a keyring that hangs until its `prompt` is set; nothing of it outlives the test."""
    monkeypatch.setenv("LTIX_KEYRING_TIMEOUT", "0.05")
    with installed(SlowKeyring(priority=5)) as slow:
        yield slow
        slow.prompt.set()
        let_it_end()


def let_it_end():
    for thread in threading.enumerate():
        if thread.name == "ltix_data call":
            thread.join(10)


@pytest.mark.parametrize(
    "act",
    [
        lambda: keystore.save("uni", key()),
        lambda: keystore.load("uni", kid="k1"),
        lambda: keystore.delete("uni", "k1"),
    ],
    ids=["save", "load", "delete"],
)
def test_a_keyring_that_does_not_answer_is_left_after_the_time_given(slow, act):
    says = r"no answer in 0\.05 s\).*Answer its prompt.*LTIX_KEYRING_TIMEOUT.*LTIX_KEY_FILE"

    with pytest.raises(KeyStorageError, match=says):
        act()
    assert slow.asked.is_set()


def test_while_one_call_hangs_the_next_fails_at_once_and_after_it_all_is_well(slow, monkeypatch):
    with pytest.raises(KeyStorageError, match="no answer"):
        keystore.load("uni", kid="k1")
    monkeypatch.setenv("LTIX_KEYRING_TIMEOUT", "600")
    with pytest.raises(KeyStorageError, match="an earlier call is not answered yet"):
        keystore.load("uni", kid="k1")
    slow.prompt.set()
    let_it_end()
    keystore.save("uni", key())

    assert keystore.load("uni", kid=key().kid) == key()


def test_a_key_that_is_stored_after_the_time_is_taken_back(slow):
    with pytest.raises(KeyStorageError, match="no answer"):
        keystore.save("uni", key())
    slow.prompt.set()
    let_it_end()

    assert slow.entries == {}


def test_who_waits_long_is_told_once_that_there_may_be_a_prompt(slow, monkeypatch):
    slow.entries["ltix_data", "uni/k1"] = key().compact()
    monkeypatch.setenv("LTIX_KEYRING_TIMEOUT", "60")
    monkeypatch.setattr(waiting, "NOTICE_AFTER", 0.05)
    told = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")

        def showing(message, *_):
            told.append(str(message))
            slow.prompt.set()

        monkeypatch.setattr(warnings, "showwarning", showing)
        loaded = keystore.load("uni", kid="k1")

    assert loaded.thumbprint == key().thumbprint
    assert told == ["The keyring has not answered yet: it may wait for a prompt. Waiting for 60 seconds at most."]


def test_a_backend_that_hangs_as_it_starts_is_left_too(monkeypatch):
    """The Secret Service is asked over D-Bus whether it is there: that too may never be answered."""
    let_go = threading.Event()

    class Starting(MemoryKeyring):
        @property
        def priority(self):
            let_go.wait()
            return 5

        @priority.setter
        def priority(self, value):
            pass

    monkeypatch.setenv("LTIX_KEYRING_TIMEOUT", "0.05")
    with installed(Starting()), pytest.raises(KeyStorageError, match=r"cannot be used \(no answer"):
        keystore.save("uni", key())
    let_go.set()
    let_it_end()


def test_an_interrupt_ends_the_waiting_and_not_the_rule_that_one_call_hangs_at_a_time(slow, monkeypatch):
    monkeypatch.setenv("LTIX_KEYRING_TIMEOUT", "60")

    def interrupted(calls, _):
        while not calls[0].done():
            if slow.asked.wait(0.01):
                raise KeyboardInterrupt

    monkeypatch.setattr(waiting, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        keystore.load("uni", kid="k1")
    with pytest.raises(KeyStorageError, match="earlier call"):
        keystore.load("uni", kid="k1")


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan", "inf", "1e9"])
def test_a_time_to_wait_that_is_none_is_refused(ring, monkeypatch, seconds):
    monkeypatch.setenv("LTIX_KEYRING_TIMEOUT", seconds)

    with pytest.raises(UsageError, match=r"LTIX_KEYRING_TIMEOUT must be a number of seconds.*it is 60"):
        keystore.load("uni", kid="k1")


def test_a_backend_finds_the_context_of_who_calls(ring):
    """ipykernel asks in the cell that runs, which it finds by a context variable."""
    cell = contextvars.ContextVar("cell")

    class Asking(MemoryKeyring):
        def get_password(self, service, username):
            return cell.get()

    cell.set(key().compact())
    with installed(Asking(priority=5)):
        assert keystore.load("uni", kid=key().kid) == key()


def test_a_process_ends_though_its_keyring_hangs():
    """A cron job must not stay for ever: one that waits for a prompt would pile up day by day."""
    script = textwrap.dedent("""
        import sys, threading
        sys.path[:0] = sys.argv[1:]
        from keyring_backends import SlowKeyring, installed
        from ltix_data import errors, keystore
        with installed(SlowKeyring(priority=5)):
            try:
                keystore.load("uni", kid="k1")
            except errors.KeyStorageError as error:
                print(error.what)
    """)
    environment = {**os.environ, "LTIX_KEYRING_TIMEOUT": "0.2"}
    folders = [str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, "-c", script, *folders], env=environment, capture_output=True, text=True, timeout=60
    )

    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "The keyring could not give the key of “uni” (no answer in 0.2 s).\n",
        "",
    )


# --- backends that keep no secret -----------------------------------------------------------------


def test_plain_text_is_refused_and_nothing_is_written(tmp_path):
    with installed(plaintext(tmp_path)), pytest.raises(KeyStorageError, match=r"PlaintextKeyring.*does not protect"):
        keystore.save("uni", key())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", ["argument", "variable"])
def test_plain_text_is_used_when_allowed(how, tmp_path, monkeypatch):
    if how == "variable":
        monkeypatch.setenv("LTIX_ALLOW_INSECURE_KEYRING", "1")
    allowed = {"allow_insecure": how == "argument"}

    with installed(plaintext(tmp_path)):
        keystore.save("uni", key(), **allowed)

        assert keystore.load("uni", kid=key().kid, **allowed) == key()


def test_the_null_keyring_is_refused_even_when_allowed():
    with installed(keyring.backends.null.Keyring()):
        with pytest.raises(KeyStorageError, match="does not protect"):
            keystore.save("uni", key())
        with pytest.raises(KeyStorageError, match="stored nothing"):
            keystore.save("uni", key(), allow_insecure=True)


@pytest.mark.parametrize("allow_insecure", [False, True])
def test_no_keyring_at_all_has_its_own_message(allow_insecure):
    with (
        installed(keyring.backends.fail.Keyring()),
        pytest.raises(KeyStorageError, match="There is no keyring on this computer"),
    ):
        keystore.save("uni", key(), allow_insecure=allow_insecure)


def test_a_chain_is_judged_by_the_backend_it_writes_to(tmp_path):
    secure = MemoryKeyring(priority=5)

    with installed(Chain(secure, plaintext(tmp_path))):
        keystore.save("uni", key())
    with installed(Chain(plaintext(tmp_path), secure)), pytest.raises(KeyStorageError, match="PlaintextKeyring"):
        keystore.save("uni", key(1))
    with installed(Chain()), pytest.raises(KeyStorageError, match="no keyring"):
        keystore.save("uni", key(1))
    assert list(secure.entries) == [("ltix_data", f"uni/{key().kid}")]


def test_a_backend_that_cannot_run_here_is_an_error_that_says_what_to_do():
    class Elsewhere(MemoryKeyring):
        @property
        def priority(self):
            raise RuntimeError("Requires Windows")

        @priority.setter
        def priority(self, value):
            pass

    with installed(Elsewhere()), pytest.raises(KeyStorageError, match=r"cannot be used \(RuntimeError\)"):
        keystore.save("uni", key())


# --- where there is no keyring --------------------------------------------------------------------


def test_the_places_are_asked_in_order(ring, key_file, tmp_path, monkeypatch):
    keystore.save("uni-moodle", SigningKey.load(key(3), kid="k"))
    found = [(keystore.where("uni-moodle"), keystore.load("uni-moodle", kid="k").thumbprint)]
    key_file(key(2), "uni-moodle")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    found.append((keystore.where("uni-moodle"), keystore.load("uni-moodle", kid="k").thumbprint))
    monkeypatch.setenv("LTIX_DATA_KEY_UNI_MOODLE", key(1).compact())
    found.append((keystore.where("uni-moodle"), keystore.load("uni-moodle", kid="k").thumbprint))
    monkeypatch.setenv("LTIX_KEY_FILE", str(key_file(key(0))))
    found.append((keystore.where("uni-moodle"), keystore.load("uni-moodle", kid="k").thumbprint))

    assert found == [
        ("keyring", key(3).thumbprint),
        ("file", key(2).thumbprint),
        ("environment", key(1).thumbprint),
        ("file", key(0).thumbprint),
    ]


@pytest.mark.parametrize("credential", ["uni", "ltix_data-uni", "ltix_key"])
def test_a_systemd_credential_may_have_three_names(credential, key_file, tmp_path, monkeypatch):
    key_file(key(), credential, mode=0o440)  # systemd guards the folder, and grants by ACL
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert keystore.load("uni") == key()


def test_the_credential_of_the_registration_comes_before_the_common_one(key_file, tmp_path, monkeypatch):
    key_file(key(1), "ltix_key")
    key_file(key(0), "uni")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert (keystore.load("uni"), keystore.load("other")) == (key(0), key(1))


def test_an_empty_variable_is_no_key(ring, monkeypatch, tmp_path):
    monkeypatch.setenv("LTIX_KEY_FILE", "")
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", "")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert keystore.find_outside("uni") is None


def test_a_key_file_others_can_read_is_warned_about(key_file, monkeypatch):
    monkeypatch.setenv("LTIX_KEY_FILE", str(key_file(key(), mode=0o604)))

    with pytest.warns(LtixWarning, match="readable by others"):
        keystore.load("uni")


def test_a_missing_key_file_is_named_by_its_variable_for_it_might_be_a_pasted_key(monkeypatch):
    monkeypatch.setenv("LTIX_KEY_FILE", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC")

    with pytest.raises(KeyStorageError, match=r"^LTIX_KEY_FILE: .*FileNotFoundError") as caught:
        keystore.load("uni")
    assert "MIIE" not in str(caught.value)


def test_a_key_file_with_something_else_in_it_is_an_invalid_key(tmp_path, monkeypatch):
    (tmp_path / "key.pem").write_text(key().public_pem)
    (tmp_path / "key.pem").chmod(0o600)
    monkeypatch.setenv("LTIX_KEY_FILE", str(tmp_path / "key.pem"))

    with pytest.raises(InvalidKeyError, match=r"^LTIX_KEY_FILE: This is a public key"):
        keystore.load("uni")


def test_the_variable_holds_the_key_itself_not_a_path(key_file, monkeypatch):
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", str(key_file(key())))

    with pytest.raises(InvalidKeyError, match=r"^LTIX_DATA_KEY_UNI: This text holds no key"):
        keystore.load("uni")


def test_a_credential_that_is_no_key_is_named_by_its_place(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "uni").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InvalidKeyError, match=r"^CREDENTIALS_DIRECTORY: "):
        keystore.load("uni")
