"""The launches of the 1EdTech certification guide: §6.1.1 to be refused, §6.1.2 and §6.1.3 to be taken."""

from __future__ import annotations

import pytest

from ltix_data import spec
from ltix_data.errors import LaunchError

from .lms import ROLE

INSTRUCTOR, LEARNER = ROLE + "Instructor", ROLE + "Learner"
LTI_CLAIMS = (spec.CLAIM_MESSAGE_TYPE, spec.CLAIM_VERSION, spec.CLAIM_DEPLOYMENT_ID, spec.CLAIM_RESOURCE_LINK)

#: The guide's name -> what is changed in the claims, what in the header, the error's code and section.
BAD_PAYLOADS = {
    "No KID Sent in JWT header": ({}, {"kid": ...}, "no_kid", "Security §6.3"),
    "Incorrect KID in JWT header": ({}, {"kid": "imsglobal_unknown"}, "unknown_key", "Security §6.3"),
    "Wrong LTI Version": ({spec.CLAIM_VERSION: "11.3"}, {}, "wrong_version", "Core §5.3.2"),
    "No LTI Version": ({spec.CLAIM_VERSION: ...}, {}, "no_version", "Core §5.3.2"),
    "Missing LTI Claims": (dict.fromkeys(LTI_CLAIMS, ...), {}, "no_version", "Core §5.3.2"),
    "Timestamps Incorrect": ({"iat": 11111, "exp": 22222}, {}, "expired", "Security §5.1.3"),
    "message_type Claim Missing": ({spec.CLAIM_MESSAGE_TYPE: ...}, {}, "no_message_type", "Core §5.3.1"),
    "role Claim Missing": ({spec.CLAIM_ROLES: ...}, {}, "no_roles", "Core §5.3.7"),
    "deployment_id Claim Missing": ({spec.CLAIM_DEPLOYMENT_ID: ...}, {}, "no_deployment_id", "Core §5.3.3"),
    "resource_link_id Claim Missing": ({spec.CLAIM_RESOURCE_LINK: {}}, {}, "no_resource_link", "Core §5.3.5"),
    "user Claim Missing": ({"sub": ...}, {}, "no_user", "Core §5.3.6"),
}

PERSON = {"given_name": "Ann", "family_name": "Smith", "name": "Ann Smith", "email": "ann@example.edu"}
EMAIL = {"email": "ann@example.edu"}
NAMES = {key: value for key, value in PERSON.items() if key != "email"}

#: The guide's name without its person -> what the launch brings beside the person's role.
VALID_LAUNCHES = {
    "Launch": PERSON,
    "Launch with Roles": PERSON
    | {spec.CLAIM_ROLES: ["{role}", spec.INSTITUTION_ROLE + "Staff", spec.SYSTEM_ROLE + "User"]},
    "Launch Short Role": PERSON | {spec.CLAIM_ROLES: ["{short}"]},
    "Launch Unknown Role": PERSON | {spec.CLAIM_ROLES: ["http://purl.imsglobal.org/vocab/lis/v2/unknown#Helper"]},
    "Launch No Role": PERSON | {spec.CLAIM_ROLES: []},
    "Launch Email Only": EMAIL,
    "Launch Names Only": NAMES,
    "No PII": {},
    "Email Without Context": EMAIL | {spec.CLAIM_CONTEXT: ...},
}
ROLELESS = ("Launch Unknown Role", "Launch No Role")


@pytest.mark.parametrize("name", BAD_PAYLOADS)
def test_bad_payload(lms, name):
    """It is refused with the section of the specification that it breaks, and a word for machines."""
    changes, header, code, section = BAD_PAYLOADS[name]
    login = lms.begin()

    with pytest.raises(LaunchError) as caught:
        lms.finish(login, lms.sign(lms.claims(login, changes), **header))

    assert (caught.value.code, caught.value.spec, bool(caught.value.hint)) == (code, section, True)


def test_bad_payload_invalid_lti_message(lms):
    """“Invalid LTI message”: what is posted is JSON, and no signed launch."""
    login = lms.begin()

    with pytest.raises(LaunchError, match="no signed token") as caught:
        lms.finish(login, '{"name": "badltilaunch"}')

    assert (caught.value.code, caught.value.spec) == ("malformed_id_token", "Core §4.2")


@pytest.mark.parametrize(("short", "uri"), [("Instructor", INSTRUCTOR), ("Learner", LEARNER)])
@pytest.mark.parametrize("name", VALID_LAUNCHES)
def test_valid_launch(lms, name, short, uri):
    """It is taken, with the role, the person and the course as far as they were told."""
    brought = {spec.CLAIM_ROLES: ["{role}"]} | VALID_LAUNCHES[name]
    listed = [role.format(role=uri, short=short) for role in brought[spec.CLAIM_ROLES]]

    found = lms.launch(brought | {spec.CLAIM_ROLES: listed})

    assert found.user_id == "u1"
    assert found.role == (None if name in ROLELESS else short)
    assert found.roles == tuple(listed)
    assert (found.name, found.given_name, found.email) == tuple(map(brought.get, ("name", "given_name", "email")))
    assert (found.context is None) == (name == "Email Without Context")
    assert (found.course is None) == (name == "Email Without Context")
