"""Grades of a sheet: what the LMS holds afterwards is what the sheet meant, row by row."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal

import ltix_data as ltix

from .conftest import attempt
from .lms import FAULTS, Item, Lms
from .people import DIFFICULT

ZOE, MARIA, LI = (one[2] for one in DIFFICULT[:3])
OUTCOMES = ["row", "user_id", "score", "outcome", "reason"]
CHANGES = ["row", "user_id", "name", "old", "new", "out_of", "change"]
PROBLEMS = ["row", "column", "value", "problem", "hint"]


@pytest.fixture
def quiz(lms: Lms) -> Item:
    return lms.courses["small"].item("Quiz 1")


def stored(item: Item) -> dict[str, float]:
    return {user: row["resultScore"] for user, row in item.results.items()}


def sheet(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def problems(plan: ltix.Plan) -> list[tuple[int, str]]:
    return list(zip(plan.problems["row"], plan.problems["problem"], strict=True))


def outcomes(report: ltix.Report) -> list[str]:
    return list(report.outcomes["outcome"])


# -- matching --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("match", "field"), [("user_id", 2), ("email", 3), ("sourcedid", 4)])
def test_every_difficult_person_gets_their_own_grade(
    lms: Lms, course: ltix.Course, quiz: Item, match: str, field: int
) -> None:
    frame = sheet(**{match: [one[field] for one in DIFFICULT], "points": [number / 4 for number in range(11)]})
    report = course.upload_grades(frame, item="Quiz 1", match=match, score="points")

    assert stored(quiz) == {one[2]: number / 4 for number, one in enumerate(DIFFICULT)}
    assert outcomes(report) == ["confirmed"] * 11
    assert len(report.failures) == 0
    assert lms.complaints == []


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
@pytest.mark.parametrize("match", ["user_id", "sourcedid"])
def test_ids_survive_the_way_from_file_to_wire(
    course: ltix.Course, quiz: Item, tmp_path: Path, suffix: str, match: str
) -> None:
    field = {"user_id": 2, "sourcedid": 4}[match]
    path = tmp_path / f"grades{suffix}"
    frame = sheet(**{match: [one[field] for one in DIFFICULT], "points": list(range(11))})
    if suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_csv(path, index=False, sep="," if suffix == ".csv" else "\t")
    course.upload_grades(path, item="Quiz 1", match=match, score="points", out_of=10)

    assert stored(quiz) == {one[2]: float(number) for number, one in enumerate(DIFFICULT)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sep", [",", ";", "\t"])
def test_files_of_many_makes_are_read(course: ltix.Course, quiz: Item, tmp_path: Path, encoding: str, sep: str) -> None:
    path = tmp_path / "grades.csv"
    rows = [
        ("E-mail address", "Größe", "points"),
        ("zoe.obrien@example.edu", "“x”", "7.5"),
        ("ANNE@EXAMPLE.EDU", "", "0"),
    ]
    path.write_text("\r\n".join(sep.join(row) for row in rows) + "\r\n", encoding=encoding)
    course.upload_grades(str(path), item="Quiz 1", match="email", key="E-mail address", score="points")

    assert stored(quiz) == {ZOE: 7.5, "user.with.dots": 0.0}


def test_email_is_matched_without_regard_to_case_but_ids_are_not(course: ltix.Course, quiz: Item) -> None:
    course.upload_grades(
        sheet(email=["ZOE.OBRIEN@EXAMPLE.EDU"], points=[1]), item="Quiz 1", match="email", score="points"
    )
    assert stored(quiz) == {ZOE: 1.0}

    plan = course.plan_grades(
        sheet(user_id=["true", "0X1F"], points=[1, 2]), item="Quiz 1", match="user_id", score="points"
    )
    assert problems(plan) == [(2, "unknown_user"), (3, "unknown_user")]


def test_ids_that_look_alike_are_kept_apart(course: ltix.Course, quiz: Item) -> None:
    """42 and 00042 are two people."""
    course.upload_grades(sheet(user_id=["42", "00042"], points=[1, 2]), item="Quiz 1", match="user_id", score="points")

    assert stored(quiz) == {"42": 1.0, "00042": 2.0}


def test_an_integer_column_never_hits_a_padded_id(course: ltix.Course) -> None:
    """Excel made 7 of 000000000000007: that is no exact match."""
    plan = course.plan_grades(sheet(user_id=[7], points=[1]), item="Quiz 1", match="user_id", score="points")

    assert len(plan.changes) == 0
    assert len(plan.problems) == 1


def test_a_float_that_lost_digits_is_a_problem_not_a_neighbour(course: ltix.Course) -> None:
    """9007199254740993 as a float is ...992: a different person, perhaps."""
    frame = sheet(user_id=[9007199254740993.0, np.nan], points=[1, 2])
    plan = course.plan_grades(frame, item="Quiz 1", match="user_id", score="points")

    assert len(plan.changes) == 0
    assert len(plan.problems) == 2


def test_matching_has_no_default(course: ltix.Course) -> None:
    with pytest.raises(TypeError):
        course.plan_grades(sheet(email=["x"], points=[1]), item="Quiz 1", score="points")  # type: ignore[call-arg]


def test_a_shared_address_is_ambiguous(lms: Lms, course: ltix.Course) -> None:
    lms.member_filter = lambda one: one | {"email": "shared@example.edu"}
    plan = course.plan_grades(
        sheet(email=["Shared@example.edu"], points=[1]), item="Quiz 1", match="email", score="points"
    )

    assert problems(plan) == [(2, "ambiguous_user")]
    assert len(plan.changes) == 0


def test_two_rows_of_one_person_are_both_problems(lms: Lms, course: ltix.Course) -> None:
    frame = sheet(email=["li@例え.example.edu", "anne@example.edu", "LI@例え.example.edu"], points=[1, 2, 3])
    plan = course.plan_grades(frame, item="Quiz 1", match="email", score="points")

    assert problems(plan) == [(2, "duplicate"), (4, "duplicate")]
    assert list(plan.changes["user_id"]) == ["user.with.dots"]


@pytest.mark.parametrize("blank", ["", "  ", None, np.nan, pd.NA])
def test_a_blank_id_matches_nobody(lms: Lms, course: ltix.Course, blank: object) -> None:
    """Not even people who have no sourcedid themselves."""
    lms.member_filter = lambda one: one | ({"lis_person_sourcedid": ""} if one["user_id"] == ZOE else {})
    plan = course.plan_grades(sheet(sourcedid=[blank], points=[1]), item="Quiz 1", match="sourcedid", score="points")

    assert len(plan.changes) == 0
    assert list(plan.problems["row"]) == [2]


def test_the_teacher_and_those_who_left_get_no_grade(lms: Lms, course: ltix.Course) -> None:
    lms.member_filter = lambda one: one | {"status": "Inactive" if one["user_id"] == ZOE else "Active"}
    frame = sheet(user_id=["0-teacher", ZOE, MARIA], points=[1, 2, 3])
    plan = course.plan_grades(frame, item="Quiz 1", match="user_id", score="points")

    assert problems(plan) == [(2, "not_learner"), (3, "inactive")]


# -- cells -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", ["", " ", "-", "–", "N/A", "n/a", "EX", None, np.nan, pd.NA])
def test_a_blank_cell_is_not_zero(course: ltix.Course, lms: Lms, quiz: Item, blank: object) -> None:
    lms.give(quiz, ZOE, 6)
    frame = sheet(user_id=[ZOE, MARIA], points=pd.array([blank, "0"], dtype="object"))
    report = course.upload_grades(frame, item="Quiz 1", match="user_id", score="points")

    assert stored(quiz) == {ZOE: 6.0, MARIA: 0.0}
    assert outcomes(report) == ["skipped", "confirmed"]
    assert len(report.failures) == 0
    assert len(quiz.posts) == 1


@pytest.mark.parametrize(
    "cell",
    ["85%", "8 / 10", "A-", "zero", "inf", "-inf", "Infinity", "nan%", "1e400", -1, "-1", float("inf"), True, 10.5,
     "11", "1,234.5", "0x1F", "१२", "1_0", "7.5.1", "--3", "7 8"],
)  # fmt: skip
def test_what_is_no_score_is_a_problem_with_its_row(course: ltix.Course, quiz: Item, cell: object) -> None:
    frame = sheet(user_id=[ZOE, MARIA], points=pd.array([3, cell], dtype="object"))
    plan = course.plan_grades(frame, item="Quiz 1", match="user_id", score="points")

    assert list(plan.problems["row"]) == [3], plan.changes
    assert list(plan.problems["column"]) == ["points"]
    assert list(plan.problems["value"]) == [str(cell)]
    assert list(plan.changes["user_id"]) == [ZOE]
    with pytest.raises(ltix.LtixError):
        course.upload_grades(frame, item="Quiz 1", match="user_id", score="points")
    assert quiz.posts == []


@pytest.mark.parametrize(
    "kind", ["float64", "int64", "Int64", "Float64", "object", "str", "category", "int8", "float32"]
)
def test_scores_of_every_dtype_are_read(course: ltix.Course, quiz: Item, kind: str) -> None:
    scores = pd.Series(["7", "10"] if kind in ("str", "category") else [7, 10]).astype(kind)
    frame = pd.DataFrame({"user_id": pd.Series([ZOE, MARIA], dtype="category"), "points": scores})
    frame.index = [5, 5]
    course.upload_grades(frame, item="Quiz 1", match="user_id", score="points")

    assert stored(quiz) == {ZOE: 7.0, MARIA: 10.0}


def test_a_fraction_arrives_unrounded(course: ltix.Course, quiz: Item) -> None:
    course.upload_grades(sheet(user_id=[ZOE, MARIA], points=[1 / 3, "6.6666666666666667"]), item="Quiz 1",
                         match="user_id", score="points")  # fmt: skip

    assert [post["scoreGiven"] for post in sorted(quiz.posts, key=lambda one: one["scoreGiven"])] == [1 / 3, 20 / 3]


def test_the_callers_frame_is_left_alone(course: ltix.Course) -> None:
    frame = sheet(user_id=[ZOE, MARIA], points=[1.0, np.nan])
    before = frame.copy(deep=True)
    course.upload_grades(frame, item="Quiz 1", match="user_id", score="points")

    assert_frame_equal(frame, before)


# -- plans -----------------------------------------------------------------------------------------------


def test_a_plan_says_what_would_change_and_sends_nothing(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    lms.give(quiz, MARIA, 4)
    lms.give(quiz, LI, 9)
    lms.give(quiz, "NA", 5)
    frame = sheet(user_id=[ZOE, MARIA, LI, "NA", "nobody"], points=[0, 8, 3.5, 5, 1])
    plan = course.plan_grades(frame, item="Quiz 1", match="user_id", score="points")
    expected = pd.DataFrame(
        {
            "row": [2, 3, 4, 5],
            "user_id": [ZOE, MARIA, LI, "NA"],
            "old": [np.nan, 4, 9, 5],
            "new": [0, 8, 3.5, 5],
            "out_of": [10.0] * 4,
            "change": ["new", "raise", "lower", "same"],
        }
    )

    assert list(plan.changes.columns)[:7] == CHANGES
    assert plan.changes["change"].dtype == "category"
    shown = plan.changes.astype({"change": "object"})[list(expected.columns)]
    assert_frame_equal(shown, expected.astype({"change": "object"}), check_dtype=False)
    assert problems(plan) == [(6, "unknown_user")]
    assert [one for one in lms.log if one[0] != "GET" and "token" not in one[1]] == []


def test_plans_and_reports_keep_their_types_when_empty(course: ltix.Course) -> None:
    good = course.plan_grades(sheet(user_id=[ZOE], points=[1]), item="Quiz 1", match="user_id", score="points")
    bad = course.plan_grades(sheet(user_id=["?"], points=[1]), item="Quiz 1", match="user_id", score="points")
    none = course.plan_grades(
        pd.DataFrame({"user_id": [], "points": []}, dtype="object"), item="Quiz 1", match="user_id", score="points"
    )
    report = good.send()

    assert_series_equal(bad.changes.dtypes, good.changes.dtypes)
    assert_series_equal(good.problems.dtypes, bad.problems.dtypes)
    assert_series_equal(report.failures.dtypes, report.outcomes.dtypes)
    assert_series_equal(none.send().outcomes.dtypes, report.outcomes.dtypes)
    assert list(bad.problems.columns)[:5] == PROBLEMS
    assert list(report.outcomes.columns)[:5] == OUTCOMES
    assert len(none.changes) == len(none.problems) == len(none.send().outcomes) == 0


def test_every_row_has_one_outcome_in_the_order_of_the_sheet(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    lms.give(quiz, LI, 2)
    frame = sheet(
        user_id=["nobody", ZOE, "", MARIA, LI, ZOE, "NA"],
        points=pd.array([1, 2, 3, None, 2, 4, 5], dtype="object"),
    )
    report = course.upload_grades(frame, item="Quiz 1", match="user_id", score="points", skip_problems=True)

    assert list(report.outcomes["row"]) == [2, 3, 4, 5, 6, 7, 8]
    assert outcomes(report) == ["skipped", "skipped", "skipped", "skipped", "unchanged", "skipped", "confirmed"]
    assert stored(quiz) == {LI: 2.0, "NA": 5.0}
    assert set(report.failures["row"]) == {2, 3, 4, 7}  # the blank one holds no score
    assert report.outcomes["reason"].notna().all() or (report.outcomes["reason"][:3].str.len() > 0).all()


def test_problems_stop_an_upload_unless_they_are_skipped(course: ltix.Course, quiz: Item) -> None:
    frame = sheet(user_id=[ZOE, "nobody"], points=[1, 2])

    with pytest.raises(ltix.LtixError) as caught:
        course.upload_grades(frame, item="Quiz 1", match="user_id", score="points")
    assert quiz.posts == []
    assert list(caught.value.problems["row"]) == [3]  # type: ignore[attr-defined]


def test_sending_again_changes_nothing(course: ltix.Course, quiz: Item) -> None:
    frame = sheet(user_id=[ZOE, MARIA], points=[1, 2])
    course.upload_grades(frame, item="Quiz 1", match="user_id", score="points")
    again = course.upload_grades(frame, item="Quiz 1", match="user_id", score="points")

    assert outcomes(again) == ["unchanged", "unchanged"]
    assert len(quiz.posts) == 2


def test_scores_on_another_scale(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    lms.give(quiz, MARIA, 5)
    frame = sheet(user_id=[ZOE, MARIA], points=[80, 50])
    plan = course.plan_grades(frame, item="Quiz 1", match="user_id", score="points", out_of=100)
    report = plan.send()

    assert stored(quiz) == {ZOE: 8.0, MARIA: 5.0}
    assert outcomes(report) == ["confirmed", "unchanged"]
    assert list(report.outcomes["score"]) == [80, 50]


def test_comments_go_along(course: ltix.Course, quiz: Item) -> None:
    frame = sheet(user_id=[ZOE, MARIA], points=[1, 2], note=["très bien", np.nan])
    course.upload_grades(frame, item="Quiz 1", match="user_id", score="points", comment="note")

    assert quiz.results[ZOE]["comment"] == "très bien"
    assert "comment" not in quiz.results[MARIA]
    assert "nan" not in str(quiz.posts)


def test_create_makes_the_column_once_and_only_when_sent(lms: Lms, course: ltix.Course) -> None:
    frame = sheet(user_id=[ZOE], points=[7])
    plan = course.plan_grades(frame, item="New", match="user_id", score="points", out_of=20, create=True)
    assert len(lms.courses["small"].items) == 3

    plan.send()
    course.upload_grades(frame, item="New", match="user_id", score="points", out_of=20, create=True)
    assert stored(lms.courses["small"].item("New")) == {ZOE: 7.0}
    assert lms.courses["small"].item("New").fields["scoreMaximum"] == 20


def test_an_item_that_is_not_there_is_named_with_its_neighbours(course: ltix.Course) -> None:
    with pytest.raises(ltix.LtixError, match="Quiz 1"):
        course.plan_grades(sheet(user_id=[ZOE], points=[7]), item="Quiz1", match="user_id", score="points")


# -- sending ---------------------------------------------------------------------------------------------


def all_learners() -> pd.DataFrame:
    return sheet(user_id=[one[2] for one in DIFFICULT], points=[float(number) / 2 for number in range(11)])


def upload(course: ltix.Course) -> ltix.Report:
    return course.upload_grades(all_learners(), item="Quiz 1", match="user_id", score="points")


MEANT = {one[2]: number / 2 for number, one in enumerate(DIFFICULT)}


def test_hundreds_arrive_complete(lms: Lms, session: ltix.Session) -> None:
    place = lms.add_course("big", 601)
    item = lms.add_item("big", "Exam", 50)
    frame = sheet(user_id=[one["user_id"] for one in place.members[1:]], points=[number % 51 for number in range(600)])
    course = session.add_course("big", **lms.urls("big"))
    report = course.upload_grades(frame.sample(frac=1, random_state=1), item="Exam", match="user_id", score="points")

    assert stored(item) == dict(zip(frame["user_id"], frame["points"].astype(float), strict=True))
    assert set(outcomes(report)) == {"confirmed"}
    assert len(item.posts) == 600


def test_a_connection_lost_after_the_score_was_taken_is_settled_by_reading(
    lms: Lms, course: ltix.Course, quiz: Item
) -> None:
    lms.break_("scores-after", "reset", times=4)
    report = upload(course)

    assert stored(quiz) == MEANT
    assert len(quiz.posts) == 11  # nothing was sent twice
    assert outcomes(report) == ["confirmed"] * 11


def test_a_connection_lost_before_the_score_was_taken_is_not_called_confirmed(
    lms: Lms, course: ltix.Course, quiz: Item
) -> None:
    lms.break_("scores", "reset", times=4)
    report = upload(course)
    found = stored(quiz)

    assert all(len([p for p in quiz.posts if p["userId"] == user]) <= 1 for user in MEANT)
    for row in report.outcomes.to_dict("records"):
        held = row["user_id"] in found
        assert (row["outcome"] == "confirmed") == held, row
        assert held or row["outcome"] in ("unknown", "refused"), row


def test_every_connection_lost_leaves_every_row_accounted_for(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    lms.break_("scores", "reset")
    report = upload(course)

    assert stored(quiz) == {}
    assert list(report.outcomes["row"]) == list(range(2, 13))
    assert "confirmed" not in outcomes(report)
    assert len(report.failures) == 11


def test_a_busy_platform_is_waited_for(lms: Lms, course: ltix.Course, quiz: Item, patience: Any) -> None:
    lms.break_("scores", "429", times=2)
    report = upload(course)

    assert stored(quiz) == MEANT
    assert outcomes(report) == ["confirmed"] * 11
    assert patience.waits
    assert max(patience.waits) >= 0.9  # Retry-After: 1


def test_a_platform_under_maintenance_leaves_every_row_accounted_for(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    """Whether a score answered with 503 is tried again, the contract leaves open; not what is said of it."""
    lms.break_("scores", "503", times=2)
    rows = upload(course).outcomes

    assert list(rows["user_id"]) == list(MEANT)
    assert set(rows.loc[rows["outcome"] == "confirmed", "user_id"]) == set(stored(quiz))
    assert set(rows["outcome"]) <= {"confirmed", "unknown", "refused"}


def test_the_token_dies_in_the_middle(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    met = threading.Event()

    def kill(_: object) -> None:
        if len(quiz.posts) >= 5 and not met.is_set():
            met.set()
            lms.revoke()

    lms.break_("scores", kill)
    report = upload(course)

    assert met.is_set()
    assert stored(quiz) == MEANT
    assert outcomes(report) == ["confirmed"] * 11
    assert len(quiz.posts) == 11
    assert len(lms.token_log) == 2


@pytest.mark.parametrize("status", ["403", "404", "418", "409", "moodle", "500"])
def test_a_refused_score_is_one_row_and_the_others_land(lms: Lms, course: ltix.Course, quiz: Item, status: str) -> None:
    def refuse_zoe(handler: Any) -> Any:
        return FAULTS[status](handler) if ZOE.encode() in handler.body else None

    lms.break_("scores", refuse_zoe)
    report = upload(course)
    rows = report.outcomes.set_index("user_id")

    assert stored(quiz) == {user: score for user, score in MEANT.items() if user != ZOE}
    assert rows.loc[ZOE, "outcome"] in ("refused", "unknown")
    assert list(rows.drop(ZOE)["outcome"]) == ["confirmed"] * 10
    assert len(rows.loc[ZOE, "reason"]) > 10


def test_a_score_that_a_teacher_overrides_differs(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    """Moodle answers 200 and changes nothing: AGS §4.1, the platform has the final say."""
    lms.give(quiz, ZOE, 2)
    frame = sheet(user_id=[ZOE], points=[9])
    lms._keep = lambda item, body: None  # type: ignore[method-assign]
    report = course.upload_grades(frame, item="Quiz 1", match="user_id", score="points")

    assert outcomes(report) == ["differs"]
    assert len(report.failures) == 1


def test_a_score_that_vanishes_is_not_confirmed(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    lms._keep = lambda item, body: None  # type: ignore[method-assign]
    report = course.upload_grades(sheet(user_id=[ZOE], points=[0]), item="Quiz 1", match="user_id", score="points")

    assert stored(quiz) == {}
    assert outcomes(report)[0] != "confirmed"


def test_results_that_cannot_be_read_back_are_not_confirmed(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    keep = lms._keep

    def keep_and_break(item: Item, body: dict[str, Any]) -> None:
        keep(item, body)
        lms.break_("results", "html")

    lms._keep = keep_and_break  # type: ignore[method-assign]
    report = course.upload_grades(all_learners(), item="Quiz 1", match="user_id", score="points")

    assert stored(quiz) == MEANT
    assert len(report.outcomes) == 11
    assert "confirmed" not in outcomes(report)
    assert "refused" not in outcomes(report)


def test_without_a_look_at_the_results_nothing_is_sent(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    plan = course.plan_grades(all_learners(), item="Quiz 1", match="user_id", score="points")
    lms.break_("results", "html")

    with pytest.raises(ltix.LtixError):
        plan.send()
    assert stored(quiz) == {}
    assert set(plan.send(verify=False).outcomes["outcome"]) >= {"confirmed"}


def test_the_same_second_is_not_a_refusal(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    """Moodle keeps whole seconds and answers 409 to an equal one."""
    lms.whole_seconds = True
    course.upload_grades(sheet(user_id=[ZOE], points=[1]), item="Quiz 1", match="user_id", score="points")
    report = course.upload_grades(sheet(user_id=[ZOE], points=[2]), item="Quiz 1", match="user_id", score="points")

    assert stored(quiz) == {ZOE: 2.0}
    assert outcomes(report) == ["confirmed"]


def test_a_platform_with_another_clock_takes_every_score(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    lms.clock_offset = -7200
    upload(course)

    assert stored(quiz) == MEANT


def test_without_the_scope_nothing_is_sent(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    lms.allowed -= {"https://purl.imsglobal.org/spec/lti-ags/scope/score"}
    plan = course.plan_grades(all_learners(), item="Quiz 1", match="user_id", score="points")

    with pytest.raises(ltix.LtixError, match="scope"):
        plan.send()
    assert lms.count("POST", "scores") == 0


def test_without_results_a_plan_is_honest(lms: Lms, course: ltix.Course, quiz: Item) -> None:
    """The tool may post but not read: an upload must not call anything confirmed."""
    lms.allowed -= {"https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"}
    report, error = attempt(lambda: upload(course))
    if error is not None:
        assert "result" in str(error)
        assert quiz.posts == []
        return
    assert stored(quiz) == MEANT
    assert "confirmed" not in outcomes(report)
