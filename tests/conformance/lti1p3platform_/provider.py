"""lti1p3platform in FastAPI as a platform of the conformance suite: started, registered, described."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import environment
import httpx
import processes
from launching import Place
from target import Target

import ltix_data as ltix
from ltix_data.keys import SigningKey

NAME = "lti1p3platform"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_SERVE = Path(__file__).with_name("serve.py")
_SOURCE = "lti1p3platform 0.1.8"

#: What lti1p3platform does otherwise than the specifications say: clause -> one sentence with its source.
DEVIATIONS = {
    "AGS §3.1": (
        "Any AGS scope opens every AGS request, so a token for scores alone creates line items; only lineitem.readonly "
        f"opens none, where tools may create them. ({_SOURCE}, ags.py, LtiAgs.get_available_scopes)"
    ),
    "AGS §3.2.4": (
        "A query parameter it does not know is answered by 500, for the query becomes keyword arguments. "
        f"({_SOURCE}, service_connector.py, AssignmentsGradesService.handle_get_lineitems)"
    ),
    "NRPS §3": (
        "A resource link of this course is answered by 500, for “rlid” is passed on to a method that has no such "
        f"parameter. ({_SOURCE}, service_connector.py, NamesRoleProvisioningService.handle_get_members)"
    ),
    "RFC 6750 §3.1": (
        "A token that is expired, forged or none at all is answered by 500, for PyJWT's errors are let through; a "
        f"missing scope by 401. ({_SOURCE}, ltiplatform.py, validate_token; service_connector.py, authenticate)"
    ),
    "Security §4.1.1": (
        "Of a client assertion only signature and times are looked at: any iss, sub and aud will do, and it serves "
        f"twice. ({_SOURCE}, ltiplatform.py, tool_validate_and_decode with verify_aud False)"
    ),
    "Security §5.1.1.3": (
        "The redirect_uri of an authentication request is compared with nothing: the launch goes there. "
        f"({_SOURCE}, message_launch.py, validate_preflight_response)"
    ),
    "Security §5.2.3": (
        "Of a deep linking answer only signature, times and types are looked at: any iss, aud, nonce and data will do. "
        f"({_SOURCE}, ltiplatform.py, validate_deeplinking_resp)"
    ),
}


def available() -> str | None:
    """Return why this platform cannot be had here, or None."""
    return environment.available(NAME, REQUIREMENTS)


@dataclass
class Running:
    """The platform in its process. `said` is what it said about itself when it listened."""

    said: dict[str, Any]
    process: subprocess.Popen[str]

    def expire_tokens(self) -> None:
        """Make every token issued so far one that is refused with 401."""
        self._control("expire-tokens")

    def requests(self) -> list[tuple[str, str, int]]:
        """Return method, path and status of what was asked since the last call, the oldest first."""
        return [(method, path, status) for method, path, status in self._control("requests")]

    def tell_of_tool(self, login_url: str, launch_url: str) -> None:
        """Tell it the tool's addresses."""
        self._control(f"tool?{urlencode({'login_url': login_url, 'launch_url': launch_url})}")

    def page(self, user_id: str, what: str = "") -> str:
        """Return the address where somebody opens the tool, or (“choosing”) adds content with it."""
        message = "choose" if what == "choosing" else "link"
        return f"{self.said['issuer']}/course/{message}/as/{quote(user_id, safe='')}"

    def content_items(self) -> list[dict[str, Any]]:
        """Return the items that the last deep linking answer brought."""
        return self._control("content-items")

    def _control(self, what: str) -> Any:
        return httpx.post(f"{self.said['control_url']}/{what}", trust_env=False).raise_for_status().json()

    def registration(self, key: SigningKey) -> ltix.Registration:
        """Return the tool's registration, made by hand."""
        names = ("issuer", "client_id", "token_url", "auth_url", "jwks_url", "deployment_id")
        return ltix.Registration(name=NAME, private_key=key, **{name: self.said[name] for name in names})

    def add_course(self, session: ltix.Session, name: str = "DATA 1", **changes: Any) -> ltix.Course:
        """Add its one course to *session*."""
        names = ("memberships_url", "lineitems_url", "lineitem_url")
        return session.add_course(name, "course-1", **{name: self.said[name] for name in names} | changes)


@contextmanager
def running(key: SigningKey) -> Iterator[Running]:
    """Start the platform with *key* as the tool's; it ends with the block.

    Skips the test (or fails it) where the platform cannot be installed.
    """
    python = environment.interpreter(NAME, REQUIREMENTS)
    # -I: nothing of this Python's path may be seen by that one
    command = [str(python), "-I", str(_SERVE), "--tool-keys", json.dumps({"keys": [key.public_jwk]})]
    with processes.running(NAME, command) as (said, process):
        yield Running(said, process)


@contextmanager
def target(key: SigningKey) -> Iterator[Target]:
    """Start the platform and connect to it; both end with the block."""
    with running(key) as platform, ltix.connect(platform.registration(key)) as session:
        yield Target(
            name=f"{_SOURCE} (FastAPI)",
            session=session,
            course=platform.add_course(session),
            members=platform.said["members"],
            expire_tokens=platform.expire_tokens,
            deviations=dict(DEVIATIONS),
        )


@contextmanager
def launching(key: SigningKey, login_url: str, launch_url: str) -> Iterator[Place]:
    """Start the platform, tell it the tool's addresses, and yield it as one to launch from."""
    with running(key) as platform:
        platform.tell_of_tool(login_url, launch_url)
        users = {"teacher": "instructor-1", "learner": "f.last@lms.example"}
        yield Place(
            registration=platform.registration(key),
            open=lambda browser, who: browser.open(platform.page(users.get(who, users["teacher"]), who)),
            users=users,
            course={"name": "DATA 1", "context_id": "course-1", "resource_link_id": platform.said["resource_link"]},
            members=platform.said["members"],
            content_items=platform.content_items,
            types=frozenset({"ltiResourceLink", "link", "file", "html", "image"}),
        )
