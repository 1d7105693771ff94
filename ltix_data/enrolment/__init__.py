"""Dynamic registration: the tool introduces itself to a platform, and learns its client id.

    configuration   what the platform says of itself, read and checked
    trust           which hosts belong to it: the registration token goes nowhere else
    form            what the tool says of itself, in the words that this platform understands
    answer          what came of it, and what an administrator still has to do

[LTI Dynamic Registration 1.0, RFC 7591, RFC 8414]
"""

from __future__ import annotations

import json
from dataclasses import replace

from .. import spec
from ..answers import Answer
from ..errors import UnknownOutcomeError
from ..http import HttpClient
from . import notes
from .answer import Enrolment, read, refused
from .configuration import Configuration, fetch
from .form import Tool, form

__all__ = ["Enrolment", "Tool", "enrol"]


def enrol(configuration_url: str, registration_token: str | None, tool: Tool, *, http: HttpClient) -> Enrolment:
    """Register *tool* with a platform.

    Everything that the platform says of itself is checked before anything is sent: a registration made in vain stays
    in its list of tools. The registration is sent once, never again.

    Args:
        configuration_url: the ``openid_configuration`` the platform opened the tool with.
        registration_token: the ``registration_token`` beside it.
        tool: what the tool says of itself.
        http: the client to ask through.

    Raises:
        LaunchError: the configuration cannot be trusted or used, or the answer has no client id.
        PlatformError: the platform refused, or answered something that is no registration.
        AccessError: it takes the registration token for used or expired.
        UnknownOutcomeError: the registration was sent and no answer came.
        TransportError: the platform could not be reached.
        UsageError: *configuration_url* is no address.
    """
    configuration = fetch(configuration_url, registration_token, http=http)
    asked = form(tool, configuration)
    answer = _post(configuration, registration_token, json.dumps(asked).encode(), http)
    if not answer.ok:
        raise refused(answer, configuration)
    enrolled = read(answer, configuration, tuple(str(asked["scope"]).split()))
    return replace(enrolled, notes=(*enrolled.notes, *notes.keys(tool, asked, configuration.platform)))


def _post(configuration: Configuration, token: str | None, body: bytes, http: HttpClient) -> Answer:
    headers = {"Content-Type": spec.JSON, "Accept": spec.JSON}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        return http.send("POST", configuration.registration_endpoint, headers=headers, content=body, repeatable=False)
    except UnknownOutcomeError as error:
        raise UnknownOutcomeError(
            error.what,
            hint="Look in the platform's list of tools before you register again: a second registration would be a "
            "second tool.",
            spec="Dynamic Registration §3.5.2",
        ) from error
