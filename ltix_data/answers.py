"""One HTTP answer: its JSON, its links, and the error it amounts to.

Platforms answer failures with HTML, mislabelled JSON, empty bodies or only a reason phrase, and some
echo the posted grade and comment in it (Moodle). So messages are built from our own words and from
machine codes alone; nothing a platform wrote freely is repeated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from . import urls
from .errors import (
    AccessError,
    LtixError,
    MalformedResponseError,
    NotFoundError,
    PlatformError,
    RateLimitError,
    RefusedError,
    UnavailableError,
)
from .parsing import http_date

#: Statuses worth another try: the request was not served, and soon might be.
PASSING = frozenset({429, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

#: What platforms are known to say -> what it means. Searched in the body's beginning, case-folded.
_KNOWN_REASONS = {
    "user not found in course": "The person is not a student of this course, or the course is unpublished (Canvas).",
    "cannot be graded": "The person's role in the course cannot be graded (Brightspace).",
    "not enrolled": "The person is not enrolled in the course.",
    "above_response_limit": "The course has more members than the platform lists; its administrator can raise the "
    "limit (Open edX: COURSE_MEMBER_API_ENROLLMENT_LIMIT).",
    "at least one of": "Give the line item a resource_id or a resource_link: the platform wants one (Open edX).",
    "maintenance": "The platform is under maintenance.",
}
_HINTS = {
    400: "Check the values sent; the platform takes them for wrong.",
    401: "The access token was refused, also a new one; ask the platform's administrator whether the tool is active.",
    403: "Ask the platform's administrator whether the tool may use this service in this course.",
    404: "The course, line item or service may be gone, or its URL wrong; launch the tool again to learn the new one.",
    405: "The platform does not offer this operation.",
    409: "The platform already holds something as new or newer.",
    410: "It was there once and is gone.",
    415: "The platform does not take this media type; its service may be another version.",
    422: "The platform understands the request and will not do it.",
}
#: Fields a platform may name in its complaint -> what they are called here. Never their values.
_FIELDS = {
    "label": "label",
    "scoreMaximum": "out_of (Open edX takes whole numbers only)",
    "tag": "tag",
    "resourceId": "resource_id",
    "resourceLinkId": "resource_link",
    "startDateTime": "starts",
    "endDateTime": "ends",
    "timestamp": "the time of the score: it holds one as new or newer",
    "scoreGiven": "score",
    "userId": "user",
    "comment": "comment",
}
#: A target and its parameters. A quoted title may hold what looks like a link, but never the beginning of the next
#: one: a stray quotation mark must not swallow it.
_LINK = re.compile(r'<([^<>]*)>((?:[^<"]|"(?:(?!,\s*<)(?:[^"\\]|\\.))*"|")*)')
_PARAMETER = re.compile(r""";\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|['“”]?([^"'“”;,]*))""")
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")
#: Those that specifications and platforms are known to use; any other might be somebody's user name. [RFC 6750 §3.1]
_KNOWN_CODES = frozenset({"invalid_request", "invalid_token", "insufficient_scope", "above_response_limit"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def __repr__(self) -> str:
        return f"<Answer {self.status} from {urls.host(self.url)}, {len(self.body)} bytes>"

    @property
    def ok(self) -> bool:
        """Return whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def is_rate_limit(self) -> bool:
        """Return whether the platform asks to slow down: 429, or Canvas' older 403."""
        return self.status == 429 or (self.status == 403 and b"rate limit exceeded" in self.body[:2000].lower())

    @property
    def is_redirect(self) -> bool:
        """Return whether the answer sends us elsewhere."""
        return self.status in _REDIRECTS

    def json(self, what: str, *, spec: str | None = None) -> Any:
        """Return the parsed body.

        The content type is not believed: Moodle labels its JSON as text/html.

        Raises:
            MalformedResponseError: the body is empty, a web page, or no JSON.
        """
        begin = self.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if not begin:
            raise self._malformed(f"answered {what} with an empty body", spec)
        if begin.startswith(b"<"):
            raise self._malformed(f"answered {what} with a web page instead of JSON", spec)
        # its error is raised outside of these, so that it does not carry the body along
        with suppress(msgspec.MsgspecError, ValueError, RecursionError):
            return _decode(self.body)
        with suppress(ValueError, RecursionError):
            return _decode_patiently(self.body.decode("utf-8-sig"))
        raise self._malformed(f"answered {what} with JSON that is broken or cut short", spec)

    def _malformed(self, what: str, spec: str | None) -> MalformedResponseError:
        return MalformedResponseError(
            f"{urls.host(self.url)} {what} (status {self.status}, {len(self.body)} bytes).",
            hint="Check that the URL is the service's own; if it is, the fault is the platform's.",
            spec=spec,
            status=self.status,
        )

    def link(self, relation: str) -> str | None:
        """Return the absolute URL of a Link header's relation, or None. [RFC 8288]

        Tolerates what platforms send: unquoted ``rel=next`` (lti1p3platform), curly quotes and
        ``&amp;`` (Moodle). The URL's case is kept.
        """
        for target, written in _LINK.findall(_repaired(self.headers.get("link", ""))):
            parameters = _PARAMETER.findall(written.replace("&quot;", '"'))
            relations = next((quoted or bare for name, quoted, bare in parameters if name.lower() == "rel"), "")
            if target and relation in relations.lower().split():
                # no other entity is undone: “&times” is the beginning of “&timestamp”
                return urls.join(self.url, target.strip().replace("&amp;", "&"))
        return None

    def retry_after(self, now: float) -> float | None:
        """Return the seconds the platform asks to wait, given as seconds or as a date."""
        value = self.headers.get("retry-after", "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d+)?", value):
            return float(value)
        when = http_date(value)
        return None if when is None else max(0.0, when - now)

    def code(self) -> str | None:
        """Return a machine-readable error code such as ``invalid_scope``, or None.

        Only codes in snake case: anything freer could hold a name or a grade.
        """
        try:
            data = json.loads(self.body)
        except (ValueError, RecursionError):
            found = re.search(rb'"error"\s*:\s*"([a-z_]{3,40})"', self.body[:4000])  # Moodle's can be invalid JSON
            data = {"error": found.group(1).decode()} if found else None
        values = [data.get(key) for key in ("error", "code", "type")] if isinstance(data, dict) else []
        return next((v for v in values if isinstance(v, str) and len(v) <= 60 and _CODE.fullmatch(v)), None)

    def failure(self, what: str, *, spec: str | None = None, now: float = 0.0, any_code: bool = True) -> LtixError:
        """Return the error that this answer, not being 2xx, amounts to.

        Args:
            what: what was asked for.
            spec: the section of the specification.
            now: the platform's time.
            any_code: whether a code that nobody knows may be repeated.
        """
        kind = _error_class(self)
        code = self.code()
        if not any_code and code not in _KNOWN_CODES:
            code = None
        reason = f"status {self.status}" + (f", {code}" if code else "")
        text = f"{urls.host(self.url)} refused {what} ({reason})."
        if kind is UnavailableError:
            text = f"{urls.host(self.url)} failed at {what} ({reason})."
        error = kind(text, hint=self._hint(now), spec=spec, status=self.status, code=code)
        if isinstance(error, RateLimitError):
            error.retry_after = self.retry_after(now)
        return error

    def _hint(self, now: float) -> str | None:
        begin = self.body[:2000].decode("utf-8", "replace").casefold()
        known = next((meaning for words, meaning in _KNOWN_REASONS.items() if words in begin), None)
        if self.status >= 500 or self.is_rate_limit:
            wait = self.retry_after(now)
            advice = f"It asks to wait {wait:.0f} s." if wait else "Wait a few minutes and run it again."
            return f"{known} {advice}" if known else advice
        return known or self._complaint() or _HINTS.get(self.status)

    def _complaint(self) -> str | None:
        """Return the fields that the platform objects to by name, as Open edX does: ``{"field": [why]}``."""
        with suppress(ValueError, RecursionError):
            data = json.loads(self.body)
            named = [ours for wire, ours in _FIELDS.items() if isinstance(data, dict) and wire in data]
            if named and self.status in (400, 422):
                return f"It objects to {', '.join(named)}."
        return None


def _error_class(answer: Answer) -> type[PlatformError] | type[AccessError]:
    if answer.is_rate_limit:
        return RateLimitError
    if answer.status in (401, 403):
        return AccessError
    if answer.status in (404, 410):
        return NotFoundError
    if answer.status >= 500:
        return UnavailableError
    return RefusedError if answer.status >= 400 else MalformedResponseError


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


#: Twice as fast as `json`, with the same result; what it refuses and `json` bears (a byte order mark, half a
#: surrogate pair, a number beyond all floats) is left to that.
_decode = msgspec.json.Decoder().decode
_decode_patiently = json.JSONDecoder(parse_constant=_refuse_constant).decode


def _repaired(header: str) -> str:
    """Return the header as it was meant: headers are read as Latin-1, Moodle writes them in UTF-8."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
