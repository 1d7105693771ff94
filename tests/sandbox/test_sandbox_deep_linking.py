"""Deep linking: only what a teacher asked for, signed by the tool that was asked, once, and whole."""

import re
from html import unescape
from itertools import count
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from ltix_data import spec
from ltix_data.sandbox import Options, Platform, create_app
from ltix_data.sandbox.__main__ import _options, _parser
from ltix_data.sandbox.options import Accepts
from ltix_data.sandbox.server import _arguments

from .conftest import BASE, Desk, jwks_of, new_key

REDIRECT = "http://127.0.0.1:9/launch"
URL = "https://tool.example/quiz/1"
TEACHER = "b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10"
STUDENT = "9007199254740993"
TOOL = {"redirect_uris": [REDIRECT], "initiate_login_uri": "http://127.0.0.1:9/login", "name": "Tool"}
QUIZ = {"type": "ltiResourceLink", "url": URL, "title": "Quiz", "lineItem": {"scoreMaximum": 10}}
_nonce = count()


@pytest.fixture
def desk(make_desk):
    return make_desk(tool=TOOL)


def path_of(desk, course="SEM12"):
    return f"/courses/{course}/deep_linking/{desk.tool.client_id}"


def request_claims(desk, path, user_id=TEACHER):
    """Click, log in at the tool, and return the claims of what comes."""
    desk.web.post("/login", data={"user_id": user_id})
    begun = parse_qs(urlsplit(desk.web.get(path).headers["Location"]).query)
    asked = {name: begun[name][0] for name in ("client_id", "login_hint", "lti_message_hint")}
    asked |= {"response_type": "id_token", "response_mode": "form_post", "scope": "openid", "prompt": "none"}
    asked |= {"redirect_uri": REDIRECT, "state": "s", "nonce": "n"}
    page = desk.web.get("/auth", query_string=asked).text
    token = re.search(r'name="id_token" value="(.*?)"', page)[1]
    return jwt.decode(unescape(token), options={"verify_signature": False})


def ask(desk, query="", course="SEM12"):
    """Return the settings of a new request."""
    return request_claims(desk, path_of(desk, course) + query)[spec.CLAIM_DEEP_LINKING_SETTINGS]


def response(desk, data, items=(), *, key=None, headers=None, algorithm="RS256", **changes):
    now = desk.platform.now()
    claims = {
        "iss": desk.tool.client_id,
        "aud": BASE,
        "iat": now,
        "exp": now + 60,
        "nonce": f"n{next(_nonce)}",
        spec.CLAIM_MESSAGE_TYPE: spec.DEEP_LINKING_RESPONSE,
        spec.CLAIM_VERSION: "1.3.0",
        spec.CLAIM_DEPLOYMENT_ID: desk.tool.deployment_id,
        spec.CLAIM_DATA: data,
        spec.CLAIM_CONTENT_ITEMS: list(items),
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key or desk.key, algorithm, headers=headers or {"kid": "k1"})


def post(desk, token, course="SEM12"):
    return desk.web.post(path_of(desk, course), data={"JWT": token})


def placed(desk, course="SEM12"):
    return list(desk.platform.course(course).contents.values())


def place(desk, *items, query=""):
    answer = post(desk, response(desk, ask(desk, query)["data"], items))
    assert answer.status_code == 200, answer.text
    return placed(desk)


# --- Who may ask ----------------------------------------------------------------------------------


def test_only_who_teaches_the_course_may_ask_for_content(desk):
    desk.web.post("/login", data={"user_id": STUDENT})

    assert desk.web.get(path_of(desk)).status_code == 403


def test_who_is_not_logged_in_comes_back_to_what_they_wanted(desk):
    wanted = path_of(desk) + "?type=link&multiple=no"
    page = desk.web.get(desk.web.get(wanted).headers["Location"]).text
    then = unescape(re.search(r'name="then" value="(.*?)"', page)[1])
    answer = desk.web.post("/login", data={"user_id": TEACHER, "course": "SEM12", "then": then})

    assert answer.headers["Location"] == wanted


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example/courses/", "/tools", ""])
def test_a_login_leads_to_no_page_of_anybody_else(desk, then):
    answer = desk.web.post("/login", data={"user_id": TEACHER, "course": "SEM12", "then": then})

    assert answer.headers["Location"] == "/courses/SEM12"


def test_a_tool_that_did_not_register_for_it_is_not_asked(make_desk):
    desk = make_desk(tool={**TOOL, "messages": [spec.RESOURCE_LINK_REQUEST]})
    desk.web.post("/login", data={"user_id": TEACHER})

    assert desk.web.get(path_of(desk)).status_code == 404
    assert "Add content" not in desk.web.get("/courses/SEM12").text


