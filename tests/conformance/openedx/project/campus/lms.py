"""What edx-platform does for the LTI consumer, from the data in `people`; and the LMS' own gradebook."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from lti_consumer.exceptions import LtiError

from .people import BY_KEY, BY_LOCATION, EXTERNAL_IDS, FORUM_ROLES, Course, Person

#: (usage key, external user id) -> score 0-1 and comment: what learners and teachers would see.
GRADEBOOK: dict[tuple[str, str], tuple[float, str | None]] = {}

_EXTERNAL_ID_ROWS = {number: SimpleNamespace(external_user_id=known) for number, known in EXTERNAL_IDS.items()}


def get_course_members(course_key: object) -> dict[int, dict[str, Any]]:
    """Return user id -> what is known of them; beyond the limit edx-platform gives nobody."""
    course = BY_KEY[str(course_key)]
    if course.is_over_limit:
        raise LtiError(f"NRPS is not available for {course_key}")
    return {person.number: person.member() for person in course.people}


def get_user_course_forum_role(user_id: int, _course_key: object) -> str | None:
    """Return a person's role in the discussions; merging it with the others is left to the LTI consumer."""
    return FORUM_ROLES[user_id]


def batch_get_or_create_externalids(_users: object) -> dict[int, SimpleNamespace]:
    """Return user id -> external id, for everybody: the query of users is never run, there is no such table."""
    return _EXTERNAL_ID_ROWS


def get_user_from_external_user_id(external_user_id: str) -> SimpleNamespace:
    """Return the person behind an external id, or fail as edx-platform does."""
    if external_user_id not in EXTERNAL_IDS.values():
        raise LtiError("Invalid User")
    return SimpleNamespace(external_user_id=external_user_id)


class Block:
    """The LTI component itself: graded, never past due."""

    has_score = True
    accept_grades_past_due = True
    weight = 1.0
    display_name = "Practice tool"
    lti_1p3_passport_id = None

    def __init__(self, location: object) -> None:
        course = BY_LOCATION[str(location)]
        self.location = location
        self.context_id = course.key
        self.scope_ids = SimpleNamespace(usage_id=location)

    def is_past_due(self) -> bool:
        """Return False."""
        return False

    def max_score(self) -> float:
        """Return the points the component is worth."""
        return self.weight

    def set_user_module_score(self, user: Any, score: float, _most: float, comment: str | None) -> None:
        """Keep a grade in the LMS' gradebook."""
        GRADEBOOK[str(self.location), user.external_user_id] = (score, comment)


def get_course_by_id(course_key: object) -> Course:
    """Return a course, by the names edx-platform's course objects have."""
    return BY_KEY[str(course_key)]


def user_has_studio_write_access(user: Person | None, course_key: object) -> bool:
    """Return whether somebody may change a course's content."""
    return user in BY_KEY[str(course_key)].people and not {"instructor", "staff"}.isdisjoint(user.lms_roles)


def has_access(*_: object, **__: object) -> bool:
    """Return True: whoever is here may see it."""
    return True


def save_xblock(_block: object) -> None:
    """Do nothing: the configuration is on the database."""


STAND_INS = {
    "get_course_members": get_course_members,
    "get_user_course_forum_role": get_user_course_forum_role,
    "batch_get_or_create_externalids": batch_get_or_create_externalids,
    "get_user_from_external_user_id": get_user_from_external_user_id,
    "load_enough_xblock": Block,
    "load_block_as_user": Block,
    "save_xblock": save_xblock,
    "get_course_by_id": get_course_by_id,
    "user_has_studio_write_access": user_has_studio_write_access,
    "user_has_access": has_access,
    "user_course_access": has_access,
}
