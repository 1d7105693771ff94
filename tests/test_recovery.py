"""After the fact: what broke off goes on, what was sent is taken back, what was planned elsewhere is sent here."""

from __future__ import annotations

import _thread
import json
import os
from dataclasses import replace

import httpx
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from uploading import (
    ANNA,
    LEILA,
    SEAN,
    WANG,
    ZOE,
    after_kill,
    item_number,
    journals,
    lost_after,
    lost_before,
    meeting,
    planned,
    stored,
    user_ids,
)

import ltix_data as ltix
from ltix_data import errors, frames, journal
from ltix_data.registration import Registration

POINTS = {SEAN: 7.0, WANG: 8.5, LEILA: 0.0, ANNA: 3.25}


@pytest.fixture
def quiz(practice):
    return practice.course.create_line_item("Quiz 1", 10, tag="quiz")


def words(report) -> list[str]:
    return report.outcomes["outcome"].tolist()


# --- Resume ----------------------------------------------------------------------------------------


def test_after_a_kill_only_what_has_no_answer_is_sent(practice, quiz, monkeypatch, tmp_path):
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, at=3, arrived=False)
    session, met = meeting(practice)

    report = session.resume(upload_id)

    assert words(report) == ["confirmed"] * 4
    assert sorted(json.loads(body)["scoreGiven"] for body in met.bodies) == [0, 3.25]
    assert stored(practice) == POINTS


def test_a_score_without_an_answer_that_did_not_arrive_is_sent_again_as_the_very_same_bytes(
    practice, quiz, monkeypatch, tmp_path
):
    """A platform that has it after all answers 409 to the same time, and stores nothing twice."""
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, at=3, arrived=False)
    body = journal.read(upload_id).tries[4].body
    session, met = meeting(practice)

    session.resume(upload_id)

    assert [sent for sent in met.bodies if json.loads(sent)["scoreGiven"] == 0] == [body]


def test_a_score_without_an_answer_that_arrived_is_not_sent_again(practice, quiz, monkeypatch, tmp_path):
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, at=3, arrived=True)
    session, met = meeting(practice)

    report = session.resume(upload_id)

    assert words(report) == ["confirmed"] * 4
    assert [json.loads(body)["scoreGiven"] for body in met.bodies] == [3.25]


@pytest.mark.parametrize("like", ["canvas", "moodle", "openedx", "blackboard", "sakai"])
@pytest.mark.parametrize("arrived", [True, False])
def test_no_platform_ends_up_with_two_submissions_after_a_kill(make_practice, monkeypatch, tmp_path, like, arrived):
    practice = make_practice(like=like)
    practice.course.create_line_item("Quiz 1", 10, resource_id="quiz-1")
    columns = {"comment": ["Good", "Better"]}
    options = {"at": 1, "arrived": arrived, "columns": columns, "comment": "comment"}
    options |= {"match": user_ids(practice), "key": "sourcedid"}  # Open edX shares no numbers
    upload_id = after_kill(practice, monkeypatch, tmp_path, {SEAN: 7, WANG: 8}, **options)
    session, _ = meeting(practice)

    report = session.resume(upload_id)

    assert words(report) == ["confirmed"] * 2
    found = [
        practice.platform.cell("SEM12", item_number(practice), user_ids(practice)[number]) for number in (SEAN, WANG)
    ]
    assert [len(cell.comments) for cell in found] in ([1, 1], [0, 0])
    assert stored(practice) == {SEAN: 7.0, WANG: 8.0}


def test_a_kill_before_the_first_score_leaves_everything_to_resume(practice, quiz, monkeypatch, tmp_path):
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, at=1, arrived=False)
    journals()[0].write_bytes(b"".join(journals()[0].read_bytes().splitlines(keepends=True)[:-1]))
    session, met = meeting(practice)

    report = session.resume(upload_id)

    assert (words(report), len(met.bodies)) == (["confirmed"] * 4, 4)


def test_resume_leaves_alone_what_somebody_changed_meanwhile(practice, quiz, monkeypatch, tmp_path):
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, at=3, arrived=False)
    practice.course.post_score("Quiz 1", user_ids(practice)[LEILA], 9)
    practice.course.post_score("Quiz 1", user_ids(practice)[ANNA], 9)

    report = practice.session.resume(upload_id)

    assert words(report) == ["confirmed", "confirmed", "refused", "refused"]
    assert stored(practice) == POINTS | {LEILA: 9.0, ANNA: 9.0}