def test_a_tool_is_asked_where_it_wants_to_be(make_desk):
    desk = make_desk(tool={**TOOL, "deep_linking_uri": "http://127.0.0.1:9/choose"})
    claims = request_claims(desk, path_of(desk))

    assert claims[spec.CLAIM_TARGET_LINK_URI] == "http://127.0.0.1:9/choose"


def test_the_options_say_what_a_request_accepts(make_desk):
    accepts = Accepts(("link",), multiple=None, line_items=False, media_types="text/*", targets=("iframe",))
    settings = ask(make_desk(tool=TOOL, accepts=accepts))

    data = settings.pop("data")
    assert data
    assert settings == {
        "deep_link_return_url": f"{BASE}/courses/SEM12/deep_linking/practice-client-0001",
        "accept_types": ["link"],
        "accept_presentation_document_targets": ["iframe"],
        "auto_create": True,
        "accept_lineitem": False,
        "accept_media_types": "text/*",
    }


def test_the_command_line_says_what_a_request_accepts():
    line = (
        "--accept-types=link --accept-multiple=no --accept-line-items=unsaid --accept-media-types=a/b --accept-targets="
    )

    assert _options(_parser().parse_args(line.split())).accepts == Accepts(("link",), False, None, "a/b", ())
    assert _options(_parser().parse_args([])) == Options()


@pytest.mark.parametrize("accepts", [Accepts(), Accepts(("link",), None, False, "a/b", ("iframe",))])
def test_a_platform_of_its_own_accepts_what_the_options_say(accepts):
    options = Options(accepts=accepts)

    assert _options(_parser().parse_args(_arguments(options))) == options


def test_a_setting_that_makes_no_sense_is_refused(desk):
    desk.web.post("/login", data={"user_id": TEACHER})

    assert desk.web.get(path_of(desk) + "?multiple=maybe").status_code == 400


def test_within_a_frame_the_tool_learns_that_it_is_in_one(desk):
    desk.web.post("/login", data={"user_id": TEACHER})
    page = desk.web.get(path_of(desk) + "?frame=1&type=link").text
    inner = unescape(re.search(r'<iframe[^>]* src="(.*?)"', page)[1])
    claims = request_claims(desk, inner.removeprefix(BASE))

    assert claims[spec.CLAIM_LAUNCH_PRESENTATION]["document_target"] == "iframe"
    assert claims[spec.CLAIM_DEEP_LINKING_SETTINGS]["accept_types"] == ["link"]


def test_a_launch_can_be_shown_within_a_frame_too(desk):
    desk.web.post("/login", data={"user_id": STUDENT})
    page = desk.web.get(f"/courses/SEM12/launch/{desk.tool.client_id}?frame=1").text
    inner = unescape(re.search(r'<iframe[^>]* src="(.*?)"', page)[1])
    claims = request_claims(desk, inner.removeprefix(BASE), STUDENT)

    assert claims[spec.CLAIM_LAUNCH_PRESENTATION]["document_target"] == "iframe"


# --- The envelope ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"iss": "other"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "https://other.example"}, "aud"),
        ({"aud": [BASE, "https://other.example"]}, "aud"),
        ({"aud": None}, "aud"),
        ({"azp": "practice-client-0001"}, "azp"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"iat": None}, "iat"),
        ({"iat": True}, "iat"),
        ({"nonce": None}, "nonce"),
        ({"nonce": 7}, "nonce"),
        ({spec.CLAIM_DEPLOYMENT_ID: "other"}, "deployment_id"),
        ({spec.CLAIM_DEPLOYMENT_ID: None}, "deployment_id"),
        ({spec.CLAIM_MESSAGE_TYPE: "LTIDeepLinkingResponse"}, "message_type"),
        ({spec.CLAIM_VERSION: "1.3"}, "version"),
        ({spec.CLAIM_DATA: None}, "data"),
        ({spec.CLAIM_DATA: "guessed"}, "data"),
        ({spec.CLAIM_DATA: {"a": 1}}, "data"),
        ({spec.CLAIM_MESSAGE: 7}, "msg"),
        ({spec.CLAIM_CONTENT_ITEMS: {"type": "link"}}, "content_items"),
    ],
)
def test_an_answer_with_one_claim_wrong_is_refused_by_its_name(desk, changes, words):
    answer = post(desk, response(desk, ask(desk)["data"], [QUIZ], **changes))

    assert (answer.status_code, placed(desk)) == (400, [])
    assert words in answer.json["reason"]
    assert re.search(r"\[(DL|Security) §[\d.]+\]$", answer.json["reason"])


