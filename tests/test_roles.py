"""Roles: one plain word out of what platforms write, and back to a filter. [Core §A.2]"""

from __future__ import annotations

import pytest

from ltix_data import roles, spec
from ltix_data.errors import UsageError

LEARNER = spec.CONTEXT_ROLE + "Learner"
INSTRUCTOR = spec.CONTEXT_ROLE + "Instructor"
ADMINISTRATOR = spec.CONTEXT_ROLE + "Administrator"
TA = spec.CONTEXT_SUB_ROLE + "Instructor#TeachingAssistant"
GRADER = spec.CONTEXT_SUB_ROLE + "Instructor#Grader"
PRIMARY = spec.CONTEXT_SUB_ROLE + "Instructor#PrimaryInstructor"
GUEST = spec.CONTEXT_SUB_ROLE + "Learner#GuestLearner"
STUDENT = spec.INSTITUTION_ROLE + "Student"
SYSTEM = spec.SYSTEM_ROLE + "Administrator"


@pytest.mark.parametrize(
    ("held", "word"),
    [
        ((LEARNER,), "Learner"),
        (("Learner",), "Learner"),
        (("learner",), "Learner"),
        ((LEARNER, INSTRUCTOR), "Instructor"),
        ((INSTRUCTOR, TA), "TeachingAssistant"),
        ((TA,), "TeachingAssistant"),
        ((INSTRUCTOR, TA, GRADER), "TeachingAssistant"),
        ((INSTRUCTOR, TA, PRIMARY), "Instructor"),
        ((INSTRUCTOR, TA, ADMINISTRATOR), "Administrator"),
        ((GUEST,), "Learner"),
        ((STUDENT, SYSTEM), None),
        ((SYSTEM, LEARNER), "Learner"),
        ((spec.TEST_USER, LEARNER), "Learner"),
        (("urn:something:else", "", "membership#Learner"), None),
        ((spec.CONTEXT_ROLE + "Wizard",), None),
        ((), None),
    ],
)
def test_a_person_is_called_by_the_most_privileged_role_in_the_course(held, word):
    assert roles.main_role(held) == word


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (None, {LEARNER, INSTRUCTOR, TA, GRADER, GUEST, STUDENT}),
        ("Learner", {LEARNER, GUEST}),
        (" learner ", {LEARNER, GUEST}),
        (LEARNER, {LEARNER, GUEST}),
        ("Instructor", {INSTRUCTOR, TA, GRADER}),
        ("TeachingAssistant", {TA, GRADER}),
        ("teaching assistant", {TA, GRADER}),
        ("Instructor#Grader", {GRADER}),
        (GRADER, {GRADER}),
        (STUDENT, {STUDENT}),
        ("Mentor", set()),
    ],
)
def test_a_filter_fits_a_role_and_its_sub_roles(wanted, fits):
    matches = roles.matcher(wanted)

    assert {role for role in (LEARNER, INSTRUCTOR, TA, GRADER, GUEST, STUDENT) if matches((role,))} == fits


@pytest.mark.parametrize("wanted", ["Student", "teacher", "", "  ", "Wizard#Great", 5])
def test_a_word_lti_does_not_know_is_refused_with_those_it_knows(wanted):
    with pytest.raises(UsageError, match="Administrator, Instructor"):
        roles.matcher(wanted)


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        (None, None),
        ("learner", LEARNER),
        (" Learner ", LEARNER),
        (INSTRUCTOR, INSTRUCTOR),
        ("TeachingAssistant", None),
        ("Instructor#Grader", None),
        (STUDENT, None),
    ],
)
def test_the_platform_is_asked_by_the_full_uri_of_a_context_role(wanted, asked):
    """Canvas refuses short names; sub-roles are matched badly, so everyone is asked for. [NRPS §2.4.1]"""
    assert roles.query_value(wanted) == asked


def test_canvas_student_view_is_a_test_user():
    assert roles.is_test_user((LEARNER, spec.TEST_USER))
    assert not roles.is_test_user((LEARNER,))
