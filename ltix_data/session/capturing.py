"""Courses from launches that somebody pastes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from .. import idtoken, spec, urls
from ..client import ServiceClient
from ..course import Course
from ..courses import KnownCourse
from ..errors import ForeignHostError, LaunchError, LtixWarning, UsageError
from ..registration import Registration
from . import pasted
from .courses import Courses


class Capturing(Courses):
    """What a session does with a launch that was made elsewhere."""

    _client: ServiceClient

    def capture(self, launch: str | Mapping[str, Any], *, name: str | None = None) -> Course:
        """Add the course of a launch that is pasted here, and return it.

        A course that is known already keeps its name, and gets the addresses that the launch has. It is stored
        with the registration, if that is.

        Args:
            launch: its id_token, as a browser's developer tools show it in the form that was posted to the tool
                (it may have expired since); or its claims, as JSON or a dictionary. The id_token's signature is
                checked. Claims have none: their addresses must be on hosts that are known already.
            name: what to call a course that is new; its label, where not given.

        Raises:
            UsageError: it is neither; or an id_token, and the registration has no jwks_url.
            LaunchError: it is of another platform or tool, its signature is wrong, or it has no course services.
            ForeignHostError: unsigned claims name a host that is not known.
        """
        if name is not None and (not isinstance(name, str) or not name.strip()):
            raise UsageError("name must be a text that is not blank.")
        found = pasted.read(launch)
        claims = self._claims_in(found) if isinstance(found, str) else found
        _check_addressee(self.registration, claims)
        course = _course(claims, name)
        if not isinstance(found, str):
            self._check_hosts(course)
        captured = self.registration.capture(course)
        for note in captured.notes:
            warnings.warn(note, LtixWarning, stacklevel=2)
        return self._open(captured.course)

    def _claims_in(self, token: str) -> Mapping[str, Any]:
        if not self.registration.jwks_url:
            raise UsageError(
                f"“{self.registration.name}” has no jwks_url to check an id_token with.",
                hint="Register again with it (replace=True), or paste the claims in the token as JSON.",
            )
        keys = idtoken.KeySets(self._client.http, now=self._client.now)
        return idtoken.verify(token, self.registration, keys=keys, now=self._client.now(), expired=True)

    def _check_hosts(self, course: KnownCourse) -> None:
        """Refuse addresses on hosts that nothing but unsigned claims names: the token would go there."""
        known = self.registration.origins.union(
            urls.origin(url) for other in self.registration.courses for url in other.service_urls
        )
        foreign = sorted({urls.host(url) for url in course.service_urls if urls.origin(url) not in known})
        if foreign:
            raise ForeignHostError(
                f"These claims are not signed, and name {'a host' if len(foreign) == 1 else 'hosts'} that "
                f"“{self.registration.name}” does not know; nothing was stored.",
                hint="Paste the id_token, whose signature can be checked; or, if you know the addresses to be the "
                "platform's, give them to session.add_course(…).",
                spec="Security §5.1.3",
            )


def _check_addressee(registration: Registration, claims: Mapping[str, Any]) -> None:
    """Refuse a launch that says that it is another platform's, or for another tool. [Security §5.1.3]"""
    audience = claims.get("aud", registration.client_id)
    audiences = audience if isinstance(audience, list) else [audience]
    deployment = claims.get(spec.CLAIM_DEPLOYMENT_ID, registration.deployment_id)
    wrong = {
        "issuer (iss)": claims.get("iss", registration.issuer) != registration.issuer,
        "client_id (aud)": registration.client_id not in audiences,
        "client_id (azp)": claims.get("azp", registration.client_id) != registration.client_id,
        "deployment_id": registration.deployment_id is not None and deployment != registration.deployment_id,
    }
    if any(wrong.values()):
        names = " and ".join(key for key, is_wrong in wrong.items() if is_wrong)
        raise LaunchError(
            f"This launch was not made for “{registration.name}”: another {names}; nothing was stored.",
            hint="Open the session of the platform it came from, or launch the tool from this one.",
            spec="Security §5.1.3",
            code="wrong_addressee",
        )


def _course(claims: Mapping[str, Any], name: str | None) -> KnownCourse:
    try:
        return KnownCourse.from_claims(claims, name=name)
    except UsageError:
        pass  # its message names the course
    raise LaunchError(
        "This launch has no course with services that can be used; nothing was stored.",
        hint="Take one from a course, made while Names and Roles or Assignment and Grades are enabled there.",
        spec="AGS §3.1",
        code="no_course_services",
    )
