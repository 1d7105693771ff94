"""Whatever comes in: an LtixError that says what to do and tells no secrets, or the whole answer; nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ltix_data as ltix

from .conftest import KID, attempt, pem, private_key
from .lms import FAULTS, MEMBERS, RESULT, SCORE, HangUp, Lms, Refusal
from .people import DIFFICULT

ZOE, MARIA = DIFFICULT[0][2], DIFFICULT[1][2]
COMMENT, GRADE = "Plagiarism, see dean", 6.1875
READS: dict[str, Callable[[ltix.Course], Any]] = {
    "members": lambda course: course.roster(),
    "items": lambda course: course.line_items(),
    "results": lambda course: course.results(),
}
SECRETS = [
    "secret-token", "eyJ", "Bearer", "PRIVATE KEY", "Zoë", "Zoe", "O’Brien", "Example.edu", "example.edu",
    COMMENT, str(GRADE), ZOE, "Nuñez",
]  # fmt: skip


def whole_story(error: BaseException) -> str:
    """Return all that a traceback would show: the message, notes, causes and contexts."""
    told, one = [], error
    seen: set[int] = set()
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        told += [str(one), repr(one), *getattr(one, "__notes__", [])]
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\n".join(told)


def refused(act: Callable[[], Any], *also: str) -> ltix.LtixError:
    """Assert that *act* raises an LtixError fit to be shown to anybody; return it."""
    with pytest.raises(ltix.LtixError) as caught:
        print("returned:", act())
    message = str(caught.value)
    assert len(message) > 15, message
    assert len(message) < 1500, message
    told = [secret for secret in (*SECRETS, *also) if secret in whole_story(caught.value)]
    assert not told, f"{told} in {whole_story(caught.value)}"
    return caught.value


# -- answers that are none -------------------------------------------------------------------------------

DEEP = b"[" * 200_000
BODIES: dict[str, Any] = {
    "html": "html",
    "truncated": "truncated",
    "cut": "cut",
    "empty": "empty",
    "null": b"null",
    "text": b"OK",
    "number": b"7",
    "error": b'{"error": "x", "error_description": "y"}',
    "deep": DEEP,
    "deep object": b'{"members":' * 100_000,
    "nan everywhere": b"NaN",
    "long number": b"9" * 10_000,
    "not utf-8": b'{"members": [{"user_id": "\xff\xfe", "roles": []}]}',
    "gzip that is none": Refusal(200, b"not gzip at all", {"Content-Encoding": "gzip"}),
    "unknown encoding": Refusal(200, b'{"members": "x"}', {"Content-Encoding": "x-strange"}),
    "unknown charset": Refusal(200, b"\xff\xfe\x00", {"Content-Type": "application/json; charset=klingon"}),
    "reset": "reset",
    "401": "401",
    "403": "403",
    "404": "404",
    "409": "409",
    "410": "410",
    "418": "418",
    "429": "429",
    "500": "500",
    "503": "503",
    "moodle": "moodle",
    "echo": "echo",
    "echo-json": "echo-json",
    "echo-200": "echo-200",
    "204": Refusal(204, None),
    "300": Refusal(300, b"choose"),
    "304": Refusal(304, None),
    "599": Refusal(599, b""),
    "retry never": Refusal(503, b"", {"Retry-After": "99999999"}),
    "retry text": Refusal(429, b"", {"Retry-After": "when ready"}),
    "retry negative": Refusal(429, b"", {"Retry-After": "-5"}),
    "retry date": Refusal(503, b"", {"Retry-After": "Mon, 99 Foo 2024 25:61:00 GMT"}),
    "redirect loop": lambda h: Refusal(302, b"", {"Location": h.path}),
    "redirect nowhere": Refusal(302, b""),
    "redirect nonsense": Refusal(302, b"", {"Location": "http://[::1/"}),
    "redirect file": Refusal(302, b"", {"Location": "file:///etc/passwd"}),
    "strange status": Refusal(999, b""),
}


@pytest.mark.parametrize("place", list(READS))
@pytest.mark.parametrize("body", list(BODIES))
def test_an_answer_that_is_none_is_an_error(
    lms: Lms, course: ltix.Course, patience: Any, place: str, body: str
) -> None:
    lms.give(lms.courses["small"].item("Quiz 1"), ZOE, GRADE, COMMENT)
    lms.break_(place, BODIES[body])

    refused(lambda: READS[place](course), *DIFFICULT[0][:1])
    assert sum(patience.waits) < 300


@pytest.mark.parametrize("body", [b for b in BODIES if b not in ("401",)])
def test_a_token_answer_that_is_none_is_an_error(lms: Lms, course: ltix.Course, patience: Any, body: str) -> None:
    lms.break_("token", BODIES[body])

    refused(course.roster)
    assert sum(patience.waits) < 300


@pytest.mark.parametrize(
    "fields",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": "two\r\nX-Evil: lines"},
        {"access_token": "snow☃man"},
        {"access_token": "lone \ud800"},
        {"access_token": ["a"]},
        {"access_token": "with space"},
        {"scope": ""},
        {"scope": "https://elsewhere.example/scope"},
    ],
)
def test_a_token_that_cannot_be_one_is_an_error(lms: Lms, course: ltix.Course, fields: dict[str, Any]) -> None:
    lms.token_answer = fields

    refused(course.roster)
    assert lms.count("GET", "/people") == 0 or fields.get("access_token") == "with space"


@pytest.mark.parametrize("scope", [7, [MEMBERS], {"a": 1}, True])
def test_a_scope_of_the_wrong_kind_never_breaks_out(lms: Lms, course: ltix.Course, scope: Any) -> None:
    lms.token_answer = {"scope": scope}
    frame, error = attempt(course.roster)
    assert len(frame) == 12 if error is None else "scope" in str(error)


# -- answers of the wrong shape --------------------------------------------------------------------------


def page(*members: Any) -> bytes:
    return json.dumps({"id": "x", "context": {"id": "c"}, "members": list(members)}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'{"members": null}',
        b'{"members": {}}',
        b'{"members": "all"}',
        page("Zoe"),
        page(None),
        page([]),
        page({"roles": []}),
        page({"user_id": None, "roles": []}),
        page({"user_id": "", "roles": []}),
        page({"user_id": {"a": 1}, "roles": []}),
        page({"user_id": ["x"], "roles": []}),
        page({"user_id": True, "roles": []}),
        page({"user_id": 1.5, "roles": []}),
    ],
)
def test_a_roster_of_the_wrong_shape_is_an_error(lms: Lms, course: ltix.Course, body: bytes) -> None:
    lms.break_("members", body)

    refused(course.roster)


@pytest.mark.parametrize(
    "member",
    [
        {"roles": None}, {"roles": "Learner"}, {"roles": [None, 7, {}]}, {"roles": {}},
        {"name": 7}, {"name": ["a", "b"]}, {"name": {"x": 1}}, {"email": True}, {"email": []},
        {"status": 7}, {"status": "Sleeping"}, {"status": []}, {"given_name": "\ud800"}, {"name": "\x00\x1b[31m"},
        {"lis_person_sourcedid": 12.0}, {"lis_person_sourcedid": 10**20}, {"message": 7}, {"picture": {}},
        {"name": "x" * 1_000_000},
    ],
    ids=str,
)  # fmt: skip
def test_odd_fields_give_an_error_or_everybody(lms: Lms, course: ltix.Course, member: dict[str, Any]) -> None:
    lms.member_filter = lambda one: one | (member if one["user_id"] == MARIA else {})
    frame, error = attempt(course.roster)
    if error is not None:
        assert len(str(error)) < 1500
        return
    assert len(frame) == 12
    for name in ("name", "email", "sourcedid", "given_name"):
        assert all(isinstance(value, str) for value in frame[name].dropna()), name
    assert len(frame.to_csv(errors="surrogatepass")) > 100
    assert len(repr(frame)) > 100


ITEM = {"id": "{origin}/api/small/columns/1/column?tool=7&sig=a%2Fb", "label": "Q", "scoreMaximum": 10}


@pytest.mark.parametrize(
    "change",
    [
        {"id": None}, {"id": ""}, {"id": 7}, {"id": "/relative"}, {"id": "javascript:alert(1)"}, {"id": "http://["},
        {"id": "ftp://127.0.0.1/x"}, {"label": None}, {"label": 7}, {"label": []}, {"scoreMaximum": None},
        {"scoreMaximum": "ten"}, {"scoreMaximum": 0}, {"scoreMaximum": -5}, {"scoreMaximum": True},
        {"scoreMaximum": float("nan")}, {"scoreMaximum": float("inf")}, {"scoreMaximum": 10**400},
        {"scoreMaximum": []}, {"tag": 7}, {"tag": []}, {"resourceId": 12}, {"resourceId": {}},
        {"startDateTime": "yesterday"}, {"startDateTime": 1714550400}, {"endDateTime": ""},
        {"endDateTime": "2024-05-01T10:00:00"}, {"endDateTime": "9999-12-31T23:59:59-14:00"},
        {"endDateTime": "0001-01-01T00:00:00Z"}, {"endDateTime": "2024-02-30T00:00:00Z"}, {"gradesReleased": "yes"},
    ],
    ids=str,
)  # fmt: skip
def test_odd_line_items_give_an_error_or_every_row(lms: Lms, course: ltix.Course, change: dict[str, Any]) -> None:
    plain = course.line_items().dtypes
    item = ITEM | {"id": ITEM["id"].replace("{origin}", lms.origin)} | change
    lms.break_("items", json.dumps([item, item | {"id": f"{lms.origin}/api/small/columns/2/column"}]).encode())
    frame, error = attempt(course.line_items)
    if error is not None:
        assert 40 < len(str(error)) < 1500
        return
    assert len(frame) == (1 if "id" not in change and frame["item_id"].nunique() == 1 else 2)
    assert (frame.dtypes == plain).all()
    assert (frame["out_of"].isna() | np.isfinite(frame["out_of"])).all()


@pytest.mark.parametrize(
    "change",
    [
        {"userId": None}, {"userId": ""}, {"userId": 7}, {"userId": []}, {"userId": True},
        {"resultScore": "7.5"}, {"resultScore": "A"}, {"resultScore": True}, {"resultScore": []},
        {"resultScore": float("nan")}, {"resultScore": float("inf")}, {"resultScore": 10**400}, {"resultScore": -3},
        {"resultMaximum": 0}, {"resultMaximum": -1}, {"resultMaximum": "10"}, {"resultMaximum": None},
        {"resultMaximum": []}, {"resultMaximum": float("inf")}, {"comment": 7}, {"comment": {"a": 1}}, {"comment": ""},
        {"comment": "\ud800"}, {"timestamp": "never"}, {"scoreOf": None},
    ],
    ids=str,
)  # fmt: skip
def test_odd_results_give_an_error_or_every_row(lms: Lms, course: ltix.Course, change: dict[str, Any]) -> None:
    plain = course.results().dtypes
    rows = [
        {"id": "x", "userId": ZOE, "resultScore": GRADE, "resultMaximum": 10} | change,
        {"id": "y", "userId": MARIA, "resultScore": 0, "resultMaximum": 10},
    ]
    lms.break_("results", json.dumps(rows).encode())
    frame, error = attempt(lambda: course.results("Quiz 1"))
    if error is not None:
        assert 40 < len(str(error)) < 1500
        assert str(GRADE) not in whole_story(error)
        assert ZOE not in whole_story(error)
        return
    assert len(frame) == 2
    assert (frame.dtypes == plain).all()
    for name in ("score", "out_of", "percent"):
        assert (frame[name].isna() | np.isfinite(frame[name])).all(), name
    assert frame.loc[~(frame["out_of"] > 0), "percent"].isna().all()
    assert frame["score"].iloc[1] == 0


# -- pages that lead astray ------------------------------------------------------------------------------


class Thief:
    """Another host, which notes what it is sent."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append(dict(self.headers.items()))
                self.send_response(200)
                self.send_header("Content-Length", "15")
                self.end_headers()
                self.wfile.write(b'{"members": []}')

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 (the stdlib's names)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def thief() -> Iterator[Thief]:
    other = Thief()
    threading.Thread(target=other.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield other
    other.server.shutdown()
    other.server.server_close()


@pytest.mark.parametrize(
    "link",
    [
        '<{thief}/next>; rel="next"',
        '<//{host}/next>; rel="next"',
        '<http://127.0.0.1@{host}/next>; rel="next"',
        '<file:///etc/passwd>; rel="next"',
        '<http://[::1/>; rel="next"',
        '<http://127.0.0.1:99999/>; rel="next"',
        '<http://127.0.0.1:port/>; rel="next"',
        '<{url}\t>; rel="next", <{thief}>; rel="next"',
    ],
)
def test_a_next_link_that_leads_away_gets_nothing_and_is_an_error(
    lms: Lms, course: ltix.Course, thief: Thief, link: str
) -> None:
    lms.page_size = 5
    host = thief.address.removeprefix("http://")
    lms.link_style = link.replace("{thief}", thief.address).replace("{host}", host)
    frame, error = attempt(course.roster)
    assert len(frame) == 12 if error is None else len(str(error)) > 40
    assert thief.heard == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_gets_no_token(lms: Lms, course: ltix.Course, thief: Thief, status: int) -> None:
    lms.break_("members", Refusal(status, b"", {"Location": f"{thief.address}/people"}))
    refused(course.roster)
    lms.break_("token", Refusal(status, b"", {"Location": f"{thief.address}/token"}))
    lms.revoke()
    refused(course.roster)
    lms.mend()
    lms.break_("scores", Refusal(status, b"", {"Location": f"{thief.address}/scores"}))
    refused(lambda: course.post_score("Quiz 1", ZOE, GRADE))

    assert thief.heard == []


def test_an_item_id_on_another_host_gets_nothing(lms: Lms, course: ltix.Course, thief: Thief) -> None:
    item = {"id": f"{thief.address}/columns/1", "label": "Quiz 1", "scoreMaximum": 10}
    lms.break_("items", json.dumps([item]).encode())

    refused(lambda: course.post_score("Quiz 1", ZOE, GRADE))
    refused(lambda: course.results())
    refused(lambda: course.delete_line_item("Quiz 1"))
    assert thief.heard == []


def test_get_takes_no_token_elsewhere(session: ltix.Session, course: ltix.Course, thief: Thief) -> None:
    refused(lambda: session.get(f"{thief.address}/x", scope=MEMBERS))
    refused(lambda: session.get("http://127.0.0.1:1/x", scope=MEMBERS))

    assert thief.heard == []


@pytest.mark.parametrize("url", ["", "nowhere", "ftp://x/y", "http://[", "https://", None, 7])
def test_addresses_that_are_none_are_refused_at_once(session: ltix.Session, url: Any) -> None:
    refused(lambda: session.add_course("x", memberships_url=url))
    refused(lambda: session.get(url, scope=MEMBERS))


@pytest.mark.parametrize("place", ["members", "items", "results"])
def test_a_next_link_in_a_circle_ends(lms: Lms, course: ltix.Course, place: str) -> None:
    """The whole answer once, or an error; not for ever."""
    lms.page_size, lms.item_page_size, lms.result_page_size = 5, 2, 1
    for user in (ZOE, MARIA, "NA"):
        lms.give(lms.courses["small"].item("Quiz 1"), user, GRADE)
    starts = {"members": "?view=nrps&v=2", "items": "?tool=7&sig=a%2Fb", "results": "?tool=7&sig=a%2Fb"}
    lms.link_style = f'<{starts[place]}>; rel="next"'

    refused(lambda: READS[place](course))
    assert len(lms.log) < 20


def test_a_next_link_after_the_last_page_is_no_error(lms: Lms, course: ltix.Course) -> None:
    """Blackboard keeps sending one."""
    lms.page_size = 5
    whole = lms.members_page

    def phantom(place: Any, query: dict[str, str]) -> tuple[Any, str | None]:
        body, following = whole(place, query)
        return body, following or f"{lms.origin}/api/small/people?view=nrps&offset={int(query.get('offset', 0)) + 5}"

    lms.members_page = phantom  # type: ignore[method-assign]

    assert len(course.roster()) == 12


@pytest.mark.parametrize("fault", ["html", "truncated", "404", "503", "401", "403", "reset", "cut", "429"])
def test_half_a_roster_is_an_error(lms: Lms, course: ltix.Course, fault: str) -> None:
    lms.page_size = 5
    lms.break_("members", lambda handler: FAULTS[fault](handler) if "offset=10" in handler.path else None)

    refused(course.roster)


@pytest.mark.parametrize("fault", ["html", "truncated", "404", "503", "reset"])
def test_results_without_one_items_rows_are_an_error(lms: Lms, course: ltix.Course, fault: str) -> None:
    lms.break_("results", lambda handler: FAULTS[fault](handler) if "/columns/2/" in handler.path else None)

    refused(course.results)
    refused(course.gradebook)


def test_a_gradebook_without_its_roster_is_an_error(lms: Lms, course: ltix.Course) -> None:
    lms.give(lms.courses["small"].item("Quiz 1"), ZOE, GRADE)
    lms.break_("members", "html")

    refused(course.gradebook)


def test_many_courses_of_which_one_fails_half_way_hold_none_of_it(lms: Lms, session: ltix.Session) -> None:
    lms.page_size = 5
    for key in ("good", "bad"):
        lms.add_course(key, 12)
        session.add_course(key, **lms.urls(key))
    lms.break_("members", lambda h: Refusal(500, b"") if "/bad/" in h.path and "offset=10" in h.path else None)
    with pytest.warns(ltix.LtixWarning) as warned:
        frame = session.rosters()

    assert frame["course"].value_counts().to_dict() == {"good": 12}
    assert "bad" in str(warned[0].message)
    assert frame.attrs["errors"][0]["message"]


def test_nobody_listens(lms: Lms, course: ltix.Course) -> None:
    lms.__exit__()

    refused(course.roster)


def test_a_platform_that_says_nothing_is_not_waited_for_for_ever(
    lms: Lms, connect: Callable[..., ltix.Session]
) -> None:
    course = connect(read_timeout=0.2, attempts=2).add_course("small", **lms.urls("small"))
    done = threading.Event()
    lms.break_("members", lambda _: done.wait(5) and None)
    try:
        refused(course.roster)
    finally:
        done.set()


# -- one score that goes wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    ["html", "401", "403", "404", "409", "410", "418", "429", "500", "503", "moodle", "echo", "echo-json", "reset"],
)
def test_a_score_that_was_not_taken_is_an_error_that_tells_nothing(lms: Lms, course: ltix.Course, fault: str) -> None:
    lms.break_("scores", fault)

    refused(lambda: course.post_score("Quiz 1", ZOE, GRADE, comment=COMMENT))
    assert lms.courses["small"].item("Quiz 1").posts == []


def test_a_score_whose_answer_is_lost_is_sent_once(lms: Lms, course: ltix.Course) -> None:
    lms.break_("scores-after", "reset")
    _, error = attempt(lambda: course.post_score("Quiz 1", ZOE, GRADE, comment=COMMENT))

    assert error is None or not [secret for secret in (ZOE, str(GRADE), COMMENT) if secret in whole_story(error)]
    assert len(lms.courses["small"].item("Quiz 1").posts) == 1


def test_a_line_item_whose_answer_is_lost_is_made_once(lms: Lms, course: ltix.Course) -> None:
    lms.break_("items-after", HangUp())

    refused(lambda: course.create_line_item("New", 5))
    assert len(lms.courses["small"].items) == 4


def test_a_create_that_is_answered_503_is_not_repeated_blindly(lms: Lms, course: ltix.Course) -> None:
    lms.break_("items-after", "503")
    attempt(lambda: course.create_line_item("New", 5))

    assert len(lms.courses["small"].items) == 4


# -- what users write ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "score",
    [
        None,
        np.nan,
        pd.NA,
        pd.NaT,
        float("inf"),
        -1,
        -0.001,
        "A",
        "",
        "7,5 points",
        True,
        np.True_,
        [7],
        {"a": 1},
        1j,
        b"7",
        object(),
    ],
)
def test_what_is_no_score_is_not_sent(lms: Lms, course: ltix.Course, score: Any) -> None:
    refused(lambda: course.post_score("Quiz 1", ZOE, score))
    assert lms.count("POST", "scores") == 0