def test_an_audience_may_be_a_list_of_one_and_items_may_be_absent(desk):
    token = response(desk, ask(desk)["data"], aud=[BASE], azp=BASE, **{spec.CLAIM_CONTENT_ITEMS: None})

    assert post(desk, token).status_code == 200


@pytest.mark.parametrize(
    ("issued", "lasts", "words"),
    [(-120, 60, "exp"), (30, 60, "iat lies in the future"), (-3700, 9000, "older than an hour"), (0, 0, "exp")],
)
def test_an_answer_has_its_time(desk, issued, lasts, words):
    now = desk.platform.now()
    answer = post(desk, response(desk, ask(desk)["data"], [QUIZ], iat=now + issued, exp=now + issued + lasts))

    assert (answer.status_code, words in answer.json["reason"], placed(desk)) == (400, True, [])


def test_an_answer_signed_with_another_key_is_refused(desk):
    answer = post(desk, response(desk, ask(desk)["data"], [QUIZ], key=new_key()))

    assert (answer.status_code, placed(desk)) == (401, [])


def test_an_answer_that_was_tampered_with_is_refused(desk):
    head, body, signature = response(desk, ask(desk)["data"], [QUIZ]).split(".")
    other = response(desk, ask(desk)["data"], []).split(".")[1]

    assert body != other
    assert [post(desk, f"{head}.{other}.{signature}").status_code, placed(desk)] == [401, []]


@pytest.mark.parametrize(("algorithm", "secret", "kid"), [("none", "", "k1"), ("HS256", "k" * 32, "k1")])
def test_an_answer_without_a_signature_of_the_tools_key_is_refused(desk, algorithm, secret, kid):
    claims = jwt.decode(response(desk, ask(desk)["data"], [QUIZ]), options={"verify_signature": False})
    token = jwt.encode(claims, secret, algorithm, headers={"kid": kid})

    assert [post(desk, token).status_code, placed(desk)] == [401, []]


@pytest.mark.parametrize("headers", [{"kid": "k2"}, {"typ": "JWT"}])
def test_an_answer_says_which_key_it_was_signed_with(desk, headers):
    answer = post(desk, response(desk, ask(desk)["data"], [QUIZ], headers=headers))

    assert (answer.status_code, "kid" in answer.json["reason"], placed(desk)) == (401, True, [])


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é"])
def test_what_is_no_token_is_refused(desk, token):
    assert post(desk, token).status_code == 400


@pytest.mark.parametrize("form", [{}, {"jwt": "x"}, {"JWT": "x", "state": "s"}, {"JWT": ["x", "y"]}])
def test_the_form_has_one_field(desk, form):
    answer = desk.web.post(path_of(desk), data=form)

    assert (answer.status_code, "Security §5.2.1" in answer.json["reason"]) == (400, True)


def test_another_tool_cannot_answer(desk):
    """It has its own key and its own client_id, and has seen the data."""
    data, other_key = ask(desk)["data"], new_key()
    other = desk.platform.add_tool(jwks=jwks_of(other_key), **TOOL)
    stolen = response(desk, data, [QUIZ], key=other_key, iss=other.client_id)
    own = response(
        desk, data, [QUIZ], key=other_key, iss=other.client_id, **{spec.CLAIM_DEPLOYMENT_ID: other.deployment_id}
    )
    theirs = desk.web.post(f"/courses/SEM12/deep_linking/{other.client_id}", data={"JWT": own})

    assert [post(desk, stolen).status_code, theirs.status_code, placed(desk)] == [401, 400, []]
    assert "another tool" in theirs.json["reason"]


def test_an_answer_for_another_course_is_refused(desk):
    desk.platform.enrol("BIO101", TEACHER, roles=[spec.CONTEXT_ROLE + "Instructor"])
    token = response(desk, ask(desk, course="BIO101")["data"], [QUIZ])

    assert [post(desk, token).status_code, placed(desk), placed(desk, "BIO101")] == [400, [], []]


# --- Once -----------------------------------------------------------------------------------------


