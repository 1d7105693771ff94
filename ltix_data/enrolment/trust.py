"""Which addresses belong to a platform: neither the registration token nor a launch goes anywhere else.

A platform's configuration is believed about its own host. What else it may name is known of its vendor: Canvas
asks who is logged in on sso.canvaslms.com, Brightspace issues tokens on auth.brightspace.com.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from .. import urls
from ..errors import LaunchError, UsageError
from ..presets import Preset

#: What comes before a country's two letters without being anybody's own: ac.uk, edu.au, co.jp.
_SHARED = frozenset(
    {"ac", "co", "com", "edu", "go", "gob", "gov", "gv", "k12", "mil", "ne", "net", "nom", "or", "org", "sch", "school"}
)
_MATCH = "Dynamic Registration §3.5.1"


def address(value: object, key: str, *, section: str) -> str:
    """Return an address that a platform named as its *key*, if a secret may travel there.

    Raises:
        LaunchError: it is no URL, or not on https.
    """
    try:
        found = urls.require(value, key)
    except UsageError:
        raise LaunchError(
            f"The platform's {key} is not a URL that can be used.",
            hint="Its configuration is at fault; tell the platform's administrator.",
            spec=section,
            code="bad_address",
        ) from None
    if not urls.is_secure(found):
        raise LaunchError(
            f"The platform's {key} is not on https.",
            hint="Plain http is accepted on this computer (localhost) alone.",
            spec=section,
            code="insecure_address",
        )
    return found


def check_issuer(issuer: str, configuration_url: str, preset: Preset | None) -> None:
    """Refuse a configuration that speaks for another platform than the one it came from. [DR §3.5.1]

    Raises:
        LaunchError: the issuer is on another host, and not the one that the vendor has for all its customers.
    """
    if host(issuer) == host(configuration_url) or _shares(preset, issuer):
        return
    raise LaunchError(
        f"The configuration came from {urls.host(configuration_url)} and names {urls.host(issuer)} as its issuer; "
        "nothing was sent.",
        hint="Begin again on the platform's own page. If it is right so, register by hand.",
        spec=_MATCH,
        code="issuer_mismatch",
    )


def check_endpoint(key: str, endpoint: str, issuer: str, configuration_url: str, preset: Preset | None) -> None:
    """Refuse an address that is neither on the platform's own hosts nor on its vendor's.

    Raises:
        LaunchError: it is on a host that has nothing to do with the platform.
    """
    own = {host(issuer), host(configuration_url)}
    if len(own) == 2 and not _shares(preset, configuration_url):
        # a host of the institution's, which names the vendor's issuer: for that it cannot name its own endpoints
        own = own if key == "registration_endpoint" else {host(issuer)}
    if key == "registration_endpoint" and len(own) == 1 and _shares(preset, configuration_url):
        return  # Canvas: one configuration for all, which names the institution's own domain
    if site(host(endpoint)) in {site(name) for name in own} or _shares(preset, endpoint):
        return
    raise LaunchError(
        f"{urls.host(configuration_url)} names {urls.host(endpoint)} for its {key}; nothing was sent there.",
        hint="That host is not known to belong to it. If it is right so, register by hand.",
        spec=_MATCH,
        code="foreign_address",
    )


def _shares(preset: Preset | None, url: str) -> bool:
    return preset is not None and preset.runs(host(url))


def host(url: str) -> str:
    """Return the host name in lower case, without a port."""
    return (urlsplit(url).hostname or "").rstrip(".")


def site(name: str) -> str:
    """Return the domain that somebody registered, as far as a name tells: ``lms.uni.ac.uk`` is of ``uni.ac.uk``."""
    labels = name.split(".")
    if len(labels) < 2 or _is_ip(name):
        return name
    length = 3 if len(labels[-1]) == 2 and labels[-2] in _SHARED else 2
    return ".".join(labels[-length:])


def _is_ip(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