@pytest.mark.parametrize(
    "more",
    [
        {"out_of": 0}, {"out_of": -1}, {"out_of": np.nan}, {"out_of": "ten"}, {"out_of": True}, {"comment": 7},
        {"comment": ["x"]}, {"activity": "Done"}, {"activity": None}, {"grading": "fullygraded"}, {"grading": 7},
        {"scoring_user": ""}, {"started_at": "yesterday"}, {"submitted_at": 7}, {"extensions": {"plain": 1}},
        {"extensions": {"https://x.example/y": {1, 2}}}, {"extensions": {"https://x.example/y": float("nan")}},
        {"extensions": 7}, {"clear": True},
    ],
    ids=str,
)  # fmt: skip
def test_arguments_that_cannot_be_sent_are_refused(lms: Lms, course: ltix.Course, more: dict[str, Any]) -> None:
    refused(lambda: course.post_score("Quiz 1", ZOE, GRADE, **more))
    assert lms.courses["small"].item("Quiz 1").posts == []


@pytest.mark.parametrize("comment", [None, np.nan, pd.NA, ""])
def test_a_missing_comment_is_none_and_not_the_word_nan(lms: Lms, course: ltix.Course, comment: Any) -> None:
    """It comes from a frame: `row["comment"]`."""
    _, error = attempt(lambda: course.post_score("Quiz 1", ZOE, 5, comment=comment))
    if error is not None:
        assert comment is not None
        return
    assert not lms.courses["small"].item("Quiz 1").posts[0].get("comment")


