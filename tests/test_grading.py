"""From a sheet to grades: what is planned, what is sent, what is said of each row."""

from __future__ import annotations

import httpx
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import ltix_data as ltix
from ltix_data import errors, frames
from ltix_data.http import HttpClient

NAN = float("nan")
SEAN, WANG, LEILA, ANNA, WULANDARI, ZOE, MARIA = (f"000123{n}" for n in range(46, 53))  # student numbers


@pytest.fixture
def quiz(practice):
    return practice.course.create_line_item("Quiz 1", 10, tag="quiz")


def sheet(**points) -> pd.DataFrame:
    return pd.DataFrame({"sourcedid": list(points), "points": list(points.values())}, dtype="object").assign(
        sourcedid=lambda frame: frame["sourcedid"].str.removeprefix("id")
    )


def stored(practice, item) -> dict[str, float]:
    """Return what the platform holds, by student number."""
    roster = practice.course.roster().set_index("user_id")["sourcedid"]
    results = practice.course.results(item)
    return {roster[user]: score for user, score in zip(results.user_id, results.score, strict=True)}


def plan(practice, frame, **options):
    return practice.course.plan_grades(frame, "Quiz 1", "sourcedid", "points", **options)


def test_planning_sends_nothing(practice, quiz):
    practice.requests.clear()

    plan(practice, sheet(id00012346=7))

    assert practice.sent("POST") == []


def test_every_row_has_one_outcome_and_the_platform_holds_what_was_meant(practice, quiz):
    frame = sheet(id00012346=7, id00012347="8.5", id00012348="", id00012349="-", id00012350=0, id99999999=5)

    report = plan(practice, frame).send()

    assert report.outcomes[["row", "score", "outcome"]].to_dict("list") == {
        "row": [2, 3, 4, 5, 6, 7],
        "score": pytest.approx([7.0, 8.5, NAN, NAN, 0.0, 5.0], nan_ok=True),
        "outcome": ["confirmed", "confirmed", "skipped", "skipped", "confirmed", "skipped"],
    }
    assert stored(practice, quiz) == {SEAN: 7.0, WANG: 8.5, WULANDARI: 0.0}


def test_a_blank_leaves_the_grade_that_is_there(practice, quiz):
    plan(practice, sheet(id00012346=7)).send()

    plan(practice, sheet(id00012346="")).send()

    assert stored(practice, quiz) == {SEAN: 7.0}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("85%", "percent"),
        ("good", "not_a_number"),
        ("8,5", "not_a_number"),
        (-1, "negative"),
        (float("inf"), "infinite"),
        (10.5, "above_maximum"),
        (True, "boolean"),
        ("8 / 10", "fraction"),
    ],
)
def test_what_is_no_grade_is_a_problem(practice, quiz, value, problem):
    planned = plan(practice, sheet(id00012346=value, id00012347=5))

    assert planned.problems[["row", "column", "problem"]].to_dict("list") == {
        "row": [2],
        "column": ["points"],
        "problem": [problem],
    }
    assert planned.count("ready") == 1


def test_two_rows_for_one_person_are_both_problems(practice, quiz):
    frame = pd.DataFrame({"sourcedid": [SEAN, WANG, SEAN], "points": [1, 2, 3]})

    planned = plan(practice, frame)

    assert planned.problems["problem"].tolist() == ["duplicate", "duplicate"]
    assert planned.problems["row"].tolist() == [2, 4]


def test_a_blank_second_row_is_no_duplicate(practice, quiz):
    frame = pd.DataFrame({"sourcedid": [SEAN, SEAN], "points": [1, None]})

    assert plan(practice, frame).problems.empty


def test_a_name_that_two_people_share_matches_neither(practice, quiz):
    frame = pd.DataFrame({"name": ["Maria García", "Wulandari"], "points": [1, 2]})

    planned = practice.course.plan_grades(frame, "Quiz 1", "name", "points")

    assert planned.problems["problem"].tolist() == ["ambiguous_user"]
    assert planned.changes["name"].tolist() == ["Wulandari"]


def test_email_matches_in_any_case(practice, quiz):
    frame = pd.DataFrame({"E-mail": ["SEAN.obrien@students.example.EDU"], "points": [1]})

    planned = practice.course.plan_grades(frame, "Quiz 1", "email", "points", key="E-mail")

    assert planned.changes["name"].tolist() == ["Seán O’Brien"]


