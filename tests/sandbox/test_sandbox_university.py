"""The invented university has the people that break software, the same ones every time."""

import ast
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

import ltix_data.sandbox
from ltix_data import spec
from ltix_data.sandbox import Options, Platform


@pytest.fixture(scope="module")
def courses():
    return Platform().courses


def people(course):
    return [member.person for member in course.members.values()]


def test_the_courses_have_the_sizes_they_are_named_for(courses):
    assert {name: len(course.members) for name, course in courses.items()} == {
        "SEM12": 12,
        "BIO101": 350,
        "MED3000": 3000,
    }


def test_a_seed_always_makes_the_same_people():
    again = subprocess.run(
        [
            sys.executable,
            "-c",
            "from ltix_data.sandbox import Platform\n"
            "for member in Platform().courses['MED3000'].members.values(): print(ascii(member.person))",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert again == [ascii(person) for person in people(Platform().courses["MED3000"])]


def test_another_seed_makes_other_people():
    assert set(Platform(Options(seed=1)).courses["BIO101"].members) != set(Platform().courses["BIO101"].members)


def test_the_seminar_shows_the_oddities_on_one_screen(courses):
    seminar = courses["SEM12"]
    names = Counter(person.name for person in people(seminar))
    roles = [member.roles for member in seminar.members.values()]

    assert names["Maria García"] == 2
    assert any("  " in name for name in names)
    assert any(" " not in name for name in names)
    assert any(unicodedata.normalize("NFC", name) != name for name in names)
    assert any(person.email is None for person in people(seminar))
    assert any(spec.TEST_USER in of_one for of_one in roles)
    assert any({"Instructor", "Learner"} <= {uri.rpartition("#")[2] for uri in of_one} for of_one in roles)
    assert any(member.status == "Inactive" for member in seminar.members.values())


@pytest.mark.parametrize("name", ["SEM12", "BIO101", "MED3000"])
def test_some_ids_look_like_numbers_that_a_spreadsheet_would_damage(courses, name):
    ids = list(courses[name].members)

    assert any(user_id.isdigit() and user_id.startswith("0") for user_id in ids)
    assert any(user_id.isdigit() and len(user_id) == 16 and str(int(float(user_id))) != user_id for user_id in ids)
    assert all(person.sourcedid.startswith("0") for person in people(courses[name]) if person.sourcedid)


def test_addresses_are_unique_but_for_case(courses):
    for course in courses.values():
        addresses = [person.email for person in people(course) if person.email]
        assert len(addresses) == len(set(addresses))

    folded = Counter(person.email.lower() for person in people(courses["MED3000"]) if person.email)
    assert [address for address, times in folded.items() if times > 1] == ["sam.lee@students.example.edu"]


def test_some_people_are_in_two_courses_under_one_id(courses):
    seminar, biology, medicine = (set(courses[name].members) for name in ("SEM12", "BIO101", "MED3000"))

    assert (len(seminar & biology), len(biology & medicine) >= 50) == (4, True)


def test_each_course_has_teachers_assistants_and_learners(courses):
    for course in courses.values():
        roles = {uri for member in course.members.values() for uri in member.roles}
        assert {
            spec.CONTEXT_ROLE + "Instructor",
            spec.CONTEXT_ROLE + "Learner",
            spec.CONTEXT_SUB_ROLE + "Instructor#TeachingAssistant",
        } <= roles


def test_nothing_of_ours_but_the_vocabulary_is_imported():
    """The practice platform shall not share the client's bugs."""
    imported = set()
    for path in Path(ltix_data.sandbox.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                imported |= {f"{node.module or ''}.{alias.name}" for alias in node.names}
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                imported |= {node.module} & {"ltix_data", "pandas", "httpx"}
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names} & {"ltix_data", "pandas", "httpx"}

    assert imported == {".spec"}


def test_flask_waits_until_an_application_is_built():
    code = "import sys, ltix_data, ltix_data.sandbox as s; s.Platform(); print('flask' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