@pytest.mark.parametrize("user", [None, "", "  ", np.nan, pd.NA, 7, 7.0, True, [], ["a", "b"], {}, object()])
def test_what_is_no_user_gets_no_score(lms: Lms, course: ltix.Course, user: Any) -> None:
    refused(lambda: course.post_score("Quiz 1", user, 5))
    assert lms.courses["small"].item("Quiz 1").results == {}


@pytest.mark.parametrize(
    "item", ["", "Quiz", "quiz 1 ", np.nan, pd.NA, 7, True, [], {}, object(), "https://elsewhere.example/1", "http://["]
)
def test_what_is_no_item_is_refused(lms: Lms, course: ltix.Course, item: Any) -> None:
    refused(lambda: course.post_score(item, ZOE, 5))
    refused(lambda: course.results(item))
    refused(lambda: course.update_line_item(item, label="x"))
    refused(lambda: course.delete_line_item(item))
    assert len(lms.courses["small"].items) == 3
    assert lms.count("POST", "scores") == lms.count("PUT", "columns") == 0


@pytest.mark.parametrize("field", [{"userId": MARIA}, {"scoreGiven": 9}, {"scoreMaximum": 1}, {"timestamp": "x"}])
def test_an_extension_never_replaces_what_was_said(lms: Lms, course: ltix.Course, field: dict[str, Any]) -> None:
    """AGS §3.1.2: an extension's name is a URL; this one would grade somebody else."""
    refused(lambda: course.post_score("Quiz 1", ZOE, 5, extensions=field))
    assert lms.courses["small"].item("Quiz 1").results == {}


