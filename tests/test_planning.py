"""What a sheet means: scales, maxima, people, words and times of each row, and the grade exports of each LMS."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from uploading import (
    ANNA,
    LEILA,
    SEAN,
    WANG,
    ZOE,
    data_dir,
    item_number,
    meeting,
    planned,
    sheet,
    stored,
    user_ids,
)

from ltix_data import errors, frames

EXPORTS = Path(__file__).parent / "samples" / "exports"


@pytest.fixture
def quiz(practice):
    return practice.course.create_line_item("Quiz 1", 10, tag="quiz")


def bodies(practice, points, **options) -> list[dict]:
    """Return the scores that were posted, in the sheet's order."""
    session, met = meeting(practice)
    report = planned(session.course("SEM12"), points, **options).send(workers=1)
    assert report.ok
    return [json.loads(body) for body in met.bodies]


def maxima(practice, points, **options) -> list[tuple[float, float]]:
    return [(body["scoreGiven"], body["scoreMaximum"]) for body in bodies(practice, points, **options)]


def problems(plan) -> list[tuple[int, str, str]]:
    return list(plan.problems[["row", "column", "problem"]].itertuples(index=False, name=None))


# --- Scales and maxima -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "options", "expected"),
    [
        ({SEAN: 7, WANG: "8.5"}, {}, [(7, 10), (8.5, 10)]),
        ({SEAN: 70, WANG: "85 %", LEILA: "12.5%"}, {"scale": "percent"}, [(70, 100), (85, 100), (12.5, 100)]),
        ({SEAN: 0.7, WANG: "8 / 10", LEILA: "3/4"}, {"scale": "fraction"}, [(0.7, 1), (8, 10), (3, 4)]),
        ({SEAN: 7}, {"out_of": 50}, [(7, 50)]),
        ({SEAN: 7}, {"out_of": 50, "scale": "points"}, [(7, 50)]),
    ],
    ids=str,
)
def test_scores_are_sent_as_they_stand_with_the_maximum_they_stand_on(practice, quiz, points, options, expected):
    """Platforms rescale; 85 % of 10 would be rounded twice."""
    assert maxima(practice, points, **options) == expected


def test_each_row_can_have_a_maximum_of_its_own(practice, quiz):
    columns = {"of": ["20", 40]}

    assert maxima(practice, {SEAN: 15, WANG: 15}, columns=columns, out_of="of") == [(15, 20), (15, 40)]
    assert stored(practice) == {SEAN: 7.5, WANG: 3.75}


def test_what_stands_on_another_scale_than_it_says_is_a_problem(practice, quiz):
    plan = planned(practice.course, {SEAN: 101, WANG: "8 / 10"}, scale="percent")
    other = planned(practice.course, {SEAN: 1.2, WANG: "85 %", LEILA: "8 / 0", ANNA: "11 / 10"}, scale="fraction")

    assert problems(plan) == [(2, "points", "above_maximum"), (3, "points", "fraction")]
    assert [problem for _, _, problem in problems(other)] == [
        "above_maximum",
        "percent",
        "bad_maximum",
        "above_maximum",
    ]


@pytest.mark.parametrize(
    ("maximum", "problem"),
    [
        (None, "missing_maximum"),
        ("", "missing_maximum"),
        (0, "bad_maximum"),
        ("ten", "bad_maximum"),
        (-1, "bad_maximum"),
    ],
)
def test_a_row_without_a_maximum_where_a_column_gives_them_is_a_problem(practice, quiz, maximum, problem):
    plan = planned(practice.course, {SEAN: 5}, columns={"of": [maximum]}, out_of="of")

    assert problems(plan) == [(2, "of", problem)]


def test_a_row_that_takes_the_grade_away_needs_no_maximum(practice, quiz):
    practice.course.post_score("Quiz 1", user_ids(practice)[SEAN], 5)

    plan = planned(practice.course, {SEAN: "gone"}, columns={"of": [None]}, out_of="of", clear="gone")

    assert (problems(plan), plan.count("ready")) == ([], 1)


def test_a_column_that_looks_like_shares_of_the_whole_is_noted(practice, quiz):
    plan = planned(practice.course, {SEAN: 0.9, WANG: 0.85})

    assert 'give scale="fraction"' in repr(plan)


