"""Registrations that travel: without the secret, or with it encrypted, and never anything between the two."""

from __future__ import annotations

import json
import os
import stat

import pytest
from keyring_backends import BrokenKeyring, MemoryKeyring, installed, key

from ltix_data import registration
from ltix_data.courses import KnownCourse
from ltix_data.errors import InvalidKeyError, KeyStorageError, LtixError, LtixWarning, RegistrationError, UsageError
from ltix_data.keys import SigningKey
from ltix_data.registration import Registration, import_registration

PASSPHRASE = "five words that rhyme not"
FACTS = {
    "issuer": "https://lms.example.edu",
    "client_id": "tool-1",
    "token_url": "https://lms.example.edu/mod/lti/token.php",
    "auth_url": "https://lms.example.edu/mod/lti/auth.php",
    "jwks_url": "https://lms.example.edu/mod/lti/certs.php",
    "deployment_id": "3",
    "audience": "https://aud.example.edu",
    "platform": "Our Moodle",
}
COURSE = KnownCourse("BIO101", context_id="42", memberships_url="https://lms.example.edu/members", title="Biölogy")


class There:
    """Another computer: a folder and a keyring of its own."""

    def __init__(self, folder, monkeypatch) -> None:
        self.ring = MemoryKeyring(priority=5)
        self._folder, self._monkeypatch = folder, monkeypatch

    def __enter__(self):
        self._monkeypatch.setenv("LTIX_DATA_DIR", str(self._folder))
        self._installed = installed(self.ring)
        self._installed.__enter__()
        return self

    def __exit__(self, *error):
        self._installed.__exit__(*error)

    @property
    def keys(self) -> list[str]:
        return sorted(entry for _, entry in self.ring.entries)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    for name in [*os.environ]:
        if name.startswith("LTIX_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)


@pytest.fixture
def here(tmp_path, monkeypatch):
    return There(tmp_path / "here", monkeypatch)


@pytest.fixture
def there(tmp_path, monkeypatch):
    return There(tmp_path / "there", monkeypatch)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "uni.json"


def register(**changes):
    made = registration.register("uni", **{**FACTS, "private_key": key(), **changes})
    made.remember(COURSE)
    return made


@pytest.fixture
def parcel(here, path):
    """Return a function that exports a new registration, and what it was."""

    def make(*, rotated=False, **options):
        with here:
            made = register()
            if rotated:
                made.rotate_key(private_key=key(1))
            made.export(path, **options)
        return made

    return make


def edit(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


# --- without the secret ---------------------------------------------------------------------------


def test_nothing_secret_travels_unless_a_passphrase_is_given(parcel, path):
    parcel(rotated=True)
    text = path.read_text()

    for secret in (key(), key(1)):
        assert not [part for part in json.loads(secret.compact()).values() if part in text]
    assert "PRIVATE" not in text


def test_facts_public_keys_and_courses_arrive_as_they_were(parcel, path, there):
    made = parcel(rotated=True)
    with there, pytest.warns(LtixWarning, match=r"without its private key.*LTIX_KEY_FILE.*LTIX_DATA_KEY_UNI"):
        import_registration(path)
    with there:
        loaded = registration.load("uni")

    assert (loaded, loaded.courses, loaded.jwks()) == (made, (COURSE,), {"keys": [key(1).public_jwk, key().public_jwk]})
    assert [getattr(loaded, fact) for fact in FACTS] == [*FACTS.values()]


def test_without_the_secret_no_key_is_made_and_the_environments_is_used(parcel, path, there, monkeypatch):
    parcel()
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().private_pem())
    with there:
        made = import_registration(path)

        assert (made.key_storage, made.signing_key(), there.keys) == ("none", key(), [])


def test_a_key_that_is_looked_for_in_vain_is_told_where_to_be_put(parcel, path, there):
    parcel()
    with there, pytest.raises(KeyStorageError, match="Set LTIX_KEY_FILE or LTIX_DATA_KEY_UNI"):
        import_registration(path, store="none").signing_key()


def test_the_key_may_come_by_another_way(parcel, path, there, tmp_path):
    parcel(rotated=True)
    (tmp_path / "key.pem").write_text(key(1).private_pem())
    (tmp_path / "key.pem").chmod(0o600)
    with there:
        made = import_registration(path, private_key=tmp_path / "key.pem")

        assert (made.key_storage, made.signing_key(), there.keys) == ("keyring", key(1), [f"uni/{key(1).kid}"])
        assert made.jwks() == {"keys": [key(1).public_jwk, key().public_jwk]}


def test_of_two_published_keys_the_one_that_came_is_the_current_one(parcel, path, there):
    parcel(rotated=True)
    with there:
        import_registration(path, private_key=key())
        loaded = registration.load("uni")

        assert (loaded.signing_key(), loaded.kid) == (key(), key().kid)


def test_a_key_that_is_not_the_registrations_is_refused(parcel, path, there):
    parcel()
    with there, pytest.raises(InvalidKeyError, match=r"not one of “uni”.*private half"):
        import_registration(path, private_key=key(2))
    with there:
        assert (registration.saved(), there.keys) == ([], [])


def test_courses_stay_where_they_are_if_asked(parcel, path, there):
    parcel(courses=False)
    with there:
        made = import_registration(path, store="none")

    assert (made.courses, json.loads(path.read_text())["courses"]) == ((), [])


def test_it_may_be_called_otherwise(parcel, path, there):
    parcel(passphrase=PASSPHRASE)
    with there:
        made = import_registration(path, passphrase=PASSPHRASE, name="uni-2")

        assert (made.name, registration.load("uni-2").signing_key(), there.keys) == (
            "uni-2",
            key(),
            [f"uni-2/{key().kid}"],
        )


def test_one_made_by_hand_travels_too(path, there):
    hand = Registration(name="uni", **FACTS, private_key=key())
    hand.remember(COURSE)
    hand.export(path, passphrase=PASSPHRASE)
    with there:
        made = import_registration(path, passphrase=PASSPHRASE)

        assert (made, made.courses, made.signing_key()) == (hand, (COURSE,), key())


def test_one_that_never_had_a_key_at_hand_travels_with_the_id_of_the_key_to_come(here, there, path, monkeypatch):
    with here:
        registration.register("uni", **FACTS, store="none", kid="k1").export(path)
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().private_pem())
    with there:
        assert import_registration(path).public_jwk == SigningKey.load(key(), kid="k1").public_jwk