@pytest.mark.parametrize("user", [7, 7.0, 9007199254740993, True, np.int64(7), ["x"]])
def test_results_of_what_is_no_user_are_not_an_empty_frame(course: ltix.Course, user: Any) -> None:
    """A column of ids that `read_csv` made numbers of: an empty answer would read as “no grade”."""
    refused(lambda: course.results("Quiz 1", user=user))


def test_plain_http_elsewhere_gets_no_token(lms: Lms, session: ltix.Session) -> None:
    refused(lambda: session.add_course("x", memberships_url="http://lms.example.org/plain").roster())
    assert len(lms.log) == len(lms.token_log)


def test_no_item_at_all_is_refused_where_one_is_needed(lms: Lms, course: ltix.Course) -> None:
    refused(lambda: course.post_score(None, ZOE, 5))
    refused(lambda: course.delete_line_item(None))
    refused(lambda: course.delete_line_item(course.line_items()))
    assert len(lms.courses["small"].items) == 3


def test_a_label_that_two_items_share_is_refused_and_both_are_listed(lms: Lms, course: ltix.Course) -> None:
    lms.add_item("small", "Quiz 1", 20)
    error = refused(lambda: course.post_score("Quiz 1", ZOE, 5))

    assert "columns/1/" in str(error)
    assert "columns/4/" in str(error)
    assert lms.count("POST", "scores") == 0


