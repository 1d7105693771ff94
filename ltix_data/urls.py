"""URLs as text: origins, queries that are merged, and paths that grow before their query.

httpx's own ``params=`` replaces a URL's query, which would lose Moodle's ``?type_id=1``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from .errors import UsageError

_DEFAULT_PORTS = {"http": 80, "https": 443}
#: The same few URLs are asked about at every request; an upload posts to one.
_remembered = lru_cache(maxsize=1024)


def require(url: object, what: str) -> str:
    """Return *url* if it is an absolute http(s) URL without user info, else raise `UsageError`."""
    text = url.strip() if isinstance(url, str) else ""
    if not _is_usable(text):
        raise UsageError(
            f"{what} is not a URL that can be used.", hint="Give the whole address, beginning with https://."
        )
    return text


@_remembered
def _is_usable(text: str) -> bool:
    try:
        parts = urlsplit(text)
        good = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, an unclosed IPv6 bracket
        return False
    return good and parts.username is None and not re.search(r"[\s\x00-\x1f\x7f]", text)


@_remembered
def origin(url: str) -> str:
    """Return scheme, host and port, such as ``https://lms.example.edu:443``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{_bracketed(parts)}:{parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)}"


@_remembered
def host(url: str) -> str:
    """Return the host name, for messages: paths and queries may carry ids of people."""
    try:
        parts = urlsplit(url)
        return _bracketed(parts) + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "an unreadable address"


def _bracketed(parts: SplitResult) -> str:
    name = parts.hostname or ""
    return f"[{name}]" if ":" in name else name


@_remembered
def is_secure(url: str) -> bool:
    """Return whether a secret may travel to *url*: https, or plain http that stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))


def is_loopback(url: str) -> bool:
    """Return whether *url* points at this machine."""
    name = urlsplit(url).hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def add_query(url: str, query: Mapping[str, str | None]) -> str:
    """Return *url* with *query* merged into what it has; a ``None`` value is left out."""
    wanted = {key: value for key, value in query.items() if value is not None}
    if not wanted:
        return url
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair and _key(pair) not in wanted]
    return urlunsplit(parts._replace(query="&".join([*kept, urlencode(wanted, quote_via=quote, safe="")])))


def _key(pair: str) -> str:
    return parse_qsl(pair, keep_blank_values=True)[0][0]


@_remembered
def append_path(url: str, suffix: str) -> str:
    """Return *url* with *suffix* at the end of its path and its query kept. [AGS §3.3.1, §3.4.1]"""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + suffix))


def join(base: str, link: str) -> str:
    """Return *link* as an absolute URL, seen from *base*; the fragment is dropped.

    A link that cannot be read comes back as it is, for `require` to refuse.
    """
    if link.lower().startswith(("https://", "http://")):  # letter for letter: urljoin would lose a last “;”
        return link.partition("#")[0]
    try:
        return urlunsplit(urlsplit(urljoin(base, link))._replace(fragment=""))
    except ValueError:
        return link