@pytest.mark.parametrize("options", [{"scale": "grades"}, {"out_of": 0}, {"out_of": float("nan")}, {"clear": " "}])
def test_an_option_that_means_nothing_is_refused(practice, quiz, options):
    with pytest.raises(errors.UsageError):
        planned(practice.course, {SEAN: 1}, **options)


@pytest.mark.parametrize("name", ["comment", "submitted_at", "activity", "grading", "out_of", "key"])
def test_a_column_that_is_not_in_the_sheet_is_told_with_those_that_are(practice, quiz, name):
    with pytest.raises(errors.UnknownNameError, match="points"):
        planned(practice.course, {SEAN: 1}, **{name: "poinst"})


# --- Who -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [dict, pd.Series, lambda table: table.get], ids=["dict", "Series", "function"])
def test_a_mapping_or_a_function_says_who_a_row_is(practice, quiz, kind):
    people = user_ids(practice)
    who = kind({"s.obrien": people[SEAN], "w": people[WANG], "x": "somebody else"})
    frame = pd.DataFrame({"login": [" s.obrien", "w", "x", "nobody"], "points": [7, 8, 9, 10]})

    plan = practice.course.plan_grades(frame, "Quiz 1", who, "points", key="login")

    assert plan.changes["user_id"].tolist() == [people[SEAN], people[WANG]]
    assert problems(plan) == [(4, "login", "unknown_user"), (5, "login", "unknown_user")]


def test_a_mapping_may_lead_to_nobody_who_cannot_be_graded(practice, quiz):
    frame = pd.DataFrame({"login": ["teacher", "left"], "points": [7, 8]})
    who = {"teacher": user_ids(practice)["00000107"], "left": user_ids(practice)["00012353"]}

    plan = practice.course.plan_grades(frame, "Quiz 1", who, "points", key="login")

    assert [problem for _, _, problem in problems(plan)] == ["not_learner", "inactive"]


def test_two_keys_of_one_person_are_a_duplicate(practice, quiz):
    frame = pd.DataFrame({"login": ["old", "new"], "points": [7, 8]})
    who = dict.fromkeys(("old", "new"), user_ids(practice)[SEAN])

    plan = practice.course.plan_grades(frame, "Quiz 1", who, "points", key="login")

    assert [problem for _, _, problem in problems(plan)] == ["duplicate", "duplicate"]


def test_a_row_that_cannot_be_read_makes_the_persons_other_row_a_duplicate(practice, quiz):
    """Which of the two was meant is not for us to say."""
    frame = pd.DataFrame({"sourcedid": [SEAN, SEAN], "points": [7, "8!"]}, dtype="object")

    plan = practice.course.plan_grades(frame, "Quiz 1", "sourcedid", "points")

    assert [problem for _, _, problem in problems(plan)] == ["duplicate", "not_a_number"]


@pytest.mark.parametrize("who", [7, None, ["user_id"], pd.DataFrame({"a": ["b"]})], ids=["7", "None", "list", "frame"])
def test_what_is_no_way_to_match_is_refused(practice, quiz, who):
    with pytest.raises(errors.UsageError):
        practice.course.plan_grades(sheet({SEAN: 1}), "Quiz 1", who, "points", key="sourcedid")


def test_a_mapping_that_names_a_key_twice_is_refused(practice, quiz):
    who = pd.Series(["a", "b"], index=["x", "x "])

    with pytest.raises(errors.UsageError, match="names a key twice"):
        practice.course.plan_grades(sheet({SEAN: 1}), "Quiz 1", who, "points", key="sourcedid")


def test_a_mapping_needs_the_column_to_look_up(practice, quiz):
    with pytest.raises(errors.UsageError, match="needs key="):
        practice.course.plan_grades(sheet({SEAN: 1}), "Quiz 1", {}, "points")


# --- What a row says beside its score ---------------------------------------------------------------