@pytest.mark.parametrize("label", ["", "  ", None, 7, np.nan, []])
def test_a_label_that_is_none_is_refused(lms: Lms, course: ltix.Course, label: Any) -> None:
    refused(lambda: course.create_line_item(label, 10))
    assert len(lms.courses["small"].items) == 3


@pytest.mark.parametrize("out_of", [0, -1, None, "10 points", np.nan, float("inf"), True, [], 1j, pd.NA])
def test_a_maximum_that_is_none_is_refused(lms: Lms, course: ltix.Course, out_of: Any) -> None:
    refused(lambda: course.create_line_item("New", out_of))
    if out_of is not None:
        refused(lambda: course.update_line_item("Quiz 1", out_of=out_of))
    assert len(lms.courses["small"].items) == 3
    assert lms.courses["small"].item("Quiz 1").fields["scoreMaximum"] == 10


@pytest.mark.parametrize(
    "more",
    [
        {"starts": "tomorrow"}, {"starts": 7}, {"starts": pd.NaT, "ends": "x"}, {"tag": 7}, {"resource_id": []},
        {"extensions": {"plain": 1}}, {"extensions": []}, {"extensions": {"https://x.example": {1, 2}}},
    ],
    ids=str,
)  # fmt: skip
def test_line_item_fields_that_cannot_be_sent_are_refused(lms: Lms, course: ltix.Course, more: dict[str, Any]) -> None:
    refused(lambda: course.create_line_item("New", 10, **more))
    assert len(lms.courses["small"].items) == 3