def test_resume_after_a_refusal_sends_that_row_alone(practice, quiz):
    plan = planned(practice.course, POINTS)
    practice.platform.set_status("SEM12", user_ids(practice)[WANG], "Inactive")
    first = plan.send()
    practice.platform.set_status("SEM12", user_ids(practice)[WANG], "Active")
    session, met = meeting(practice)

    report = session.resume(first.upload_id)

    assert words(first) == ["confirmed", "refused", "confirmed", "confirmed"]
    assert words(report) == ["confirmed"] * 4
    assert [json.loads(body)["scoreGiven"] for body in met.bodies] == [8.5]


def test_resume_after_no_answer_at_all_sends_the_very_same_bytes(practice, quiz):
    session, lost = meeting(practice, lost_before)
    first = planned(session.course("SEM12"), {SEAN: 7}).send()
    session, met = meeting(practice)

    report = session.resume(first.upload_id)

    assert (words(first), words(report)) == (["unknown"], ["confirmed"])
    assert set(met.bodies) == set(lost.bodies)
    assert len(met.bodies) == 1


def test_resume_of_what_is_complete_sends_nothing_and_says_the_same(practice, quiz):
    first = planned(practice.course, {**POINTS, "00099999": 1, ZOE: ""}).send()
    practice.requests.clear()

    report = practice.session.resume(first.upload_id)

    assert_frame_equal(report.outcomes, first.outcomes)
    assert practice.sent("POST") == []


def test_resuming_twice_sends_once(practice, quiz, monkeypatch, tmp_path):
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, at=2, arrived=False)
    practice.session.resume(upload_id)
    practice.requests.clear()

    assert practice.session.resume(upload_id).ok

    assert practice.sent("POST") == []


def test_resume_makes_no_second_line_item(practice, monkeypatch, tmp_path):
    options = {"at": 2, "arrived": True, "create": True, "out_of": 10}
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, **options)

    report = practice.session.resume(upload_id)

    assert report.ok
    assert practice.course.line_items()["label"].tolist().count("Quiz 1") == 1


def test_a_whole_upload_that_was_undone_is_not_told_as_if_it_were_there(practice, quiz):
    """Its journal says “confirmed” of grades that were taken back since."""
    done = practice.course.plan_grades(
        pd.DataFrame({"sourcedid": ["00012346"], "p": [7]}), "Quiz 1", "sourcedid", "p"
    ).send()
    practice.session.undo(done.upload_id)

    with pytest.raises(errors.UsageError, match="was undone"):
        practice.session.resume(done.upload_id)


def test_an_upload_that_was_undone_is_not_resumed(practice, quiz, monkeypatch, tmp_path):
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, at=3, arrived=False)
    practice.session.undo(upload_id)
    practice.requests.clear()

    with pytest.raises(errors.UsageError, match="was undone"):
        practice.session.resume(upload_id)

    assert practice.sent("POST") == []


def test_what_a_broken_off_upload_had_accepted_counts_as_sent_from_here(practice, quiz, monkeypatch, tmp_path):
    """Planning again after a crash must not take our own grade for a teacher's."""
    planned(practice.course, {SEAN: 5}).send()
    after_kill(practice, monkeypatch, tmp_path, {SEAN: 7, WANG: 8}, at=2, arrived=False)

    plan = planned(practice.course, {SEAN: 6, WANG: 8}, overwrite=False)

    assert plan.problems.empty
    assert plan.count("ready") == 2


def test_fields_of_other_urls_are_sent_by_resume_as_well(practice, quiz, monkeypatch, tmp_path):
    extension = {"https://tool.example/marker": {"round": 2}}
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, at=1, arrived=False, extensions=extension)
    session, met = meeting(practice)

    session.resume(upload_id)

    assert [json.loads(body).get("https://tool.example/marker") for body in met.bodies] == [{"round": 2}] * 4


# --- Undo ------------------------------------------------------------------------------------------


def test_undo_puts_back_each_earlier_grade_and_clears_where_there_was_none(practice, quiz):
    planned(practice.course, {SEAN: 5, WANG: 0}).send()
    done = planned(practice.course, POINTS).send()

    report = practice.session.undo(done.upload_id)

    assert words(report) == ["confirmed"] * 4
    assert stored(practice) == {SEAN: 5.0, WANG: 0.0}


