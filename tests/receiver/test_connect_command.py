"""``ltix-data connect``: a process of its own, ended by the first course or by Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

import ltix_data as ltix
from ltix_data.demo import COURSE, Browser

from .conftest import enrolled, launched

pytestmark = pytest.mark.process


@pytest.fixture
def connect(tmp_path, monkeypatch, signing_key):
    """Return a function that starts the command and reads where its page is."""
    file = tmp_path / "key.pem"
    file.touch(mode=0o600)
    file.write_text(signing_key.private_pem())
    monkeypatch.setenv("LTIX_KEY_FILE", str(file))

    @contextmanager
    def start(*arguments):
        command = [sys.executable, "-m", "ltix_data.cli", "connect", "uni", "--store", "none", *arguments]
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, env=environment, text=True, **options) as process:
            try:
                page = re.fullmatch(r"Open (http://127\.0\.0\.1:\d+)/\?key=.*\n", process.stdout.readline())
                assert page, process.stderr.read()
                yield process, page.group(0).split()[1], page.group(1)
            finally:
                process.kill()

    return start


def like_a_receiver(page: str, url: str) -> SimpleNamespace:
    """What the helpers need to know of a tool in another process: read off its page."""
    shown = Browser().open(page)
    address = re.search(r'id="registration_url"[^>]*>([^<]+)<', shown)[1]
    return SimpleNamespace(url=url, addresses=SimpleNamespace(register=address))


def test_it_ends_when_the_first_course_is_stored(connect, platform):
    with connect("--once") as (process, page, url):
        tool = like_a_receiver(page, url)
        enrolled(tool, platform)
        tool.registration = next(iter(platform.tools.values()))
        launched(tool, platform)
        said, failed = process.communicate(timeout=30)

    assert (process.returncode, failed) == (0, "")
    assert "Registered with" in said
    assert "SEM12 is ready: session.course('SEM12')" in said
    assert len(ltix.connect("uni").course(COURSE).roster()) == 12


def test_ctrl_c_ends_it_quietly(connect):
    with connect() as (process, _, _):
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        said, failed = process.communicate(timeout=30)

    assert (process.returncode, said, failed) == (0, "Ended.\n", "")


def test_a_port_that_is_taken_is_one_line_and_status_1(connect):
    with connect() as (_, _, url):
        command = [sys.executable, "-m", "ltix_data.cli", "connect", "other", "--port", url.rpartition(":")[2]]
        done = subprocess.run([*command, "--store", "none"], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 1
    assert re.fullmatch(r"Error: Port \d+ cannot be listened on\. [^\n]*\n", done.stderr)