@pytest.mark.parametrize("role", ["Lerner", "", 7, [], ["Learner"], True])
def test_a_role_that_does_not_exist_is_not_an_empty_roster(course: ltix.Course, role: Any) -> None:
    refused(lambda: course.roster(role=role))


@pytest.mark.parametrize("status", ["Gone", "", 7, []])
def test_a_status_that_does_not_exist_is_not_an_empty_roster(course: ltix.Course, status: Any) -> None:
    refused(lambda: course.roster(status=status))


@pytest.mark.parametrize("name", ["", None, 7, "nothing like it", [], float("nan")])
def test_a_course_that_is_not_known_is_named(session: ltix.Session, course: ltix.Course, name: Any) -> None:
    refused(lambda: session.course(name))
    refused(lambda: session.rosters([name]))


def test_a_string_is_not_a_list_of_courses(session: ltix.Session, course: ltix.Course) -> None:
    """`rosters("small")` means one course, or is refused: never s, m, a, l, l."""
    frame, error = attempt(lambda: session.rosters("small"))

    assert set(frame["course"]) == {"small"} if error is None else "“s”" not in str(error)


@pytest.mark.parametrize("name", ["", None, 7])
def test_a_course_needs_a_name_and_an_address(lms: Lms, session: ltix.Session, name: Any) -> None:
    refused(lambda: session.add_course(name, **lms.urls("small")))
    refused(lambda: session.add_course("x"))