def test_undo_leaves_alone_and_lists_what_somebody_changed_since(practice, quiz):
    done = planned(practice.course, POINTS).send()
    practice.course.post_score("Quiz 1", user_ids(practice)[WANG], 9)
    practice.course.post_score("Quiz 1", user_ids(practice)[LEILA], None, clear=True)

    report = practice.session.undo(done.upload_id)

    assert report.failures["user_id"].tolist() == [user_ids(practice)[WANG]]
    assert report.failures["outcome"].tolist() == ["refused"]
    assert stored(practice) == {WANG: 9.0}


def test_undo_of_undo_is_what_was_sent(practice, quiz):
    planned(practice.course, {SEAN: 5, LEILA: 1}).send()
    done = planned(practice.course, POINTS).send()
    undone = practice.session.undo(done.upload_id)

    report = practice.session.undo(undone.upload_id)

    assert words(report) == ["confirmed"] * 4
    assert stored(practice) == POINTS


def test_undoing_twice_changes_nothing_the_second_time(practice, quiz):
    planned(practice.course, {SEAN: 5}).send()
    done = planned(practice.course, POINTS).send()
    practice.session.undo(done.upload_id)
    practice.requests.clear()

    report = practice.session.undo(done.upload_id)

    assert words(report) == ["unchanged"] * 4
    assert practice.sent("POST") == []


def test_undo_of_a_cleared_grade_puts_it_back(practice, quiz):
    planned(practice.course, {SEAN: 5}).send()
    done = planned(practice.course, {SEAN: "none any more"}, clear="None any more").send()
    assert stored(practice) == {}

    practice.session.undo(done.upload_id)

    assert stored(practice) == {SEAN: 5.0}


def test_undo_of_scores_on_another_scale_is_exact(practice, quiz):
    planned(practice.course, {SEAN: 5.5}).send()
    done = planned(practice.course, {SEAN: 33}, out_of=40).send()

    practice.session.undo(done.upload_id)

    assert stored(practice) == {SEAN: 5.5}


def test_undo_posts_the_earlier_comment_again(practice, quiz):
    user = user_ids(practice)[SEAN]
    practice.course.post_score("Quiz 1", user, 5, comment="Read chapter 3")
    done = planned(practice.course, {SEAN: 7}, columns={"said": ["Well done"]}, comment="said").send()

    practice.session.undo(done.upload_id)

    assert stored(practice, column="comment") == {SEAN: "Read chapter 3"}


def test_undo_adds_no_comment_at_canvas(make_practice):
    """Canvas appends each comment to the submission."""
    practice = make_practice(like="canvas")
    registered = replace(practice.registration, platform="Canvas")
    registered.remember(practice.registration.courses[0])
    session = ltix.connect(registered, http=practice.http)
    course, user = session.course("SEM12"), user_ids(practice)[SEAN]
    course.create_line_item("Quiz 1", 10)
    course.post_score("Quiz 1", user, 5, comment="Read chapter 3")
    done = planned(course, {SEAN: 7}, columns={"said": ["Well done"]}, comment="said").send()

    session.undo(done.upload_id)

    cell = practice.platform.cell("SEM12", item_number(practice), user)
    assert (cell.comments, cell.submissions) == (["Read chapter 3", "Well done"], 0)
    assert stored(practice) == {SEAN: 5.0}


def test_undo_takes_back_what_arrived_though_its_answer_was_lost(practice, quiz, monkeypatch, tmp_path):
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, at=3, arrived=True)

    report = practice.session.undo(upload_id)

    assert words(report) == ["confirmed"] * 3
    assert stored(practice) == {}


def test_undo_sends_nothing_for_what_never_arrived(practice, quiz, monkeypatch, tmp_path):
    planned(practice.course, {LEILA: 4}).send()
    upload_id = after_kill(practice, monkeypatch, tmp_path, POINTS, at=3, arrived=False)
    session, met = meeting(practice)

    report = session.undo(upload_id)

    assert words(report) == ["confirmed", "confirmed", "unchanged"]
    assert stored(practice) == {LEILA: 4.0}
    assert len(met.bodies) == 2


def test_undo_that_broke_off_can_be_resumed(practice, quiz):
    done = planned(practice.course, POINTS).send()
    practice.platform.set_status("SEM12", user_ids(practice)[WANG], "Inactive")
    undone = practice.session.undo(done.upload_id)
    practice.platform.set_status("SEM12", user_ids(practice)[WANG], "Active")

    report = practice.session.resume(undone.upload_id)

    assert (undone.ok, report.ok) == (False, True)
    assert stored(practice) == {}


