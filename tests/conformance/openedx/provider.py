"""Open edX's LTI consumer as a platform under test, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import environment
from launching import Place
from target import Target

import ltix_data as ltix
from ltix_data.keys import SigningKey

_SERVE = Path(__file__).parent / "project" / "serve.py"
NAME = "lti-consumer-xblock"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_SOURCE = f"lti-consumer-xblock {environment.version(NAME, REQUIREMENTS)}"
_ROSTERS, _GRADES = "LtiNrpsContextMembershipViewSet", "LtiAgsLineItemViewset"
_ITEM, _SCORE = "LtiAgsLineItemSerializer", "LtiAgsScoreSerializer"

#: What Open edX does otherwise than the specifications say: clause -> one sentence with its source.
DEVIATIONS = {
    "NRPS §2.4.1": f"“role” is ignored: everybody comes. ({_SOURCE}, plugin/views.py, {_ROSTERS}.list)",
    "NRPS §2.4.2": "Over 1000 active enrolments there is no roster at all (403 above_response_limit), and “limit” does "
    f"not help, for the LMS is asked for everybody first. ({_SOURCE}, {_ROSTERS}.list; edx-platform, course_api)",
    "NRPS §3": f"“rlid” is ignored: everybody comes, without “message”. ({_SOURCE}, {_ROSTERS}.list)",
    "RFC 6750 §3": "An expired token is answered by 403 without WWW-Authenticate, never by 401. "
    f"({_SOURCE}, Lti1p3ApiAuthentication has no authenticate_header)",
    "AGS §3.2": "DELETE is always answered by 403: the permission is written for an action “delete”, which is called "
    f"“destroy”. ({_SOURCE}, LtiAgsPermissions)",
    "AGS §3.2.4": "“limit” is ignored on line items, and a resource_link_id that is no usage key is answered by 500. "
    f"({_SOURCE}, {_GRADES}.pagination_class, .filterset_fields)",
    "AGS §3.2.5": "A line item needs resourceId or resourceLinkId, though both are optional. "
    f"({_SOURCE}, {_ITEM}.validate)",
    "AGS §3.2.6": f"PUT keeps the fields it is not sent, and refuses the nulls that GET shows. ({_SOURCE}, {_ITEM})",
    "AGS §3.2.7": f"A label is at most 100 characters long, a tag 50. ({_SOURCE}, models.LtiAgsLineItem)",
    "AGS §3.2.8": f"scoreMaximum must be a whole number. ({_SOURCE}, {_ITEM}.scoreMaximum)",
    "AGS §3.3": "“user_id” is ignored on results, and “limit” cuts them without a next link. "
    f"({_SOURCE}, {_GRADES}.results)",
    "AGS §3.3.4.6": "resultMaximum is the score's own maximum, not the line item's. "
    f"({_SOURCE}, LtiAgsResultSerializer.get_resultMaximum)",
    "AGS §3.4": "A score without a comment keeps the earlier one, and one that clears the grade leaves it in the LMS' "
    f"own gradebook. ({_SOURCE}, {_SCORE}.comment; signals.publish_grade_on_score_update)",
    "AGS §3.4.9": f"A score of an equal timestamp is refused by 400. ({_SOURCE}, {_SCORE}.validate_timestamp)",
    "Core §5.3.4": "The login of a deep-linked item names the component's launch URL, its launch the item's own. "
    f"({_SOURCE}, lti_1p3/consumer.py, prepare_preflight_url; plugin/views.py, launch_gate_endpoint)",
    "DL §3.2": "The line item of a resource link is kept, and no column is made; its text, pictures, window and frame "
    f"are dropped. ({_SOURCE}, LtiDlLtiResourceLinkSerializer, used by deep_linking_response_endpoint alone)",
    "DL §4.5": "An answer without items takes away what was chosen before; one item that cannot be kept (a picture or "
    f"frame without a size) is answered by 500, and the whole answer is lost. ({_SOURCE}, "
    "deep_linking_response_endpoint)",
}


class OpenEdX:
    """A running platform. `facts` is what its first line said: URLs, client id, courses and their members."""

    def __init__(self, python: Path, data: Path, jwk: dict[str, Any], *, deadline: float = 120) -> None:
        self._log = (data / "log.txt").open("w+b")
        self._process = subprocess.Popen(
            [str(python), "-E", "-s", "-B", str(_SERVE), "--data", str(data), "--tool-jwk", json.dumps(jwk)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))},
            encoding="utf-8",
        )
        self._lines: Queue[str] = Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._asking = threading.Lock()
        self.facts: dict[str, Any] = self._heard(deadline)

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put("")

    def _heard(self, deadline: float) -> Any:
        try:
            line = self._lines.get(timeout=deadline)
        except Empty:
            line = ""
        if not line:
            self.close()
            raise RuntimeError(f"Open edX's LTI consumer said nothing. Its log ends:\n{self.log()[-3000:]}")
        return json.loads(line)

    def ask(self, command: str) -> Any:
        """Return the answer to a command; see `project/serve.py`."""
        with self._asking:
            self._process.stdin.write(f"{command}\n")
            self._process.stdin.flush()
            return self._heard(60)

    def expire_tokens(self) -> None:
        """Make every token that was issued so far invalid."""
        self.ask("expire")

    def requests(self) -> list[tuple[str, str, int]]:
        """Return what was asked since the last time: method, path with query, status."""
        return [(method, path, status) for method, path, status in self.ask("requests")]

    def grades(self) -> dict[tuple[str, str], tuple[float, str | None]]:
        """Return the LMS' own gradebook: (usage key, user_id) -> score 0-1, comment."""
        return {(block, user): (score, comment) for block, user, score, comment in self.ask("grades")}

    def tell_of_tool(self, login_url: str, launch_url: str) -> None:
        """Tell it the tool's addresses."""
        self.ask(f"tool {login_url} {launch_url}")

    def page(self, number: int, what: str = "", code: str = "BIO101") -> str:
        """Return the address where a person opens the component, or (“choosing”) adds content in Studio."""
        return f"{self.facts['url']}/{'studio' if what == 'choosing' else 'courses'}/{code}/component/as/{number}"

    def content_items(self) -> list[dict[str, Any]]:
        """Return what deep linking left with the component of BIO101."""
        link = self.facts["courses"]["BIO101"]["resource_link_id"]
        return [{"type": kind, **rest} for block, kind, rest in self.ask("items") if block == link]

    def log(self) -> str:
        """Return what it wrote to standard error."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def close(self) -> None:
        """End it: its standard input closes, and if that is not enough, it is killed. The log stays readable."""
        try:
            self._process.stdin.close()
            self._process.wait(timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(timeout=10)
        self._listener.join(timeout=10)
        self._process.stdout.close()

    def close_log(self) -> None:
        """Let go of the log, so that its folder can be removed."""
        self._log.close()

    def registration(self, key: SigningKey) -> ltix.Registration:
        """Return a registration made by hand, as an administrator's facts make it."""
        return ltix.Registration(
            name="openedx",
            issuer=self.facts["url"],
            client_id=self.facts["client_id"],
            token_url=self.facts["token_url"],
            auth_url=self.facts["auth_url"],
            jwks_url=self.facts["jwks_url"],
            deployment_id=self.facts["deployment_id"],
            private_key=key,
        )

    def add_course(self, session: ltix.Session, code: str) -> ltix.Course:
        """Add a course to *session* by the addresses its launches would carry."""
        course = self.facts["courses"][code]
        return session.add_course(
            code,
            course["context_id"],
            memberships_url=course["memberships_url"],
            lineitems_url=course["lineitems_url"],
            resource_link_id=course["resource_link_id"],
        )