@pytest.mark.parametrize(
    ("number", "problem"),
    [("00012353", "inactive"), ("00000107", "not_learner"), (None, "missing_id"), ("00099999", "unknown_user")],
)
def test_who_cannot_get_a_grade_is_a_problem(practice, quiz, number, problem):
    frame = pd.DataFrame({"sourcedid": [number, WANG], "points": [1, 2]})

    assert plan(practice, frame).problems["problem"].tolist() == [problem]


def test_changes_say_what_was_there(practice, quiz):
    plan(practice, sheet(id00012346=5, id00012347=5, id00012348=5)).send()

    planned = plan(practice, sheet(id00012346=7, id00012347=3, id00012348=5, id00012349=1))

    assert planned.changes[["row", "old", "new", "out_of", "change"]].to_dict("list") == {
        "row": [2, 3, 4, 5],
        "old": pytest.approx([5.0, 5.0, 5.0, NAN], nan_ok=True),
        "new": [7.0, 3.0, 5.0, 1.0],
        "out_of": [10.0] * 4,
        "change": ["raise", "lower", "same", "new"],
    }


def test_uploading_twice_sends_once(practice, quiz):
    frame = sheet(id00012346=7, id00012347=8)
    plan(practice, frame).send()
    practice.requests.clear()

    report = plan(practice, frame).send()

    assert report.outcomes["outcome"].tolist() == ["unchanged", "unchanged"]
    assert practice.sent("POST") == []


def test_scores_on_another_scale_are_sent_with_their_maximum(practice, quiz):
    report = plan(practice, sheet(id00012346=45), out_of=50).send()

    assert report.outcomes["outcome"].tolist() == ["confirmed"]
    assert stored(practice, quiz) == {SEAN: 9.0}


def test_problems_stop_an_upload_before_anything_is_sent(practice, quiz):
    practice.requests.clear()

    with pytest.raises(errors.GradeProblemsError, match="1 of 2 rows cannot be sent") as caught:
        practice.course.upload_grades(sheet(id00012346=7, id00099999=5), "Quiz 1", "sourcedid", "points")

    assert practice.sent("POST") == []
    assert caught.value.problems["row"].tolist() == [3]


def test_problems_can_be_skipped_when_asked_for(practice, quiz):
    report = practice.course.upload_grades(
        sheet(id00012346=7, id00099999=5), "Quiz 1", "sourcedid", "points", skip_problems=True
    )

    assert report.outcomes["outcome"].tolist() == ["confirmed", "skipped"]
    assert report.failures["row"].tolist() == [3]
    assert not report.ok


def test_a_new_item_is_made_when_sent_and_only_once(practice):
    course, frame = practice.course, sheet(id00012346=7)
    before = len(course.line_items())

    planned = course.plan_grades(frame, "Essay", "sourcedid", "points", out_of=20, create=True)
    assert len(course.line_items()) == before
    planned.send()
    course.plan_grades(frame, "Essay", "sourcedid", "points", create=True).send()

    assert course.line_items()["label"].tolist().count("Essay") == 1
    assert stored(practice, "Essay") == {SEAN: 7.0}


def test_a_label_that_two_items_share_is_an_error_that_lists_them(practice, quiz):
    practice.course.create_line_item("Quiz 1", 20, tag="second")

    with pytest.raises(errors.AmbiguousError, match="tag second"):
        plan(practice, sheet(id00012346=7))


def test_a_grade_a_teacher_overrode_is_reported_as_different(practice, quiz):
    """Moodle answers 200 and changes nothing: only reading back tells."""
    roster = practice.course.roster().set_index("sourcedid")
    [item] = [
        i for i in practice.platform.courses["SEM12"].items_of(practice.tool.client_id) if i.fields["label"] == "Quiz 1"
    ]
    practice.platform.override_grade("SEM12", item.number, roster.user_id[SEAN], 3)

    report = plan(practice, sheet(id00012346=7, id00012347=8)).send()

    assert report.outcomes["outcome"].tolist() == ["differs", "confirmed"]
    assert report.failures["row"].tolist() == [2]


