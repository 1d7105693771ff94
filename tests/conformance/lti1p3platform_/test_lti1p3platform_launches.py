"""What launches and deep linking of lti1p3platform are like: the messages are its own, what they tell is `serve.py`'s.

claim or parameter          what it is                                        rule
--------------------------  ------------------------------------------------  ----------------------------------
iss, aud, azp               as registered; the client id, as text, twice      Security §5.1.2
exp                         five minutes after iat
target_link_uri             the one address of the registration: no link      Core §5.3.4
                            has one of its own
endpoint                    lineitem, lineitems; lineitem.readonly only where AGS §3.1
                            the tool may make none
a deep linking request      carries the services as launches do; “data” may   DL §4.4.1: data is text
                            be any JSON (here it is an object)
the page with the form      has no Content-Type, and “state” is not escaped
redirect_uri                is compared with nothing: the launch goes         Security §5.1.1.3: it must be one
                            wherever the request says                         that was registered
the answer to a request     its data, nonce, iss and aud are not looked at    DL §4.5, Security §5.2.3
"""

from __future__ import annotations

import json

import jwt
import pytest
import tool as tools
from browser import Browser, Form

from ltix_data import deeplinking, spec
from ltix_data.deeplinking import Link
from ltix_data.keys import SigningKey

from . import provider

pytestmark = pytest.mark.process

TEACHER = "instructor-1"
LINK = Link(url="https://tool.example/notes", title="Notes")


@pytest.fixture(scope="module")
def campus(signing_key):
    """The platform and the tool that it launches."""
    with tools.running() as tool, provider.running(signing_key) as platform:
        platform.tell_of_tool(tool.login_url, tool.launch_url)
        tool.registration = platform.registration(signing_key)
        yield tool, platform


@pytest.fixture
def launched(campus):
    """Launch as somebody, and return what the tool made of it."""
    tool, platform = campus
    with Browser() as browser:

        def launched(user_id, what=""):
            page = browser.submit(browser.open(platform.page(user_id, what)).form)
            assert page.status == 200, page.text
            return tool.seen[-1]

        yield launched


def test_a_launch_carries_these_claims_and_no_others(campus, launched):
    tool, platform = campus

    claims = dict(launched(TEACHER).claims)

    assert claims.pop("exp") - claims.pop("iat") == 300
    assert isinstance(claims.pop("nonce"), str)
    assert claims == {
        "iss": platform.said["issuer"],
        "aud": platform.said["client_id"],
        "azp": platform.said["client_id"],
        "sub": TEACHER,
        "name": "Ağça İnönü-Işık",
        "email": "agca@lms.example",
        spec.CLAIM_MESSAGE_TYPE: spec.RESOURCE_LINK_REQUEST,
        spec.CLAIM_VERSION: spec.LTI_VERSION,
        spec.CLAIM_DEPLOYMENT_ID: "deployment-1",
        spec.CLAIM_TARGET_LINK_URI: tool.launch_url,
        spec.CLAIM_ROLES: [f"{spec.CONTEXT_ROLE}Instructor", f"{spec.INSTITUTION_ROLE}Faculty"],
        spec.CLAIM_RESOURCE_LINK: {"id": "link-1", "title": "The tool"},
        spec.CLAIM_CONTEXT: {
            "id": "course-1",
            "label": "DATA 1",
            "title": "Data, grades & people",
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"],
        },
        spec.CLAIM_LAUNCH_PRESENTATION: {
            "document_target": "window",
            "return_url": f"{platform.said['issuer']}/course",
        },
        spec.CLAIM_CUSTOM: {"unit": "3"},
        spec.CLAIM_MEMBERSHIPS: {
            "context_memberships_url": platform.said["memberships_url"],
            "service_versions": ["2.0"],
        },
        spec.CLAIM_GRADES: {
            "lineitem": platform.said["lineitem_url"],
            "lineitems": platform.said["lineitems_url"],
            "scope": [spec.SCOPE_LINE_ITEM, spec.SCOPE_RESULT_READONLY, spec.SCOPE_SCORE],
        },
    }


@pytest.mark.parametrize(
    "user_id",
    ["00000017", "17", "18014398509481985", "a+b&c=d/é%2F?#", "6e3", "null", "true"],
)
def test_a_difficult_user_id_comes_out_of_login_and_launch_as_it_went_in(launched, user_id):
    assert launched(user_id).user_id == user_id


@pytest.mark.parametrize("user_id", [TEACHER, "assistant-1", "00000017", "mentor-1", "developer-1"])
def test_the_role_of_a_launch_is_the_one_of_the_roster(campus, launched, user_id):
    """Also where it is a sub-role (assistant-1), or a short name instead of a URI (developer-1)."""
    assert launched(user_id).role == campus[1].said["members"][user_id]


def test_a_person_without_names_and_address_can_launch(launched):
    found = launched("0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f03")

    assert not {"name", "given_name", "family_name", "email"} & found.claims.keys()


# --- Deep linking --------------------------------------------------------------------------------------


def test_a_request_for_content_makes_its_course_known_as_launches_do(launched):
    found = launched(TEACHER, "choosing")

    assert found.message_type == spec.DEEP_LINKING_REQUEST
    assert (found.course.name, found.course.context_id, found.course.resource_link_id) == ("DATA 1", "course-1", None)


def test_data_that_is_an_object_comes_back_as_that_object(campus, launched):
    found = launched(TEACHER, "choosing")

    answered = deeplinking.answer(campus[0].registration, found.claims, [LINK])

    said = jwt.decode(answered.jwt, options={"verify_signature": False})
    assert said[spec.CLAIM_DATA] == found.deep_linking.data == {"place": "week 3"}


def test_an_answer_that_was_changed_on_its_way_is_refused(campus, launched):
    found = launched(TEACHER, "choosing")
    answered = deeplinking.answer(campus[0].registration, found.claims, [LINK])
    head, payload, signature = answered.jwt.split(".")
    middle = len(payload) // 2
    changed = payload[:middle] + ("A" if payload[middle] != "A" else "B") + payload[middle + 1 :]

    with Browser() as browser:
        answer = browser.submit(Form(answered.return_url, {"JWT": f"{head}.{changed}.{signature}"}))

    assert answer.status == 400


def test_an_answer_under_our_key_id_by_another_key_is_refused(campus, launched):
    tool, platform = campus
    forged = SigningKey.load(SigningKey.generate(), kid=tool.registration.signing_key().kid)
    answered = deeplinking.answer(platform.registration(forged), launched(TEACHER, "choosing").claims, [LINK])

    with Browser() as browser:
        answer = browser.submit(Form(answered.return_url, {"JWT": answered.jwt}))

    assert (answer.status, json.loads(answer.text)) == (400, {"error": "InvalidSignatureError"})


# --- What it leaves open -------------------------------------------------------------------------------


def test_security_5_1_1_3_a_launch_goes_wherever_the_request_says(campus):
    """So the tool's own checks of state, cookie and nonce are all there is against a stolen launch."""
    tool, platform = campus
    with Browser() as browser:
        page = browser.open(platform.page(TEACHER))
        elsewhere = browser.open(page.url.replace("%2Flaunch", "%2Felsewhere"))

    assert (page.form.action, elsewhere.form.action) == (tool.launch_url, f"{tool.url}/elsewhere")