def test_undo_of_an_upload_that_put_nothing_into_the_gradebook_says_so(practice, quiz):
    plan = planned(practice.course, {WANG: 7})
    practice.platform.set_status("SEM12", user_ids(practice)[WANG], "Inactive")
    done = plan.send()

    with pytest.raises(errors.UsageError, match="put nothing into the gradebook"):
        practice.session.undo(done.upload_id)


def test_undo_puts_back_a_grade_that_an_ungraded_score_wiped(make_practice):
    """Moodle and Canvas take the grade away where gradingProgress is Pending."""
    practice = make_practice(like="moodle")
    practice.course.create_line_item("Quiz 1", 10)
    planned(practice.course, {SEAN: 5}).send()
    done = planned(practice.course, {SEAN: 7}, grading="Pending").send()
    assert stored(practice) == {}

    practice.session.undo(done.upload_id)

    assert stored(practice) == {SEAN: 5.0}


def test_undo_of_a_score_that_a_teacher_overrode_with_zero_is_tried(practice, quiz):
    user = user_ids(practice)[SEAN]
    planned(practice.course, {SEAN: 5}).send()
    plan = planned(practice.course, {SEAN: 7})
    session, met = meeting(practice)

    def override_after(request, forward):
        answer = forward()
        practice.platform.override_grade("SEM12", item_number(practice), user, 0)
        return answer

    met.answer = override_after
    done = planned(session.course("SEM12"), {SEAN: 7}).send()
    assert plan.count("ready") == 1
    report = practice.session.undo(done.upload_id)

    assert (words(done), words(report)) == (["differs"], ["differs"])
    practice.platform.override_grade("SEM12", item_number(practice), user, None)
    assert stored(practice) == {SEAN: 5.0}


# --- The list of uploads -----------------------------------------------------------------------------


def test_there_are_no_uploads_at_first():
    assert_frame_equal(ltix.uploads(), frames.uploads([]))


def test_the_list_of_uploads_says_what_each_was_and_how_it_ended(practice, quiz, monkeypatch, tmp_path):
    complete = planned(practice.course, POINTS).send().upload_id
    plan = planned(practice.course, {SEAN: 1, WANG: 1, "00099999": 4})
    practice.platform.set_status("SEM12", user_ids(practice)[WANG], "Inactive")
    partial = plan.send().upload_id
    undo = practice.session.undo(partial).upload_id
    practice.platform.set_status("SEM12", user_ids(practice)[WANG], "Active")
    interrupted = after_kill(practice, monkeypatch, tmp_path, {ZOE: 2, LEILA: 3, ANNA: 4}, at=3, arrived=False)

    told = ltix.uploads()

    expected = pd.DataFrame(
        {
            "upload_id": [interrupted, undo, partial, complete],
            "kind": pd.Categorical(["upload", "undo", "upload", "upload"], ["upload", "undo"]),
            "platform": "practice",
            "course": practice.course.name,
            "item": "Quiz 1",
            "started_at": [journal.read(made).made for made in (interrupted, undo, partial, complete)],
            "rows": [3, 1, 2, 4],
            "confirmed": [2, 1, 1, 4],
            "failed": [1, 0, 1, 0],
            "state": ["interrupted", "complete", "partial", "complete"],
            "undoes": [None, partial, None, None],
        }
    ).astype(frames.uploads([]).dtypes.to_dict())
    assert_frame_equal(told.set_index("upload_id").loc[expected["upload_id"]].reset_index(), expected)


# --- What cannot be meant ----------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["resume", "undo"])
def test_an_upload_of_another_registration_is_refused(practice, quiz, signing_key, act):
    done = planned(practice.course, POINTS).send()
    other = Registration(
        name="other",
        issuer="https://other.example",
        client_id="x",
        token_url="https://other.example/token",
        private_key=signing_key,
    )

    with pytest.raises(errors.UsageError, match=r'ltix\.connect\("practice"\)'):
        getattr(ltix.connect(other), act)(done.upload_id)


@pytest.mark.parametrize("act", ["resume", "undo"])
def test_an_unknown_id_is_told_with_near_misses(practice, quiz, act):
    done = planned(practice.course, POINTS).send()

    with pytest.raises(errors.UnknownNameError, match=f"Did you mean “{done.upload_id}”"):
        getattr(practice.session, act)(done.upload_id[:-1] + "x")


