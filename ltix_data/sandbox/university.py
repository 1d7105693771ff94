"""The practice university: a seminar of 12, a course of 350, a course of 3,000.

The seminar is written by hand so that every oddity is met on one screen; the others are generated.
Some people are in two courses, under one user_id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from random import Random

from .. import spec
from .model import Course, Membership
from .people import Person, generate

INSTRUCTOR = (spec.CONTEXT_ROLE + "Instructor",)
#: The sub-role comes with its principal role, as best practice has it. [Core §A.2.3.1]
ASSISTANT = (*INSTRUCTOR, spec.CONTEXT_SUB_ROLE + "Instructor#TeachingAssistant")
LEARNER = (spec.CONTEXT_ROLE + "Learner",)
BOTH = (*INSTRUCTOR, *LEARNER)
TEST_STUDENT = (*LEARNER, spec.TEST_USER)

_Enrolment = tuple[Person, tuple[str, ...], str]


def _enrolment(
    user_id: str,
    names: tuple[str, str],
    username: str,
    number: str,
    *,
    name: str | None = None,
    email: str | None = "",
    roles: tuple[str, ...] = LEARNER,
    status: str = "Active",
) -> _Enrolment:
    address = f"{username}@students.example.edu" if email == "" else email
    return Person(user_id, name or " ".join(names), *names, address, number, username), roles, status


_SEMINAR = (
    _enrolment(
        "b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10",
        ("Ursula", "Vögeli-Núñez"),
        "uvoegeli",
        "00000107",
        email="u.voegeli@example.edu",
        roles=INSTRUCTOR,
    ),
    _enrolment(
        "5c1e94aa-7d0b-4b4e-8f3d-2a9be07c6d21",
        ("Kwame", "Okafor"),
        "kokafor",
        "00000244",
        email="kwame.okafor@example.edu",
        roles=ASSISTANT,
    ),
    # A student who helps to teach, with the apostrophe of a typewriter; the next has a printer's.
    _enrolment("0004711", ("Aoife", "O'Neil"), "aoneil", "00012345", roles=BOTH),
    _enrolment(
        "9007199254740993", ("Seán", "O’Brien"), "sobrien", "00012346", email="Sean.OBrien@Students.Example.edu"
    ),
    _enrolment("000812", ("秀英", "王"), "xwang", "00012347", name="王秀英"),
    _enrolment("1f6d2c88-0e57-4a61-b0c9-94d35be8f602", ("ليلى", "حدّاد"), "lhaddad", "00012348"),
    # Two spaces, as somebody typed them once.
    _enrolment("e2d40b1c-55f3-4c7a-8a2e-7f10c3b96d03", ("Anna  Maria", "Schmidt"), "amschmidt", "00012349"),
    # One name and no address.
    _enrolment("0000000000004712", ("", "Wulandari"), "wulandari", "00012350", name="Wulandari", email=None),
    # Letters with combining marks instead of accented letters.
    _enrolment("77b1a9e4-2c60-4d8f-93a5-0c4e6b1d8f04", ("Zoe\u0308", "Nguye\u0302\u0303n"), "znguyen", "00012351"),
    # Two people of one name; the second has left.
    _enrolment("0004713", ("Maria", "García"), "mgarcia", "00012352"),
    _enrolment("9007199254740995", ("Maria", "García"), "mgarcia2", "00012353", status="Inactive"),
    _enrolment(
        "a0000000-0000-4000-8000-000000000012", ("Test", "Student"), "teststudent", "", email=None, roles=TEST_STUDENT
    ),
)


def courses(seed: int, user_id: Callable[[str], str] = str) -> list[Course]:
    """Return the three courses, freshly enrolled; *user_id* says how the platform calls a person."""
    titles = {
        "SEM12": "Seminar: Reading Learning Data",
        "BIO101": "Introduction to Cell Biology",
        "MED3000": "Medicine for the First Year",
    }
    rosters = _rosters(seed)
    return [_course(seed, label, title, rosters[label], user_id) for label, title in titles.items()]


def _course(seed: int, label: str, title: str, roster: tuple[_Enrolment, ...], user_id: Callable[[str], str]) -> Course:
    context_id = f"{Random(f'{seed}/{label}').getrandbits(64):016x}"  # noqa: S311 - invented data, no secret
    course = Course(course_id=label, context_id=context_id, label=label, title=title)
    for known, roles, status in roster:
        called = user_id(known.user_id)
        person = known if called == known.user_id else replace(known, user_id=called)
        course.members[person.user_id] = Membership(person, roles, status, number=len(course.members) + 1)
    return course


@lru_cache(maxsize=4)  # people are immutable: tests that start many platforms share them
def _rosters(seed: int) -> dict[str, tuple[_Enrolment, ...]]:
    people = generate(Random(seed), first_number=1000)  # noqa: S311 - invented data, no secret
    seminar_learners = [entry for entry in _SEMINAR if entry[1] in (LEARNER, BOTH)][:4]
    biology = [
        *_staff(people, teachers=2, assistants=4),
        *((person, LEARNER, status) for person, _, status in seminar_learners),
    ]
    biology += _learners(people, 350 - len(biology))
    shared = [(person, LEARNER, "Active") for person, roles, _ in biology[-60:] if roles == LEARNER]
    medicine = [*_staff(people, teachers=5, assistants=20), *shared, *_same_address_but_for_case(people)]
    medicine += _learners(people, 3000 - len(medicine))
    return {"SEM12": _SEMINAR, "BIO101": tuple(biology), "MED3000": tuple(medicine)}


def _staff(people: Iterator[Person], *, teachers: int, assistants: int) -> list[_Enrolment]:
    roles = [INSTRUCTOR] * teachers + [ASSISTANT] * assistants
    return [(person, role, "Active") for person, role in zip(islice(people, len(roles)), roles, strict=True)]


def _learners(people: Iterator[Person], count: int) -> list[_Enrolment]:
    """Return learners, one in forty inactive; the first also teaches a little."""
    found: list[_Enrolment] = []
    for number, person in enumerate(islice(people, count)):
        roles = BOTH if number == 0 else LEARNER
        found.append((person, roles, "Inactive" if number % 40 == 39 else "Active"))
    return found


def _same_address_but_for_case(people: Iterator[Person]) -> list[_Enrolment]:
    """Return two people whose addresses only case tells apart: no match by e-mail may pick one."""
    one, two = islice(people, 2)
    addresses = ("sam.lee@students.example.edu", "Sam.Lee@students.example.edu")
    return [
        (replace(person, email=address), LEARNER, "Active")
        for person, address in zip((one, two), addresses, strict=True)
    ]