def test_an_answer_is_good_once(desk):
    token = response(desk, ask(desk)["data"], [QUIZ])
    answers = [post(desk, token) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert "nonce" in answers[1].json["reason"]
    assert len(placed(desk)) == 1


def test_a_request_is_answered_once(desk):
    data = ask(desk)["data"]
    answers = [post(desk, response(desk, data, [QUIZ])) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert "data" in answers[1].json["reason"]


def test_a_refused_answer_leaves_the_request_open(desk):
    data = ask(desk)["data"]

    assert post(desk, response(desk, data, [{"type": "link"}])).status_code == 400
    assert post(desk, response(desk, data, [QUIZ])).status_code == 200


def test_a_request_does_not_keep(desk, clock):
    data = ask(desk)["data"]
    clock.advance(3600)

    assert post(desk, response(desk, data, [QUIZ])).status_code == 400


def test_a_used_nonce_is_remembered_as_long_as_an_answer_can_live(desk, clock):
    now = desk.platform.now()
    post(desk, response(desk, ask(desk)["data"], nonce="n-old", exp=now + 9000))
    clock.advance(3500)

    assert "nonce" in post(desk, response(desk, ask(desk)["data"], nonce="n-old")).json["reason"]


# --- The items ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("link", "content_items[0] must be an object"),
        ({}, "content_items[0].type"),
        ({"type": "poll"}, "content_items[0].type"),
        ({"type": "link"}, "content_items[0].url must be there. [DL §3.1]"),
        ({"type": "link", "url": "quiz"}, "content_items[0].url"),
        ({"type": "link", "url": "http://[x"}, "content_items[0].url"),
        ({"type": "link", "url": URL, "title": ""}, "content_items[0].title"),
        ({"type": "link", "url": URL, "text": None}, "content_items[0].text"),
        ({"type": "link", "url": URL, "colour": "red"}, "content_items[0].colour"),
        ({"type": "link", "url": URL, "icon": {"width": 1}}, "content_items[0].icon.url must be there"),
        ({"type": "link", "url": URL, "icon": {"url": URL, "width": 0}}, "content_items[0].icon.width"),
        ({"type": "link", "url": URL, "embed": "<b>"}, "content_items[0].embed must be an object"),
        ({"type": "link", "url": URL, "iframe": {"width": 1}}, "content_items[0].iframe.src"),
        ({"type": "link", "url": URL, "window": {"targetName": 1}}, "content_items[0].window.targetName"),
        ({"type": "link", "url": URL, "lineItem": {"scoreMaximum": 1}}, "content_items[0].lineItem"),
        ({"type": "file", "mediaType": "a/b"}, "content_items[0].url must be there. [DL §3.3]"),
        ({"type": "file", "url": URL, "expiresAt": "2026-09-01"}, "content_items[0].expiresAt"),
        ({"type": "html", "html": ""}, "content_items[0].html"),
        ({"type": "html"}, "content_items[0].html must be there. [DL §3.4]"),
        ({"type": "image", "url": URL, "width": "9"}, "content_items[0].width"),
        ({**QUIZ, "iframe": {"src": URL}}, "content_items[0].iframe.src"),
        ({**QUIZ, "custom": {"a": 1}}, "content_items[0].custom"),
        ({**QUIZ, "custom": {"a": None}}, "content_items[0].custom"),
        ({**QUIZ, "available": {"startDateTime": "2026-09-01T10:00:00"}}, "content_items[0].available.startDateTime"),
        ({**QUIZ, "lineItem": {"label": "x"}}, "content_items[0].lineItem.scoreMaximum must be there"),
        ({**QUIZ, "lineItem": {"scoreMaximum": 0}}, "content_items[0].lineItem.scoreMaximum"),
        ({**QUIZ, "lineItem": {"scoreMaximum": "10"}}, "content_items[0].lineItem.scoreMaximum"),
        ({**QUIZ, "lineItem": {"scoreMaximum": 1, "gradesReleased": 1}}, "content_items[0].lineItem.gradesReleased"),
        ({"type": "ltiResourceLink", "lineItem": {"scoreMaximum": 1}}, "content_items[0].lineItem.label"),
    ],
)
def test_an_item_that_is_not_whole_is_refused_by_place_and_section(desk, item, words):
    answer = post(desk, response(desk, ask(desk)["data"], [item]))

    assert (answer.status_code, placed(desk)) == (400, [])
    assert words in answer.json["reason"]
    assert re.search(r"\[DL §[\d.]+\]$", answer.json["reason"])


def test_one_bad_item_keeps_all_out(desk):
    answer = post(desk, response(desk, ask(desk)["data"], [QUIZ, {"type": "html"}]))

    assert (answer.status_code, placed(desk)) == (400, [])
    assert "content_items[1].html" in answer.json["reason"]


@pytest.mark.parametrize(
    ("query", "items", "words"),
    [
        ("?type=link", [QUIZ], "content_items[0].type must be one of link. [DL §4.4.1]"),
        ("?multiple=no", [QUIZ, QUIZ], "content_items must be one item at most"),
        ("?media_types=image/*", [{"type": "file", "url": URL, "mediaType": "text/csv"}], "content_items[0].mediaType"),
    ],
)
def test_what_was_not_asked_for_is_refused(desk, query, items, words):
    answer = post(desk, response(desk, ask(desk, query)["data"], items))

    assert (answer.status_code, placed(desk)) == (400, [])
    assert words in answer.json["reason"]


