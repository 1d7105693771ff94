"""How a session shows itself: the token, what it may do, the courses known, and what to type next. Nothing is asked."""

from __future__ import annotations

from collections.abc import Sequence

from .. import markup, urls
from ..courses import KnownCourse
from ..markup import words
from ..registration import Registration
from ..tokens import TokenStatus

_FEW = 12  # courses that are listed


def html(registration: Registration, status: TokenStatus, *, pseudonyms: bool = False) -> str:
    """Return a session as HTML.

    Args:
        registration: whose session it is.
        status: what is known of its token.
        pseudonyms: whether people are shown under pseudonyms.
    """
    courses = registration.courses
    return markup.render(
        "session.html",
        name=registration.name,
        facts=[
            ("Platform", f"{registration.platform} at {urls.host(registration.auth_url or registration.token_url)}"),
            ("Client id", registration.client_id),
            ("People", "under pseudonyms: no name, no e-mail address" if pseudonyms else None),
            ("Token", words.validity(status.minutes_left, known=bool(status.granted or status.missing))),
            *_rights(courses, status),
        ],
        missing=", ".join(words.lacking(status.granted, status.missing)),
        courses=[_line(course) for course in courses],
        most=_FEW,
        steps=steps(registration.name, courses),
    )


def steps(name: str, courses: Sequence[KnownCourse]) -> list[tuple[str, str]]:
    """Return what can be typed next, as (code, what it gives)."""
    if not courses:
        return [
            (f"ltix.receive({markup.quoted(name)})", "listens for a launch: open the tool from a course, once"),
            ("session.add_course(…)", "adds a course by its addresses"),
        ]
    found = [(f"course = session.course({markup.quoted(courses[0].name)})", "one course: its roster and its grades")]
    if len(courses) > 1:
        found.append(("session.rosters()", "the rosters of all of them in one frame; so does session.results()"))
    return [*found, ("session.courses()", "the courses as a frame")]


def _rights(courses: Sequence[KnownCourse], status: TokenStatus) -> list[tuple[str, str]]:
    if status.granted or status.missing:
        return [("It may", ", ".join(words.rights(status.granted)) or "nothing")]
    wanted = frozenset(scope for course in courses for scope in course.offered_scopes)
    return [("It will ask to", ", ".join(words.rights(wanted)))]


def _line(course: KnownCourse) -> tuple[str, str | None, str]:
    offers = [
        *(["roster"] if course.memberships_url else []),
        *(["grades"] if course.lineitems_url else ["grades (one column)"] if course.lineitem_url else []),
        *([f"{len(course.services)} more"] if course.services else []),
    ]
    return course.name, course.title, ", ".join(offers) or "nothing"
