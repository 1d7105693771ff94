"""Whatever goes wrong: no token, key, name, address, comment or grade is in an error, a traceback or a log."""

from __future__ import annotations

import json
import logging
import traceback
import warnings
from datetime import UTC, datetime

import httpx
import pytest
from raw_server import plain, serving
from scripted import HOST, ITEMS_URL, SECRET, Reply, Script, members, person, says, text

from ltix_data import errors
from ltix_data.client import ServiceClient
from ltix_data.records import LineItem, Score
from ltix_data.services.grades import Grades

PRIVATE = {
    "token": SECRET,
    "assertion": "eyJ",
    "key": "PRIVATE KEY",
    "name": "Ann-Private",
    "email": "ann@example.edu",
    "user": "usr-4711",
    "grade": "87.125",
    "comment": "well-done-ann",
}
ECHO = json.dumps({**PRIVATE, "scoreGiven": 87.125})
ITEM_URL = f"{HOST}/c/1/lineitems/7"
SCORE = Score(PRIVATE["user"], datetime(2026, 3, 1, tzinfo=UTC), score=87.125, out_of=100, comment=PRIVATE["comment"])

ACTIONS = {
    "roster": lambda lms: lms.memberships().roster(role="Learner"),
    "line items": lambda lms: lms.grades().line_items(),
    "results": lambda lms: lms.grades().results(ITEM_URL, user_id=PRIVATE["user"]),
    "create": lambda lms: lms.grades().create(LineItem("Quiz", 87.125, tag=PRIVATE["name"])),
    "update": lambda lms: lms.grades().update(ITEM_URL, label=PRIVATE["name"]),
    "delete": lambda lms: lms.grades().delete(LineItem(PRIVATE["name"], 1, item_id=ITEM_URL)),
    "score": lambda lms: lms.grades().post_score(ITEM_URL, SCORE.to_bytes()),
}
ANSWERS = {
    **{f"{status} echo": text(ECHO, status) for status in (400, 401, 403, 404, 409, 410, 415, 422, 429, 500, 503)},
    **{f"{status} reason": Reply(status, reason=ECHO.encode()) for status in (400, 409, 500)},  # Moodle
    "html": text(f"<html>{ECHO}</html>"),
    "cut": text(ECHO[:-5]),
    "no utf-8": Reply(200, ECHO.encode() + b"\xe9"),
    "nan": text(ECHO.replace("}", ', "x": NaN}')),
    "deep": text(ECHO + "[" * 10_000),
    "other container": text(ECHO),
    "text": text(json.dumps(PRIVATE["name"])),
    "list of text": text(json.dumps([PRIVATE["name"]])),
    "broken member": says(members(person(None, name=PRIVATE["name"], email=PRIVATE["email"]))),
    "name is a number": says(members(person("u1", name={"x": PRIVATE["name"]}))),
    "broken item": says([{"id": PRIVATE["name"], "label": PRIVATE["name"], "scoreMaximum": PRIVATE["grade"] + "!"}]),
    "broken result": says([{"userId": [PRIVATE["user"]], "resultScore": PRIVATE["grade"], "comment": ECHO}]),
    "broken score": says([{"userId": PRIVATE["user"], "resultScore": PRIVATE["grade"] + "?"}]),
    "foreign redirect": Reply(302, headers={"location": f"https://evil.example/?{PRIVATE['name']}={PRIVATE['grade']}"}),
    "odd redirect": Reply(302, headers={"location": f"https://[{PRIVATE['name']}"}),
    "circle": Reply(302, headers={"location": f"?{PRIVATE['name']}"}),
    "foreign next": says([], link=f'<https://evil.example/{PRIVATE["name"]}>; rel="next"'),
    "odd next": says([], link=f'<https://[{PRIVATE["name"]}>; rel="next"'),
    "read timeout": httpx.ReadTimeout("x"),
    "refused": httpx.ConnectError("x"),
    "protocol": httpx.RemoteProtocolError(f"illegal status line: {ECHO}"),
    "encoding": Reply(200, ECHO.encode(), {"content-encoding": "gzip"}),
    "too large": text(ECHO * 100_000),
}
TOKEN_ANSWERS = {
    **{f"token {status}": text(ECHO, status) for status in (400, 401, 403, 404, 429, 500)},
    "token html": text(f"<html>{ECHO}</html>"),
    "token cut": text(json.dumps({"access_token": SECRET})[:-1]),
    "token odd": says({"access_token": f"{SECRET}\n{SECRET}"}),
    "token elsewhere": Reply(307, headers={"location": f"https://evil.example/?{SECRET}"}),
    "token lost": httpx.RemoteProtocolError(f"illegal header line: {ECHO}"),
    "no scope": says({"access_token": SECRET, "scope": ""}),
}


