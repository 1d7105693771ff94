"""The tool's half: what a request says, what may go into its answer, and what is signed."""

import json

import jwt
import pytest

from ltix_data import spec
from ltix_data.deeplinking import (
    Column,
    Custom,
    File,
    HtmlFragment,
    Iframe,
    Image,
    Link,
    Request,
    ResourceLink,
    Window,
    answer,
)
from ltix_data.errors import LaunchError, UsageError
from ltix_data.registration import Registration

ISSUER = "https://lms.example"
BACK = f"{ISSUER}/return?sesskey=SECRET-KEY"
DATA = "SECRET-data <&\u00e9\u2028>"
URL = "https://tool.example/1"
NOW = 1_790_000_000.0
SETTINGS = {
    "deep_link_return_url": BACK,
    "accept_types": ["ltiResourceLink", "link", "file", "html", "image"],
    "accept_presentation_document_targets": ["iframe", "window", "embed"],
    "data": DATA,
}


def claims(**changes):
    settings = {name: value for name, value in {**SETTINGS, **changes}.items() if value is not ...}
    return {
        "iss": ISSUER,
        "aud": ["c1"],
        "sub": "u1",
        spec.CLAIM_MESSAGE_TYPE: spec.DEEP_LINKING_REQUEST,
        spec.CLAIM_VERSION: "1.3.0",
        spec.CLAIM_DEPLOYMENT_ID: "d1",
        spec.CLAIM_DEEP_LINKING_SETTINGS: settings,
    }


@pytest.fixture
def registration(signing_key):
    return Registration(name="uni", issuer=ISSUER, client_id="c1", token_url=f"{ISSUER}/token", private_key=signing_key)


def read(answered, key):
    options = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(answered.jwt, key.private.public_key(), ["RS256"], audience=ISSUER, options=options)


# --- The request ----------------------------------------------------------------------------------


def test_a_request_is_read_with_everything_it_says():
    request = Request.from_claims(
        claims(
            accept_media_types="image/*, Text/HTML",
            accept_multiple=True,
            accept_lineitem=False,
            auto_create=True,
            title="Title",
            text="Text",
        )
    )

    assert request == Request(
        return_url=BACK,
        accept_types=("ltiResourceLink", "link", "file", "html", "image"),
        accept_presentation_targets=("iframe", "window", "embed"),
        accept_media_types=("image/*", "text/html"),
        accept_multiple=True,
        accept_line_item=False,
        auto_create=True,
        title="Title",
        text="Text",
        data=DATA,
    )
    assert (request.accepts("link"), request.accepts("https://x.example/type")) == (True, False)


def test_what_a_request_does_not_say_is_not_known():
    request = Request.from_claims(claims(data=...))

    assert (request.accept_multiple, request.accept_line_item, request.accept_media_types) == (None, None, None)
    assert (request.auto_create, request.title, request.text, request.data) == (False, None, None, None)


def test_neither_data_nor_the_return_address_is_shown():
    assert "SECRET" not in repr(Request.from_claims(claims()))


@pytest.mark.parametrize("url", [f"{ISSUER}/back", "http://127.0.0.1:8000/back", "http://localhost/back"])
def test_a_return_address_is_https_or_on_this_machine(url):
    assert Request.from_claims(claims(deep_link_return_url=url)).return_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("deep_link_return_url", ...),
        ("deep_link_return_url", "http://lms.example/back"),
        ("deep_link_return_url", "/back"),
        ("deep_link_return_url", "javascript:alert(1)"),
        ("deep_link_return_url", "https://u:p@lms.example/back"),
        ("deep_link_return_url", 7),
        ("accept_types", ...),
        ("accept_types", "link"),
        ("accept_types", [1]),
        ("accept_presentation_document_targets", ...),
        ("accept_presentation_document_targets", {"iframe": True}),
        ("accept_media_types", ["image/*"]),
        ("accept_multiple", "true"),
        ("accept_lineitem", 1),
        ("auto_create", "yes"),
        ("title", 7),
        ("text", []),
        ("data", float("inf")),
    ],
)
def test_a_setting_of_the_wrong_kind_is_refused_by_its_name_and_not_its_value(name, value):
    with pytest.raises(LaunchError, match=name) as caught:
        Request.from_claims(claims(**{name: value}))

    assert (caught.value.spec, caught.value.code) == ("DL §4.4.1", "invalid_deep_linking_settings")
    assert "u:p" not in str(caught.value)


