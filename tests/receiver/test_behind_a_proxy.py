"""On a JupyterHub the tool is behind jupyter-server-proxy: the real one, in a real Jupyter server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

import ltix_data as ltix
from ltix_data.demo import COURSE, Browser

from .conftest import enrolled, launched, text

pytestmark = pytest.mark.process

TOKEN = "a-token-for-tests"


@pytest.fixture
def jupyter(tmp_path):
    """A Jupyter server's address."""
    runtime = tmp_path / "runtime"
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(runtime), "HOME": str(tmp_path)}
    options = [
        "--no-browser",
        "--allow-root",
        "--port=0",
        f"--IdentityProvider.token={TOKEN}",
        f"--notebook-dir={tmp_path}",
    ]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *options], env=environment, stdout=log, stderr=log
        ) as process,
    ):
        try:
            yield _address(runtime, process)
        finally:
            process.terminate()


def _address(runtime, process) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            told = json.loads(path.read_text() or "{}")
            if told.get("port"):
                return f"http://127.0.0.1:{told['port']}"
        time.sleep(0.1)
    raise AssertionError("The Jupyter server did not start.")


def test_registration_and_launch_work_through_it(jupyter, platform):
    """The platform's own requests end at Jupyter's login page, so the keys travel with the registration."""
    with ltix.receive("uni", public_url=f"{jupyter}/proxy/{{port}}") as tool:
        browser = Browser()
        browser.open(f"{jupyter}/api/status?token={TOKEN}")
        registered = text(enrolled(tool, platform, browser))
        page = text(launched(tool, platform, browser=browser))
        home = text(browser.open(tool.page))

        assert "is registered with" in registered
        assert "SEM12 is ready" in page
        assert f"{jupyter}/proxy/" in home
        assert len(tool.session().course(COURSE).roster()) == 12
