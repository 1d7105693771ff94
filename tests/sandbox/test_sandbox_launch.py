"""Launches: only a person who clicked, only to the tool's own address, signed by the platform."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from ltix_data import spec

from .conftest import BASE, jwks_of

REDIRECT = "http://127.0.0.1:9/launch"
STUDENT = "9007199254740993"


@pytest.fixture
def desk(make_desk):
    tool = {"redirect_uris": [REDIRECT], "initiate_login_uri": "http://127.0.0.1:9/login?keep=1", "name": "Tool"}
    return make_desk(tool=tool)


def log_in(desk, user_id=STUDENT):
    return desk.web.post("/login", data={"user_id": user_id})


def begin(desk):
    """Click the link; return the query of the login initiation."""
    answer = desk.web.get(f"/courses/SEM12/launch/{desk.tool.client_id}")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def request_of(begun, **changes):
    asked = {
        "response_type": "id_token",
        "response_mode": "form_post",
        "scope": "openid",
        "prompt": "none",
        "client_id": begun["client_id"],
        "redirect_uri": REDIRECT,
        "login_hint": begun["login_hint"],
        "lti_message_hint": begun["lti_message_hint"],
        "state": 's"<1>',
        "nonce": "n1",
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not None}


def posted(answer):
    """Return the form that the browser would post, and where to."""
    fields = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', answer.text)
    target = re.search(r'<form method="post" action="(.*?)">', answer.text)
    return unescape(target[1]), {name: unescape(value) for name, value in fields}


def launched(desk, **changes):
    log_in(desk)
    return posted(desk.web.get("/auth", query_string=request_of(begin(desk), **changes)))


def read(desk, id_token):
    key = jwt.PyJWK(desk.web.get("/jwks").json["keys"][0])
    options = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(id_token, key, ["RS256"], audience=desk.tool.client_id, issuer=BASE, options=options)


def test_a_click_leads_to_the_tools_login_with_everything_it_needs(desk):
    log_in(desk)
    begun = begin(desk)

    assert begun["keep"] == "1"
    assert {name: begun[name] for name in ("iss", "client_id", "lti_deployment_id", "target_link_uri")} == {
        "iss": BASE,
        "client_id": desk.tool.client_id,
        "lti_deployment_id": desk.tool.deployment_id,
        "target_link_uri": REDIRECT,
    }
    assert STUDENT not in begun["login_hint"]


def test_who_is_not_logged_in_is_asked_who_they_are_and_comes_back(desk):
    url = f"/courses/SEM12/launch/{desk.tool.client_id}"
    asked = desk.web.get(url).headers["Location"]
    page = desk.web.get(asked).text
    answer = desk.web.post("/login", data={"user_id": STUDENT, "course": "SEM12", "client": desk.tool.client_id})

    assert "Seán O’Brien" in page
    assert answer.headers["Location"] == url


def test_a_launch_carries_state_and_a_signed_message(desk):
    target, fields = launched(desk)
    claims = read(desk, fields["id_token"])

    assert (target, fields["state"]) == (REDIRECT, 's"<1>')
    assert (claims["sub"], claims["nonce"], claims["name"]) == (STUDENT, "n1", "Seán O’Brien")
    assert claims[spec.CLAIM_MESSAGE_TYPE] == spec.RESOURCE_LINK_REQUEST
    assert claims[spec.CLAIM_VERSION] == "1.3.0"
    assert claims[spec.CLAIM_ROLES] == [spec.CONTEXT_ROLE + "Learner"]
    assert claims[spec.CLAIM_TOOL_PLATFORM]["product_family_code"] == "ltix-practice"
    assert claims[spec.CLAIM_TARGET_LINK_URI] == REDIRECT
    assert claims[spec.CLAIM_GRADES] == desk.claim(spec.CLAIM_GRADES)
    assert claims[spec.CLAIM_MEMBERSHIPS] == {
        "context_memberships_url": f"{BASE}/courses/SEM12/memberships",
        "service_versions": ["2.0"],
    }
    assert {spec.CLAIM_LAUNCH_PRESENTATION, spec.CLAIM_CUSTOM, spec.CLAIM_CONTEXT, spec.CLAIM_LIS} <= set(claims)


def test_the_request_may_be_posted(desk):
    log_in(desk)

    assert "id_token" in posted(desk.web.post("/auth", data=request_of(begin(desk))))[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "code"},
        {"response_mode": "query"},
        {"scope": "openid profile"},
        {"prompt": None},
        {"nonce": None},
        {"state": None},
        {"login_hint": "guessed"},
        {"lti_message_hint": "other"},
        {"lti_message_hint": None},
    ],
)
def test_a_request_with_one_thing_wrong_gets_an_error_and_no_launch(desk, changes):
    target, fields = launched(desk, **changes)

    assert (target, fields["error"], "id_token" in fields) == (REDIRECT, "invalid_request", False)


@pytest.mark.parametrize(
    "changes", [{"redirect_uri": REDIRECT + "/"}, {"redirect_uri": "http://evil.example/"}, {"client_id": "x"}]
)
def test_nothing_is_ever_sent_to_an_address_that_is_not_registered(desk, changes):
    log_in(desk)
    answer = desk.web.get("/auth", query_string=request_of(begin(desk), **changes))

    assert (answer.status_code, "<form" in answer.text) == (400, False)


def test_a_login_hint_is_good_once(desk):
    log_in(desk)
    asked = request_of(begin(desk))
    answers = [posted(desk.web.get("/auth", query_string=asked))[1] for _ in range(2)]

    assert ["id_token" in fields for fields in answers] == [True, False]


def test_a_login_hint_does_not_keep(desk, clock):
    log_in(desk)
    asked = request_of(begin(desk))
    clock.advance(600)

    assert posted(desk.web.get("/auth", query_string=asked))[1]["error"] == "invalid_request"


def test_a_login_hint_of_another_tool_is_refused(desk):
    other = desk.platform.add_tool(jwks=jwks_of(desk.key), redirect_uris=[REDIRECT])
    log_in(desk)
    asked = request_of(begin(desk), client_id=other.client_id)

    assert posted(desk.web.get("/auth", query_string=asked))[1]["error"] == "invalid_request"


def test_another_browser_cannot_finish_the_launch(desk):
    log_in(desk)
    asked = request_of(begin(desk))
    log_in(desk, "0004711")

    assert posted(desk.web.get("/auth", query_string=asked))[1]["error"] == "login_required"


def test_withheld_names_stay_out_of_the_launch(make_desk):
    desk = make_desk(withhold_names=True)
    token = desk.platform.id_token("SEM12", desk.tool, STUDENT, nonce="n", base_url=BASE)

    claims = read(desk, token)
    assert claims["sub"] == STUDENT
    assert not {"name", "given_name", "family_name", "email", spec.CLAIM_LIS} & set(claims)


def test_the_home_page_leads_to_everything_a_person_can_do(desk):
    home = desk.web.get("/").text
    tool = desk.tool.client_id

    wanted = ["/login?course=BIO101", "/courses/BIO101", f"/courses/BIO101/launch/{tool}?frame=1"]
    wanted += [f"/courses/BIO101/deep_linking/{tool}", f"/courses/BIO101/gradebook/{tool}"]
    wanted += [f"/tools/{tool}", "/registrations/new", "/tools/new"]
    assert [url for url in wanted if f'href="{url}"' not in home] == []


def test_a_person_can_log_out(desk):
    log_in(desk)
    before = desk.web.get("/").text
    desk.web.post("/logout")

    assert ["Seán O’Brien" in page for page in (before, desk.web.get("/").text)] == [True, False]


def test_every_field_of_a_form_has_a_label(desk):
    log_in(desk, "b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10")
    for path in ("/tools/new", "/registrations/new", "/courses/SEM12"):
        page = desk.web.get(path).text
        fields = set(re.findall(r'<(?:input|select|textarea) id="(.*?)"', page))

        assert fields == set(re.findall(r'<label for="(.*?)"', page))


def test_the_pages_show_what_there_is(desk):
    item = desk.create(label="Quiz <1>")
    desk.score(item, scoreGiven=7.25, scoreMaximum=10)
    home = desk.web.get("/").text
    book = desk.web.get(f"/courses/SEM12/gradebook/{desk.tool.client_id}").text

    assert f"/courses/MED3000/launch/{desk.tool.client_id}" in home
    assert "Quiz &lt;1&gt;" in book
    assert "<td>7.25</td>" in book