@pytest.mark.parametrize("upload_id", ["", "../registrations/practice", "/etc/passwd", "*", None, 7])
def test_an_id_leads_to_no_other_file(practice, upload_id):
    with pytest.raises(errors.UnknownNameError, match="There is no upload"):
        practice.session.resume(upload_id)


# --- Plans on disk -----------------------------------------------------------------------------------


def test_a_saved_plan_is_sent_from_another_machine(practice, quiz, monkeypatch, tmp_path):
    place = planned(practice.course, POINTS).save(tmp_path / "quiz.plan")
    monkeypatch.setenv("LTIX_DATA_DIR", str(tmp_path / "another machine"))
    session, _ = meeting(practice)

    report = session.load_plan(place).send()

    assert words(report) == ["confirmed"] * 4
    assert stored(practice) == POINTS


def test_a_loaded_plan_says_what_the_one_said_that_was_saved(practice, quiz, tmp_path):
    plan = planned(practice.course, {**POINTS, "00099999": 1, ZOE: ""})

    loaded = practice.session.load_plan(plan.save(tmp_path / "quiz.plan"))

    assert_frame_equal(loaded.changes.drop(columns="name"), plan.changes.drop(columns="name"))
    assert_frame_equal(loaded.problems[["row", "column", "problem"]], plan.problems[["row", "column", "problem"]])
    assert repr(loaded).splitlines()[0] == repr(plan).splitlines()[0]


def test_a_saved_plan_keeps_every_field_of_a_score(practice, quiz, tmp_path):
    columns = {"said": ["Well done"], "at": ["2026-03-01T10:00:00+01:00"]}
    options = {"comment": "said", "submitted_at": "at", "activity": "Submitted", "grading": "PendingManual"}
    extension = {"https://tool.example/marker": 2}
    plan = planned(practice.course, {SEAN: 7}, columns=columns, extensions=extension, **options)
    session, met = meeting(practice)

    session.load_plan(plan.save(tmp_path / "quiz.plan")).send()

    sent = json.loads(met.bodies[0])
    assert {name: value for name, value in sent.items() if name not in ("timestamp", "userId")} == {
        "scoreGiven": 7,
        "scoreMaximum": 10,
        "comment": "Well done",
        "activityProgress": "Submitted",
        "gradingProgress": "PendingManual",
        "submission": {"submittedAt": "2026-03-01T09:00:00.000+00:00"},
        **extension,
    }


def test_a_saved_plan_is_its_owners_alone_and_holds_no_names(practice, quiz, tmp_path):
    before = os.umask(0)
    try:
        place = planned(practice.course, POINTS).save(tmp_path / "quiz.plan")
    finally:
        os.umask(before)

    written = place.read_text(encoding="utf-8")
    assert oct(place.stat().st_mode & 0o777) == "0o600"
    roster = practice.course.roster()
    private = pd.concat([roster[name] for name in ("name", "email", "username", "sourcedid")]).dropna()
    assert [text for text in private if text and text in written] == []


def test_saving_a_plan_overwrites_nothing(practice, quiz, tmp_path):
    place = tmp_path / "quiz.plan"
    place.write_text("mine")

    with pytest.raises(errors.UsageError, match="is there already"):
        planned(practice.course, POINTS).save(place)

    assert place.read_text() == "mine"


def test_a_saved_plan_is_refused_whole_where_one_grade_moved(practice, quiz, tmp_path):
    place = planned(practice.course, POINTS).save(tmp_path / "quiz.plan")
    practice.course.post_score("Quiz 1", user_ids(practice)[WANG], 9)
    practice.requests.clear()

    with pytest.raises(errors.PlanOutdatedError, match="1 grade changed since this plan was saved; nothing was sent"):
        practice.session.load_plan(place).send()

    assert practice.sent("POST") == []


def test_the_rest_of_a_saved_plan_is_sent_when_asked_for(practice, quiz, tmp_path):
    place = planned(practice.course, POINTS).save(tmp_path / "quiz.plan")
    practice.course.post_score("Quiz 1", user_ids(practice)[WANG], 9)

    report = practice.session.load_plan(place).send(skip_moved=True)

    assert words(report) == ["confirmed", "refused", "confirmed", "confirmed"]
    assert stored(practice) == POINTS | {WANG: 9.0}