def test_columns_give_each_rows_comment_progress_and_time(practice, quiz):
    columns = {
        "said": ["Well done", "  ", None],
        "progress": ["submitted", "", "Completed"],
        "graded": ["FULLYGRADED", None, "FullyGraded"],
        "at": ["2026-03-01 12:00+01:00", None, pd.Timestamp("2026-03-02 08:30", tz="UTC")],
    }
    options = {"comment": "said", "activity": "progress", "grading": "graded", "submitted_at": "at"}

    sent = bodies(practice, {SEAN: 7, WANG: 8, LEILA: 9}, columns=columns, **options)

    wanted = ("comment", "activityProgress", "gradingProgress", "submission")
    assert [{name: score[name] for name in wanted if name in score} for score in sent] == [
        {
            "comment": "Well done",
            "activityProgress": "Submitted",
            "gradingProgress": "FullyGraded",
            "submission": {"submittedAt": "2026-03-01T11:00:00.000+00:00"},
        },
        {"activityProgress": "Completed", "gradingProgress": "FullyGraded"},
        {
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "submission": {"submittedAt": "2026-03-02T08:30:00.000+00:00"},
        },
    ]


def test_a_word_is_that_of_all_rows(practice, quiz):
    [sent] = bodies(practice, {SEAN: 7}, activity="InProgress", grading="PendingManual")

    assert (sent["activityProgress"], sent["gradingProgress"]) == ("InProgress", "PendingManual")


@pytest.mark.parametrize(
    ("name", "cell", "problem"),
    [
        ("activity", "Finished", "not_a_word"),
        ("grading", "Completed", "not_a_word"),
        ("activity", 3, "not_a_word"),
        ("submitted_at", "yesterday", "not_a_time"),
        ("submitted_at", "03/01/2026 12:00", "not_a_time"),
        ("submitted_at", 46082, "not_a_time"),
    ],
)
def test_what_is_no_word_and_no_time_is_a_problem(practice, quiz, name, cell, problem):
    plan = planned(practice.course, {SEAN: 7}, columns={"said": [cell]}, **{name: "said"})

    assert problems(plan) == [(2, "said", problem)]


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-01T11:00:00Z",
        "2026-03-01 12:00:00 +0100",  # Gradescope
        "2026-03-01T12:00+01:00",
        datetime(2026, 3, 1, 11, tzinfo=UTC),
        pd.Timestamp("2026-03-01 12:00", tz="Europe/Zurich"),
    ],
    ids=str,
)
def test_a_time_is_read_in_every_way_that_says_its_zone(practice, quiz, cell):
    [sent] = bodies(practice, {SEAN: 7}, columns={"at": [cell]}, submitted_at="at")

    assert sent["submission"] == {"submittedAt": "2026-03-01T11:00:00.000+00:00"}


@pytest.mark.parametrize(
    "cell",
    ["2026-03-01 12:00", "2026-03-01T12:00:00", datetime(2026, 3, 1, 12), pd.Timestamp("2026-03-01 12:00")],
    ids=str,
)
def test_a_time_without_a_zone_is_local_time_in_a_text_file_as_in_a_workbook(practice, quiz, cell):
    [sent] = bodies(practice, {SEAN: 7}, columns={"at": [cell]}, submitted_at="at")

    local = datetime(2026, 3, 1, 12).astimezone()
    assert datetime.fromisoformat(sent["submission"]["submittedAt"]) == local


def test_a_day_is_its_beginning(practice, quiz):
    [sent] = bodies(practice, {SEAN: 7}, columns={"at": [date(2026, 3, 1)]}, submitted_at="at")

    assert datetime.fromisoformat(sent["submission"]["submittedAt"]) == datetime(2026, 3, 1).astimezone()


def test_a_time_means_the_same_whatever_the_zone_of_this_computer(practice, quiz, monkeypatch):
    import time

    monkeypatch.setenv("TZ", "America/Lima")
    time.tzset()
    try:
        [sent] = bodies(practice, {SEAN: 7}, columns={"at": ["2026-03-01 12:00"]}, submitted_at="at")
    finally:
        monkeypatch.undo()
        time.tzset()

    assert sent["submission"] == {"submittedAt": "2026-03-01T17:00:00.000+00:00"}


def test_a_comment_alone_is_sent_and_the_same_one_is_not(practice, quiz):
    options = {"columns": {"said": ["Well done"]}, "comment": "said"}
    practice.course.post_score("Quiz 1", user_ids(practice)[SEAN], 7)

    first = planned(practice.course, {SEAN: 7}, **options)
    first.send()
    again = planned(practice.course, {SEAN: 7}, **options)

    assert (first.count("ready"), again.count("ready")) == (1, 0)
    assert stored(practice, column="comment") == {SEAN: "Well done"}


