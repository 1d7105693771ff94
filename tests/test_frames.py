"""Records become frames with the same columns and dtypes, however full or empty."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from ltix_data import columns, frames, roles, spec
from ltix_data.courses import KnownCourse
from ltix_data.frames import kinds
from ltix_data.records import LineItem, Member, Result

LEARNER = spec.CONTEXT_ROLE + "Learner"
INSTRUCTOR = spec.CONTEXT_ROLE + "Instructor"
QUIZ = LineItem("Quiz 1", 10.0, "https://lms.example/items/1")
ESSAY = LineItem("Essay", 50.0, "https://lms.example/items/2")
ADA = Member("u1", (LEARNER,), name="Ada Lovelace")
BEN = Member("u2", (LEARNER,), name="Ben Okri")
TEXT = pd.Series(["a"]).dtype
MOMENT = "datetime64[us, UTC]"


def text(*values: str | None) -> pd.Series:
    return pd.Series([np.nan if value is None else value for value in values], dtype=TEXT)


def number(*values: float) -> pd.Series:
    return pd.Series(values, dtype="float64")


def words(values: list[str | None], known: tuple[str, ...]) -> pd.Series:
    return pd.Series(pd.Categorical(values, categories=list(known)))


def wide(users: list[str], columns: dict[str, pd.Series]) -> pd.DataFrame:
    frame = pd.DataFrame(columns).set_axis(pd.Index(users, dtype=TEXT, name="user_id"))
    return frame.set_axis(pd.Index(list(columns), dtype=TEXT), axis=1)


EVERY_FRAME = {
    "roster": lambda: frames.roster([]),
    "line_items": lambda: frames.line_items([], bool),
    "results": lambda: frames.results([]),
    "gradebook": lambda: frames.gradebook([], [], [QUIZ]),
    "courses": lambda: frames.courses([]),
    "registrations": lambda: frames.registrations([]),
    "problems": lambda: frames.problems([]),
    "changes": lambda: frames.changes([]),
    "outcomes": lambda: frames.outcomes([]),
    "uploads": lambda: frames.uploads([]),
}


@dataclass
class Registered:
    name: str
    platform: str | None
    issuer: str
    client_id: str
    courses: tuple[KnownCourse, ...]
    key_storage: str


FULL = {
    "roster": lambda: frames.roster([ADA]),
    "line_items": lambda: frames.line_items([QUIZ], bool),
    "results": lambda: frames.results([(QUIZ, Result("u1", 8.0, 10.0))]),
    "gradebook": lambda: frames.gradebook([ADA], [], [QUIZ]),
    "courses": lambda: frames.courses([KnownCourse("BIO101")]),
    "registrations": lambda: frames.registrations([Registered("uni", None, "https://i", "c", (), "keyring")]),
    "problems": lambda: frames.problems([{"row": 2}]),
    "changes": lambda: frames.changes([{"row": 2, "change": "new"}]),
    "outcomes": lambda: frames.outcomes([{"row": 2, "outcome": "confirmed"}]),
    "uploads": lambda: frames.uploads([{"upload_id": "a", "rows": 1, "confirmed": 0, "failed": 1}]),
}


@pytest.mark.parametrize("name", EVERY_FRAME)
def test_an_empty_answer_has_the_columns_and_dtypes_of_a_full_one(name: str) -> None:
    empty = EVERY_FRAME[name]()

    assert_frame_equal(empty, FULL[name]().iloc[:0])


def test_a_roster_is_one_row_per_member_and_what_is_withheld_is_missing() -> None:
    taught = Member("u9", (INSTRUCTOR, LEARNER), status="Pending", given_name="Eva", email="eva@uni.example")
    tested = Member("007", (LEARNER, spec.TEST_USER), name="None", sourcedid="00123", username="nan")

    roster = frames.roster([taught, tested])

    assert_frame_equal(
        roster,
        pd.DataFrame(
            {
                "user_id": text("u9", "007"),
                "name": text(None, "None"),
                "given_name": text("Eva", None),
                "family_name": text(None, None),
                "middle_name": text(None, None),
                "email": text("eva@uni.example", None),
                "sourcedid": text(None, "00123"),
                "username": text(None, "nan"),
                "role": words(["Instructor", "Learner"], roles.WORDS),
                "roles": pd.Series([taught.roles, tested.roles], dtype="object"),
                "status": words(["Pending", "Active"], (*spec.MEMBERSHIP_STATUS, "Pending")),
                "test_user": pd.Series([False, True]),
            }
        ),
    )


def test_the_role_of_someone_without_a_role_in_the_course_is_missing() -> None:
    roster = frames.roster([Member("u1", (spec.SYSTEM_ROLE + "User",))])

    assert roster["role"].isna().tolist() == [True]


def test_missing_text_is_what_read_csv_makes_of_an_empty_cell() -> None:
    roster = frames.roster([ADA])

    assert isinstance(roster["email"][0], float)


def test_line_items_keep_an_end_in_the_year_9999_and_a_release_nobody_stated() -> None:
    far = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    final = LineItem("Final", 7.5, "https://lms.example/items/3", tag="t", ends_at=far, grades_released=False)

    items = frames.line_items([QUIZ, final], lambda item: item is QUIZ)

    assert_frame_equal(
        items,
        pd.DataFrame(
            {
                "item_id": text(QUIZ.item_id, final.item_id),
                "label": text("Quiz 1", "Final"),
                "out_of": number(10, 7.5),
                "tag": text(None, "t"),
                "resource_id": text(None, None),
                "resource_link_id": text(None, None),
                "starts_at": pd.Series([None, None], dtype=MOMENT),
                "ends_at": pd.Series([None, far], dtype=MOMENT),
                "coupled": pd.Series([True, False]),
                "grades_released": pd.Series([None, False], dtype="boolean"),
            }
        ),
    )


def test_results_carry_the_line_items_own_id_and_a_percent_of_their_own_maximum() -> None:
    when = datetime(2025, 3, 1, 12, tzinfo=UTC)
    graded = Result("u1", 4.0, 5.0, comment="Good", item_id=f"{QUIZ.item_id}?page=2", scored_at=when)

    results = frames.results([(QUIZ, graded), (QUIZ, Result("u2")), (QUIZ, Result("u3", 0.0, 10.0))])

    assert_frame_equal(
        results,
        pd.DataFrame(
            {
                "user_id": text("u1", "u2", "u3"),
                "item_id": text(QUIZ.item_id, QUIZ.item_id, QUIZ.item_id),
                "label": text("Quiz 1", "Quiz 1", "Quiz 1"),
                "score": number(4, np.nan, 0),
                "out_of": number(5, np.nan, 10),
                "percent": number(80, np.nan, 0),
                "comment": text("Good", None, None),
                "scored_at": pd.Series([when, None, None], dtype=MOMENT),
            }
        ),
    )


def test_a_gradebook_has_a_row_for_every_learner_and_no_grade_is_missing_not_zero() -> None:
    pairs = [(QUIZ, Result("u1", 0.0, 10.0)), (ESSAY, Result("u2", 33.3, 50.0)), (QUIZ, Result("u2"))]

    book = frames.gradebook([BEN, ADA], pairs, [QUIZ, ESSAY])

    assert_frame_equal(
        book,
        wide(
            ["u2", "u1"],
            {
                "name": text("Ben Okri", "Ada Lovelace"),
                "Quiz 1": number(np.nan, 0),
                "Essay": number(33.3, np.nan),
            },
        ),
    )


def test_a_gradebook_is_in_points_of_the_line_item_whatever_maximum_the_score_stands_on() -> None:
    book = frames.gradebook([ADA], [(QUIZ, Result("u1", 0.7, 1.0)), (ESSAY, Result("u1", 5.0, 0.0))], [QUIZ, ESSAY])

    assert_frame_equal(book, wide(["u1"], {"name": text("Ada Lovelace"), "Quiz 1": number(7), "Essay": number(np.nan)}))


def test_a_gradebook_in_percent_runs_from_0_to_100() -> None:
    book = frames.gradebook([ADA], [(QUIZ, Result("u1", 0.75, 1.0))], [QUIZ], values="percent")

    assert_frame_equal(book, wide(["u1"], {"name": text("Ada Lovelace"), "Quiz 1": number(75)}))


def test_the_grade_of_a_student_who_left_stays_and_a_teachers_stays_out() -> None:
    pairs = [(QUIZ, Result("gone", 9.0, 10.0)), (QUIZ, Result("teacher", 10.0, 10.0)), (QUIZ, Result("ungraded"))]

    book = frames.gradebook([ADA], pairs, [QUIZ], known={"u1", "teacher"})

    assert_frame_equal(book, wide(["u1", "gone"], {"name": text("Ada Lovelace", None), "Quiz 1": number(np.nan, 9)}))


def test_of_two_results_of_one_learner_the_last_with_a_score_counts() -> None:
    pairs = [(QUIZ, Result("u1", 4.0, 10.0)), (QUIZ, Result("u1", 6.0, 10.0)), (QUIZ, Result("u1"))]

    book = frames.gradebook([ADA], pairs, [QUIZ])

    assert_frame_equal(book, wide(["u1"], {"name": text("Ada Lovelace"), "Quiz 1": number(6)}))


def test_every_column_has_a_name_of_its_own_and_a_written_label_keeps_its_name() -> None:
    labels = ["Quiz", "Quiz", "Quiz (2)", "name", "user_id", "", " "]

    book = frames.gradebook([], [], [LineItem(label, 1.0, f"https://x.example/{n}") for n, label in enumerate(labels)])

    assert list(book.columns) == [
        "name",
        "Quiz",
        "Quiz (3)",
        "Quiz (2)",
        "name (2)",
        "user_id (2)",
        "(no label)",
        "(no label) (2)",
    ]


def test_a_gradebooks_attrs_say_maximum_and_id_of_each_column_and_can_be_written_as_json() -> None:
    attrs = frames.gradebook([ADA], [], [QUIZ, ESSAY]).attrs

    assert json.loads(json.dumps(attrs)) == {
        "out_of": {"Quiz 1": 10.0, "Essay": 50.0},
        "item_id": {"Quiz 1": QUIZ.item_id, "Essay": ESSAY.item_id},
    }


def test_courses_tell_scopes_that_nobody_stated_from_none_at_all() -> None:
    known = [KnownCourse("BIO101", label="BIO", lineitems_url="https://lms.example/li"), KnownCourse("B", scopes=())]

    courses = frames.courses(known)

    assert_frame_equal(
        courses,
        pd.DataFrame(
            {
                "name": text("BIO101", "B"),
                "label": text("BIO", None),
                "title": text(None, None),
                "context_id": text(None, None),
                "memberships_url": text(None, None),
                "lineitems_url": text("https://lms.example/li", None),
                "lineitem_url": text(None, None),
                "resource_link_id": text(None, None),
                "scopes": pd.Series([None, ()], dtype="object"),
            }
        ),
    )


def test_registrations_count_their_courses() -> None:
    row = Registered("uni", None, "https://lms.example", "abc", (KnownCourse("A"), KnownCourse("B")), "keyring")

    registrations = frames.registrations([row])

    assert_frame_equal(
        registrations,
        pd.DataFrame(
            {
                "name": text("uni"),
                "platform": text(None),
                "issuer": text("https://lms.example"),
                "client_id": text("abc"),
                "courses": pd.Series([2]),
                "key_storage": text("keyring"),
            }
        ),
    )


def test_problems_show_a_cell_as_it_reads() -> None:
    cells = ["85%", 12.5, None, float("nan"), pd.NA, True, [1]]

    problems = frames.problems({"row": n, "column": "Score", "value": v} for n, v in enumerate(cells, 2))

    assert_frame_equal(
        problems,
        pd.DataFrame(
            {
                "row": pd.Series(range(2, 9)),
                "column": text(*["Score"] * 7),
                "value": text("85%", "12.5", None, None, None, "True", "[1]"),
                "problem": text(*[None] * 7),
                "hint": text(*[None] * 7),
            }
        ),
    )


def test_changes_say_old_and_new_and_which_way() -> None:
    changes = frames.changes(
        [{"row": 3, "user_id": "u1", "name": "Ada", "old": None, "new": 8, "out_of": 10, "change": "new"}]
    )

    assert_frame_equal(
        changes,
        pd.DataFrame(
            {
                "row": pd.Series([3]),
                "user_id": text("u1"),
                "name": text("Ada"),
                "old": number(np.nan),
                "new": number(8),
                "out_of": number(10),
                "change": words(["new"], ("new", "raise", "lower", "same", "clear")),
                "overwrites": pd.Series([False]),
            }
        ),
    )


def test_outcomes_have_one_row_per_input_row() -> None:
    outcomes = frames.outcomes(
        [{"row": 2, "user_id": "u1", "score": 8.0, "outcome": "confirmed"}, {"row": 3, "outcome": "skipped"}]
    )

    assert_frame_equal(
        outcomes,
        pd.DataFrame(
            {
                "row": pd.Series([2, 3]),
                "user_id": text("u1", None),
                "score": number(8, np.nan),
                "outcome": words(
                    ["confirmed", "skipped"],
                    ("confirmed", "unchanged", "skipped", "refused", "differs", "unknown"),
                ),
                "reason": text(None, None),
                "held": number(np.nan, np.nan),
            }
        ),
    )


def test_the_rosters_of_several_courses_stand_in_one_frame_and_keep_their_types() -> None:
    audit = Member("u1", (LEARNER,), status="Auditing")
    guest = Member("u3", (LEARNER,), status="Guest")
    parts = [("A", columns.roster([BEN, audit])), ("B", columns.roster([guest]))]

    both = frames.roster_of(columns.stacked(parts, columns.ROSTER))

    expected = frames.roster([BEN, audit, guest])
    expected.insert(0, "course", text("A", "A", "B"))
    assert_frame_equal(both, expected)


def test_no_courses_at_all_make_the_same_columns() -> None:
    none = frames.roster_of(columns.stacked([], columns.ROSTER))

    assert_frame_equal(none, frames.roster_of(columns.stacked([("A", columns.roster([]))], columns.ROSTER)))


def test_a_merge_with_a_frame_from_a_csv_file_keeps_the_types_of_both(tmp_path) -> None:
    (tmp_path / "marks.csv").write_text("email,mark\nada@uni.example,7.5\n")
    marks = pd.read_csv(tmp_path / "marks.csv")

    merged = frames.roster([Member("u1", email="ada@uni.example")]).merge(marks, on="email", how="outer")

    assert merged.dtypes[["email", "user_id", "mark"]].tolist() == [TEXT, TEXT, np.dtype("float64")]


@pytest.mark.parametrize(
    "values", [[], ["a"], ["a", None, "ü 😀"], [None, None], ["", " "], ["a", 5], [1.5, None]], ids=repr
)
def test_text_is_what_pandas_makes_of_it_whichever_way_it_gets_there(values):
    """What Arrow does not take for text goes the other way."""
    there = [np.nan if value is None else value for value in values]

    pd.testing.assert_series_equal(kinds.text(values), pd.Series(there, dtype=TEXT))
