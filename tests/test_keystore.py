import os

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
    TruncatingKeyring,
    installed,
    key,
)

from ltix_data import keystore
from ltix_data.errors import InvalidKeyError, KeyStorageError, LtixWarning
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


def test_the_largest_key_fits_where_windows_keeps_passwords():
    with installed(MemoryKeyring(priority=5, limit=WINDOWS_LIMIT)) as windows:
        keystore.save("uni", SigningKey.load(key(bits=4096), kid="k" * 255))

    assert len(windows.entries) == 1


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
