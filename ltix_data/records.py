"""What platforms keep, as frozen records: Member, LineItem, Result, Score.

The wire's names (``scoreMaximum``, ``userId``, ``sub``) exist only in `from_json` and `to_json`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from . import parsing, spec
from .errors import UsageError
from .roles import to_uri

#: Texts of a member: what the wire calls them -> what they are called here.
MEMBER_TEXTS = {
    "name": "name",
    "given_name": "given_name",
    "family_name": "family_name",
    "middle_name": "middle_name",
    "email": "email",
    "picture": "picture",
    "lis_person_sourcedid": "sourcedid",
    "lti11_legacy_user_id": "lti11_legacy_user_id",
}
#: Where platforms put the login name: Moodle, Blackboard and others; no specification names a field.
USERNAME_FIELDS = ("ext_user_username", "preferred_username", "username")
_MEMBER_KNOWN = frozenset({*MEMBER_TEXTS, *USERNAME_FIELDS, "user_id", "roles", "status", "message"})
_STATUS = {word.lower(): word for word in spec.MEMBERSHIP_STATUS}


@dataclass(frozen=True, slots=True)
class Member:
    """One person in a course. Only `user_id` and `roles` are guaranteed. [NRPS §2.2]"""

    user_id: str
    roles: tuple[str, ...] = ()
    status: str = "Active"
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    middle_name: str | None = None
    email: str | None = None
    picture: str | None = None
    sourcedid: str | None = None
    username: str | None = None
    lti11_legacy_user_id: str | None = None
    messages: tuple[Mapping[str, Any], ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, raw: object) -> Self:
        """Read one entry of a membership container.

        Raises:
            MalformedResponseError: it has no user_id, or a field is of the wrong kind.
        """
        where, section = "a member", "NRPS §2.2"
        data = parsing.mapping(raw, where, section)
        texts = {ours: parsing.text(data, wire, where, section) for wire, ours in MEMBER_TEXTS.items()}
        for key in ("name", "given_name", "family_name", "middle_name"):
            texts[key] = parsing.unescaped(texts[key])
        messages = data.get("message") or ()
        return cls(
            user_id=parsing.required_text(data, "user_id", where, section),
            roles=roles_of(data.get("roles")),
            status=status_of(parsing.text(data, "status", where, section)),
            username=_username(data),
            messages=tuple(m for m in (messages if isinstance(messages, list) else [messages]) if isinstance(m, dict)),
            extensions=parsing.extensions(data, _MEMBER_KNOWN),
            **texts,
        )


def roles_of(raw: object) -> tuple[str, ...]:
    """Return roles as URIs, each once, from a list of text, one text or nothing."""
    values = [raw] if isinstance(raw, str) else raw
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        parsing.malformed("“roles” is not a list of text", "a member", "NRPS §2.2")
    return tuple(dict.fromkeys(to_uri(value) for value in values))


def status_of(raw: str | None) -> str:
    """Absent means Active; a word nobody specified is kept as it came. [NRPS §2.3]"""
    return "Active" if raw is None else _STATUS.get(raw.lower(), raw)


def _username(data: Mapping[str, Any]) -> str | None:
    for key in USERNAME_FIELDS:
        if found := parsing.text(data, key, "a member", "NRPS §2.2"):
            return found
    return None


_LINE_ITEM_TIMES = ("startDateTime", "endDateTime")
_LINE_ITEM_KNOWN = frozenset(
    {"id", "label", "scoreMaximum", "tag", "resourceId", "resourceLinkId", "gradesReleased", *_LINE_ITEM_TIMES}
)


@dataclass(frozen=True, slots=True)
class LineItem:
    """One column of the gradebook, as far as this tool owns it. `item_id` is its URL. [AGS §3.2]

    A time without a zone is local time. One that the platform wrote and nobody can read stays in
    `extensions`, and so goes back as it came.
    """

    label: str
    out_of: float
    item_id: str | None = None
    tag: str | None = None
    resource_id: str | None = None
    resource_link_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    grades_released: bool | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, raw: object) -> Self:
        """Read a line item.

        Raises:
            MalformedResponseError: id, label or scoreMaximum is missing or of the wrong kind.
        """
        where, section = "a line item", "AGS §3.2"
        data = parsing.mapping(raw, where, section)
        out_of = parsing.number(data, "scoreMaximum", where, "AGS §3.2.8")
        if out_of is None:
            parsing.malformed("“scoreMaximum” is missing", where, "AGS §3.2.8")
        released = data.get("gradesReleased")
        times = {key: parsing.moment(data, key) for key in _LINE_ITEM_TIMES}
        return cls(
            item_id=parsing.required_text(data, "id", where, "AGS §3.2.3"),
            label=parsing.text(data, "label", where, "AGS §3.2.7") or "",
            out_of=out_of,
            tag=parsing.text(data, "tag", where, "AGS §3.2.11"),
            resource_id=parsing.text(data, "resourceId", where, "AGS §3.2.10"),
            resource_link_id=parsing.text(data, "resourceLinkId", where, "AGS §3.2.9"),
            starts_at=times["startDateTime"],
            ends_at=times["endDateTime"],
            grades_released=released if isinstance(released, bool) else None,
            extensions=parsing.returnable(
                parsing.extensions(data, _LINE_ITEM_KNOWN - {key for key in times if not times[key]}), where, section
            ),
        )

    def __post_init__(self) -> None:
        for key in ("starts_at", "ends_at"):
            when = getattr(self, key)
            if isinstance(when, datetime) and when.tzinfo is None:
                object.__setattr__(self, key, when.astimezone(UTC))

    def to_json(self) -> dict[str, Any]:
        """Return the wire form. What is None is left out: Open edX refuses the nulls it sends."""
        fields = {
            "id": self.item_id,
            "label": self.label,
            "scoreMaximum": parsing.wire_number(self.out_of),
            "tag": self.tag,
            "resourceId": self.resource_id,
            "resourceLinkId": self.resource_link_id,
            "startDateTime": self.starts_at and parsing.iso(self.starts_at),
            "endDateTime": self.ends_at and parsing.iso(self.ends_at),
            "gradesReleased": self.grades_released,
        }
        return _without_nulls({**self.extensions, **_without_nulls(fields)})


#: Where platforms say when a result was made; AGS itself has no field for it.
RESULT_TIMES = ("timestamp", "resultTimestamp", "scoredAt")
_RESULT_KNOWN = frozenset(
    {"id", "scoreOf", "userId", "resultScore", "resultMaximum", "scoringUserId", "comment", *RESULT_TIMES}
)


@dataclass(frozen=True, slots=True)
class Result:
    """One cell of the gradebook, as the platform has it now. `score` None is "no grade". [AGS §3.3]"""

    user_id: str
    score: float | None = None
    out_of: float | None = None
    comment: str | None = field(default=None, repr=False)
    item_id: str | None = None
    result_id: str | None = None
    scoring_user_id: str | None = None
    scored_at: datetime | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, raw: object) -> Self:
        """Read a result. A score without a maximum is out of 1. [AGS §3.3.4.6]

        Raises:
            MalformedResponseError: userId is missing, or a field is of the wrong kind.
        """
        where = "a result"
        data = parsing.mapping(raw, where, "AGS §3.3.4")
        score = parsing.number(data, "resultScore", where, "AGS §3.3.4.5")
        out_of = parsing.number(data, "resultMaximum", where, "AGS §3.3.4.6")
        return cls(
            user_id=parsing.required_text(data, "userId", where, "AGS §3.3.4.4"),
            score=score,
            out_of=1.0 if out_of is None and score is not None else out_of,
            comment=parsing.text(data, "comment", where, "AGS §3.3.4.8"),
            item_id=parsing.text(data, "scoreOf", where, "AGS §3.3.4.3"),
            result_id=parsing.text(data, "id", where, "AGS §3.3.4.2"),
            scoring_user_id=parsing.text(data, "scoringUserId", where, "AGS §3.3.4.7"),
            scored_at=next(filter(None, (parsing.moment(data, key) for key in RESULT_TIMES)), None),
            extensions=parsing.extensions(data, _RESULT_KNOWN),
        )

    @property
    def percent(self) -> float | None:
        """Return the score as 0-100 of its maximum; None without a score or with no maximum above 0."""
        if self.score is None or not self.out_of or self.out_of < 0:
            return None
        share = self.score / self.out_of * 100
        return share if math.isfinite(share) else None


@dataclass(frozen=True, slots=True)
class Score:
    """What a tool says of one person's work. `score` None clears the grade. [AGS §3.4]

    Raises:
        UsageError: a score that is negative, infinite or without a maximum; an unknown progress word;
            a time without a zone.
    """

    user_id: str
    timestamp: datetime
    score: float | None = None
    out_of: float | None = None
    comment: str | None = None
    activity: str = "Completed"
    grading: str = "FullyGraded"
    scoring_user_id: str | None = None
    started_at: datetime | None = None
    submitted_at: datetime | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.user_id, str) or not self.user_id.strip():
            raise UsageError("A score needs the user_id of a person.", spec="AGS §3.4.5")
        if self.score is not None:
            _check_points(self.score, self.out_of)
        if self.activity not in spec.ACTIVITY_PROGRESS:
            raise UsageError(f"activity must be one of {', '.join(spec.ACTIVITY_PROGRESS)}.", spec="AGS §3.4.7")
        if self.grading not in spec.GRADING_PROGRESS:
            raise UsageError(f"grading must be one of {', '.join(spec.GRADING_PROGRESS)}.", spec="AGS §3.4.8")
        times = [when for when in (self.timestamp, self.started_at, self.submitted_at) if when is not None]
        if any(when.tzinfo is None for when in times):
            raise UsageError(
                "A score's times need a time zone.", hint="Use datetime.now(timezone.utc).", spec="AGS §3.4.9"
            )
        if self.started_at and self.submitted_at and self.submitted_at < self.started_at:
            raise UsageError("submitted_at is earlier than started_at.", spec="AGS §3.4.10.2")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form, without what is None."""
        submission = {
            "startedAt": self.started_at and parsing.iso(self.started_at),
            "submittedAt": self.submitted_at and parsing.iso(self.submitted_at),
        }
        fields = {
            "userId": self.user_id,
            "scoreGiven": None if self.score is None else parsing.wire_number(self.score),
            "scoreMaximum": None if self.out_of is None else parsing.wire_number(self.out_of),
            "comment": self.comment and parsing.clean(self.comment),
            "activityProgress": self.activity,
            "gradingProgress": self.grading,
            "timestamp": parsing.iso(self.timestamp),
            "scoringUserId": self.scoring_user_id,
            "submission": _without_nulls(submission) or None,
        }
        return _without_nulls({**_without_nulls(fields), **self.extensions})

    def to_bytes(self) -> bytes:
        """Return the exact body to send."""
        return parsing.wire_bytes(self.to_json())


def _check_points(score: object, out_of: object) -> None:
    if not parsing.is_points(score):
        raise UsageError("A score must be a number of 0 or more.", spec="AGS §3.4.4")
    if not parsing.is_points(out_of) or out_of == 0:
        raise UsageError("A score needs out_of, the maximum it stands on, above 0.", spec="AGS §3.4.4")


def _without_nulls(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}