class Faulty(httpx.BaseTransport):
    """Breaks the answer to score posts, before or after the platform acted; the first *times*, or always."""

    def __init__(self, inner: httpx.BaseTransport, *, after: bool, times: int = 99) -> None:
        self.inner, self.after, self.times = inner, after, times
        self.bodies: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if "/scores" not in request.url.path:
            return self.inner.handle_request(request)
        self.bodies.append(request.read())
        if len(self.bodies) > self.times:
            return self.inner.handle_request(request)
        if self.after:
            self.inner.handle_request(request)
        raise httpx.ReadError("connection reset", request=request)


def sent_through(practice, **fault) -> tuple[Faulty, ltix.Report]:
    faulty = Faulty(practice.http._connections.transport, **fault)
    session = ltix.connect(practice.registration, http=HttpClient(transport=faulty, sleep=lambda seconds: None))
    return faulty, session.course("SEM12").plan_grades(sheet(id00012346=7), "Quiz 1", "sourcedid", "points").send()


def test_a_lost_answer_is_settled_by_reading_back_where_the_platform_has_the_score(practice, quiz):
    faulty, report = sent_through(practice, after=True)

    assert report.outcomes["outcome"].tolist() == ["confirmed"]
    assert len(faulty.bodies) == 1


def test_an_accepted_score_is_not_sent_again_because_the_results_could_not_be_read_once(practice, quiz):
    """Its answer is known; that nobody could look at it for a while makes it no lost one."""
    inner, posts, looks, tries = practice.http._connections.transport, [], [], []

    class Shaky(httpx.BaseTransport):
        def handle_request(self, request):
            if "/scores" in request.url.path:
                if b'"000812"' in request.read() and len(tries) < practice.http.limits.attempts:
                    tries.append(request)
                    raise httpx.ConnectError("refused", request=request)
                posts.append(request.read())
                return httpx.Response(200)  # taken, and not stored: Moodle does so
            if posts and request.url.path.endswith("/results") and len(looks) < practice.http.limits.attempts:
                looks.append(request)
                return httpx.Response(503)
            return inner.handle_request(request)

    session = ltix.connect(practice.registration, http=HttpClient(transport=Shaky(), sleep=lambda seconds: None))
    planned = session.course("SEM12").plan_grades(sheet(id00012346=7, id00012347=8), "Quiz 1", "sourcedid", "points")
    report = planned.send(workers=1)

    assert report.outcomes["outcome"].tolist() == ["differs", "differs"]
    assert len(posts) == 2


@pytest.mark.parametrize("times", [1, 2])
def test_a_score_that_the_results_do_not_show_is_sent_again_as_the_very_same_bytes(practice, quiz, times):
    """So that a platform that has it after all knows it by its time."""
    faulty, report = sent_through(practice, after=False, times=times)

    assert report.outcomes["outcome"].tolist() == ["confirmed"]
    assert (len(faulty.bodies), len(set(faulty.bodies))) == (times + 1, 1)
    assert stored(practice, quiz) == {SEAN: 7.0}


def test_a_score_that_never_gets_an_answer_is_sent_again_twice_and_then_unknown(practice, quiz):
    faulty, report = sent_through(practice, after=False)

    assert report.outcomes["outcome"].tolist() == ["unknown"]
    assert report.failures["row"].tolist() == [2]
    assert (len(faulty.bodies), len(set(faulty.bodies))) == (3, 1)


def test_an_answer_that_says_the_score_is_there_already_is_no_refusal(make_practice):
    """The first try arrived and the results hide it: the second's 409 says that something is there, not what."""
    practice = make_practice(like="moodle")
    practice.course.create_line_item("Quiz 1", 10)
    lost = Faulty(practice.http._connections.transport, after=True, times=1)
    session = ltix.connect(practice.registration, http=HttpClient(transport=lost, sleep=lambda seconds: None))
    frame = sheet(id00012346=7)

    planned = session.course("SEM12").plan_grades(frame, "Quiz 1", "sourcedid", "points", grading="Pending")
    report = planned.send()

    assert report.outcomes["outcome"].tolist() == ["unknown"]
    assert (len(lost.bodies), len(set(lost.bodies))) == (3, 1)