def test_ungraded_scores_are_noted(practice, quiz):
    assert "gradingProgress is not FullyGraded" in repr(planned(practice.course, {SEAN: 7}, grading="Pending"))


# --- Taking a grade away -----------------------------------------------------------------------------


def test_the_word_takes_a_grade_away_and_a_blank_does_not(practice, quiz):
    planned(practice.course, {SEAN: 5, WANG: 6, LEILA: 7}).send()

    plan = planned(practice.course, {SEAN: " Withdrawn ", WANG: "", LEILA: 7, ANNA: "withdrawn"}, clear="withdrawn")

    assert plan.changes["change"].tolist() == ["clear", "same", "same"]
    assert plan.send().ok
    assert stored(practice) == {WANG: 6.0, LEILA: 7.0}


def test_no_word_takes_a_grade_away_by_itself(practice, quiz):
    plan = planned(practice.course, {SEAN: "clear"})

    assert problems(plan) == [(2, "points", "not_a_number")]


def test_the_word_may_be_one_that_is_blank_elsewhere(practice, quiz):
    planned(practice.course, {SEAN: 5}).send()

    planned(practice.course, {SEAN: "EX"}, clear="EX").send()

    assert stored(practice) == {}


# --- What somebody changed on the platform -----------------------------------------------------------


@pytest.fixture
def changed(practice, quiz):
    planned(practice.course, {SEAN: 5, WANG: 5}).send()
    practice.course.post_score("Quiz 1", user_ids(practice)[WANG], 9)
    return practice.course


def test_a_plan_says_which_grades_it_would_replace_that_somebody_changed(changed):
    plan = planned(changed, {SEAN: 6, WANG: 6})

    assert plan.changes["overwrites"].tolist() == [False, True]
    assert "1 row would overwrite a grade changed on the platform" in repr(plan)
    assert plan.send().ok


def test_an_upload_in_one_call_does_not_replace_what_somebody_changed(practice, changed):
    with pytest.raises(errors.GradeProblemsError, match="1 changed_since") as caught:
        changed.upload_grades(sheet({SEAN: 6, WANG: 6}), "Quiz 1", "sourcedid", "points")

    assert caught.value.problems[["row", "column", "problem"]].to_numpy().tolist() == [[3, "points", "changed_since"]]
    assert stored(practice) == {SEAN: 5.0, WANG: 9.0}


def test_an_upload_in_one_call_replaces_it_when_told_to(practice, changed):
    report = changed.upload_grades(sheet({SEAN: 6, WANG: 6}), "Quiz 1", "sourcedid", "points", overwrite=True)

    assert report.ok
    assert stored(practice) == {SEAN: 6.0, WANG: 6.0}


def test_a_grade_that_undo_put_back_is_nobody_elses(practice, quiz):
    planned(practice.course, {SEAN: 5}).send()
    done = planned(practice.course, {SEAN: 6}).send()
    practice.session.undo(done.upload_id)

    plan = planned(practice.course, {SEAN: 7}, overwrite=False)

    assert (problems(plan), plan.count("ready")) == ([], 1)


def test_what_was_sent_to_another_line_item_of_the_same_label_says_nothing_of_this_one(practice):
    one, other = (practice.course.create_line_item("Quiz 1", 10, tag=tag) for tag in ("a", "b"))
    practice.course.post_score(other, user_ids(practice)[SEAN], 9)
    planned(practice.course, {SEAN: 5}, one).send()

    plan = planned(practice.course, {SEAN: 6}, other, overwrite=False)

    assert problems(plan) == []


def test_a_line_item_that_was_renamed_remembers_what_was_sent_to_it(practice, changed, quiz):
    changed.update_line_item(quiz, label="Quiz 1 (final)")

    plan = planned(changed, {SEAN: 6, WANG: 6}, "Quiz 1 (final)", overwrite=False)

    assert [problem for _, _, problem in problems(plan)] == ["changed_since"]


