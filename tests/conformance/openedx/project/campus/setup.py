"""Registers the tool: a passport, and one LTI component in each course."""

from __future__ import annotations

import json
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import transaction
from jwt.algorithms import RSAAlgorithm
from lti_consumer.models import (
    CourseAllowPIISharingInLTIFlag,
    Lti1p3Passport,
    LtiConfiguration,
    LtiDlContentItem,
)
from lti_consumer.utils import (
    get_lms_lti_access_token_link,
    get_lms_lti_keyset_link,
    get_lms_lti_launch_link,
    get_lti_ags_lineitems_url,
    get_lti_nrps_context_membership_url,
)

from .people import COURSES, Course

#: The most privileged role Open edX tells tools -> the word of `Target.members`. Written down, not computed.
_WORDS = (
    ({"instructor"}, "Administrator"),
    ({"staff", "limited_staff"}, "Instructor"),
    ({"Community TA", "Group Moderator"}, "TeachingAssistant"),
    ({"student", "beta_testers", "data_researcher"}, "Learner"),
)


def register_tool(jwk: dict[str, Any]) -> dict[str, Any]:
    """Register a tool with this public key; return what its administrator would be told, and who is where."""
    passport = Lti1p3Passport.objects.create(name="ltix_data", lti_1p3_tool_public_key=_pem(jwk))
    return {
        "url": settings.LTI_BASE,
        "token_url": get_lms_lti_access_token_link(passport.passport_id),
        "auth_url": get_lms_lti_launch_link(),
        "jwks_url": get_lms_lti_keyset_link(passport.passport_id),
        "client_id": passport.lti_1p3_client_id,
        "deployment_id": "1",
        "courses": {course.code: _add_component(course, passport) for course in COURSES},
    }


def _pem(jwk: dict[str, Any]) -> str:
    key = RSAAlgorithm.from_jwk(json.dumps(jwk))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _add_component(course: Course, passport: Lti1p3Passport) -> dict[str, Any]:
    CourseAllowPIISharingInLTIFlag.objects.create(course_id=course.key, enabled=course.shares_names)
    component = LtiConfiguration.objects.create(
        version=LtiConfiguration.LTI_1P3,
        config_store=LtiConfiguration.CONFIG_ON_DB,
        location=course.location,
        lti_1p3_passport=passport,
        lti_advantage_enable_nrps=True,
        lti_advantage_deep_linking_enabled=True,
        lti_advantage_ags_mode=LtiConfiguration.LTI_ADVANTAGE_AGS_PROGRAMMATIC
        if course.tool_makes_columns
        else LtiConfiguration.LTI_ADVANTAGE_AGS_DECLARATIVE,
    )
    return {
        "context_id": course.key,
        "resource_link_id": course.location,
        "memberships_url": get_lti_nrps_context_membership_url(component.id),
        "lineitems_url": get_lti_ags_lineitems_url(component.id),
        "members": {
            person.external_id: {
                "role": _word({*person.lms_roles, person.forum_role}),
                "name": person.name,
                "email": person.email,
            }
            for person in course.people
        },
    }


def tell_of_tool(login_url: str, launch_url: str) -> None:
    """Fill in the tool's addresses, as an administrator does; deep linking has the same as launches."""
    LtiConfiguration.objects.update(
        lti_1p3_oidc_url=login_url,
        lti_1p3_launch_url=launch_url,
        lti_advantage_deep_linking_launch_url=launch_url,
    )


def content_items() -> list[tuple[str, str, dict[str, Any]]]:
    """Return what deep linking left with the components: usage key, type, attributes."""
    items = LtiDlContentItem.objects.order_by("pk")
    return [(str(item.lti_configuration.location), item.content_type, item.attributes) for item in items]


def _word(lms_roles: set[str | None]) -> str | None:
    return next((word for known, word in _WORDS if known & lms_roles), None)


@transaction.atomic
def change_platform_key() -> None:
    """Give the platform a new key: what an administrator does who empties the key's field.

    The tokens issued so far are then refused by the same line of code, with the same answer, as expired ones.
    """
    for passport in Lti1p3Passport.objects.all():
        passport.lti_1p3_internal_private_key = ""
        passport.save()
        assert passport.lti_1p3_private_key  # asking for it makes the new one