def told(caught: BaseException | None, caplog, warned) -> set[str]:
    """Return which private things a notebook, a log or a warning would show."""
    shown = [caplog.text, *(str(warning.message) for warning in warned)]
    while caught is not None:
        shown += [str(caught), repr(caught), repr(caught.args)]
        if isinstance(caught, errors.LtixError):
            shown.append(repr(vars(caught)))
        shown.append("".join(traceback.format_exception_only(caught)))
        hidden = caught.__suppress_context__
        caught = caught.__cause__ if hidden or caught.__cause__ else caught.__context__
    return {kind for kind, value in PRIVATE.items() if any(value in text for text in shown)}


def walk(lms, action, caplog) -> tuple[bool, set[str]]:
    caplog.set_level(logging.DEBUG)
    error: BaseException | None = None
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            ACTIONS[action](lms)
        except errors.LtixError as raised:
            error = raised
    return error is not None or bool(warned), told(error, caplog, warned)


@pytest.fixture
def lms(signing_key):
    return Script(signing_key)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_private_is_told_when_a_service_misbehaves(lms, caplog, action, answer):
    for path in ("memberships", "lineitems", "lineitems/7", "lineitems/7/results", "lineitems/7/scores"):
        lms.on(f"/c/1/{path}", ANSWERS[answer])

    assert walk(lms, action, caplog)[1] == set()


@pytest.mark.parametrize("answer", TOKEN_ANSWERS)
def test_nothing_private_is_told_when_the_token_endpoint_misbehaves(lms, caplog, answer):
    lms.on("/token", TOKEN_ANSWERS[answer])

    assert walk(lms, "roster", caplog) == (True, set())


def test_the_walk_would_find_a_leak(lms, caplog):
    """A test that cannot fail is a defect."""
    try:
        try:
            raise ValueError(PRIVATE["name"])
        except ValueError:
            raise errors.LtixError("it failed") from None
    except errors.LtixError as error:
        error.body = PRIVATE["grade"]  # type: ignore[attr-defined]
        logging.getLogger("ltix_data.http").warning(SECRET)
        found = told(error, caplog, [])

    assert found == {"grade", "token"}


def test_nothing_private_is_told_over_a_real_socket(signing_key, caplog):
    """httpx and httpcore at DEBUG log URLs, status lines and headers of their own accord."""
    caplog.set_level(logging.DEBUG)

    def behave(wire, server):
        while server.take(wire):
            if b"POST /token" in server.requests[-1]:
                wire.send(plain(json.dumps({"access_token": SECRET}).encode()))
            else:
                wire.send(plain(ECHO.encode(), f"X-Echo: {ECHO}", status=f"400 {ECHO}"))

    with serving(behave) as server:
        lms = Script(signing_key, token_url=f"{server.url}/token")
        client = ServiceClient(lms.registration, offered=lambda: lms.offered, origins=frozenset)
        grades = Grades(client, {"lineitems": ITEMS_URL}, course_name="BIO101")
        with pytest.raises(errors.RefusedError) as caught:
            grades.post_score(f"{server.url}/li?user_id={PRIVATE['user']}", SCORE.to_bytes())
        client.close()

    assert (told(caught.value, caplog, []), "ltix_data.http" in {record.name for record in caplog.records}) == (
        set(),
        True,
    )