def test_settings_that_are_missing_are_refused():
    with pytest.raises(LaunchError, match="deep_linking_settings"):
        Request.from_claims({**claims(), spec.CLAIM_DEEP_LINKING_SETTINGS: None})


def test_an_ordinary_launch_is_no_request():
    with pytest.raises(LaunchError, match="no deep linking request") as caught:
        Request.from_claims({**claims(), spec.CLAIM_MESSAGE_TYPE: spec.RESOURCE_LINK_REQUEST})

    assert caught.value.code == "not_deep_linking"


# --- The answer -----------------------------------------------------------------------------------


def test_an_answer_says_what_the_specification_asks_and_no_more(registration, signing_key):
    items = [ResourceLink(url=URL, title="Quiz", line_item=Column("Quiz", 10))]
    answered = answer(registration, claims(), items, now=lambda: NOW)
    said = read(answered, signing_key)

    assert answered.return_url == BACK
    assert jwt.get_unverified_header(answered.jwt) == {"alg": "RS256", "typ": "JWT", "kid": signing_key.kid}
    assert said.pop("nonce")
    assert said == {
        "iss": "c1",
        "aud": ISSUER,
        "iat": NOW - 5,
        "exp": NOW + 295,
        spec.CLAIM_MESSAGE_TYPE: "LtiDeepLinkingResponse",
        spec.CLAIM_VERSION: "1.3.0",
        spec.CLAIM_DEPLOYMENT_ID: "d1",
        spec.CLAIM_CONTENT_ITEMS: [item.to_json() for item in items],
        spec.CLAIM_DATA: DATA,
    }


def test_no_two_answers_have_one_nonce(registration, signing_key):
    said = [read(answer(registration, claims()), signing_key)["nonce"] for _ in range(2)]

    assert said[0] != said[1]


@pytest.mark.parametrize("data", ["", "0", DATA, {"csrf": ["x", 1, None]}, 0, False])
def test_data_comes_back_to_the_letter(registration, signing_key, data):
    said = read(answer(registration, claims(data=data)), signing_key)[spec.CLAIM_DATA]

    assert (said, type(said)) == (data, type(data))


@pytest.mark.parametrize("absent", [..., None])
def test_without_data_none_is_sent(registration, signing_key, absent):
    assert spec.CLAIM_DATA not in read(answer(registration, claims(data=absent)), signing_key)


def test_no_item_is_an_answer_too_whatever_is_accepted(registration, signing_key):
    nothing = claims(accept_types=[], accept_multiple=False, accept_presentation_document_targets=[])

    assert read(answer(registration, nothing), signing_key)[spec.CLAIM_CONTENT_ITEMS] == []


def test_words_for_the_person_and_for_the_log_have_claims_of_their_own(registration, signing_key):
    said = read(
        answer(registration, claims(), message="Added.", error_message="Oh.", log="1 item", error_log="E7"),
        signing_key,
    )

    found = {name.rpartition("/")[2]: value for name, value in said.items() if "/lti-dl/" in name}
    assert found == {
        "content_items": [],
        "data": DATA,
        "msg": "Added.",
        "errormsg": "Oh.",
        "log": "1 item",
        "errorlog": "E7",
    }


def test_an_answer_shows_neither_its_token_nor_the_whole_address(registration):
    answered = answer(registration, claims())

    assert repr(answered) == "<Deep linking answer for lms.example>"


# --- Limits ---------------------------------------------------------------------------------------

QUIZ = ResourceLink(url=URL, line_item=Column("Quiz", 10))
PDF = File(url=URL, media_type="application/pdf; charset=binary")