def test_without_the_score_scope_nothing_is_sent(make_practice):
    from ltix_data import spec

    practice = make_practice(granted_scopes=(spec.SCOPE_MEMBERSHIPS, spec.SCOPE_LINE_ITEM, spec.SCOPE_RESULT_READONLY))
    practice.course.create_line_item("Quiz 1", 10)
    planned = plan(practice, sheet(id00012346=7))
    practice.requests.clear()

    with pytest.raises(errors.ScopeError, match="scope/score"):
        planned.send()

    assert practice.sent("POST") == []


@pytest.mark.parametrize(("verify", "outcome"), [(True, "unknown"), (False, "confirmed")])
def test_what_was_accepted_and_cannot_be_read_back_is_confirmed_only_where_nobody_asked(make_practice, verify, outcome):
    from ltix_data import spec

    practice = make_practice(granted_scopes=(spec.SCOPE_MEMBERSHIPS, spec.SCOPE_LINE_ITEM, spec.SCOPE_SCORE))
    practice.course.create_line_item("Quiz 1", 10)

    report = plan(practice, sheet(id00012346=7)).send(verify=verify)

    assert report.outcomes["outcome"].tolist() == [outcome]


def test_a_plan_sent_twice_makes_one_line_item_and_sends_once(practice):
    """Running a cell again is normal in a notebook."""
    planned = practice.course.plan_grades(sheet(id00012346=7), "Essay", "sourcedid", "points", out_of=10, create=True)
    planned.send()
    practice.requests.clear()

    again = planned.send()

    assert again.outcomes["outcome"].tolist() == ["unchanged"]
    assert practice.sent("POST") == []
    assert practice.course.line_items()["label"].tolist().count("Essay") == 1


def test_a_grade_that_changed_since_the_plan_is_left_as_it_is(practice, quiz):
    plan(practice, sheet(id00012346=5, id00012347=5)).send()
    planned = plan(practice, sheet(id00012346=6, id00012347=6))
    practice.course.post_score(quiz, practice.course.roster().set_index("sourcedid").user_id[SEAN], 10)

    report = planned.send()

    assert report.outcomes["outcome"].tolist() == ["refused", "confirmed"]
    assert stored(practice, quiz) == {SEAN: 10.0, WANG: 6.0}


def test_comments_that_would_be_lost_are_said(practice, quiz):
    user = practice.course.roster().set_index("sourcedid").user_id[SEAN]
    practice.course.post_score(quiz, user, 5, comment="Read chapter 3 again")

    assert "Sending removes 1 comment" in repr(plan(practice, sheet(id00012346=6)))
    assert "comment" not in repr(plan(practice, sheet(id00012346=5)))


def test_a_duplicate_shows_the_cell_that_repeats(practice, quiz):
    frame = pd.DataFrame({"sourcedid": [SEAN, SEAN], "points": [1, 3]})

    assert plan(practice, frame).problems["value"].tolist() == [SEAN, SEAN]


def test_a_platform_that_went_away_is_waited_for_three_times_and_not_row_by_row(practice, quiz):
    tries = []

    class Gone(httpx.BaseTransport):
        def handle_request(self, request):
            if request.method == "POST" and "/scores" in request.url.path:
                tries.append(request.url.path)
                raise httpx.ConnectError("refused", request=request)
            return practice.http._connections.transport.handle_request(request)

    session = ltix.connect(practice.registration, http=HttpClient(transport=Gone(), sleep=lambda seconds: None))
    frame = sheet(id00012346=7, id00012347=7, id00012348=7, id00012349=7)
    report = session.course("SEM12").plan_grades(frame, "Quiz 1", "sourcedid", "points").send(workers=1)

    assert report.outcomes["outcome"].tolist() == ["refused"] * 4
    assert len(tries) == 3 * practice.http.limits.attempts


def test_the_frames_of_a_plan_with_nothing_in_it_are_those_of_a_full_one(practice, quiz):
    planned = plan(practice, pd.DataFrame({"sourcedid": [], "points": []}))

    assert_frame_equal(planned.problems, frames.problems([]))
    assert_frame_equal(planned.changes, frames.changes([]))
    assert_frame_equal(planned.send().outcomes, frames.outcomes([]))


def test_what_a_plan_and_a_report_print_holds_no_name_and_no_grade(practice, quiz):
    planned = plan(practice, sheet(id00012346=7.25, id00099999=5))

    shown = repr(planned) + repr(planned.send())

    assert not any(secret in shown for secret in ("Seán", "7.25", "00012346", "sobrien"))
