"""What the tool's pages show."""

from __future__ import annotations

import json
from pathlib import Path

from flask import g, render_template

from .. import keys, presets, spec
from ..coursebook import Captured
from ..deeplinking import Answered
from ..enrolment import Enrolment
from ..errors import LtixError
from ..launch import LaunchContext
from .addresses import Addresses
from .desk import Desk
from .steps import STEPS

#: They keep the line item of a link, and make no column of it (lti-consumer-xblock 11.4.4, observed).
_NO_COLUMNS = ("Open edX",)

ROOT = str(Path(__file__).parent)

#: Type of a content item -> what people call it.
_ITEMS = {
    "ltiResourceLink": "A link to this tool, with a gradebook column if you like",
    "link": "A link to a web page",
    "file": "A file",
    "html": "A piece of HTML",
    "image": "A picture",
}


def home(desk: Desk, own: Addresses) -> str:
    """Return the page with every value, the steps for each platform, and the courses captured so far."""
    return _render(
        "home.html",
        title=f"Connect “{desk.name}”",
        name=desk.name,
        own=own,
        registration=desk.registration,
        notes=desk.enrolment.notes if desk.enrolment else (),
        values=values(desk, own),
        steps=STEPS,
        presets=presets.PRESETS,
    )


def values(desk: Desk, own: Addresses) -> list[tuple[str, str, str, str]]:
    """Return what platforms ask for: key, what it is called, the value, what it is for."""
    published = desk.jwks()
    current = published["keys"][0]
    return [
        ("registration_url", "Registration URL", own.register, "for dynamic registration; keep it to yourself"),
        ("login_url", "Login initiation URL", own.login, "OpenID Connect initiation, third-party login"),
        ("redirect_url", "Redirect URI", own.launch, "callback"),
        ("target_link_url", "Target link URI", own.launch, "launch, tool URL"),
        ("deep_linking_url", "Deep linking URL", own.launch, "content selection"),
        ("jwks_url", "Public key set URL", desk.jwks_url or own.jwks, "keyset, JWKS"),
        ("public_jwk", "Public key as JWK", json.dumps(current), "where one key is pasted as JSON"),
        ("public_pem", "Public key as PEM", keys.pem(current), "where one key is pasted as text"),
        ("jwks", "Public key set", json.dumps(published, indent=1), "where the set is pasted or hosted as a file"),
        ("tool_name", "Tool name", desk.tool_name, "what people see"),
        ("scopes", "Scopes", "\n".join(spec.ALL_SCOPES), "services to allow: names and roles, assignments and grades"),
    ]


def registered(desk: Desk, enrolment: Enrolment) -> str:
    """Return the page that ends a dynamic registration, and closes its window. [Dynamic Registration §3.6]"""
    title = "Registered, and waiting for activation" if enrolment.pending else "Registered"
    return _render("registered.html", title=title, enrolment=enrolment, name=desk.name, message=spec.CLOSE_MESSAGE)


def captured(found: Captured | None, registration: str) -> str:
    """Return the page that a launch ends on."""
    if found is None:
        return _render("no_course.html", title="Launched, but not from a course")
    title = f"{found.course.name} is ready"
    return _render(
        "captured.html",
        title=title,
        course=found.course,
        called=repr(found.course.name),
        notes=found.notes,
        registration=registration,
    )


def choose(found: LaunchContext, ticket: str, own: Addresses) -> str:
    """Return the form that asks what to place in the course; only what the platform takes is offered."""
    request = found.deep_linking
    offered = {kind: words for kind, words in _ITEMS.items() if request and request.accepts(kind)}
    refused = request is None or request.accept_line_item is False or found.registration.platform in _NO_COLUMNS
    return _render(
        "choose.html", title="Add content to the course", items=offered, columns=not refused, ticket=ticket, own=own
    )


def answered(answer: Answered) -> str:
    """Return the page that carries a signed answer back to the platform by itself. [DL §2.3]"""
    return _render("answered.html", title="Back to the platform", answer=answer)


def refusal(error: LtixError) -> str:
    """Return the page that says what is wrong, and how to mend it."""
    return _render("refusal.html", title="This did not work", error=error)


def closed() -> str:
    """Return the page for whoever has no key to the tool's page."""
    return _render("closed.html", title="An LTI tool")


def _render(template: str, **shown: object) -> str:
    return render_template(template, nonce=g.nonce, **shown)