@pytest.mark.parametrize(
    ("limits", "items", "words"),
    [
        ({"accept_types": ["link"]}, [Link(url=URL), QUIZ], ["Item 2", "ltiResourceLink", "takes link"]),
        ({"accept_types": []}, [Image(url=URL)], ["Item 1 (an image)", "takes none"]),
        ({}, [Custom("https://x.example/poll")], ["Item 1", "https://x.example/poll", "html"]),
        ({"accept_multiple": False}, [QUIZ, QUIZ], ["one item at a time", "there are 2"]),
        ({"accept_lineitem": False}, [Link(url=URL), QUIZ], ["Item 2 (a resource link)", "column", "accept_lineitem"]),
        (
            {"accept_presentation_document_targets": ["iframe"]},
            [ResourceLink(window=Window(width=9))],
            ["Item 1", "by window", "can show iframe"],
        ),
        ({"accept_presentation_document_targets": []}, [Link(url=URL, embed="<b>")], ["by embed", "can show none"]),
        (
            {"accept_media_types": "image/*,text/html"},
            [PDF],
            ["Item 1 (a file)", "application/pdf", "image/*, text/html"],
        ),
    ],
)
def test_what_the_platform_would_drop_is_refused_before_it_is_signed(registration, limits, items, words):
    with pytest.raises(UsageError) as caught:
        answer(registration, claims(**limits), items)

    assert [word for word in words if word not in str(caught.value)] == []
    assert caught.value.spec == "DL §4.4.1"


@pytest.mark.parametrize(
    ("limits", "items"),
    [
        ({"accept_multiple": False}, [QUIZ]),
        ({}, [QUIZ, QUIZ]),  # the specification has no default for accept_multiple
        ({"accept_lineitem": None}, [QUIZ]),
        ({"accept_lineitem": False}, [ResourceLink(url=URL)]),
        (
            {"accept_presentation_document_targets": ["iframe"]},
            [Link(url=URL, window=Window(), iframe=Iframe(src=URL))],
        ),
        ({"accept_presentation_document_targets": []}, [Link(url=URL), HtmlFragment(html="<b>")]),
        ({"accept_media_types": "Application/PDF"}, [PDF]),
        ({"accept_media_types": "application/*"}, [PDF]),
        ({"accept_media_types": "*/*"}, [PDF]),
        ({"accept_media_types": "image/*"}, [File(url=URL)]),  # nobody knows what it is
        ({"accept_media_types": "text/html"}, [Image(url=URL)]),  # the limit is about files alone
        ({"accept_types": ["https://x.example/poll"]}, [Custom("https://x.example/poll")]),
    ],
)
def test_what_is_within_the_limits_is_signed(registration, signing_key, limits, items):
    said = read(answer(registration, claims(**limits), items), signing_key)

    assert said[spec.CLAIM_CONTENT_ITEMS] == json.loads(json.dumps([item.to_json() for item in items]))


@pytest.mark.parametrize("changes", [{"iss": "https://other.example"}, {"aud": "c2"}, {"aud": ["c2"]}, {"aud": None}])
def test_a_request_to_another_registration_is_not_answered(registration, changes):
    """Two schools in one cloud share their issuer; only the client id tells them apart."""
    with pytest.raises(UsageError, match="not sent to the tool of “uni”"):
        answer(registration, {**claims(), **changes})


@pytest.mark.parametrize("deployment", [None, "", 7])
def test_a_request_without_a_deployment_is_not_answered(registration, deployment):
    with pytest.raises(LaunchError, match="deployment_id"):
        answer(registration, {**claims(), spec.CLAIM_DEPLOYMENT_ID: deployment})


@pytest.mark.parametrize("items", [QUIZ, [{"type": "link"}], None, "link"])
def test_items_must_be_a_list_of_content_items(registration, items):
    with pytest.raises(UsageError, match="list of content items"):
        answer(registration, claims(), items)


@pytest.mark.parametrize("name", ["message", "error_message", "log", "error_log"])
def test_words_must_be_text(registration, name):
    with pytest.raises(UsageError, match=name):
        answer(registration, claims(), **{name: 7})