def test_a_score_that_was_ungraded_before_is_not_taken_for_a_change_of_somebodys(practice, quiz):
    planned(practice.course, {SEAN: 5}, grading="PendingManual").send()

    plan = planned(practice.course, {SEAN: 6}, overwrite=False)

    assert (problems(plan), plan.count("ready")) == ([], 1)


def test_an_upload_in_one_call_replaces_nothing_where_its_journals_cannot_be_read(practice, changed):
    """Without them nobody can say whose grade it is."""
    for path in (data_dir() / "uploads").glob("*.jsonl"):
        path.write_bytes(path.read_bytes().replace(b'{"answer"', b'{"?', 1))

    with pytest.raises(errors.LtixError):
        changed.upload_grades(sheet({SEAN: 6, WANG: 6}), "Quiz 1", "sourcedid", "points")

    assert stored(practice) == {SEAN: 5.0, WANG: 9.0}


# --- Line items that are made ------------------------------------------------------------------------


def test_a_line_item_that_was_made_here_is_found_again_after_a_rename(practice):
    planned(practice.course, {SEAN: 5}, "Essay", create=True, out_of=20).send()
    practice.course.update_line_item("Essay", label="Essay (second round)")

    report = planned(practice.course, {SEAN: 6}, "Essay", create=True, out_of=20).send()

    assert report.ok
    assert practice.course.line_items()["label"].str.contains("Essay").sum() == 1
    assert stored(practice, "Essay (second round)") == {SEAN: 6.0}


def test_two_line_items_of_one_mark_are_not_told_apart_by_chance(practice):
    for label in ("Essay, group A", "Essay, group B"):
        practice.course.create_line_item(label, 20, resource_id="Essay")

    with pytest.raises(errors.AmbiguousError):
        planned(practice.course, {SEAN: 5}, "Essay", create=True, out_of=20)


def test_making_a_line_item_needs_a_maximum(practice):
    with pytest.raises(errors.UsageError, match="create=True needs out_of"):
        planned(practice.course, {SEAN: 5}, "Essay", create=True)


def test_a_line_item_that_is_called_so_but_for_case_is_pointed_out(practice, quiz):
    plan = planned(practice.course, {SEAN: 5}, "quiz 1", create=True, out_of=10)

    assert "There is “Quiz 1” already: is it meant?" in repr(plan)


def test_a_plan_with_nothing_to_send_makes_no_line_item(practice):
    planned(practice.course, {SEAN: ""}, "Essay", create=True, out_of=10).send()

    assert "Essay" not in practice.course.line_items()["label"].tolist()


# --- Grade exports, from the file to the gradebook ----------------------------------------------------

#: file -> the line item's maximum, what to match by, whom the file means, and how it is asked; then what is sent.
_EXPORTED = [
    ("canvas.csv", "Essay", "sourcedid", {}, {"0047110": (31, 40), "0047111": (28.5, 40)}),
    ("canvas_swedish.csv", "Labb 1", "sourcedid", {}, {"u1001": (4.5, 5)}),
    (
        "moodle.csv",
        "Week 1",
        "email",
        {"score": "Quiz: Week 1 (Real)"},
        {"amara.okonkwo": (8.5, 10), "chiara": (10, 10)},
    ),
    (
        "moodle.csv",
        "Week 1",
        "email",
        {"score": "Quiz: Week 1 (Percentage)"},
        {"amara": (85, 100), "chiara": (100, 100)},
    ),
    ("moodle_german.csv", "Woche 1", "email", {"score": "Test: Woche 1 (Punkte)"}, {"joerg": (8.5, 10)}),
    ("blackboard.csv", "Quiz 1", "username", {}, {"shaddad": (8.5, 10)}),
    ("brightspace.csv", "Quiz 1", "username", {}, {"mreyes": (9, 10)}),
    ("gradescope_assignment.csv", "A1", "email", {}, {"wkamau": (8.5, 10), "tsilva": (0, 10)}),
    ("gradescope_course.csv", "Midterm", "email", {}, {"wkamau": (41, 50), "mtanaka": (38.5, 50)}),
    ("nbgrader.csv", "ps1", "email", {}, {"bkovacs": (7.5, 9), "tadeyemi": (8, 9)}),
    ("google_forms.csv", "Planets", "email", {}, {"pilar": (8, 10), "nadia": (0, 10)}),
    ("google_forms_download.csv", "Planets", "email", {}, {"pilar": (7.5, 12), "nadia": (0, 12)}),
]