def test_a_saved_plan_is_refused_where_the_maximum_changed(practice, quiz, tmp_path):
    place = planned(practice.course, POINTS).save(tmp_path / "quiz.plan")
    practice.course.update_line_item(quiz, out_of=20)
    practice.requests.clear()

    with pytest.raises(errors.PlanOutdatedError, match="maximum of “Quiz 1” changed"):
        practice.session.load_plan(place).send()

    assert practice.sent("POST") == []


def test_a_saved_plan_for_a_line_item_that_is_gone_sends_nothing(practice, quiz, tmp_path):
    place = planned(practice.course, POINTS).save(tmp_path / "quiz.plan")
    practice.course.delete_line_item(quiz)
    practice.requests.clear()

    with pytest.raises(errors.NotFoundError):
        practice.session.load_plan(place).send()

    assert practice.sent("POST") == []


def test_a_saved_plan_can_be_sent_twice_and_is_sent_once(practice, quiz, tmp_path):
    place = planned(practice.course, POINTS).save(tmp_path / "quiz.plan")
    practice.session.load_plan(place).send()
    practice.requests.clear()

    report = practice.session.load_plan(place).send()

    assert words(report) == ["unchanged"] * 4
    assert practice.sent("POST") == []


def test_a_plan_with_comments_can_be_sent_twice_and_is_sent_once(practice, quiz):
    plan = planned(practice.course, {SEAN: 7}, columns={"said": ["Well done"]}, comment="said")
    plan.send()
    practice.requests.clear()

    report = plan.send()

    assert words(report) == ["unchanged"]
    assert practice.sent("POST") == []


def test_a_plan_of_another_registration_is_refused(practice, quiz, signing_key, tmp_path):
    place = planned(practice.course, POINTS).save(tmp_path / "quiz.plan")
    other = Registration(
        name="other",
        issuer="https://other.example",
        client_id="x",
        token_url="https://other.example/token",
        private_key=signing_key,
    )

    with pytest.raises(errors.UsageError, match=r'ltix\.connect\("practice"\)'):
        ltix.connect(other).load_plan(place)


@pytest.mark.parametrize("content", [b"", b"row,score\n", b"[]", b"{}", b"null", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_plan_is_said_to_be_none(practice, tmp_path, content):
    place = tmp_path / "quiz.plan"
    place.write_bytes(content)

    with pytest.raises(errors.UsageError, match=r"“quiz\.plan” is no plan that can be read"):
        practice.session.load_plan(place)


def test_a_plan_that_is_not_there_is_said_not_to_be(practice, tmp_path):
    with pytest.raises(errors.UsageError, match="could not be opened"):
        practice.session.load_plan(tmp_path / "quiz.plan")


def test_a_plan_of_a_newer_version_says_so(practice, quiz, tmp_path):
    place = planned(practice.course, POINTS).save(tmp_path / "quiz.plan")
    place.write_bytes(place.read_bytes().replace(b'"ltix_data plan": 1', b'"ltix_data plan": 3'))

    with pytest.raises(errors.UsageError, match="newer version"):
        practice.session.load_plan(place)


def tampered(place, change) -> None:
    document = json.loads(place.read_bytes())
    change(document)
    place.write_text(json.dumps(document))


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.pop("score"),
        lambda row: row.update(score=None),
        lambda row: row.update(score="NaN"),
        lambda row: row.update(score=float("nan")),
        lambda row: row.update(score=float("inf")),
        lambda row: row.update(score=-1),
        lambda row: row.update(score=True),
        lambda row: row.update(score=11),
        lambda row: row.update(out_of=0),
        lambda row: row.pop("out_of"),
        lambda row: row.update(user_id=None),
        lambda row: row.update(user_id=4712),
        lambda row: row.update(state="sent"),
        lambda row: row.update(activity="Whatever"),
        lambda row: row.update(grading=7),
        lambda row: row.update(comment=["x"]),
        lambda row: row.update(submitted_at="yesterday"),
        lambda row: row.update(clears=True),
    ],
    ids=range(18),
)
def test_a_plan_whose_rows_were_changed_to_nonsense_sends_nothing(practice, quiz, tmp_path, change):
    """A row that lost its score must not become one that takes a grade away."""
    planned(practice.course, {SEAN: 5, WANG: 5}).send()
    place = planned(practice.course, {SEAN: 7, WANG: 8}).save(tmp_path / "quiz.plan")
    tampered(place, lambda document: change(document["rows"][1]))
    practice.requests.clear()

    with pytest.raises(errors.UsageError):
        practice.session.load_plan(place).send(workers=1)

    assert practice.sent("POST") == []


