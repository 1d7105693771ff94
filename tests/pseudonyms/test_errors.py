"""Whatever goes wrong under pseudonyms, and whatever the platform writes about it: no error names anybody."""

from __future__ import annotations

import json
import logging
import traceback
import warnings

import pandas as pd
import pytest
from scripted import HOST, ITEMS_URL, ROSTER_URL, Reply, Script, members, person, says, text

import ltix_data as ltix
from ltix_data import errors
from ltix_data.keys import SigningKey

from .conftest import KEY

WHO = {
    "user_id": "usr-4711",
    "name": "Ann Private",
    "email": "ann@example.edu",
    "lis_person_sourcedid": "0815-4242",
    "ext_user_username": "ann_private",
}
ITEM_URL = f"{ITEMS_URL}/7"
ITEM = {"id": ITEM_URL, "label": "Quiz", "scoreMaximum": 10}
RESULT = {"id": f"{ITEM_URL}/results/usr-4711", "userId": "usr-4711", "resultScore": 5, "comment": "Well done, Ann"}
ECHO = json.dumps({**WHO, "userId": "usr-4711"})
ANSWERS = {
    **{f"{status} echo": text(ECHO, status) for status in (400, 401, 403, 404, 409, 410, 422, 429, 500, 503)},
    **{f"{status} reason": Reply(status, reason=ECHO.encode()) for status in (400, 409, 500)},  # Moodle
    **{f"{status} code": says({"error": "ann_private"}, status) for status in (400, 403, 500)},
    "type": says({"type": "ann_private"}, 400),
    "moodle": text('{"error":"ann_private", broken', 400),
    "html": text(f"<html>{ECHO}</html>"),
    "cut": text(ECHO[:-5]),
    "other": text(ECHO),
    "list of text": text(json.dumps([WHO["name"]])),
    "broken member": says(members({**person(None), **{key: [value] for key, value in WHO.items()}})),
    "broken item": says([{**ITEM, "scoreMaximum": "Ann Private"}]),
    "broken result": says([{**RESULT, "resultScore": "ann@example.edu"}]),
    "foreign redirect": Reply(302, headers={"location": "https://evil.example/?user_id=usr-4711"}),
    "redirect": Reply(302, headers={"location": f"{ROSTER_URL}?user_id=usr-4711"}),
    "next is no url": Reply(200, b"[]", {"link": '<https://:x/usr-4711>; rel="next"'}),
    "next elsewhere": Reply(200, b"[]", {"link": '<https://evil.example/usr-4711>; rel="next"'}),
}
ACTIONS = {
    "roster": lambda course, known: course.roster(),
    "results": lambda course, known: course.results("Quiz"),
    "one result": lambda course, known: course.results("Quiz", known),
    "gradebook": lambda course, known: course.gradebook(),
    "items": lambda course, known: course.line_items(),
    "plan": lambda course, known: course.plan_grades(sheet(known), "Quiz", "user_id", "points"),
    "send": lambda course, known: course.plan_grades(sheet(known), "Quiz", "user_id", "points").send().outcomes,
    "score": lambda course, known: course.post_score("Quiz", known, 5),
    "stranger": lambda course, known: course.post_score("Quiz", WHO["user_id"], 5),
    "by email": lambda course, known: course.plan_grades(sheet(WHO["email"]), "Quiz", "email", "points"),
}
PLACES = {
    "/c/1/memberships": says(members({**person("usr-4711"), **WHO})),
    "/c/1/lineitems": says([ITEM]),
    "/c/1/lineitems/7": says(ITEM),
    "/c/1/lineitems/7/results": says([RESULT]),
    "/c/1/lineitems/7/scores": text("", 204),
}


def sheet(key):
    return pd.DataFrame({"user_id": [key, WHO["user_id"]], "email": [WHO["email"]] * 2, "points": [1, 2]})


@pytest.fixture(scope="module")
def tool_key():
    return SigningKey.generate()


@pytest.fixture
def lms(tool_key):
    script = Script(tool_key)
    for path, answer in PLACES.items():
        script.on(path, answer)
    return script


@pytest.fixture
def course(lms):
    session = ltix.connect(lms.registration, http=lms.http(), pseudonyms=KEY)
    return session.add_course("BIO101", memberships_url=ROSTER_URL, lineitems_url=ITEMS_URL)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("answer", ANSWERS)
def test_no_error_warning_log_or_frame_names_anybody(lms, course, caplog, place, answer):
    caplog.set_level(logging.DEBUG)
    known = course.roster()["user_id"].iloc[0]
    lms.on(place, ANSWERS[answer])
    said = []

    for act in ACTIONS.values():
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                shown = act(course, known)
            except errors.LtixError as error:
                said += ["".join(traceback.format_exception(error)), repr(error), repr(vars(error))]
            else:
                said += [repr(shown), shown.to_csv() if isinstance(shown, pd.DataFrame) else ""]
        said += [str(warning.message) for warning in warned]

    said += [record.getMessage() for record in caplog.records]
    whole = "\n".join(said)
    assert [secret for secret in (*WHO.values(), "usr-4711", "Ann", HOST + "/c/1/memberships") if secret in whole] == []


def test_a_code_that_everybody_knows_is_still_told(lms, course):
    lms.on("/c/1/memberships", says({"error": "insufficient_scope"}, 403))

    with pytest.raises(errors.AccessError, match="insufficient_scope") as caught:
        course.roster()

    assert caught.value.code == "insufficient_scope"


def test_an_ordinary_session_is_told_every_code(lms):
    lms.on("/c/1/memberships", says({"error": "course_is_archived"}, 400))
    course = ltix.connect(lms.registration, http=lms.http()).add_course("BIO101", memberships_url=ROSTER_URL)

    with pytest.raises(errors.RefusedError, match="course_is_archived"):
        course.roster()
