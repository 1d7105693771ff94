"""A key names exactly one member, or nobody."""

from __future__ import annotations

import time

import pytest

from ltix_data import matching, spec
from ltix_data.errors import UsageError
from ltix_data.matching import Index, Match
from ltix_data.records import Member

LEARNER = spec.CONTEXT_ROLE + "Learner"
ADA = Member("u1", (LEARNER,), name="Ada Lovelace", email="Ada@Uni.example", sourcedid="00123")
ZOE = Member("u2", (LEARNER,), name="Zoé  Müller", email="zoe@uni.example", sourcedid="00456")
TWIN = Member("u3", (LEARNER,), name="Ada Lovelace", sourcedid="u1")
ROSTER = [ADA, ZOE, TWIN]


@pytest.mark.parametrize(
    ("by", "key", "member"),
    [
        ("user_id", "u1", ADA),
        ("sourcedid", "u1", TWIN),
        ("sourcedid", " 00123\u00a0", ADA),
        ("email", "ADA@uni.EXAMPLE", ADA),
        ("name", "Zoe\u0301 Müller", ZOE),
    ],
)
def test_a_key_finds_the_one_member_who_has_it(by: str, key: str, member: Member) -> None:
    assert Index(ROSTER, by).find(key) == Match(member=member)


@pytest.mark.parametrize(
    ("by", "key", "hint"),
    [
        ("sourcedid", "123", "Did you mean “00123”?"),
        ("sourcedid", "#00456", "Did you mean “00456”?"),
        ("sourcedid", "00457", "Nobody on the roster has this sourcedid."),
        ("user_id", "U1", "Did you mean “u1”?"),
        ("email", "zeo@uni.example", "Did you mean “zoe@uni.example”?"),
        ("email", "ada@students.uni.example", "Did you mean “ada@uni.example”?"),
        ("email", "x@y.example", "Nobody on the roster has this email; of those on it, 1 show none."),
        ("name", "Müller, Zoé", "Did you mean “Zoé Müller”?"),
        ("name", "zoé müller", "Did you mean “Zoé Müller”?"),
        ("email", "", "Nobody on the roster has this email; of those on it, 1 show none."),
    ],
)
def test_a_near_miss_is_a_hint_and_never_a_match(by: str, key: str, hint: str) -> None:
    assert Index(ROSTER, by).find(key) == Match(problem="unknown_user", hint=hint)


def test_a_number_one_digit_off_is_somebody_elses_and_no_near_miss() -> None:
    match = Index([Member("u1", sourcedid="s10457")], "sourcedid").find("s10458")

    assert match.hint == "Nobody on the roster has this sourcedid."


def test_two_near_misses_at_most_are_named() -> None:
    members = [Member(f"u{n}", email=f"{letter}ada@uni.example") for n, letter in enumerate("abcd")]

    match = Index(members, "email").find("ada@uni.example")

    assert match.hint == "Did you mean “aada@uni.example” or “bada@uni.example”?"


def test_a_key_that_two_share_is_nobodys() -> None:
    match = Index(ROSTER, "name").find("Ada Lovelace")

    assert match == Match(
        problem="ambiguous_user", hint="2 people on the roster have this name; match by another column."
    )


def test_a_member_whom_the_platform_lists_twice_is_one_person() -> None:
    assert Index([ADA, ADA], "user_id").find("u1") == Match(member=ADA)


def test_what_the_platform_withholds_cannot_be_matched_by() -> None:
    with pytest.raises(UsageError, match=r"shares no username .* Match by user_id or sourcedid or email or name, "):
        Index(ROSTER, "username")


def test_only_what_identifies_a_person_can_be_matched_by() -> None:
    with pytest.raises(UsageError, match="user_id, sourcedid, username, email"):
        Index(ROSTER, "picture")


def test_an_empty_roster_knows_nobody() -> None:
    assert Index([], "email").find("ada@uni.example").problem == "unknown_user"


@pytest.mark.parametrize(
    ("member", "code"),
    [
        (ADA, None),
        (Member("t", (LEARNER, spec.TEST_USER)), "test_user"),
        (Member("d", (LEARNER,), status="Deleted"), "inactive"),
        (Member("p", (LEARNER,), status="Pending"), "inactive"),
        (Member("i", (spec.CONTEXT_ROLE + "Instructor",)), "not_learner"),
        (Member("n"), "not_learner"),
        (Member("both", (spec.CONTEXT_ROLE + "Instructor", LEARNER)), None),
    ],
)
def test_only_a_present_learner_is_graded_without_an_objection(member: Member, code: str | None) -> None:
    objection = matching.objection(member)

    assert (objection and objection[0]) == code


def test_three_thousand_strangers_are_looked_for_among_three_thousand_in_seconds() -> None:
    members = [Member(f"u{n}", email=f"student.number{n}@uni.example") for n in range(3000)]
    index = Index(members, "email")
    start = time.perf_counter()

    problems = {index.find(f"stduent.number{n}@uni.example").problem for n in range(3000)}

    assert problems == {"unknown_user"}
    assert time.perf_counter() - start < 5  # comparing all with all takes minutes
