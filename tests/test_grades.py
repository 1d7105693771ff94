"""Line items, results and scores, with the habits of real platforms. [AGS 2.0]"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from scripted import HOST, ITEMS_URL, START, Reply, Script, says, text

from ltix_data import errors, spec
from ltix_data.records import LineItem, Result, Score
from ltix_data.services.base import AdvantageService
from ltix_data.timestamps import ScoreClock

PATH = "/c/1/lineitems"
ITEM_URL = f"{HOST}/c/1/lineitems/7/lineitem?type_id=1"  # Moodle's carry a query
ITEM_PATH = "/c/1/lineitems/7/lineitem"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WIRE = {
    "id": ITEM_URL,
    "label": "Quiz 1",
    "scoreMaximum": 10,
    "tag": "quiz",
    "resourceId": "q-1",
    "resourceLinkId": "rl-1",
    "startDateTime": "2026-03-01T12:00:00.000+00:00",
    "endDateTime": "2026-04-01T12:00:00.000+00:00",
    "gradesReleased": True,
    "https://vendor.example/weight": {"value": 0.5, "note": "\ud83d half"},
}


@pytest.fixture
def lms(signing_key):
    lms = Script(signing_key)
    lms.on(ITEM_PATH, says(WIRE))
    return lms


def wire(item_id: str = ITEM_URL, **fields: object) -> dict[str, object]:
    return {"id": item_id, "label": "Quiz 1", "scoreMaximum": 10.0, **fields}


def asked(seen) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(seen.url).query))


# --- Reading line items ---------------------------------------------------------------------------


def test_line_items_are_read_page_by_page_each_once(lms):
    lms.on(
        PATH,
        says([wire(f"{HOST}/li/1"), wire(f"{HOST}/li/2")], link=f'<{ITEMS_URL}?p=2>; rel="next"'),
        says([wire(f"{HOST}/li/2"), wire(f"{HOST}/li/3")]),
    )
    items = lms.grades().line_items()

    assert ([item.item_id for item in items], lms.service_requests[0].headers["accept"]) == (
        [f"{HOST}/li/{n}" for n in (1, 2, 3)],
        "application/vnd.ims.lis.v2.lineitemcontainer+json",
    )


def test_filters_are_asked_and_applied_again(lms):
    """Sakai knows one of them by another name, others ignore them."""
    lms.on(
        PATH,
        says(
            [
                wire(f"{HOST}/li/1", tag="a", resourceId="r", resourceLinkId="l"),
                wire(f"{HOST}/li/2", tag="b", resourceId="r", resourceLinkId="l"),
                wire(f"{HOST}/li/3", tag="a", resourceId="s", resourceLinkId="l"),
                wire(f"{HOST}/li/4", tag="a", resourceId="r"),
            ]
        ),
    )
    grades = lms.grades(lineitems=f"{ITEMS_URL}?type_id=1")
    items = grades.line_items(tag="a", resource_id="r", resource_link="l")

    assert ([item.item_id for item in items], asked(lms.service_requests[0])) == (
        [f"{HOST}/li/1"],
        {"type_id": "1", "tag": "a", "resource_id": "r", "resource_link_id": "l"},
    )


def test_no_read_ever_sends_a_limit(lms):
    """Open edX would cut the list, Moodle answers 404."""
    lms.on(PATH, says([]))
    lms.on(f"{ITEM_PATH}/results", says([]))
    grades = lms.grades()
    grades.line_items(tag="x")
    grades.results(ITEM_URL, user_id="u1")

    assert [url for url in lms.asked if "limit" in url] == []


def test_where_a_course_names_one_line_item_that_is_the_list(lms):
    items = lms.grades(lineitem=ITEM_URL).line_items()

    assert (items, lms.asked, lms.service_requests[0].headers["accept"]) == (
        [LineItem.from_json(WIRE)],
        [f"GET {ITEM_URL}"],
        "application/vnd.ims.lis.v2.lineitem+json",
    )


@pytest.mark.parametrize("own_id", [{}, {"id": None}, {"id": ""}])
def test_a_line_item_without_its_id_has_the_url_it_was_read_from(lms, own_id):
    lms.on(ITEM_PATH, says({"label": "Quiz 1", "scoreMaximum": 10, **own_id}))

    assert lms.grades().line_item(ITEM_URL).item_id == ITEM_URL


@pytest.mark.parametrize("body", ["[]", "null", "{}", '{"members": []}', '"x"', "<html>"])
def test_what_is_no_line_item_is_an_error(lms, body):
    lms.on(ITEM_PATH, text(body))

    with pytest.raises(errors.MalformedResponseError):
        lms.grades().line_item(ITEM_URL)


@pytest.mark.parametrize("body", ["{}", "null", '{"lineItems": []}', '"x"', "", "<html>", "[null]", "[[]]", "[{}]"])
def test_what_is_no_list_of_line_items_is_an_error(lms, body):
    lms.on(PATH, text(body))

    with pytest.raises(errors.MalformedResponseError):
        lms.grades().line_items()


# --- Creating -------------------------------------------------------------------------------------

NEW = LineItem(
    "Quiz 1", 10.0, item_id=f"{HOST}/of-another-course", tag="quiz", extensions={"https://vendor.example/x": 1}
)


def test_a_new_line_item_is_sent_whole_and_read_back_as_it_was_stored(lms):
    """Moodle echoes what was sent, and not what it keeps."""
    lms.on(PATH, says(wire(label="as sent"), 201))
    made = lms.grades(lineitems=f"{ITEMS_URL}?type_id=1").create(NEW)

    sent = lms.service_requests[0]
    assert (made, lms.asked, sent.body, sent.headers["content-type"], sent.headers["accept"]) == (
        LineItem.from_json(WIRE),
        [f"POST {ITEMS_URL}?type_id=1", f"GET {ITEM_URL}"],
        b'{"https://vendor.example/x":1,"label":"Quiz 1","scoreMaximum":10,"tag":"quiz"}',
        "application/vnd.ims.lis.v2.lineitem+json",
        "application/vnd.ims.lis.v2.lineitem+json",
    )


@pytest.mark.parametrize(
    "answer",
    [
        says({"id": ITEM_URL}, 200),
        says({"id": "/c/1/lineitems/7/lineitem?type_id=1"}, 201),
        Reply(201, headers={"location": ITEM_URL}),
        Reply(201, headers={"location": "/c/1/lineitems/7/lineitem?type_id=1"}),
        text("<html>created</html>", 201, location=ITEM_URL),
        text("[]", 201, location=ITEM_URL),
        says({"id": None}, 201, location=ITEM_URL),
        says({"id": "https://[bad"}, 201, location=ITEM_URL),
    ],
)
def test_the_new_items_id_is_in_the_body_or_the_location(lms, answer):
    lms.on(PATH, answer)

    assert lms.grades().create(NEW).item_id == ITEM_URL


@pytest.mark.parametrize(
    "answer", [Reply(201), text("[]", 201), text("<html>", 201), says({}, 201, location="https://[bad"), Reply(204)]
)
def test_an_item_that_was_created_nobody_knows_where_is_not_to_be_created_again(lms, answer):
    lms.on(PATH, answer)

    with pytest.raises(errors.MalformedResponseError, match="do not create it again"):
        lms.grades().create(NEW)

    assert len(lms.service_requests) == 1


@pytest.mark.parametrize("problem", [Reply(403), Reply(500), Reply(404), text("<html>"), httpx.ReadTimeout("x")])
def test_an_item_that_was_created_and_cannot_be_read_back_is_shown_as_it_was_sent(lms, problem):
    """An error would invite to create it twice."""
    lms.on(PATH, says({"id": ITEM_URL}, 201))
    lms.on(ITEM_PATH, problem)

    with pytest.warns(errors.LtixWarning, match="was created"):
        made = lms.grades().create(NEW)

    assert (made.item_id, made.label, made.out_of) == (ITEM_URL, "Quiz 1", 10.0)


def test_creating_is_not_repeated_after_a_lost_answer(lms):
    lms.on(PATH, httpx.ReadTimeout("x"))

    with pytest.raises(errors.UnknownOutcomeError):
        lms.grades().create(NEW)

    assert len(lms.service_requests) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": " "},
        {"label": None},
        {"out_of": 0},
        {"out_of": -1},
        {"out_of": float("nan")},
        {"out_of": float("inf")},
        {"out_of": True},
        {"out_of": "10"},
        {"out_of": None},
        {"starts_at": NOON, "ends_at": NOON - timedelta(days=1)},
        {"starts_at": NOON, "ends_at": datetime(2020, 1, 1)},
    ],
)
def test_a_line_item_no_platform_takes_is_refused_before_it_is_sent(lms, wrong):
    with pytest.raises(errors.UsageError):
        lms.grades().create(LineItem(**{"label": "Quiz", "out_of": 10, **wrong}))

    assert lms.seen == []


@pytest.mark.parametrize("field", [{"tag": "x" * 256}, {"resource_id": "x" * 513}])
def test_moodle_gets_no_field_that_would_leave_an_orphan_column(signing_key, field):
    lms = Script(signing_key, platform="Moodle")

    with pytest.raises(errors.UsageError, match="Moodle takes at most"):
        lms.grades().create(LineItem("Quiz", 10, **field))

    assert lms.seen == []


# --- Updating -------------------------------------------------------------------------------------


def test_an_update_keeps_everything_it_does_not_name(lms):
    """Moodle blanks what a PUT omits. [AGS §3.2.6]"""
    lms.grades().update(ITEM_URL, label="Quiz 2")

    assert (lms.asked, lms.service_requests[1].json) == (
        [f"GET {ITEM_URL}", f"PUT {ITEM_URL}", f"GET {ITEM_URL}"],
        WIRE | {"label": "Quiz 2"},
    )


def test_nulls_are_not_sent_back(lms):
    """Open edX refuses the nulls it sends, and a maximum that is no integer."""
    lms.on(ITEM_PATH, says(wire(tag=None, resourceId="q", startDateTime=None, gradesReleased=None, ext=None)))
    lms.grades().update(ITEM_URL, out_of=20.0)

    assert (
        lms.service_requests[1].body
        == json.dumps(
            {"id": ITEM_URL, "label": "Quiz 1", "scoreMaximum": 20, "resourceId": "q"}, separators=(",", ":")
        ).encode()
    )


def test_a_blank_takes_a_field_away(lms):
    """It is sent as blank: Open edX keeps what a PUT leaves out."""
    lms.grades().update(ITEM_URL, tag="", starts_at="")

    assert lms.service_requests[1].json == WIRE | {"tag": "", "startDateTime": ""}


def test_what_an_update_returns_is_what_the_platform_stored(lms):
    lms.on(ITEM_PATH, says(wire()), says(wire(label="echo")), says(wire(label="QUIZ 2")))

    assert lms.grades().update(ITEM_URL, label="Quiz 2").label == "QUIZ 2"


@pytest.mark.parametrize(
    "changes",
    [
        {"label": ""},
        {"out_of": 0},
        {"out_of": ""},
        {"ends_at": NOON - timedelta(days=1)},
        {"starts_at": datetime(2030, 1, 1)},
        {"resource_link_id": "other"},
    ],
)
def test_an_update_the_specification_forbids_is_not_sent(lms, changes):
    with pytest.raises(errors.UsageError):
        lms.grades().update(ITEM_URL, **changes)

    assert [seen.method for seen in lms.service_requests if seen.method != "GET"] == []


# --- Deleting -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "item", "coupled"),
    [
        ({"lineitem": ITEM_URL}, {"item_id": ITEM_URL, "tag": "x"}, True),
        ({"lineitem": f"{HOST}/other"}, {"item_id": ITEM_URL, "tag": "x", "resource_link_id": "rl"}, False),
        ({"lineitem": f"{HOST}/other"}, {"item_id": ITEM_URL, "resource_link_id": "rl"}, True),
        ({}, {"item_id": ITEM_URL, "resource_link_id": "rl"}, True),
        ({}, {"item_id": ITEM_URL, "resource_link_id": "rl", "resource_id": "q"}, False),
        ({}, {"item_id": ITEM_URL}, False),
    ],
)
def test_a_column_of_the_platforms_own_is_deleted_only_when_meant(lms, endpoint, item, coupled):
    """Canvas refuses, Moodle deletes it with its grades; each link of a course can have one. [AGS §4.3]"""
    lms.on(ITEM_PATH, Reply(204))
    grades = lms.grades(lineitems=ITEMS_URL, **endpoint)
    column = LineItem("Quiz", 10, **item)
    if coupled:
        with pytest.raises(errors.CoupledLineItemError, match="force=True"):
            grades.delete(column)
    grades.delete(column, force=coupled)

    assert lms.asked == [f"DELETE {ITEM_URL}"]


def test_a_delete_whose_answer_is_lost_is_not_repeated(lms):
    lms.on(ITEM_PATH, httpx.ReadError("x"))

    with pytest.raises(errors.UnknownOutcomeError):
        lms.grades().delete(LineItem("Quiz", 10, item_id=ITEM_URL))

    assert len(lms.service_requests) == 1


def test_a_delete_answered_with_a_login_page_is_not_believed(lms):
    lms.on(ITEM_PATH, text("<html>Please log in</html>"))

    with pytest.raises(errors.UnknownOutcomeError, match="web page"):
        lms.grades().delete(LineItem("Quiz", 10, item_id=ITEM_URL))


# --- Results --------------------------------------------------------------------------------------


def test_results_are_asked_before_the_query_and_read_page_by_page(lms):
    results = f"{HOST}{ITEM_PATH}/results"
    lms.on(
        f"{ITEM_PATH}/results",
        says(
            [{"userId": "u1", "resultScore": 0.5}, {"userId": "u2", "resultScore": None}],
            link=f"<{results}?type_id=1&amp;p=2>; rel=“next”".encode(),
        ),
        says([{"userId": "u3", "resultScore": 3, "resultMaximum": 10}]),
    )
    found = lms.grades().results(ITEM_URL)

    assert (found, lms.asked, lms.service_requests[0].headers["accept"]) == (
        [Result("u1", 0.5, 1.0), Result("u2"), Result("u3", 3.0, 10.0)],
        [f"GET {results}?type_id=1", f"GET {results}?type_id=1&p=2"],
        "application/vnd.ims.lis.v2.resultcontainer+json",
    )


def test_an_empty_repeat_hides_no_grade(lms):
    lms.on(
        f"{ITEM_PATH}/results",
        says([{"userId": "u1"}, {"userId": "u1", "resultScore": 1}, {"userId": "u1", "resultScore": None}]),
    )

    assert lms.grades().results(ITEM_URL) == [Result("u1", 1.0, 1.0)]


def test_one_persons_result_is_asked_for_and_picked_out_again(lms):
    """Sakai and Open edX ignore the filter."""
    lms.on(f"{ITEM_PATH}/results", says([{"userId": "u.1", "resultScore": 1}, {"userId": "u2", "resultScore": 1}]))
    found = lms.grades().results(ITEM_URL, user_id="u.1")

    assert ([result.user_id for result in found], asked(lms.service_requests[0])) == (
        ["u.1"],
        {"type_id": "1", "user_id": "u.1"},
    )


@pytest.mark.parametrize("refusal", [text("<html>", 500), Reply(404), Reply(400), Reply(422)])
def test_where_the_filter_itself_fails_everyone_is_read(lms, refusal):
    """Open edX fails at a user id with a dot."""
    lms.on(f"{ITEM_PATH}/results", refusal, says([{"userId": "u.1", "resultScore": 1}]))
    found = lms.grades().results(ITEM_URL, user_id="u.1")

    assert ([result.user_id for result in found], len(lms.service_requests)) == (["u.1"], 2)


def test_results_that_are_gone_are_an_error(lms):
    with pytest.raises(errors.NotFoundError):
        lms.grades().results(f"{HOST}/gone", user_id="u1")


# --- Scores ---------------------------------------------------------------------------------------

BODY = Score("u1", NOON, score=8, out_of=10).to_bytes()
SCORES = f"{ITEM_PATH}/scores"


@pytest.mark.parametrize("answer", [Reply(200), Reply(201), Reply(204), text("[]"), text("ok")])
def test_a_score_is_posted_as_it_was_frozen(lms, answer):
    lms.on(SCORES, answer)
    lms.grades().post_score(ITEM_URL, BODY)

    (seen,) = lms.service_requests
    assert (seen.method, seen.url, seen.body, seen.headers["content-type"], seen.headers["accept"]) == (
        "POST",
        f"{HOST}{SCORES}?type_id=1",
        BODY,
        "application/vnd.ims.lis.v1.score+json",
        "application/vnd.ims.lis.v1.score+json",
    )


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Reply(409), errors.RefusedError, "already holds something as new"),
        (says({"timestamp": ["older"]}, 400), errors.RefusedError, "holds one as new or newer"),
        (
            says({"errors": {"message": "User not found in course or is not a student"}}, 422),
            errors.RefusedError,
            "not a student of this course",
        ),
        (Reply(404), errors.NotFoundError, "may not be in the course"),
        (text("<html>locked</html>", 500), errors.UnavailableError, "failed at a score"),
        (Reply(502), errors.UnavailableError, "failed at a score"),
        (Reply(403), errors.AccessError, "may use this service"),
        (httpx.ReadTimeout("x"), errors.UnknownOutcomeError, "may or may not"),
        (text("\n<html>Please log in</html>"), errors.UnknownOutcomeError, "with a web page"),
        (httpx.ConnectError("x"), errors.TransportError, "could not be reached"),
    ],
)
def test_each_refusal_of_a_score_is_an_error_that_says_what_to_do(lms, answer, kind, words):
    lms.on(SCORES, answer)

    with pytest.raises(errors.LtixError, match=words) as caught:
        lms.grades().post_score(ITEM_URL, BODY)

    assert type(caught.value) is kind


def test_a_score_needs_the_score_scope_before_anything_is_sent(lms):
    lms.offered = frozenset(spec.ALL_SCOPES) - {spec.SCOPE_SCORE}

    with pytest.raises(errors.ScopeError):
        lms.grades().post_score(ITEM_URL, BODY)

    assert lms.seen == []


def test_reading_is_enough_to_list_but_not_to_change(lms):
    lms.offered = frozenset({spec.SCOPE_LINE_ITEM_READONLY})
    lms.on(PATH, says([]))
    grades = lms.grades()
    grades.line_items()

    with pytest.raises(errors.ScopeError):
        grades.create(NEW)

    assert lms.asked == [f"GET {ITEMS_URL}"]


def test_scores_of_one_person_are_a_second_apart_and_those_of_others_are_not():
    """Moodle answers 409 to two scores of the same second. [AGS §3.4.9]"""
    now = [START]
    waits = []
    clock = ScoreClock(lambda: now[0], waits.append)
    times = [clock.next("i", "u1"), clock.next("i", "u1"), clock.next("i", "u2"), clock.next("j", "u1")]
    now[0] = START - 60  # the platform's clock was learnt anew
    times.append(clock.next("i", "u1"))

    start = datetime.fromtimestamp(START, UTC)
    assert [(when - start).total_seconds() for when in times] == [0, 1, 0, 0, 2]
    assert waits == [1, 1], "a time that lies ahead would bar the scores of another session"


# --- A service of a platform's own ----------------------------------------------------------------


class Attendance(AdvantageService):
    claim = "https://lms.example.edu/claim/attendance"
    scopes = (spec.SCOPE_MEMBERSHIPS,)


@pytest.fixture
def attendance(lms):
    return Attendance(lms.client(), {"attendance_url": f"{HOST}/att"}, course_name="BIO101")


def test_a_service_of_the_platforms_own_is_read_page_by_page(lms, attendance):
    lms.on("/att", says({"records": [1]}, link=f'<{HOST}/att?p=2>; rel="next"'), says({"records": [2]}))

    assert attendance.pages(attendance.url("attendance_url"), key="records") == [1, 2]


@pytest.mark.parametrize(("answer", "result"), [(says({"ok": 1}), {"ok": 1}), (Reply(204), None)])
def test_a_service_of_the_platforms_own_is_written_to(lms, attendance, answer, result):
    lms.on("/att", answer)

    assert (attendance.send("POST", f"{HOST}/att", {"ü": 1}), lms.service_requests[0].body) == (
        result,
        '{"ü":1}'.encode(),
    )


@pytest.mark.parametrize("body", [{"x": float("nan")}, {"x": {1, 2}}, NOON, {"x": NOON}])
def test_what_json_cannot_hold_is_not_sent(lms, attendance, body):
    with pytest.raises(errors.UsageError, match="cannot be sent as JSON"):
        attendance.send("POST", f"{HOST}/att", body)

    assert lms.seen == []


def test_one_score_at_a_time_is_under_way_for_a_person():
    """A second score for the same person waits until the first was answered; one for somebody else does not."""
    clock = ScoreClock(lambda: 0.0, lambda seconds: None)
    order, first_is_in = [], threading.Event()

    def send(user_id, word):
        with clock.alone("item", user_id):
            order.append(word)

    with clock.alone("item", "u1"):
        same = threading.Thread(target=send, args=("u1", "the same person's"))
        same.start()
        other = threading.Thread(target=send, args=("u2", "another's"))
        other.start()
        other.join(10)
        first_is_in.wait(0.05)
        order.append("the first answered")
    same.join(10)

    assert order == ["another's", "the first answered", "the same person's"]