def test_a_service_the_course_lacks_is_named(lms: Lms, session: ltix.Session) -> None:
    urls = lms.urls("small")
    grades = session.add_course("grades only", lineitems_url=urls["lineitems_url"])
    people = session.add_course("people only", memberships_url=urls["memberships_url"])

    refused(grades.roster)
    refused(grades.gradebook)
    refused(people.line_items)
    refused(people.results)
    refused(lambda: people.post_score("Quiz 1", ZOE, 5))


def test_scopes_a_launch_did_not_offer_are_not_used(lms: Lms, session: ltix.Session) -> None:
    course = session.add_course("small", scopes=[MEMBERS], **lms.urls("small"))
    course.roster()

    error = refused(course.line_items)
    assert "scope" in str(error)
    assert lms.count("GET", "/columns") == 0


# -- sheets ----------------------------------------------------------------------------------------------

GOOD = pd.DataFrame({"user_id": [ZOE, MARIA], "email": [DIFFICULT[0][3], DIFFICULT[1][3]], "points": [1.0, 2.0]})


@pytest.mark.parametrize(
    "changes",
    [
        {"match": "mail"}, {"match": None}, {"match": 7}, {"match": "role"}, {"score": "Points"}, {"score": None},
        {"score": 7}, {"key": "E-mail"}, {"key": 7}, {"comment": "Comment"}, {"out_of": 0}, {"out_of": "x"},
        {"out_of": np.nan}, {"item": "Quiz"}, {"item": None}, {"item": "New", "create": True}, {"score": "email"},
    ],
    ids=str,
)  # fmt: skip
def test_a_plan_that_cannot_be_made_is_refused(lms: Lms, course: ltix.Course, changes: dict[str, Any]) -> None:
    said = {"item": "Quiz 1", "match": "user_id", "score": "points"} | changes
    if changes == {"score": "email"}:
        assert len(course.plan_grades(GOOD, **said).problems) == 2
        return

    refused(lambda: course.upload_grades(GOOD, **said))
    assert lms.count("POST", "columns") == 0


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(), None, 7, [], {}, "no such file.csv", Path("/nonexistent/x.xlsx"), Path("/"), "",
        pd.DataFrame([[ZOE, 1, 2]], columns=["user_id", "points", "points"]),
        pd.DataFrame([[ZOE, ZOE, 2]], columns=["user_id", "user_id", "points"]),
        pd.DataFrame({("a", "user_id"): [ZOE], ("a", "points"): [1]}), GOOD["points"],
    ],
    ids=lambda table: type(table).__name__,
)  # fmt: skip
def test_what_is_no_sheet_is_refused(lms: Lms, course: ltix.Course, table: Any) -> None:
    refused(lambda: course.upload_grades(table, item="Quiz 1", match="user_id", score="points"))
    assert lms.count("POST", "scores") == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""), ("b.csv", b"\x00\x01\x02\xff" * 50), ("c.xlsx", b"not a zip"), ("d.xlsx", b""),
        ("e.csv", b'user_id,points\n"open,1\n'), ("f.pdf", b"%PDF-1.4"), ("g.csv", b"user_id\n1\n"),
        ("h.csv", b"<html><body>Log in</body></html>"), ("i.csv", b"user_id,points\n" + b"x" * 200_000 + b",1\n" * 2),
    ],
)  # fmt: skip
def test_a_file_that_is_no_sheet_is_refused(
    lms: Lms, course: ltix.Course, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)

    refused(lambda: course.upload_grades(tmp_path / name, item="Quiz 1", match="user_id", score="points"))
    assert lms.count("POST", "scores") == 0


