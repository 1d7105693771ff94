"""The registration's own facts: whether its addresses are what this platform's should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from .. import presets, urls
from ..courses import KnownCourse
from ..errors import UsageError
from ..registration import Registration
from .findings import YOU, Finding, ok

_CHECK = "addresses"
_CORRECT = "Register again with the right one: replace=True keeps the key and the courses."


def of_registration(registration: Registration) -> list[Finding]:
    """Return what is odd about the addresses of a registration, or that nothing is."""
    return [*_odd(registration)] or [ok(_CHECK, registration.name, f"They are as usual for {registration.platform}.")]


def wanted_audience(registration: Registration) -> str:
    """Return whom the platform wants assertions to be addressed to, as far as anybody knows."""
    preset = presets.of_family(registration.platform or "")
    known = presets.audience(registration.token_url) or _expected(preset, registration).get("audience")
    return known or registration.token_url


def _odd(registration: Registration) -> Iterator[Finding]:
    for key in ("auth_url", "jwks_url"):
        url = getattr(registration, key)
        if url and not urls.is_secure(url):
            yield Finding(_CHECK, key, "problem", "It is not on https.", YOU, _CORRECT)
    if registration.platform == "Canvas" and urlsplit(registration.token_url).path.endswith("/"):
        yield Finding(_CHECK, "token_url", "problem", "It ends with “/”, which Canvas refuses.", YOU, _CORRECT)
    if registration.audience != (wanted := wanted_audience(registration)):
        message = f"It is not what {urls.host(registration.token_url)} usually wants."
        yield Finding(_CHECK, "audience", "warning", message, YOU, f"Usual is {wanted}.")
    yield from _unlike_preset(registration)


def _unlike_preset(registration: Registration) -> Iterator[Finding]:
    """Yield the addresses that are not those of this platform at this host."""
    preset = presets.of_family(registration.platform or "")
    expected = _expected(preset, registration)
    for key in ("token_url", "auth_url", "jwks_url"):
        own, usual = getattr(registration, key), expected.get(key)
        if own and usual and _path(own) != _path(usual):
            message = f"It is not where {registration.platform} has it."
            yield Finding(_CHECK, key, "warning", message, YOU, f"Usual is {usual}.")


def _expected(preset: presets.Preset | None, registration: Registration) -> dict[str, str]:
    """Return what the preset says of this platform, seen from its issuer or its token address."""
    if preset is None:
        return {}
    for address in (registration.issuer, registration.token_url):
        with suppress(UsageError):
            base = address if preset.sub_path and address == registration.issuer else urls.origin(address)
            return preset.facts(base.removesuffix(":443"), registration.client_id)
    return {}


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/")


def of_courses(registration: Registration, courses: Iterable[KnownCourse]) -> list[Finding]:
    """Return what is odd about the names and hosts of the known courses, or that nothing is."""
    known = list(courses)
    return [*_repeated(known), *_strangers(registration, known)] or [
        ok("courses", registration.name, f"{len(known)} are known, each by a name of its own.")
    ]


def _repeated(known: list[KnownCourse]) -> Iterator[Finding]:
    for field, called in (("label", "label"), ("title", "title"), ("context_id", "context id")):
        counts = Counter(value for course in known if (value := getattr(course, field)))
        names = [course.name for course in known if counts[getattr(course, field)] > 1]
        if names:
            some = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
            message = f"{len(names)} courses share a {called} with another ({some})."
            hint = f"Open them by their name: the {called} alone is refused as ambiguous."
            yield Finding("courses", called, "warning", message, YOU, hint)


def _strangers(registration: Registration, known: list[KnownCourse]) -> Iterator[Finding]:
    """Yield courses elsewhere; where the registration itself has several hosts (Brightspace, Blackboard), none is."""
    own = registration.origins
    if len(own) > 1:
        return
    for course in known:
        foreign = sorted({urls.host(url) for url in course.service_urls if urls.origin(url) not in own})
        if foreign:
            message = f"Its services are on {' and '.join(foreign)}, which the registration does not name."
            hint = "If that is not the platform, forget the course: the access token goes there."
            yield Finding("courses", course.name, "warning", message, YOU, hint)
