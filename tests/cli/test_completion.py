"""Shell completion: a script for each shell, and the names of registrations and courses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

import ltix_data as ltix
from ltix_data.courses import KnownCourse

from .conftest import run

FACTS = {"issuer": "https://lms.uni.edu", "token_url": "https://lms.uni.edu/token", "client_id": "1"}


@pytest.fixture
def stored(key_file):
    found = ltix.register("uni-moodle", **FACTS, store="none")
    found.remember(*(KnownCourse(name=name, memberships_url="https://lms.uni.edu/m") for name in ("BIO101", "CHEM7")))
    ltix.register("other", **FACTS, store="none")
    return found


def completed(*words: str) -> list[str]:
    """Return what bash is offered for the last of *words*."""
    environment = {
        "COMP_WORDS": " ".join(("ltix-data", *words)),
        "COMP_CWORD": str(len(words)),
        "_LTIX_DATA_COMPLETE": "bash_complete",
    }
    code = (
        "import sys\nfrom ltix_data.cli import main\ntry: main(prog_name='ltix-data')\nexcept SystemExit: pass\n"
        "heavy = {'pandas', 'httpx', 'keyring', 'jwt', 'cryptography', 'flask'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, encoding="utf-8"
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line.split(",", 1)[1] for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell):
    done = run("completion", shell)

    assert done.exit_code == 0
    assert "_LTIX_DATA_COMPLETE" in done.stdout
    assert "ltix-data" in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_takes_the_script():
    done = subprocess.run(["bash", "-n"], input=run("completion", "bash").stdout, text=True, capture_output=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_commands_are_completed():
    assert completed("reg") == ["register", "registrations"]
    assert sorted(completed("key", "re")) == ["recipe", "retire"]


@pytest.mark.parametrize(
    "command", [["roster"], ["doctor"], ["courses"], ["key", "show"], ["upload"], ["forget"], ["register"]]
)
def test_registrations_are_completed_without_a_network_or_a_keyring(stored, command):
    assert completed(*command, "u") == ["uni-moodle"]


@pytest.mark.parametrize(
    "line",
    [
        ("roster", "uni-moodle", "B"),
        ("upload", "uni-moodle", "B"),
        ("forget-course", "uni-moodle", "B"),
        ("doctor", "uni-moodle", "--course", "B"),
        ("add-courses", "uni-moodle", "--like", "B"),
    ],
)
def test_courses_of_that_registration_are_completed(stored, line):
    assert completed(*line) == ["BIO101"]


def test_a_damaged_or_unknown_registration_completes_nothing_and_says_nothing(stored):
    (ltix.registration.data_dir() / "registrations" / "uni-moodle.json").write_text("{")

    assert completed("roster", "uni-moodle", "") == []
    assert completed("roster", "nobody", "") == []