def test_a_row_with_too_many_cells_does_not_shift_the_grades(lms: Lms, course: ltix.Course, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(f"user_id,points\n{ZOE},1\n{MARIA},O’Brien,2\n")
    plan, error = attempt(
        lambda: course.plan_grades(tmp_path / "x.csv", item="Quiz 1", match="user_id", score="points")
    )
    if error is not None:
        return
    assert list(plan.changes["user_id"]) == [ZOE]
    assert list(plan.problems["row"]) == [3]


def test_a_mail_address_that_the_platform_withholds_is_no_list_of_unknown_users(lms: Lms, course: ltix.Course) -> None:
    lms.member_filter = lambda one: {"user_id": one["user_id"], "roles": one["roles"]}

    error = refused(lambda: course.plan_grades(GOOD, item="Quiz 1", match="email", score="points"))
    assert "user_id" in str(error)


@pytest.mark.parametrize("place", ["members", "items", "results"])
def test_a_plan_whose_reads_fail_is_an_error_and_sends_nothing(lms: Lms, course: ltix.Course, place: str) -> None:
    lms.break_(place, "html")

    refused(lambda: course.upload_grades(GOOD, item="Quiz 1", match="user_id", score="points"))
    assert lms.count("POST", "scores") == 0


def test_reasons_and_problems_to_be_shown_hold_no_token(lms: Lms, course: ltix.Course) -> None:
    lms.break_("scores", "echo-json")
    report = course.upload_grades(GOOD, item="Quiz 1", match="user_id", score="points")

    text = " ".join(report.outcomes["reason"].astype(str)) + repr(report)
    assert not [secret for secret in ("secret-token", "Bearer", "O’Brien", "edu", ZOE) if secret in text], text
    assert set(report.outcomes["outcome"]) == {"refused"}


# -- registrations ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""}, {"name": "../../etc/x"}, {"name": "a/b"}, {"name": None}, {"name": "x" * 300},
        {"name": "con\x00"},
        {"client_id": ""}, {"client_id": None}, {"issuer": ""}, {"issuer": None}, {"token_url": ""},
        {"token_url": "nowhere"}, {"token_url": "http://lms.example.edu/token"}, {"token_url": "ftp://x/y"},
        {"token_url": None}, {"token_url": "https://user:pw@lms.example.edu/t"}, {"private_key": "not a key"},
        {"private_key": b"\x00"},
        {"private_key": "/nonexistent/key.pem"}, {"private_key": 7}, {"private_key": ""}, {"auth_url": "x"},
        {"jwks_url": "x"}, {"audience": 7}, {"audience": ["a"]}, {"kid": 7}, {"kid": ""},
    ],
    ids=str,
)  # fmt: skip
def test_a_registration_that_cannot_work_is_refused_at_once(changes: dict[str, Any]) -> None:
    facts = {
        "name": "uni",
        "issuer": "https://lms.example.edu",
        "client_id": "1",
        "token_url": "https://lms.example.edu/token",
        "private_key": private_key(),
    }

    refused_quietly(lambda: ltix.Registration(**(facts | changes)))


def refused_quietly(act: Callable[[], Any]) -> None:
    with pytest.raises(ltix.LtixError) as caught:
        print("returned:", act())
    assert len(str(caught.value)) > 30
    assert not [secret for secret in ("PRIVATE KEY", "eyJ", "pw@") if secret in whole_story(caught.value)]


def test_a_damaged_key_is_not_quoted() -> None:
    lines = pem().splitlines()
    damaged = "\n".join(lines[:3] + lines[5:])
    with pytest.raises(ltix.LtixError) as caught:
        ltix.Registration(
            name="uni", issuer="x", client_id="1", token_url="https://lms.example.edu/t", private_key=damaged, kid=KID
        )

    assert lines[1] not in whole_story(caught.value)


def test_a_key_the_platform_does_not_know_is_an_error_that_says_so(lms: Lms, course: ltix.Course) -> None:
    lms.keys = {}

    error = refused(course.roster)
    assert "key" in str(error)


@pytest.mark.parametrize("scopes", [{RESULT}, {SCORE}, set()])
def test_a_platform_that_grants_something_else_is_an_error_before_anything_is_sent(
    lms: Lms, course: ltix.Course, scopes: set[str]
) -> None:
    lms.allowed = scopes

    refused(course.roster)
    assert lms.count("GET", "/people") == 0


def test_names_that_are_not_known_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LTIX_DATA_DIR", str(tmp_path))
    for name in ("nobody", "", "../x", None, 7):
        refused(lambda name=name: ltix.connect(name))
        refused(lambda name=name: ltix.forget(name))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"name": 7}', b"\xff\xfe", DEEP, b"{}"])
def test_a_damaged_registration_file_is_an_error_that_names_it(
    lms: Lms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setenv("LTIX_DATA_DIR", str(tmp_path))
    ltix.register(
        "uni", issuer=lms.origin, client_id="1", token_url=lms.audience, private_key=private_key(), store="none"
    )
    (path,) = [one for one in tmp_path.rglob("*.json") if "uni" in one.name]
    path.write_bytes(content)
    with pytest.raises(ltix.LtixError) as caught:
        ltix.connect("uni")

    assert str(path) in str(caught.value)