@contextmanager
def running(key: SigningKey) -> Iterator[OpenEdX]:
    """Start a platform that knows *key* as its tool's; skip where it cannot be installed."""
    python = environment.interpreter(NAME, REQUIREMENTS)
    with tempfile.TemporaryDirectory(prefix="ltix-openedx-", ignore_cleanup_errors=True) as data:
        platform = OpenEdX(python, Path(data), key.public_jwk)
        try:
            yield platform
        finally:
            platform.close()
            platform.close_log()


@contextmanager
def target(key: SigningKey) -> Iterator[Target]:
    """Start Open edX's LTI consumer, register *key* with it, and yield it with a session and a course."""
    with running(key) as platform, ltix.connect(platform.registration(key)) as session:
        yield Target(
            name=f"Open edX ({_SOURCE})",
            session=session,
            course=platform.add_course(session, "BIO101"),
            members={user: facts["role"] for user, facts in platform.facts["courses"]["BIO101"]["members"].items()},
            expire_tokens=platform.expire_tokens,
            deviations=dict(DEVIATIONS),
        )


@contextmanager
def launching(key: SigningKey, login_url: str, launch_url: str) -> Iterator[Place]:
    """Start the platform, tell it the tool's addresses, and yield it as one to launch from."""
    with running(key) as platform:
        platform.tell_of_tool(login_url, launch_url)
        yield place(platform, key)


def place(platform: OpenEdX, key: SigningKey) -> Place:
    """Return the course BIO101 as a place to launch from."""
    course = platform.facts["courses"]["BIO101"]
    known = {facts["name"]: user for user, facts in course["members"].items()}
    numbers = {"teacher": 1, "learner": 101, "choosing": 1}
    return Place(
        registration=platform.registration(key),
        open=lambda browser, who: browser.open(platform.page(numbers[who], who)),
        users={"teacher": known["Ada Lovelace"], "learner": known["Renée Zöllner-Ångström"]},
        course={
            "name": course["context_id"],  # the label is the course key
            "context_id": course["context_id"],
            "resource_link_id": course["resource_link_id"],
        },
        members={user: facts["role"] for user, facts in course["members"].items()},
        content_items=platform.content_items,
        types=frozenset({"ltiResourceLink", "link", "html", "image"}),
    )
