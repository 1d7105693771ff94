"""What each platform is like: its addresses, found from its host name, and the signs it is known by.

Canvas, Moodle, Blackboard, Brightspace and Schoology need no more than a host (or nothing) and a client id; Sakai
also its token URL, which holds the tool's number. At Open edX every course component has addresses of its own.
"""

# ruff: noqa: S106 - a token_url is an address, no password

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from urllib.parse import quote, urlsplit

from . import urls
from .errors import UnknownNameError, UsageError

_OTHER = "LTI 1.3"
_URLS = ("token_url", "auth_url", "jwks_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Addresses as patterns: ``{base}`` is the platform's own address, ``{client_id}`` the tool's.

    One that is None cannot be told from the host. *audience* is None where it is the token URL.
    """

    issuer: str = "{base}"
    token_url: str | None = None
    auth_url: str | None = None
    jwks_url: str | None = None
    audience: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What is known of a platform.

    Args:
        key: what it is called in code and on the command line.
        name: what it is called in sentences and in the column ``platform``.
        codes: what it calls itself (``product_family_code``), in lower case.
        sign: what shows in its issuer or its endpoints, as a regular expression.
        addresses: where it answers.
        domains: domains of the vendor, shared by its customers.
        hosted: patterns of the vendor's own host names -> addresses there. The first that fits counts.
        sub_path: whether it may live below a path, as Moodle at ``https://uni.edu/moodle``.
        note: what to mind, in a sentence or two.
    """

    key: str
    name: str
    codes: tuple[str, ...]
    sign: str
    addresses: Addresses
    domains: tuple[str, ...] = ()
    hosted: tuple[tuple[str, Addresses], ...] = ()
    sub_path: bool = False
    note: str = ""

    @property
    def needs_host(self) -> bool:
        """Return whether its addresses depend on the institution's host."""
        return any("{base}" in value for value in _patterns(self.addresses).values())

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the addresses that must be given by hand, for no host name tells them."""
        known = _patterns(self.addresses)
        return tuple(key for key in _URLS if key not in known)

    def facts(self, host: str | None = None, client_id: str | None = None) -> dict[str, str]:
        """Return what can be told of the platform at *host*, as keyword arguments of a registration.

        These are ``platform``, ``issuer``, ``token_url``, ``auth_url`` and ``jwks_url``, without those it `needs`; and
        ``audience`` where that is not the token URL.

        Args:
            host: a host name or a whole address, as people paste it.
            client_id: the tool's id on the platform; Blackboard's key set is found with it.

        Raises:
            UsageError: the host is missing, or no address that can be used.
        """
        base = self._base(host)
        name = urlsplit(base).hostname or ""
        hosted = self.hosted if self.runs(name) else ()
        known = next((known for pattern, known in hosted if re.search(pattern, name)), self.addresses)
        parts = {"base": base, "client_id": quote(str(client_id or "").strip(), safe="", errors="replace")}
        found = {
            key: value.format(**parts)
            for key, value in _patterns(known).items()
            if "{client_id}" not in value or parts["client_id"]
        }
        return {"platform": self.name, **found}

    def _base(self, host: str | None) -> str:
        if host is None or not host.strip():
            if self.needs_host:
                raise UsageError(f"{self.name} needs its host, such as {self.key}.example.edu.")
            return ""
        return base_url(host, sub_path=self.sub_path)

    def runs(self, host: str) -> bool:
        """Return whether *host* is one of the vendor's, which its customers share."""
        return any(host == domain or host.endswith(f".{domain}") for domain in self.domains)


def _patterns(known: Addresses) -> dict[str, str]:
    fields = ("issuer", *_URLS, "audience")
    return {key: value for key in fields if (value := getattr(known, key)) is not None}


def _canvas(issuer: str, shared: str) -> Addresses:
    """Return Canvas' addresses; *shared* is the host that asks who is logged in, and has the keys."""
    return Addresses(
        issuer=issuer,
        token_url="{base}/login/oauth2/token",
        auth_url=f"{shared}/api/lti/authorize_redirect",
        jwks_url=f"{shared}/api/lti/security/jwks",
    )


_CANVAS_ISSUER = "https://canvas.instructure.com"

PRESETS: tuple[Preset, ...] = (
    Preset(
        key="canvas",
        name="Canvas",
        codes=("canvas",),
        sign=r"//([\w-]+\.)*(instructure|canvaslms)\.com|/login/oauth2/token|/api/lti/authorize",
        # A host of the institution's own: Instructure's cloud under another name, or a Canvas it runs itself.
        # Both answer at their own address; the second shares nothing with sso.canvaslms.com.
        addresses=_canvas(_CANVAS_ISSUER, "{base}"),
        hosted=(
            (r"\.beta\.", _canvas("https://canvas.beta.instructure.com", "https://sso.beta.canvaslms.com")),
            (r"\.test\.", _canvas("https://canvas.test.instructure.com", "https://sso.test.canvaslms.com")),
            (r"", _canvas(_CANVAS_ISSUER, "https://sso.canvaslms.com")),
        ),
        domains=("instructure.com", "canvaslms.com"),
        note="A Canvas that the institution runs itself can have another issuer (lti_iss in its security.yml): "
        "give it as issuer. The client id is the number in the Details column of Developer Keys.",
    ),
    Preset(
        key="moodle",
        name="Moodle",
        codes=("moodle",),
        sign=r"/mod/lti/",
        addresses=Addresses(
            token_url="{base}/mod/lti/token.php",
            auth_url="{base}/mod/lti/auth.php",
            jwks_url="{base}/mod/lti/certs.php",
        ),
        sub_path=True,
        note="Give the site's address as its administrator set it, with its path if it has one: "
        "https://uni.edu/moodle. The issuer is that address to the letter.",
    ),
    Preset(
        key="blackboard",
        name="Blackboard",
        codes=("blackboardlearn", "blackboard"),
        sign=r"//([\w-]+\.)*blackboard\.com",
        addresses=Addresses(
            issuer="https://blackboard.com",
            token_url="https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
            auth_url="https://developer.blackboard.com/api/v1/gateway/oidcauth",
            jwks_url="https://developer.blackboard.com/api/v1/management/applications/{client_id}/jwks.json",
        ),
        domains=("blackboard.com",),
        note="All institutions share these addresses. The client id is the Application ID of the developer portal.",
    ),
    Preset(
        key="brightspace",
        name="Brightspace",
        codes=("desire2learn", "brightspace", "d2l"),
        sign=r"//([\w-]+\.)*brightspace\.com|/d2l/",
        addresses=Addresses(
            token_url="https://auth.brightspace.com/core/connect/token",
            auth_url="{base}/d2l/lti/authenticate",
            jwks_url="{base}/d2l/.well-known/jwks",
            audience="https://api.brightspace.com/auth/token",
        ),
        domains=("brightspace.com",),
        note="Brightspace takes the tool's keys from an address only; they cannot be pasted.",
    ),
    Preset(
        key="sakai",
        name="Sakai",
        codes=("sakai", "sakailms.org"),
        sign=r"/imsblis/|/imsoidc/",
        addresses=Addresses(auth_url="{base}/imsoidc/lti13/oidc_auth", jwks_url="{base}/imsblis/lti13/keyset"),
        note="The token URL holds the tool's number: https://<host>/imsblis/lti13/token/<number>. Sakai shows it on "
        "the tool's page as “LTI 1.3 Platform OAuth2 Bearer Token Retrieval URL”.",
    ),
    Preset(
        key="openedx",
        name="Open edX",
        codes=("openedx", "open edx", "edx"),
        sign=r"/api/lti_consumer/|/lti_consumer/",
        addresses=Addresses(auth_url="{base}/api/lti_consumer/v1/launch/"),
        note="Each LTI component of a course has a client id, a token URL and a keyset URL of its own; Studio shows "
        "them below the component.",
    ),
    Preset(
        key="schoology",
        name="Schoology",
        codes=("schoology",),
        sign=r"//([\w-]+\.)*schoology\.com",
        addresses=Addresses(
            issuer="https://schoology.schoology.com",
            token_url="https://lti-service.svc.schoology.com/lti-service/access-token",
            auth_url="https://lti-service.svc.schoology.com/lti-service/authorize-redirect",
            jwks_url="https://lti-service.svc.schoology.com/lti-service/.well-known/jwks",
        ),
        domains=("schoology.com",),
        note="All institutions share these addresses.",
    ),
)

#: The practice platform that comes with this package: found by its key, offered in no list.
PRACTICE = Preset(
    key="practice",
    name="Practice",
    codes=("ltix-practice",),
    sign=r"(?!)",
    addresses=Addresses(token_url="{base}/token", auth_url="{base}/auth", jwks_url="{base}/jwks"),
    sub_path=True,
)


def find(name: str) -> Preset:
    """Return the preset of that key, name or product family, whatever its case, blanks and hyphens.

    Raises:
        UnknownNameError: there is none; near misses are suggested.
    """
    if (found := of_family(name)) is not None:
        return found
    words = {word: preset.name for preset in PRESETS for word in _words(preset)}
    near = list(dict.fromkeys(words[word] for word in get_close_matches(_plain(name), words, cutoff=0.6)))
    guess = f"Did you mean {' or '.join(near)}? " if near else ""
    raise UnknownNameError(
        f"No platform called {name!r} is known here.",
        hint=f"{guess}Known are {', '.join(preset.key for preset in PRESETS)}; for any other, give its addresses.",
    )


@lru_cache(maxsize=64)  # asked at every roster
def of_family(code: str) -> Preset | None:
    """Return the preset of what a platform calls itself, or None."""
    return next((preset for preset in (*PRESETS, PRACTICE) if _plain(code) in _words(preset)), None)


def _words(preset: Preset) -> set[str]:
    return {_plain(word) for word in (preset.key, preset.name, *preset.codes)}


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name.casefold())