# --- with the secret ------------------------------------------------------------------------------


def test_with_a_passphrase_every_key_arrives_those_in_overlap_too(parcel, path, there):
    made = parcel(rotated=True, passphrase=PASSPHRASE)
    with there:
        import_registration(path, passphrase=PASSPHRASE)
        loaded = registration.load("uni")

        assert (loaded, loaded.key_storage, loaded.signing_key()) == (made, "keyring", key(1))
        assert there.keys == sorted([f"uni/{key().kid}", f"uni/{key(1).kid}"])
        loaded.activate_key(key().kid)
        assert loaded.signing_key() == key()


def test_the_private_keys_are_encrypted_in_the_standard_form(parcel, path):
    parcel(passphrase=PASSPHRASE)
    text = path.read_text()
    written = json.loads(text)["private_keys"]

    assert [raw["pem"].splitlines()[0] for raw in written] == ["-----BEGIN ENCRYPTED PRIVATE KEY-----"]
    assert SigningKey.load(written[0]["pem"], passphrase=PASSPHRASE) == key()
    assert not [part for part in json.loads(key().compact()).values() if part in text]
    assert PASSPHRASE not in text


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_file_is_for_its_owner_alone(parcel, path):
    parcel(passphrase=PASSPHRASE)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_from_the_environment_travels_if_it_is_encrypted(here, there, path, monkeypatch):
    with here:
        monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().private_pem())
        register(store="none").export(path, passphrase=PASSPHRASE)
        monkeypatch.delenv("LTIX_DATA_KEY_UNI")
    with there:
        assert import_registration(path, passphrase=PASSPHRASE).signing_key() == key()


def test_a_key_that_the_environment_has_got_since_travels_with_its_public_half(here, there, path, monkeypatch):
    with here:
        made = registration.register("uni", **FACTS, store="none", kid="k1")
        monkeypatch.setenv("LTIX_DATA_KEY_UNI", key().private_pem())
        made.export(path, passphrase=PASSPHRASE)
        monkeypatch.delenv("LTIX_DATA_KEY_UNI")
    with there:
        assert import_registration(path, passphrase=PASSPHRASE).signing_key() == SigningKey.load(key(), kid="k1")


