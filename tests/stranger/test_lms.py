"""The strange LMS refuses what it should: else the other tests of this folder could not fail."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import jwt
import pytest

from .conftest import KID, private_key
from .lms import ALL_SCOPES, CONTAINER_TYPE, ITEM_TYPE, SCORE, SCORE_TYPE, Item, Lms
from .people import DIFFICULT

ZOE = DIFFICULT[0][2]


def ask(method: str, url: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, named, method=method)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def ask_token(lms: Lms, scopes: set[str] = ALL_SCOPES, kid: str = KID, **claims: Any) -> tuple[int, bytes]:
    now = int(time.time())
    said = {"iss": "tool-1", "sub": "tool-1", "aud": lms.audience, "iat": now - 5, "exp": now + 60, "jti": "1"} | claims
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(said, private_key(), "RS256", {"kid": kid}),
        "scope": " ".join(scopes),
    }
    return ask("POST", f"{lms.origin}/oauth/token", urllib.parse.urlencode(form).encode())


def token(lms: Lms, scopes: set[str] = ALL_SCOPES) -> str:
    return "Bearer " + json.loads(ask_token(lms, scopes)[1])["access_token"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "x"}, {"sub": "x"}, {"aud": "x"}, {"aud": ["x"]}, {"iat": 4_000_000_000}, {"exp": 1},
        {"exp": time.time() + 90_000}, {"kid": "x"},
    ],
    ids=lambda wrong: "-".join(wrong),
)  # fmt: skip
def test_a_wrong_assertion_gets_no_token(lms: Lms, wrong: dict[str, Any]) -> None:
    assert ask_token(lms, **wrong)[0] == 400
    assert lms.tokens == {}


def test_an_assertion_is_good_once(lms: Lms) -> None:
    assert [ask_token(lms)[0], ask_token(lms)[0]] == [200, 400]


def test_media_types_are_exact(lms: Lms) -> None:
    url, key = lms.urls("small")["lineitems_url"], token(lms)
    body = b'{"label":"x","scoreMaximum":1}'

    assert ask("GET", url, Authorization=key, Accept=CONTAINER_TYPE)[0] == 200
    assert ask("GET", url, Authorization=key, Accept=f"{CONTAINER_TYPE}, */*")[0] == 406
    assert ask("POST", url, body, Authorization=key, Accept=ITEM_TYPE, Content_Type="application/json")[0] == 415
    assert ask("GET", url.partition("?")[0], Authorization=key, Accept=CONTAINER_TYPE)[0] == 404


def test_tokens_are_needed_live_and_with_the_scope(lms: Lms) -> None:
    url, key = lms.urls("small")["lineitems_url"], token(lms, {SCORE})

    assert ask("GET", url, Accept=CONTAINER_TYPE)[0] == 401
    assert ask("GET", url, Authorization=key, Accept=CONTAINER_TYPE)[0] == 403
    lms.revoke()
    assert ask("GET", url, Authorization=key, Accept=CONTAINER_TYPE)[0] == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"userId": None}, {"scoreGiven": -1}, {"scoreGiven": "1"}, {"scoreMaximum": None}, {"activityProgress": "Done"},
        {"gradingProgress": None}, {"timestamp": "2024-05-01T10:00:00Z"}, {"timestamp": "2024-05-01T10:00:00.000"},
        {"timestamp": "2999-05-01T10:00:00.000Z"}, {"userId": "nobody"}, {"comment": 7},
    ],
    ids=str,
)  # fmt: skip
def test_scores_keep_the_rules(lms: Lms, wrong: dict[str, Any]) -> None:
    item: Item = lms.courses["small"].item("Quiz 1")
    good = {
        "userId": ZOE,
        "scoreGiven": 1,
        "scoreMaximum": 10,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": "2024-05-01T10:00:00.000Z",
    }
    url = lms.item_url("small", item).replace("/column?", "/column/scores?")
    headers = {"Authorization": token(lms), "Content_Type": SCORE_TYPE}

    assert ask("POST", url, json.dumps(good | wrong).encode(), **headers)[0] in (400, 422)
    assert item.posts == []
    assert ask("POST", url, json.dumps(good).encode(), **headers)[0] == 204
    assert ask("POST", url, json.dumps(good).encode(), **headers)[0] == 409  # the same timestamp
    assert len(item.posts) == 1
