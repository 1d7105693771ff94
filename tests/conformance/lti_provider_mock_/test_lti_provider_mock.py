"""What launches of lti-provider-mock are like: a whole LMS by others, which tells who and where and nothing else.

claim or parameter          what it is                                        rule
--------------------------  ------------------------------------------------  ----------------------------------
the login                   comes as a posted form                            Security §5.1.1.1
login_hint                  drawn for each login, and not the user's id
azp                         is absent, for aud is the client id alone         Security §5.1.2
roles                       is there, and always empty                        Core §5.3.7.1
context                     id, label = title; type is the short name         Core §5.4.1
                            CourseSection
resource_link               one for all courses: id “1”; a blank description  Core §5.3.5: unique in a deployment
name, given_name,           always; never an e-mail address                   Core §5.3.6
family_name
services                    none, and no deep linking
exp                         five minutes after iat
"""

from __future__ import annotations

import pytest
import tool as tools
from browser import Browser

from ltix_data import spec

from . import provider

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def tool(signing_key):
    with (
        tools.running() as tool,
        provider.launching(signing_key, tool.login_url, tool.launch_url) as place,
    ):
        tool.place, tool.registration = place, place.registration
        yield tool


@pytest.fixture
def launched(tool):
    """Launch as somebody, and return what the tool made of it."""
    with Browser() as browser:

        def launched(who):
            page = browser.submit(tool.place.open(browser, who).form)
            assert page.status == 200, page.text
            return tool.seen[-1]

        yield launched


def test_a_launch_carries_these_claims_and_no_others(tool, launched):
    claims = dict(launched("learner").claims)

    assert claims.pop("exp") - claims.pop("iat") == 300
    assert isinstance(claims.pop("nonce"), str)
    assert claims == {
        "iss": tool.registration.issuer,
        "aud": "lti-provider-mock",
        "sub": "zoe & m=/42?",
        "name": "Zoë Müller",
        "given_name": "Zoë",
        "family_name": "Müller",
        spec.CLAIM_MESSAGE_TYPE: spec.RESOURCE_LINK_REQUEST,
        spec.CLAIM_VERSION: spec.LTI_VERSION,
        spec.CLAIM_DEPLOYMENT_ID: "1",
        spec.CLAIM_TARGET_LINK_URI: tool.launch_url,
        spec.CLAIM_ROLES: [],
        spec.CLAIM_RESOURCE_LINK: {"id": "1", "title": "Access the Open Computing Lab", "description": ""},
        spec.CLAIM_CONTEXT: {
            "id": "course 7",
            "label": "Rocks & Minerals",
            "title": "Rocks & Minerals",
            "type": ["CourseSection"],
        },
    }


def test_somebody_without_a_role_is_neither_instructor_nor_learner(launched):
    found = launched("teacher")

    assert (found.user_id, found.is_instructor, found.is_learner, list(found.roles)) == ("00000007", False, False, [])