def test_a_type_of_somebodys_own_is_taken_where_it_was_asked_for(desk):
    item = {"type": "https://x.example/poll", "question": "Why?"}

    assert place(desk, item, query="?type=https://x.example/poll")[0].item == item


def test_a_column_is_named_as_its_link_unless_it_has_a_label_and_keeps_what_came(desk):
    more = {"label": "L", "scoreMaximum": 2.5, "tag": "t", "resourceId": "r", "gradesReleased": True, URL: 1}
    contents = place(desk, QUIZ, {**QUIZ, "lineItem": more})
    columns = {item.fields["resourceLinkId"]: item for item in desk.platform.course("SEM12").items.values()}
    first, second = (columns[content.link_id] for content in contents)

    assert (first.fields["label"], first.out_of, first.coupled) == ("Quiz", 10, True)
    assert second.fields == {**more, "resourceLinkId": contents[1].link_id}


def test_a_column_that_came_with_a_link_goes_with_it_and_not_before(desk):
    content = place(desk, QUIZ)[0]
    item = desk.platform.course_claims("SEM12", desk.tool, BASE, content.link_id)[spec.CLAIM_GRADES]["lineitem"]
    refused = desk.send("DELETE", item, {}, spec.LINE_ITEM).status_code
    desk.web.post("/login", data={"user_id": STUDENT})
    not_theirs = desk.web.post(f"/courses/SEM12/contents/{content.number}/remove").status_code
    desk.web.post("/login", data={"user_id": TEACHER})
    desk.web.post(f"/courses/SEM12/contents/{content.number}/remove")

    assert (refused, not_theirs, placed(desk)) == (403, 403, [])
    assert desk.get(item, spec.LINE_ITEM).status_code == 404


# --- Afterwards -----------------------------------------------------------------------------------


def test_a_placed_link_is_launched_by_its_own_tool_in_its_own_course_only(desk):
    link = place(desk, QUIZ)[0].link_id
    other = desk.platform.add_tool(jwks=jwks_of(desk.key), **TOOL)

    assert desk.web.get(f"/courses/SEM12/launch/{desk.tool.client_id}?link={link}").status_code == 302
    assert desk.web.get(f"/courses/BIO101/launch/{desk.tool.client_id}?link={link}").status_code == 404
    assert desk.web.get(f"/courses/SEM12/launch/{other.client_id}?link={link}").status_code == 404


@pytest.mark.parametrize("like", ["strict", "canvas", "openedx"])
def test_services_know_a_placed_link(make_desk, like):
    """The roster of a placed link tells its own parameters; a column of one's own may belong to it."""
    desk = make_desk(tool=TOOL, like=like)
    link = place(desk, {**QUIZ, "custom": {"link": "$ResourceLink.id"}})[0].link_id
    roster = desk.roster(f"?rlid={link}").json["members"][0]
    item = desk.create(resourceLinkId=link)

    assert desk.get(item, spec.LINE_ITEM).json["resourceLinkId"] == link
    if like != "openedx":  # which takes no notice of rlid
        assert roster["message"][0][spec.CLAIM_CUSTOM]["link"] == link


def test_what_was_placed_outlives_a_restart(tmp_path, clock, key):
    def start():
        platform = Platform(Options(state_file=tmp_path / "state.json"), now=clock)
        tool = next(iter(platform.tools.values()), None) or platform.add_tool(jwks=jwks_of(key), **TOOL)
        return Desk(platform, key, tool, create_app(platform).test_client())

    first = start()
    before = place(first, QUIZ, {"type": "html", "html": "<b>x</b>"})
    first.platform.close()
    again = start()
    claims = request_claims(again, f"/courses/SEM12/launch/{again.tool.client_id}?link={before[0].link_id}", STUDENT)

    assert placed(again) == before
    assert claims[spec.CLAIM_GRADES]["lineitem"].endswith("?type_id=1")
    assert [content.number for content in place(again, QUIZ)] == [1, 2, 3]


def test_html_of_a_tool_is_shown_where_it_can_do_nothing(desk):
    place(desk, {"type": "html", "html": '<script>alert("x")</script>'})
    page = desk.web.get("/courses/SEM12").text

    assert "<script>alert" not in page
    assert re.search(r'<iframe sandbox title="[^"]*" srcdoc="&lt;script&gt;', page)
