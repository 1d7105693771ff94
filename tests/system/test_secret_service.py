"""The keyring of a Linux desktop, for real: gnome-keyring behind a D-Bus session of its own.

On Debian: apt-get install dbus gnome-keyring.
"""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import ltix_data

pytestmark = pytest.mark.system

NEEDED = ("dbus-run-session", "gnome-keyring-daemon")

#: Unlocks a new keyring with a password from a pipe, runs what follows, and ends the daemon by its id.
SESSION = """
printf 'a test password' | gnome-keyring-daemon --foreground --components=secrets --unlock >daemon.log 2>&1 &
daemon=$!
export KEYRING_PID=$daemon
trap 'kill -CONT $daemon 2>/dev/null; kill $daemon 2>/dev/null' EXIT
for _ in $(seq 100); do
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
        string:org.freedesktop.secrets 2>/dev/null | grep -q true && break
    sleep 0.1
done
"$@"
"""


@pytest.fixture
def run(tmp_path):
    """Return a function that runs Python code in a desktop session with an unlocked keyring, and reads its JSON."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing and os.environ.get("LTIX_REQUIRE_SYSTEM_TESTS") == "1":
        pytest.fail(f"LTIX_REQUIRE_SYSTEM_TESTS=1, but {' and '.join(missing)} cannot be found")
    if missing:
        pytest.skip(f"THE REAL KEYRING IS NOT TESTED: install {' and '.join(missing)} (apt: dbus, gnome-keyring)")

    def run(code):
        (tmp_path / "runtime").mkdir(mode=0o700, exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(tmp_path),
            "XDG_RUNTIME_DIR": str(tmp_path / "runtime"),
            "LTIX_DATA_DIR": str(tmp_path / "data"),
            "PYTHONPATH": str(Path(ltix_data.__file__).parents[1]),
        }
        command = ["dbus-run-session", "--", "bash", "-c", SESSION, "bash", sys.executable, "-c", textwrap.dedent(code)]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


PRELUDE = """
import json, keyring, os, secretstorage, signal, time
from contextlib import closing
from ltix_data import keystore, registration
from ltix_data.errors import KeyStorageError
from ltix_data.keys import SigningKey

def entries():
    with closing(secretstorage.dbus_init()) as bus:
        items = secretstorage.get_default_collection(bus).search_items({"service": "ltix_data"})
        return sorted(item.get_attributes()["username"] for item in items)

def writer():  # with keyrings.alt installed, the keyring is a chain
    return getattr(keyring.get_keyring(), "backends", [keyring.get_keyring()])[0]

def failure(act):
    begun = time.monotonic()
    try:
        act()
    except KeyStorageError as error:
        return [str(error), time.monotonic() - begun]

def lock():
    with closing(secretstorage.dbus_init()) as bus:
        secretstorage.get_default_collection(bus).lock()

def register(**more):
    return registration.register(
        "uni", issuer="https://lms.example.edu", client_id="t", token_url="https://lms.example.edu/token", **more)
"""


def test_a_registration_lives_its_life_in_the_secret_service(run):
    told = run(
        PRELUDE
        + """
made = register(kid="first")
loaded = registration.load("uni")
same = loaded.signing_key() == made.signing_key()
new = loaded.rotate_key(bits=4096)["kid"]
rotated = entries()
again = registration.load("uni").signing_key()
loaded.retire_key("first")
retired = entries()
registration.forget("uni")
print(json.dumps({
    "backend": type(writer()).__module__,
    "where": keystore.where("uni"),
    "same": same,
    "rotated": rotated == sorted(["uni/first", f"uni/{new}"]),
    "signs": [again.kid == new, again.bits],
    "retired": retired == [f"uni/{new}"],
    "left": entries(),
}))
"""
    )

    assert told == {
        "backend": "keyring.backends.SecretService",
        "where": "keyring",
        "same": True,
        "rotated": True,
        "signs": [True, 4096],
        "retired": True,
        "left": [],
    }


def test_a_key_outlives_the_session(run):
    first = run(PRELUDE + "print(json.dumps(register().public_jwk))")
    second = run(PRELUDE + "print(json.dumps(registration.load('uni').signing_key().public_jwk))")

    assert first == second


def test_a_locked_keyring_is_one_clear_error_and_nothing_goes_to_plain_text_instead(run, tmp_path):
    told = run(
        PRELUDE
        + """
from ltix_data.errors import KeyStorageError
with closing(secretstorage.dbus_init()) as bus:
    secretstorage.get_default_collection(bus).lock()
try:
    register()
except KeyStorageError as error:
    print(json.dumps([str(error), [one.name for one in registration.saved()]]))
"""
    )

    assert "The keyring could not store the key of “uni”" in told[0]
    assert "LTIX_KEY_FILE" in told[0]
    assert told[1] == []
    assert not list(tmp_path.rglob("*_pass.cfg"))


def test_a_keyring_that_is_locked_while_a_notebook_runs_is_told_and_the_key_in_use_stays(run):
    told = run(
        PRELUDE
        + """
os.environ["LTIX_KEYRING_TIMEOUT"] = "3"
made = register()
lock()
in_use = made.signing_key().kid == made.kid
loaded, rotated = failure(lambda: registration.load("uni").signing_key()), failure(made.rotate_key)
print(json.dumps([in_use, loaded, rotated, len(registration.load("uni").jwks()["keys"])]))
"""
    )

    assert told[0] is True
    assert "The keyring could not give the key of “uni”" in told[1][0]
    assert "The keyring could not store the key of “uni”" in told[2][0]
    assert max(told[1][1], told[2][1]) < 30
    assert told[3] == 1


def test_a_keyring_that_is_killed_is_one_clear_error_in_bounded_time(run):
    told = run(
        PRELUDE
        + """
os.environ["LTIX_KEYRING_TIMEOUT"] = "3"
made = register()
os.kill(int(os.environ["KEYRING_PID"]), signal.SIGKILL)
loaded, rotated = failure(lambda: registration.load("uni").signing_key()), failure(made.rotate_key)
print(json.dumps([loaded, rotated, made.signing_key().kid == made.kid, len(registration.load("uni").jwks()["keys"])]))
"""
    )

    for message, seconds in told[:2]:
        assert "The keyring" in message
        assert "LTIX_KEY_FILE" in message
        assert seconds < 30
    assert told[2:] == [True, 1]


def test_a_keyring_that_is_stopped_is_left_after_the_time_given_and_works_when_it_goes_on(run):
    told = run(
        PRELUDE
        + """
register()
os.environ["LTIX_KEYRING_TIMEOUT"] = "1"
pid = int(os.environ["KEYRING_PID"])
os.kill(pid, signal.SIGSTOP)
stopped = failure(lambda: registration.load("uni").signing_key())
again = failure(lambda: registration.load("uni").signing_key())
os.kill(pid, signal.SIGCONT)
os.environ["LTIX_KEYRING_TIMEOUT"] = "60"
until = time.monotonic() + 60
while failure(lambda: registration.load("uni").signing_key()) and time.monotonic() < until:
    time.sleep(0.05)
went_on = registration.load("uni").signing_key().kid == registration.load("uni").kid
print(json.dumps([stopped, again, went_on]))
"""
    )

    (stopped, took), (again, took_again), went_on = told
    assert "could not give the key of “uni” (no answer in 1 s)" in stopped
    assert "an earlier call is not answered yet" in again
    assert (1 <= took < 30, took_again < 1, went_on) == (True, True, True)