@pytest.mark.parametrize("where", ["item", "course"])
def test_a_plan_that_leads_to_another_host_sends_no_token_and_no_grade_there(practice, quiz, tmp_path, where):
    """Somebody who can write into a shared folder wants the token, or the grades."""
    place = planned(practice.course, POINTS).save(tmp_path / "quiz.plan")
    evil = "https://evil.example/lineitems"

    def change(document):
        if where == "item":
            document["target"]["item"]["item_id"] = f"{evil}/4"
        else:
            document["target"]["course"]["lineitems_url"] = evil
            document["target"]["item"].pop("item_id")

    tampered(place, change)
    asked = []
    session, met = meeting(practice)
    forward = met.inner.handle_request
    met.handle_request = lambda request: (asked.append(request.url.host), forward(request))[1]

    with pytest.raises(errors.ForeignHostError):
        session.load_plan(place).send()

    assert "evil.example" not in asked


def test_a_plan_for_a_course_that_is_not_known_here_says_what_to_do_or_is_sent(practice, quiz, tmp_path, signing_key):
    """The other machine has the registration, and launched from another course only."""
    place = planned(practice.course, POINTS).save(tmp_path / "quiz.plan")
    known = practice.registration
    elsewhere = Registration(
        name="elsewhere",
        issuer=known.issuer,
        client_id=known.client_id,
        token_url=known.token_url,
        private_key=signing_key,
    )
    for course in known.courses:
        if course.name != practice.course.name:
            elsewhere.remember(course)

    report = ltix.connect(elsewhere, http=practice.http).load_plan(place).send()

    assert words(report) == ["confirmed"] * 4


def test_a_lost_answer_is_confirmed_by_looking(practice, quiz):
    session, lost = meeting(practice, lost_after)

    report = planned(session.course("SEM12"), {SEAN: 7}).send()

    assert (words(report), len(lost.bodies)) == (["confirmed"], 1)


def test_what_is_sent_again_overwrites_no_grade_that_came_meanwhile(practice, quiz):
    """The first try was lost on its way; before the second a teacher's grade is there."""
    person = user_ids(practice)[SEAN]

    def answer(request, forward):
        if len(met.bodies) == 1:
            practice.course.post_score("Quiz 1", person, 10)
            return lost_before(request, forward)
        return forward()

    session, met = meeting(practice, answer)
    report = planned(session.course("SEM12"), {SEAN: 7}).send()

    assert (words(report), len(met.bodies)) == (["refused"], 1)
    assert stored(practice) == {SEAN: 10.0}


def connection_refused(request, forward):
    raise httpx.ConnectError("refused", request=request)


def test_a_score_that_was_lost_once_is_unknown_also_where_its_second_try_met_nobody(practice, quiz):
    """What left this computer once may be in the gradebook: “not sent” would be a guess."""

    def answer(request, forward):
        return (lost_before if len(met.bodies) == 1 else connection_refused)(request, forward)

    session, met = meeting(practice, answer)
    report = planned(session.course("SEM12"), {SEAN: 7}).send()

    assert words(report) == ["unknown"]
    assert journal.read(report.upload_id).tries[2].word == "unknown"


def test_a_refusal_after_the_network_came_back_is_a_refusal_and_asked_once(practice, quiz):
    attempts = practice.http.limits.attempts

    def answer(request, forward):
        if len(met.bodies) <= attempts:
            return connection_refused(request, forward)
        return httpx.Response(400, json={"message": "no"}, request=request)

    session, met = meeting(practice, answer)
    report = planned(session.course("SEM12"), {SEAN: 7}).send()

    assert (words(report), len(met.bodies)) == (["refused"], attempts + 1)


def test_an_interrupt_says_how_to_go_on_and_loses_nothing(practice, quiz):
    def answer(request, forward):
        answered = forward()
        if len(met.bodies) == 2:
            _thread.interrupt_main()
        return answered

    session, met = meeting(practice, answer)
    with pytest.raises(KeyboardInterrupt, match=r'session\.resume\("'):
        planned(session.course("SEM12"), POINTS).send(workers=1)
    [upload_id] = ltix.uploads()["upload_id"]
    session, _ = meeting(practice)

    assert session.resume(upload_id).ok
    assert stored(practice) == POINTS
