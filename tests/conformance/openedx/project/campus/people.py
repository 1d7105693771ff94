"""Who is in which course: what the LMS would know. Nobody here exists."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cached_property

#: COURSE_MEMBER_API_ENROLLMENT_LIMIT of edx-platform: with more active enrolments there is no roster at all.
ENROLLMENT_LIMIT = 1000

_NAMESPACE = uuid.UUID("b9a5a5a0-5d0c-4c62-9d0f-6a1f7a0f2c11")


@dataclass(frozen=True)
class Person:
    """Somebody with access to a course. `lms_roles` are Open edX's own words, `forum_role` the discussion's."""

    number: int
    name: str
    email: str
    lms_roles: tuple[str, ...] = ("student",)
    forum_role: str | None = None

    @cached_property
    def external_id(self) -> str:
        """Return the id that tools see."""
        return str(uuid.uuid5(_NAMESPACE, str(self.number)))

    def member(self) -> dict[str, object]:
        """Return what `get_course_members` of edx-platform tells of a person."""
        return {
            "id": self.number,
            "username": f"user{self.number}",
            "email": self.email,
            "name": self.name,
            "enrollment_mode": "audit" if "student" in self.lms_roles else None,
            "roles": list(self.lms_roles),
        }


@dataclass(frozen=True)
class Course:
    """A course with one LTI component.

    Without `shares_names` tools get neither names nor addresses; without `tool_makes_columns` the component
    has one column in the gradebook, which Open edX makes (“declarative”).
    """

    code: str
    people: tuple[Person, ...]
    shares_names: bool = True
    tool_makes_columns: bool = True

    #: What edx-platform's course objects call themselves.
    display_name_with_default = "Cells & Genes"
    display_org_with_default = "Practice"

    @property
    def key(self) -> str:
        """Return the course key."""
        return f"course-v1:Practice+{self.code}+2025"

    @property
    def location(self) -> str:
        """Return the usage key of the LTI component, which is its resource link's id."""
        return f"block-v1:Practice+{self.code}+2025+type@lti_consumer+block@tool"

    @property
    def is_over_limit(self) -> bool:
        """Return whether edx-platform would refuse the roster."""
        return sum("student" in person.lms_roles for person in self.people) > ENROLLMENT_LIMIT


_TEAM = (
    Person(1, "Ada Lovelace", "ada@practice.example", ("instructor",)),
    Person(2, "Grace Hopper", "grace@practice.example", ("staff",)),
    Person(3, "Alan Turing", "alan@practice.example", ("student", "staff", "instructor")),
    Person(4, "Katherine Johnson", "katherine@practice.example", ("student", "limited_staff")),
    Person(5, "Mary Jackson", "mary@practice.example", ("student",), "Community TA"),
    Person(6, "Dorothy Vaughan", "dorothy@practice.example", ("student",), "Group Moderator"),
    Person(7, "Annie Easley", "annie@practice.example", ("student", "beta_testers")),
    Person(8, "Betty Holberton", "betty@practice.example", ("data_researcher",)),
)
_STUDENT_NAMES = (
    "Aoife O'Neil",
    "Renée Zöllner-Ångström",
    "李小龍",
    "محمد بن سلمان",
    "Nguyễn, Thị Ánh",
    "Zoe\u0308 Decomposed",
    "Tom & Jerry <b>Bold</b>",
    '"Quoted" Back\\slash',
    "=SUM(A1:A9)",
    "Emoji 👩🏽‍🔬 Okafor",
    "Þórður Ærøskøbing",
    "Χρύσα Παπαδοπούλου",
    "X Æ A-12",
    "Madonna",
    "  Padded   Inside  ",
    "John Smith",
    "John Smith",
    "",
)
_STUDENTS = tuple(
    Person(100 + count, name, f"student{count:02}@practice.example") for count, name in enumerate(_STUDENT_NAMES)
)


def _crowd(first: int, count: int) -> tuple[Person, ...]:
    numbers = range(first, first + count)
    return tuple(Person(number, f"Student {number}", f"s{number}@practice.example") for number in numbers)


COURSES = (
    Course("BIO101", _TEAM + _STUDENTS),
    # exactly at the limit, names withheld, and one with a role Open edX has no LTI role for
    Course(
        "FULL",
        (*_TEAM[:2], Person(9, "Radia Perlman", "radia@practice.example", ("sales_bot",)), *_crowd(10_000, 1000)),
        shares_names=False,
    ),
    Course("HUGE", (*_TEAM[:2], *_crowd(20_000, 1500))),
    Course("ONE", (*_TEAM[:2], *_STUDENTS[:5]), tool_makes_columns=False),
    # as where edx-platform is set to ALLOW_UNICODE_COURSE_ID
    Course("生物学", (*_TEAM[:2], *_STUDENTS[:5])),
)
BY_CODE = {course.code: course for course in COURSES}
BY_NUMBER = {person.number: person for course in COURSES for person in course.people}
BY_KEY = {course.key: course for course in COURSES}
EXTERNAL_IDS = {person.number: person.external_id for course in COURSES for person in course.people}
FORUM_ROLES = {person.number: person.forum_role for course in COURSES for person in course.people}
BY_LOCATION = {course.location: course for course in COURSES}
