"""A personality is chosen by name: in code, on either command line, and over a real socket."""

import json
import subprocess
import sys

import httpx
import pytest

from ltix_data import spec
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.like import NAMES
from ltix_data.sandbox.server import _arguments, running, serve

from .conftest import jwks_of
from .test_sandbox_process import token


def test_an_unknown_name_is_refused_and_the_known_ones_are_named():
    with pytest.raises(ValueError, match="strict, canvas, moodle, blackboard, brightspace, sakai, openedx"):
        Options(like="moodel")


def test_the_command_lines_know_the_same_names():
    from ltix_data.cli import main

    [option] = [option for option in main.commands["sandbox"].params if option.name == "like"]

    assert tuple(option.type.choices) == NAMES


@pytest.mark.parametrize("like", NAMES)
def test_every_personality_serves_a_roster_items_and_results(make_desk, like):
    desk = make_desk(like=like, audience="http://localhost/token")
    url = desk.claim(spec.CLAIM_GRADES)["lineitems"]

    assert len(desk.roster().json["members"]) >= 11
    assert len(desk.get(url, spec.LINE_ITEM_CONTAINER).json) == 1
    assert desk.platform.rules.options.like == like


def test_any_platform_can_be_told_to_refuse_for_a_while(make_desk):
    """The strict one says 429 or 503, and when to come back; pages for people stay open."""
    desk = make_desk()
    desk.platform.exhaust_quota(refusals=1)
    refused = [desk.roster(), desk.roster()]
    desk.platform.under_maintenance = True
    closed = desk.roster()

    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in (*refused, closed)] == [
        (429, "1"),
        (200, None),
        (503, "300"),
    ]
    assert desk.web.get("/").status_code == 200


def test_counted_submissions_and_comments_outlive_a_restart(make_desk, tmp_path):
    kept = tmp_path / "state.json"
    desk = make_desk(like="canvas", state_file=kept)
    desk.score(desk.coupled(), scoreGiven=5, scoreMaximum=10, comment="Good.")
    desk.platform.close()

    cell = Platform(Options(like="canvas", state_file=kept)).cell("SEM12", 1, "0004713")

    assert (cell.submissions, cell.comments) == (1, ["Good."])


def test_a_moodle_like_reason_phrase_and_link_go_over_a_real_socket(key):
    """Bytes beyond Latin-1 would stop the server in the middle of an answer."""
    platform = Platform(Options(like="moodle"))
    tool = platform.add_tool(jwks=jwks_of(key))
    with serve(platform) as base, httpx.Client() as web:
        bearer = {"Authorization": f"Bearer {token(web, key, base, tool.client_id)}"}
        grades = platform.course_claims("SEM12", tool, base)[spec.CLAIM_GRADES]
        item = {"label": "Quiz", "scoreMaximum": 1}
        web.post(grades["lineitems"], json=item, headers={**bearer, "Content-Type": spec.LINE_ITEM})
        listed = web.get(grades["lineitems"] + "&limit=1", headers={**bearer, "Accept": spec.LINE_ITEM_CONTAINER})
        body = json.dumps({"userId": "王秀英 — nobody"}, ensure_ascii=False)
        path, _, query = grades["lineitem"].partition("?")
        scored = web.post(f"{path}/scores?{query}", content=body, headers={**bearer, "Content-Type": spec.SCORE})

    assert "rel=“next”" in listed.headers["Link"]
    assert (scored.status_code, scored.json()) == (400, [])
    assert "王秀英 — nobody" in scored.extensions["reason_phrase"].decode()


@pytest.mark.process
def test_a_process_of_its_own_is_like_what_it_was_told(key):
    options = Options(like="sakai", audience="https://somewhere.example")
    with running(options) as base:
        answer = httpx.get(f"{base}/courses/SEM12/memberships", headers={"Accept": spec.MEMBERSHIP_CONTAINER})

    assert {"--like=sakai", "--audience=https://somewhere.example"} <= set(_arguments(options))
    assert answer.status_code == 403


@pytest.mark.process
def test_the_module_says_which_names_there_are():
    command = [sys.executable, "-m", "ltix_data.sandbox", "--like", "moodel"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert (done.returncode, "openedx" in done.stderr) == (2, True)
