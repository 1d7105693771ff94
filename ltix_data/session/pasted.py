"""A launch as somebody pastes it: an id_token from a browser's tools, or claims as JSON.

No message here quotes what was pasted: it holds a name and an address, and a signature.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import unquote

from ..cells import trim
from ..errors import UsageError

_MOST = 1_000_000
_WHAT = (
    "Paste the id_token of a launch (the browser's developer tools show it in the form posted to the tool), "
    "or the claims in it as JSON."
)
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
#: One among other words; its first part is the JSON of its header, which begins with a brace and a quote.
_TOKEN_WITHIN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_NAMED = re.compile(r"\bid_token\b[\"'\s]*[=:]?", re.IGNORECASE)
#: White space, quotes and what else comes along with a cell or a shell's line.
_AROUND = re.compile(r"[\s\"'`\\<>,;\u200b-\u200f\u2060\ufeff]+")


def read(pasted: str | Mapping[str, Any]) -> str | dict[str, Any]:
    """Return the id_token in what was pasted, or else the claims.

    Raises:
        UsageError: there is neither.
    """
    if isinstance(pasted, Mapping):
        return _from_mapping(_plain(pasted))
    if not isinstance(pasted, str) or not pasted.strip():
        _refuse("There is nothing to capture.")
    if len(pasted) > _MOST:
        _refuse("This is too long for a launch.")
    text = trim(pasted)
    if text[:1] in ("{", "["):
        found = _parsed(text)
        if isinstance(found, dict):
            return _from_mapping(found)
    return _token(text)


def _from_mapping(found: dict[str, Any]) -> str | dict[str, Any]:
    if isinstance(found.get("id_token"), str):
        return _token(found["id_token"])
    inner = found.get("claims", found.get("id_token", found))
    if not isinstance(inner, dict) or not inner:
        _refuse("This JSON holds no claims of a launch.")
    return inner


def _token(text: str) -> str:
    """Return the one id_token in *text*, put together again where lines were broken."""
    named = _NAMED.search(text)
    whole = _AROUND.sub("", unquote(text[named.end() if named else 0 :].partition("&")[0])).rstrip("=")
    if _TOKEN.fullmatch(whole):
        return whole
    found = set(_TOKEN_WITHIN.findall(unquote(text)))  # among the other fields of the form
    if len(found) != 1:
        _refuse("This is neither an id_token nor JSON." if not found else "There is more than one token in this.")
    return str(found.pop())


def _parsed(text: str) -> Any:
    with suppress(ValueError, RecursionError):  # Python's own errors quote the text
        return json.loads(text)
    return None


def _plain(pasted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping as JSON would hold it."""
    with suppress(TypeError, ValueError, RecursionError):
        found: dict[str, Any] = json.loads(json.dumps(dict(pasted)))
        return found
    return _refuse("These claims are not plain data.")


def _refuse(what: str) -> NoReturn:
    raise UsageError(what, hint=_WHAT)