def guess(*addresses: str | None) -> str:
    """Return the name of the platform whose sign one of the addresses bears, else “LTI 1.3”."""
    text = " ".join(filter(None, addresses))
    return next((preset.name for preset in PRESETS if re.search(preset.sign, text, re.IGNORECASE)), _OTHER)


#: Host of the token endpoint -> the audience it wants, where that is not the token URL itself.
_AUDIENCES = {
    urls.host(known.token_url): known.audience
    for known in (preset.addresses for preset in PRESETS)
    if known.token_url and known.audience
}


def audience(token_url: str) -> str | None:
    """Return the audience that a token endpoint wants, where it is known not to be the token URL itself."""
    return _AUDIENCES.get(urlsplit(token_url).hostname or "")


#: Pages people copy the address of, instead of the site's.
_PAGE = re.compile(r"\.php$|/(my|login|course|mod|admin|user)(/|$)", re.IGNORECASE)


def base_url(host: str, *, sub_path: bool = False) -> str:
    """Return a platform's address, without a final slash, from what people paste as its host.

    Without a scheme it is https, or http on this computer. A path is dropped unless *sub_path* keeps it.

    Raises:
        UsageError: it is no address, not https, has a user name or a query, or is a page of the platform.
    """
    text = host.strip()
    whole = text if "://" in text else f"https://{text}"
    bare = whole is not text
    address = urls.require(_lowered(whole), "The host")
    if bare and urls.is_loopback(address):
        address = address.replace("https://", "http://", 1)
    parts = urlsplit(address)
    if not urls.is_secure(address):
        raise UsageError(
            "The host must be on https, for the tool's credentials travel to it.",
            hint="Plain http is accepted on this computer (localhost) alone.",
        )
    path = parts.path.rstrip("/") if sub_path else ""
    if parts.query or parts.fragment or _PAGE.search(path):
        raise UsageError(
            "The host is the address of one page of the platform.",
            hint="Give the platform's own address, such as https://uni.edu/moodle.",
        )
    netloc = urls.host(address).removesuffix(":443" if parts.scheme == "https" else ":80")
    return f"{parts.scheme}://{netloc}{path}"


def _lowered(address: str) -> str:
    """Return the address with its scheme in lower case; that of the host follows."""
    scheme, separator, rest = address.partition("://")
    return f"{scheme.lower()}{separator}{rest}"
