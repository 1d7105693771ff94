"""The command line, run as people run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

LTIX_DATA = [sys.executable, "-m", "ltix_data.cli"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LTIX_DATA, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        timeout=60,
    )


def test_every_command_says_what_it_does():
    from ltix_data.cli import main

    assert {name for name, command in main.commands.items() if command.help} == {
        *("connect", "register", "registrations", "forget"),
        *("courses", "add-course", "add-courses", "capture", "forget-course"),
        *("roster", "items", "results", "gradebook"),
        *("upload", "send", "resume", "undo", "uploads"),
        *("report", "scrub"),
        *("key", "doctor", "demo", "sandbox", "completion"),
    }
    assert run("--help").returncode == 0


@pytest.mark.parametrize("arguments", [["--bogus"], ["nope"], ["forget"], ["uploads", "too", "many"]])
def test_wrong_arguments_end_with_status_1(arguments):
    """click says 2, which means here that something was sent."""
    done = run(*arguments)

    assert (done.returncode, done.stdout, done.stderr.startswith("Usage: ltix-data")) == (1, "", True)


@pytest.mark.process
def test_the_demo_does_the_main_job_and_leaves_nothing_behind(tmp_path):
    """Registration, launch, roster, upload, gradebook; no keyring, no file: not even the upload's journal."""
    began = time.monotonic()
    folders = {"LTIX_DATA_DIR": str(tmp_path / "data"), "TMPDIR": str(tmp_path / "tmp")}
    for folder in folders.values():
        Path(folder).mkdir()

    done = run("demo", **folders, TEMP=folders["TMPDIR"], PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")

    assert (done.returncode, done.stderr) == (0, "")
    assert "captured course SEM12" in done.stdout
    assert "7 confirmed, 2 skipped" in done.stdout
    assert "unknown_user" in done.stdout
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["data", "tmp"]
    assert time.monotonic() - began < 20


@pytest.mark.process
def test_the_kept_demo_goes_on_and_its_registration_works_from_another_process(tmp_path):
    """Without a keyring the practice key is in a file of its own, and the demo says how to use it."""
    environment = {"LTIX_DATA_DIR": str(tmp_path), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}

    done = run("demo", "--keep", **environment)
    kept = json.loads((tmp_path / "practice" / "platform.json").read_text())
    try:
        assert done.returncode == 0, done.stderr
        [key_file] = [line.split("=", 1)[1] for line in done.stdout.splitlines() if "export LTIX_KEY_FILE=" in line]
        code = "import ltix_data as ltix; print(len(ltix.connect('practice').course('SEM12').roster()))"
        again = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env={**os.environ, **environment, "LTIX_KEY_FILE": key_file},
        )
        assert again.stdout == "12\n", again.stderr
        second = run("demo", "--keep", **environment)
        assert "already running" in second.stderr
    finally:
        os.kill(kept["pid"], signal.SIGTERM)


@pytest.mark.process
def test_the_sandbox_command_serves_until_it_is_interrupted():
    process = subprocess.Popen([*LTIX_DATA, "sandbox", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = next(word for word in process.stdout.readline().split() if word.startswith("http"))
        with urllib.request.urlopen(f"{url}/.well-known/openid-configuration") as answer:
            assert json.load(answer)["issuer"] == url
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)

    assert process.returncode == 0


@pytest.mark.process
def test_the_sandbox_command_is_like_the_platform_it_was_told_to_be():
    """Moodle labels what it says of tokens as HTML."""
    command = [*LTIX_DATA, "sandbox", "--port", "0", "--like", "moodle", "--audience", "https://x.example"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = next(word for word in process.stdout.readline().split() if word.startswith("http"))
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{url}/token", b"grant_type=none")
        assert (refused.value.code, refused.value.headers.get_content_type()) == (400, "text/html")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)

    assert run("sandbox", "--like", "moodel").returncode == 1


def test_no_registration_is_said_in_words(tmp_path):
    assert run("registrations", LTIX_DATA_DIR=str(tmp_path)).stdout == "None yet: ltix-data register NAME stores one.\n"


def test_an_error_is_one_line_and_status_1(tmp_path):
    done = run("forget", "nobody", LTIX_DATA_DIR=str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