def test_an_old_key_whose_private_half_is_gone_travels_as_its_public_half(here, there, path):
    with here:
        made = register()
        made.rotate_key(private_key=key(1))
        del here.ring.entries["ltix_data", f"uni/{key().kid}"]
        made.export(path, passphrase=PASSPHRASE)
    with there:
        arrived = import_registration(path, passphrase=PASSPHRASE)

        assert (arrived.jwks(), there.keys) == (made.jwks(), [f"uni/{key(1).kid}"])


def test_a_key_that_another_notebook_has_made_travels(here, there, path):
    with here:
        early = register()
        registration.load("uni").rotate_key(private_key=key(1))
        early.export(path, passphrase=PASSPHRASE)
    with there:
        assert import_registration(path, passphrase=PASSPHRASE).signing_key() == key(1)


def test_a_passphrase_typed_on_a_mac_opens_what_was_encrypted_on_windows(parcel, path, there):
    parcel(passphrase="caf\N{LATIN SMALL LETTER E WITH ACUTE} au lait, s'il vous pla\u00eet")
    with there:
        made = import_registration(path, passphrase="cafe\u0301 au lait, s'il vous plai\u0302t")

        assert made.signing_key() == key()


@pytest.mark.parametrize(
    "weak", ["", "hunter2", "eleven char", "a" * 40, "ababababababab", b"twelve or more", "x1y2" * 300]
)
def test_a_weak_passphrase_is_refused_and_nothing_is_written(here, path, weak):
    with here, pytest.raises(UsageError, match="12 characters or more"):
        register().export(path, passphrase=weak)
    assert not path.exists()


def test_a_private_key_that_cannot_be_read_leaves_no_file(here, path):
    with here:
        register()
        loaded = registration.load("uni")
    with installed(BrokenKeyring(priority=5)), pytest.raises(KeyStorageError, match="Unlock"):
        loaded.export(path, passphrase=PASSPHRASE)
    assert not path.exists()


def test_without_a_passphrase_the_keyring_is_not_asked(here, path):
    with here:
        register()
        loaded = registration.load("uni")
    with installed(BrokenKeyring(priority=5)):
        loaded.export(path)

    assert json.loads(path.read_text())["keys"] == [key().public_jwk]


def test_a_file_that_is_there_is_kept_unless_replaced(here, path):
    path.write_text("mine")
    with here:
        made = register()
        with pytest.raises(UsageError, match=r"“uni.json” is there already"):
            made.export(path)
        kept = path.read_text()
        made.export(path, replace=True)

    assert (kept, json.loads(path.read_text())["registration"]["name"]) == ("mine", "uni")


# --- what arrives otherwise than it was sent ------------------------------------------------------


def nothing_imported(there):
    return (registration.saved(), there.keys) == ([], [])


@pytest.mark.parametrize(
    ("passphrase", "error", "says"),
    [
        (None, UsageError, "holds encrypted private keys.*passphrase="),
        (
            "five words that rhyme now",
            RegistrationError,
            "passphrase does not open “uni.json”, or the file was changed",
        ),
        ("", RegistrationError, "passphrase does not open"),
    ],
)
def test_a_wrong_passphrase_imports_nothing(parcel, path, there, passphrase, error, says):
    parcel(passphrase=PASSPHRASE)
    with there:
        with pytest.raises(error, match=says):
            import_registration(path, passphrase=passphrase)
        assert nothing_imported(there)


def move_token_url(document):
    document["registration"]["token_url"] = "https://attacker.example/token"


CHANGED = {
    "another token URL": move_token_url,
    "another public key": lambda document: document.update(keys=[key(2).public_jwk]),
    "a course more": lambda document: document["courses"].append({"name": "X"}),
    "another private key": lambda document: document["private_keys"][0].update(
        pem=key(2).encrypted_pem("attacker's own words")
    ),
    "a damaged private key": lambda document: document["private_keys"][0].update(
        pem=document["private_keys"][0]["pem"].replace("A", "B", 5)
    ),
    "a field more": lambda document: document.update(note="x"),
}


