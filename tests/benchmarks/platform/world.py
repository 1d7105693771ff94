"""What the platform holds: people, line items, grades; all made up from numbers, always the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
_PERSON = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
LEARNER, INSTRUCTOR = f"{_ROLE}Learner", f"{_ROLE}Instructor"
OUT_OF = 100


@dataclass(frozen=True, slots=True)
class Setting:
    """How much there is, and how it is served.

    Args:
        courses: how many; all hold the same people.
        members: of each course.
        page: members on a page, where nobody asks for more or fewer.
        largest: members on a page at most, where somebody asks with ``limit``; 0 ignores it.
        items: line items of each course.
        graded: whether every learner has a result in each.
        latency: seconds before an answer leaves.
    """

    courses: int = 1
    members: int = 100
    page: int = 100
    largest: int = 0
    items: int = 1
    graded: bool = False
    latency: float = 0.0


def member(number: int) -> dict[str, Any]:
    """Return one member as a platform writes it; each fiftieth teaches."""
    given, family = _GIVEN[number % len(_GIVEN)], f"{_FAMILY[number % len(_FAMILY)]}-{number}"
    teaches = number % 50 == 0
    return {
        "status": "Active",
        "user_id": f"a6d5c443-1f51-4783-ba1a-{number:012d}",
        "name": f"{given} {family}",
        "given_name": given,
        "family_name": family,
        "email": f"{given.lower()}.{number}@student.university.example",
        "lis_person_sourcedid": f"{number:08d}",
        "roles": [INSTRUCTOR if teaches else LEARNER, f"{_PERSON}{'Faculty' if teaches else 'Student'}"],
    }


def user_id(number: int) -> str:
    """Return the user_id of one member."""
    return f"a6d5c443-1f51-4783-ba1a-{number:012d}"


def learner(number: int) -> str:
    """Return the user_id of one of those who learn; scores of teachers no platform takes."""
    return user_id(number + number // 49 + 1)


def members_for(learners: int) -> int:
    """Return how many members have so many learners among them."""
    return learners + (learners - 1) // 49 + 1


def learners_of(members: int) -> int:
    """Return how many of so many members learn."""
    return members - (members + 49) // 50


def score(number: int, item: int = 0) -> float:
    """Return the score of one member in one item, in halves of a point."""
    return (number * 7 + item * 13) % 201 / 2


def pages(setting: Setting, size: int) -> Iterator[bytes]:
    """Yield the members of a course as JSON containers, page by page."""
    for start in range(0, setting.members, size):
        people = [member(number) for number in range(start, min(start + size, setting.members))]
        yield json.dumps({"id": "https://platform.example/members", "context": _CONTEXT, "members": people}).encode()


def line_item(address: str, number: int) -> dict[str, Any]:
    """Return one line item, whose URL is *address*."""
    return {
        "id": address,
        "label": f"Quiz {number + 1}",
        "scoreMaximum": OUT_OF,
        "resourceId": f"quiz-{number + 1}",
        "tag": "grade",
    }


def result(address: str, who: str, points: float) -> dict[str, Any]:
    """Return one result of the line item at *address*."""
    return {
        "id": f"{address}/results/{who}",
        "scoreOf": address,
        "userId": who,
        "resultScore": points,
        "resultMaximum": OUT_OF,
    }


_CONTEXT = {"id": "c-1", "label": "BIO101", "title": "Biology 101"}
_GIVEN = ("Ada", "Grace", "Mary", "Emmy", "Sofia", "Rosalind", "Maria", "Chien", "Lise", "Barbara", "Zoë")
_FAMILY = ("Lovelace", "Hopper", "Somerville", "Noether", "Kovalevskaya", "Franklin", "Curie", "Wu", "Meitner")
