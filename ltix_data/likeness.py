"""One course's addresses from another's: where the id of a course stands in them, and what else might be one.

Platforms build the addresses of their services from an id of the course, which is the launch's context id
(Moodle, Schoology, Brightspace, Sakai) or another one (Canvas: a number, where the context id is a hash;
Blackboard: ``_4_1``). Other ids stand beside it, such as the tool's. An id is a whole segment of a path or a
whole value of a query, never a part of one. What is made here is a guess until the platform has answered it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias
from urllib.parse import quote, unquote, unquote_plus

from .cells import trim
from .courses import KnownCourse
from .errors import AmbiguousError, UsageError

#: Part of the URL, and which of it, from the left.
Place: TypeAlias = tuple[str, int]
Places: TypeAlias = Mapping[str, frozenset[Place]]

_CALLED = {"memberships_url": "roster", "lineitems_url": "line items"}
_URL = re.compile(r"(https?://[^/?#]*)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE)
#: What has a digit and is no id: versions (v1, v2p0, 2.0, lti13), Brightspace's d2l.
_NO_ID = re.compile(r"\D*|v\d{1,2}|lti\d{1,2}|(v|lti)?\d{1,2}([.p]\d{1,2}){1,2}|d2l|oauth2", re.IGNORECASE)
#: What may stand unencoded in a path, and in a query, and does in this id if it does in that of the captured course.
_LITERAL = {"path": "!$&'()*+,;=:@", "query": "!$'()*,:@"}
_LONGEST_ID = 255
_LONGEST_SHOWN = 40
_OPEN_EDX = re.compile(r"/lti_consumer/v\d+/lti/")

_LAUNCH = "Launch the tool from each course instead."
_SECOND = "Launch the tool from a second course: two tell what changes from course to course."


@dataclass(frozen=True, slots=True)
class Likeness:
    """How the addresses of one course depend on its id.

    Attributes:
        course: the course that was captured.
        was: its id, as it reads in the addresses.
        places: where that stands in ``memberships_url`` and ``lineitems_url``.
    """

    course: KnownCourse
    was: str
    places: Places

    @property
    def is_context_id(self) -> bool:
        """Return whether the id in the addresses is the one that launches and rosters call the course by."""
        return self.was == self.course.context_id

    def made(self, new_id: str, *, name: str) -> KnownCourse:
        """Return the course whose id is *new_id*, with the captured one's scopes and nothing else that is its own.

        Services of the platform's own come along where all their addresses hold the id.

        Raises:
            UsageError: *new_id* is none that may stand in an address.
        """
        new_id = checked_id(new_id)
        addresses: dict[str, Any] = {
            key: _replaced(getattr(self.course, key), places, new_id) for key, places in self.places.items()
        }
        return KnownCourse(
            name=name,
            context_id=new_id if self.is_context_id else None,
            scopes=self.course.scopes,
            services=dict(self._services(new_id)),
            **addresses,
        )

    def id_of(self, other: KnownCourse) -> str | None:
        """Return the id of a course whose addresses are like these but for it; None where they are not."""
        found: set[str] = set()
        for key, places in self.places.items():
            mine, other_url = getattr(self.course, key), getattr(other, key)
            if other_url is None or _skeleton(mine) != _skeleton(other_url):
                return None
            differing = _differing(mine, other_url)
            if not differing <= places:
                return None
            values = _values(other_url)
            found.update(values[place] for place in places)
        return found.pop() if len(found) == 1 else None

    def _services(self, new_id: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
        for claim, value in self.course.services.items():
            urls = {key: url for key, url in value.items() if isinstance(url, str) and _URL.match(url)}
            places = {key: _standing(url, self.was) for key, url in urls.items()}
            if urls and all(len(found) == 1 for found in places.values()):
                yield claim, {**value, **{key: _replaced(url, places[key], new_id) for key, url in urls.items()}}


def learn(course: KnownCourse, others: Iterable[KnownCourse] = (), *, was: str | None = None) -> Likeness:
    """Return how the addresses of *course* depend on its id.

    What differs between it and *others* of the same platform settles it; else it is the context id, where
    the addresses hold that; else the one id that they have in common.

    Args:
        course: one that was captured.
        others: further ones, of which those with addresses of the same form are looked at.
        was: the id of *course* in its addresses, where it cannot be told.

    Raises:
        AmbiguousError: several ids may be the course's; the message says which, and how to settle it.
        UsageError: the addresses do not depend on one id alone.
    """
    addresses = {key: url for key in _CALLED if (url := getattr(course, key)) is not None}
    _check_learnable(course, addresses)
    changing = _changing(addresses, others)
    if was is None:
        was = _only(_candidates(course, addresses, changing), course)
    was = trim(was)
    places = {key: _standing(url, was) for key, url in addresses.items()}
    if changing:
        places = {key: (found & changing[key]) or found for key, found in places.items()}
    for key, found in places.items():
        _check_places(
            found, was, f"the {_CALLED[key]} address of course “{course.name}”", changing[key] if changing else None
        )
    return Likeness(course, was, places)


def checked_id(value: str) -> str:
    """Return *value* without the blanks around it if it may stand in an address.

    Raises:
        UsageError: it is blank, too long, or has a character that could lead elsewhere.
    """
    text = trim(value)
    if not text or len(text) > _LONGEST_ID:
        raise UsageError(f"An id has 1 to {_LONGEST_ID} characters.")
    if re.search(r"[/\\%?#;]", text) or ".." in text or text == ".":
        raise UsageError("An id has no “/”, “\\”, “%”, “?”, “#”, “;” and no “..”.", hint="Give it as it reads.")
    if any(unicodedata.category(character)[0] in "CZ" and character != " " for character in text):
        raise UsageError("An id has no control characters, line breaks or invisible ones.")
    return text


# --- What may be the id ---------------------------------------------------------------------------


def _check_learnable(course: KnownCourse, addresses: Mapping[str, str]) -> None:
    if not addresses:
        raise UsageError(
            f"Course “{course.name}” has no address of a roster or of line items to learn from.",
            hint="Name a course that was launched.",
        )
    if any(_OPEN_EDX.search(url) for url in addresses.values()):
        raise UsageError(f"Open edX numbers each block, not the course, as in “{course.name}”.", hint=_LAUNCH)
    holding = [bool(_standing(url, course.context_id or "")) for url in addresses.values()]
    if any(holding) and not all(holding):
        raise UsageError(f"Roster and line items of course “{course.name}” go by different ids.", hint=_LAUNCH)
    if course.context_id and not any(holding):
        within = re.compile(rf"(?<![^\W_]){re.escape(course.context_id)}(?![^\W_])")
        parts = [value for url in addresses.values() for value in _values(url).values() if not _NO_ID.fullmatch(value)]
        if any(within.search(part) for part in parts):  # Sakai before 23: signed, with the link's id
            raise UsageError(
                f"The addresses of course “{course.name}” hold its id inside a longer one, which the platform made.",
                hint=_LAUNCH,
            )


def _check_places(found: frozenset[Place], was: str, where: str, changing: frozenset[Place] | None) -> None:
    if not found:
        raise UsageError(
            f"“{_shown(was)}” is no whole part of {where}.",
            hint="Give was= as it stands between the slashes, or as a value of the query.",
        )
    if len(found) > 1 and not (changing and found <= changing):
        raise AmbiguousError(
            f"“{_shown(was)}” stands {len(found)} times in {where}: one may be the tool's number.", hint=_SECOND
        )


def _candidates(course: KnownCourse, addresses: Mapping[str, str], changing: Places | None) -> list[str]:
    """Return what may be the id of the course, in the order of the first address."""
    if changing:
        listed = [[_values(url)[place] for place in sorted(changing[key])] for key, url in addresses.items()]
    elif course.context_id and all(_standing(url, course.context_id) for url in addresses.values()):
        return [course.context_id]
    else:
        listed = [[v for v in _values(url).values() if not _NO_ID.fullmatch(v)] for url in addresses.values()]
    return list(dict.fromkeys(value for value in listed[0] if all(value in values for values in listed)))


def _only(candidates: list[str], course: KnownCourse) -> str:
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        _no_candidate(course)
    listed = ", ".join(f"“{_shown(value)}”" for value in candidates)
    raise AmbiguousError(
        f"The id of course “{course.name}” may be any of {listed}, which all stand in its addresses.",
        hint=f'Say which it is, was="{_shown(candidates[0])}" for one. Or: {_SECOND}',
    )


def _no_candidate(course: KnownCourse) -> NoReturn:
    raise UsageError(
        f"The addresses of course “{course.name}” have no id in common that could be the course's.",
        hint=f'If they do, say which: was="…". Else: {_LAUNCH}',
    )


def _changing(addresses: Mapping[str, str], others: Iterable[KnownCourse]) -> Places | None:
    """Return where the addresses differ from those of other courses of the same form, if there are any."""
    found: list[dict[str, frozenset[Place]]] = []
    for other in others:
        theirs = {key: getattr(other, key) for key in addresses}
        if all(theirs[key] and _skeleton(theirs[key]) == _skeleton(url) for key, url in addresses.items()):
            found.append({key: _differing(url, theirs[key]) for key, url in addresses.items()})
    found = [places for places in found if all(places.values())]
    if not found:
        return None
    both = {key: frozenset.intersection(*(places[key] for places in found)) for key in addresses}
    either = {key: frozenset.union(*(places[key] for places in found)) for key in addresses}
    return both if all(both.values()) else either


# --- URLs as places and what stands there ---------------------------------------------------------


def _spans(url: str) -> dict[Place, tuple[int, int]]:
    """Return where each segment of the path and each value of the query begins and ends."""
    whole = _URL.match(url)
    if whole is None:
        return {}
    found: dict[Place, tuple[int, int]] = {}
    start = whole.start(2)
    for number, segment in enumerate(whole[2].split("/")):
        if segment:
            found["path", number] = (start, start + len(segment))
        start += len(segment) + 1
    start = whole.start(3)
    for number, pair in enumerate((whole[3] or "").split("&")):
        key, _, value = pair.partition("=")
        if value:
            found["query", number] = (start + len(key) + 1, start + len(pair))
        start += len(pair) + 1
    return found


def _values(url: str) -> dict[Place, str]:
    """Return what stands at each place, as it reads."""
    read = {"path": unquote, "query": unquote_plus}
    return {place: read[place[0]](url[begin:end]) for place, (begin, end) in _spans(url).items()}


def _standing(url: str, value: str) -> frozenset[Place]:
    return frozenset(place for place, found in _values(url).items() if found == value)


def _skeleton(url: str) -> str:
    """Return a URL without what stands at its places: host, number of segments, names of the query."""
    for begin, end in sorted(_spans(url).values(), reverse=True):
        url = f"{url[:begin]}\0{url[end:]}"
    return url


def _differing(one: str, other: str) -> frozenset[Place]:
    """Return where two URLs of the same skeleton differ."""
    mine, theirs = _values(one), _values(other)
    return frozenset(place for place in mine if mine[place] != theirs[place])


def _replaced(url: str, places: frozenset[Place], new: str) -> str:
    """Return *url* with *new* at *places*, encoded as what stood there was, and all else to the letter."""
    spans = _spans(url)
    for place in sorted(places, key=lambda place: spans[place], reverse=True):
        begin, end = spans[place]
        literal = "".join(sign for sign in _LITERAL[place[0]] if sign in url[begin:end])
        url = f"{url[:begin]}{quote(new, safe=literal)}{url[end:]}"
    return url


def _shown(value: str) -> str:
    """Return a value for a message; a long one may be a seal."""
    return value if len(value) <= _LONGEST_SHOWN else f"{value[:8]}…"