@pytest.mark.parametrize("change", CHANGED)
def test_a_sealed_file_that_was_changed_imports_nothing(parcel, path, there, change):
    """The attacker has the file on its way and not the passphrase: assertions would be sent to a host of theirs."""
    parcel(passphrase=PASSPHRASE)
    edit(path, CHANGED[change])
    with there:
        with pytest.raises(RegistrationError, match="or the file was changed after it was written"):
            import_registration(path, passphrase=PASSPHRASE)
        assert nothing_imported(there)


def unsealed(document):
    move_token_url(document)
    del document["seal"], document["private_keys"]


def test_a_file_whose_seal_was_taken_off_does_not_pass_for_one_without_keys(parcel, path, there):
    parcel(passphrase=PASSPHRASE)
    edit(path, unsealed)
    with there:
        with pytest.raises(UsageError, match=r"holds no private keys.*changed on its way"):
            import_registration(path, passphrase=PASSPHRASE)
        assert nothing_imported(there)


DAMAGED = {
    "no seal": lambda document: document.pop("seal"),
    "a seal of another kind": lambda document: document.update(seal="x"),
    "no keys behind the seal": lambda document: document.pop("private_keys"),
    "a seal without salt": lambda document: document["seal"].pop("salt"),
    "a seal with salt that is none": lambda document: document["seal"].update(salt="*"),
    "a seal without code": lambda document: document["seal"].pop("mac"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_sealed_file_that_is_damaged_is_named(parcel, path, there, damage):
    parcel(passphrase=PASSPHRASE)
    edit(path, DAMAGED[damage])
    with there:
        with pytest.raises(
            RegistrationError, match=r"“uni.json” is no registration|passphrase does not open “uni.json”"
        ):
            import_registration(path, passphrase=PASSPHRASE)
        assert nothing_imported(there)


BROKEN = {
    "cut": lambda path: path.write_text(path.read_text()[:100]),
    "not UTF-8": lambda path: path.write_bytes(b"\xff\xfe"),
    "a list": lambda path: path.write_text("[]"),
    "nested deep": lambda path: path.write_text("[" * 100_000),
    "a file of another kind": lambda path: path.write_text('{"version": 1, "name": "uni"}'),
    "no version": lambda path: edit(path, lambda document: document.pop("version")),
    "no facts": lambda path: edit(path, lambda document: document.pop("registration")),
    "a fact missing": lambda path: edit(path, lambda document: document["registration"].pop("token_url")),
    "facts of another kind": lambda path: edit(path, lambda document: document.update(registration=[])),
    "a key that is none": lambda path: edit(path, lambda document: document.update(keys=[{"kty": "EC"}])),
    "a key without id": lambda path: edit(path, lambda document: document["keys"][0].pop("kid")),
    "a key twice": lambda path: edit(path, lambda document: document["keys"].append(document["keys"][0])),
    "a private key in the open": lambda path: edit(path, lambda document: document["keys"][0].update(d="AQAB")),
    "a damaged course": lambda path: edit(path, lambda document: document.update(courses=[{}])),
    "courses of another kind": lambda path: edit(path, lambda document: document.update(courses=7)),
}


@pytest.mark.parametrize("damage", BROKEN)
def test_a_damaged_file_is_named_and_imports_nothing(parcel, path, there, damage):
    parcel()
    BROKEN[damage](path)
    with there:
        with pytest.raises(
            RegistrationError, match=r"“uni.json” is no registration that ltix_data exported, or it is da"
        ):
            import_registration(path)
        assert nothing_imported(there)


@pytest.mark.parametrize(
    ("fact", "value", "says"),
    [
        ("token_url", "http://lms.example.edu/token", "token_url must begin with https"),
        ("name", "../../etc/cron.d/x", "registration's name"),
        ("issuer", 7, "issuer must be a text"),
        ("client_id", None, "client_id must be a text"),
    ],
)
def test_a_file_with_a_fact_that_cannot_be_used_imports_nothing(parcel, path, there, fact, value, says):
    parcel()
    edit(path, lambda document: document["registration"].update({fact: value}))
    with there:
        with pytest.raises(RegistrationError, match=f"“uni.json” cannot be used.*{says}"):
            import_registration(path)
        assert nothing_imported(there)


def test_a_file_of_a_newer_version_says_to_upgrade(parcel, path, there):
    parcel()
    edit(path, lambda document: document.update(version=2))
    with there, pytest.raises(RegistrationError, match=r"newer version of ltix_data\. Upgrade"):
        import_registration(path)


def test_a_file_that_is_not_there_is_named(path, there):
    with there, pytest.raises(UsageError, match=r"“uni.json” cannot be read \(No such file"):
        import_registration(path)


@pytest.mark.parametrize(("given", "says"), [({"store": "cloud"}, "'keyring' or 'none'"), ({"name": "a/b"}, "name")])
def test_an_argument_that_cannot_be_used_imports_nothing(parcel, path, there, given, says):
    parcel()
    with there:
        with pytest.raises(UsageError, match=says):
            import_registration(path, **given)
        assert nothing_imported(there)


def test_two_sources_of_the_key_are_one_too_many(parcel, path, there):
    parcel(passphrase=PASSPHRASE)
    with there, pytest.raises(UsageError, match="holds the private keys already"):
        import_registration(path, passphrase=PASSPHRASE, private_key=key())


class FailsAtTheSecond(MemoryKeyring):
    """Keeps one entry and no more."""

    def set_password(self, service, username, password):
        if self.entries and (service, username) not in self.entries:
            raise OSError("full")
        super().set_password(service, username, password)


def test_a_keyring_that_fails_in_the_middle_keeps_none_of_the_keys(parcel, path, there):
    parcel(rotated=True, passphrase=PASSPHRASE)
    there.ring = FailsAtTheSecond(priority=5)
    with there:
        with pytest.raises(KeyStorageError, match="could not store the key"):
            import_registration(path, passphrase=PASSPHRASE)
        assert nothing_imported(there)


# --- where there is one already -------------------------------------------------------------------


def test_a_taken_name_is_refused_and_its_registration_stays(parcel, path, there):
    parcel(passphrase=PASSPHRASE)
    with there:
        stays = registration.register("uni", **{**FACTS, "client_id": "tool-2"}, private_key=key(2))
        with pytest.raises(RegistrationError, match="“uni” already"):
            import_registration(path, passphrase=PASSPHRASE)
        assert (registration.saved(), there.keys) == ([stays], [f"uni/{key(2).kid}"])


def test_replacing_takes_the_facts_and_keys_and_keeps_the_courses_known_here(parcel, path, there):
    parcel(passphrase=PASSPHRASE)
    with there:
        old = registration.register("uni", **{**FACTS, "client_id": "tool-2"}, private_key=key(2))
        old.remember(KnownCourse("CHE"), KnownCourse("BIO101", title="old"))
        made = import_registration(path, passphrase=PASSPHRASE, replace=True)

        assert (made.client_id, made.signing_key(), there.keys) == ("tool-1", key(), [f"uni/{key().kid}"])
        assert {course.name: course.title for course in made.courses} == {"CHE": None, "BIO101": "Biölogy"}


def test_replacing_by_a_file_without_the_secret_keeps_the_same_key_here(parcel, path, there):
    parcel()
    with there:
        registration.register("uni", **{**FACTS, "client_id": "tool-2"}, private_key=key())
        made = import_registration(path, replace=True)

        assert (made.client_id, made.key_storage, made.signing_key()) == ("tool-1", "keyring", key())


def test_replacing_by_a_file_without_the_secret_never_deletes_another_key(parcel, path, there):
    parcel()
    with there:
        stays = registration.register("uni", **FACTS, private_key=key(2))
        with pytest.raises(RegistrationError, match=r"would be deleted.*name=.*ltix\.forget"):
            import_registration(path, replace=True)
        assert (registration.saved(), there.keys) == ([stays], [f"uni/{key(2).kid}"])


def test_no_error_shows_the_passphrase_or_a_key(parcel, path, there):
    parcel(passphrase=PASSPHRASE)
    edit(path, move_token_url)
    with there, pytest.raises(LtixError) as caught:
        import_registration(path, passphrase=PASSPHRASE)
    shown = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    assert PASSPHRASE not in shown
    assert "PRIVATE KEY" not in shown