@pytest.mark.parametrize(
    ("name", "label", "match", "options", "expected"), _EXPORTED, ids=lambda value: str(value)[:30]
)
def test_an_export_is_sent_as_its_platform_wrote_it(practice, name, label, match, options, expected):
    """The people of the file are given the user_ids of the practice seminar; nobody else is."""
    practice.course.create_line_item(label, 10)
    learners = [user_ids(practice)[number] for number in (SEAN, WANG, LEILA, ANNA)]
    people = dict(zip(expected, learners, strict=False))

    def who(key):
        return next((user for mark, user in people.items() if key.startswith(mark)), None)

    from ltix_data import exports, sheets

    export = exports.recognise(sheets.read(EXPORTS / name), label)
    key = export.keys[match]
    session, met = meeting(practice)
    plan = session.course("SEM12").plan_grades(EXPORTS / name, label, who, key=key, **options)
    plan.send(workers=1)

    sent = {score["userId"]: (score["scoreGiven"], score["scoreMaximum"]) for score in map(json.loads, met.bodies)}
    assert sent == {people[mark]: score for mark, score in expected.items()}


@pytest.mark.parametrize(
    ("name", "problem"),
    [("canvas.csv", "Quiz 1"), ("moodle.csv", "Course total (Real)"), ("brightspace.csv", "Extra Points Grade")],
)
def test_a_column_that_must_not_be_uploaded_is_refused(practice, quiz, name, problem):
    with pytest.raises(errors.UsageError):
        practice.course.plan_grades(EXPORTS / name, "Quiz 1", "email", problem, key="Email")


def test_a_plan_says_what_it_took_the_file_for(practice, quiz):
    plan = practice.course.plan_grades(EXPORTS / "blackboard.csv", "Quiz 1", "username")

    assert any("Blackboard" in note for note in plan.notes)


def test_a_plan_for_a_line_item_that_is_not_there_yet_says_so(practice):
    plan = planned(practice.course, {SEAN: 5}, "Essay", create=True, out_of=10)

    assert "The line item does not exist yet; sending makes it." in plan.notes


def test_a_plan_that_could_not_see_the_grades_says_so(make_practice):
    from ltix_data import spec

    scopes = (spec.SCOPE_MEMBERSHIPS, spec.SCOPE_LINE_ITEM, spec.SCOPE_SCORE)
    practice = make_practice(granted_scopes=scopes)
    practice.course.create_line_item("Quiz 1", 10)

    plan = planned(practice.course, {SEAN: 5})

    assert any("results scope was not granted" in note for note in plan.notes)


# --- The whole table --------------------------------------------------------------------------------


def test_the_changes_of_a_plan_are_one_table(practice, quiz):
    people = user_ids(practice)
    planned(practice.course, {SEAN: 5, WANG: 5, LEILA: 5, ANNA: 5}).send()
    practice.course.post_score("Quiz 1", people[LEILA], 6)

    plan = planned(practice.course, {SEAN: 6, WANG: 4, LEILA: 7, ANNA: 5, ZOE: 1, "00099999": 3})

    rows = [
        (2, SEAN, "Seán O’Brien", 5.0, 6.0, "raise", False),
        (3, WANG, "王秀英", 5.0, 4.0, "lower", False),
        (4, LEILA, "ليلى حدّاد", 6.0, 7.0, "raise", True),
        (5, ANNA, "Anna  Maria Schmidt", 5.0, 5.0, "same", False),
        (6, ZOE, "Zoe\u0308 Nguye\u0302\u0303n", None, 1.0, "new", False),
    ]
    names = ("row", "user_id", "name", "old", "new", "change", "overwrites")
    expected = [dict(zip(names, row, strict=True), out_of=10.0) | {"user_id": people[row[1]]} for row in rows]
    assert_frame_equal(plan.changes, frames.changes(expected))


def test_planning_reads_and_sends_nothing(practice, quiz):
    practice.requests.clear()

    planned(practice.course, {SEAN: 5})

    assert {method for method, path in practice.requests if path != "/token"} == {"GET"}
    assert practice.platform.cell("SEM12", item_number(practice), user_ids(practice)[SEAN]) is None
