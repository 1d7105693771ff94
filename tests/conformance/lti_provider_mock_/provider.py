"""lti-provider-mock as a platform to launch from: identity and a course's name, and no service at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import environment
import processes
from browser import Browser, Form, Page
from launching import Place

import ltix_data as ltix
from ltix_data.keys import SigningKey

NAME = "lti-provider-mock"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_SERVE = Path(__file__).with_name("serve.py")


@contextmanager
def launching(key: SigningKey, login_url: str, launch_url: str) -> Iterator[Place]:
    """Start it with the tool's addresses; skip where it cannot be installed."""
    python = environment.interpreter(NAME, REQUIREMENTS)
    # -I: nothing of this Python's path may be seen by that one
    command = [str(python), "-I", str(_SERVE), "--login-url", login_url, "--launch-url", launch_url]
    with (
        tempfile.TemporaryDirectory(prefix="ltix-mock-") as folder,  # it would read an “.env” of ours
        processes.running(NAME, command, cwd=folder) as (said, _process),
    ):
        yield Place(
            registration=_registration(said["issuer"], key),
            open=lambda browser, who: _open(browser, said, who),
            users={"teacher": said["teacher"], "learner": said["learner"]},
            course={"context_id": said["course"]},
        )


def _registration(issuer: str, key: SigningKey) -> ltix.Registration:
    return ltix.Registration(
        name=NAME,
        issuer=issuer,
        client_id=NAME,
        token_url=f"{issuer}/token",  # it has none
        auth_url=f"{issuer}/authorize",
        jwks_url=f"{issuer}/jwks",
        deployment_id="1",
        private_key=key,
    )


def _open(browser: Browser, said: dict[str, Any], who: str) -> Page:
    """Sign in, open the course, and let its page post the login to the tool."""
    browser.submit(Form(f"{said['issuer']}/login", {"userid": said[who]}))
    return browser.submit(browser.open(f"{said['issuer']}/courses/{said['course']}").form)
