"""What came of a registration. [LTI Dynamic Registration 1.0 §3.6, RFC 7591 §3.2]"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .. import spec, urls
from ..answers import Answer
from ..errors import LaunchError, LtixError, MalformedResponseError, RateLimitError
from .configuration import Configuration
from .notes import after, missing, waits

_SECTION = "Dynamic Registration §3.6"
_LOOK = "Look in the platform's list of tools: delete what was made there before you register again."
_LONGEST_ID = 1000

#: Status -> what to do. What the platform says in words is not repeated: Moodle writes them as a web page.
_HINTS = {
    400: "The platform does not take what this tool says of itself. Register by hand; its log says what it misses.",
    401: "The invitation to register is used up or has expired. Begin again on the platform's own page.",
    403: "The invitation to register is used up or has expired, or tools may not register there. Begin again on the "
    "platform's own page, or ask its administrator.",
    404: "The platform does not let tools register any more; ask its administrator, or register by hand.",
    409: "The platform has this tool already: look in its list of tools.",
    422: "The platform does not take what this tool says of itself. Register by hand; its log says what it misses.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What a platform made of the tool.

    Args:
        facts: the keyword arguments of `ltix_data.register`: platform, issuer, client_id, token_url, auth_url,
            jwks_url, deployment_id and audience. The last two are None where the platform does not say.
        platform: what the platform is called.
        pending: whether an administrator must still turn the tool on.
        granted: the scopes that the platform gave.
        notes: what to do next on this platform, and what will not work; sentences.
    """

    facts: dict[str, str | None]
    platform: str
    pending: bool
    granted: tuple[str, ...]
    notes: tuple[str, ...]


def refused(answer: Answer, configuration: Configuration) -> LtixError:
    """Return the error that a refused registration amounts to."""
    failure = answer.failure("the registration", spec=_SECTION)
    if answer.status >= 500 or isinstance(failure, RateLimitError):
        hint = "Wait a few minutes, look in the platform's list of tools, and begin again on its own page."
    else:
        hint = _HINTS.get(answer.status, f"Register by hand, or ask the administrator of {configuration.platform}.")
    kind: Any = type(failure)
    error: LtixError = kind(failure.what, hint=hint, spec=_SECTION, status=answer.status, code=answer.code())
    return error


def read(answer: Answer, configuration: Configuration, asked: tuple[str, ...]) -> Enrolment:
    """Return the registration in an answer; *asked* are the scopes that were asked for.

    Raises:
        LaunchError: it has no client id.
        MalformedResponseError: it is no JSON; whether a tool was made is unknown.
    """
    try:
        found = answer.json("the registration", spec=_SECTION)
    except MalformedResponseError as error:
        raise MalformedResponseError(error.what, hint=_LOOK, spec=_SECTION, status=answer.status) from error
    registered = found if isinstance(found, dict) else {}
    client_id = _id(registered.get("client_id"))
    if client_id is None:
        raise LaunchError(
            f"{urls.host(answer.url)} answered the registration without a client_id.",
            hint=_LOOK,
            spec=_SECTION,
            status=answer.status,
            code="no_client_id",
        )
    granted = _granted(registered.get("scope"), asked)
    return Enrolment(
        facts=_facts(configuration, client_id, registered),
        platform=configuration.platform,
        pending=waits(configuration.preset),
        granted=granted,
        notes=(*after(configuration.preset), *missing(asked, granted, configuration.platform)),
    )


def _facts(configuration: Configuration, client_id: str, registered: Mapping[str, Any]) -> dict[str, str | None]:
    tool = registered.get(spec.TOOL_CONFIGURATION)
    deployment = tool.get("deployment_id") if isinstance(tool, dict) else None
    return {
        "platform": configuration.platform,
        "issuer": configuration.issuer,
        "client_id": client_id,
        "token_url": configuration.token_endpoint,
        "auth_url": configuration.authorization_endpoint,
        "jwks_url": _jwks_url(configuration, client_id),
        "deployment_id": _id(deployment),
        "audience": configuration.audience,
    }


def _jwks_url(configuration: Configuration, client_id: str) -> str:
    """Return where the platform's keys are. Blackboard's configuration names none that belong to the tool."""
    preset = configuration.preset
    if preset is not None and preset.key == "blackboard" and preset.runs(urls.host(configuration.url)):
        return preset.facts(client_id=client_id)["jwks_url"]
    return configuration.jwks_uri


def _granted(scope: object, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scopes in an answer: a text or a list. Where nothing is said, it is what was asked for."""
    if isinstance(scope, str):
        return tuple(scope.split())
    if isinstance(scope, list):
        return tuple(entry for entry in scope if isinstance(entry, str))
    return asked


def _id(value: object) -> str | None:
    """Return an id that came as a text or as a number, or None."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**30:
        return str(value)
    text = value.strip() if isinstance(value, str) else ""
    return text if text.isprintable() and 0 < len(text) <= _LONGEST_ID else None
