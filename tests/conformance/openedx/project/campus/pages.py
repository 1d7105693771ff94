"""The LMS' own pages around an LTI component: where a person is signed in, and from where its launches start.

The component is Open edX's own XBlock; what it asks its runtime for, edx-platform would answer.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from lti_consumer.api import get_lti_1p3_content_url, get_lti_1p3_launch_info
from lti_consumer.lti_xblock import LtiConsumerXBlock
from opaque_keys.edx.keys import UsageKey
from xblock.field_data import DictFieldData
from xblock.fields import ScopeIds
from xblock.reference.user_service import UserService, XBlockUser

from .people import BY_CODE, BY_NUMBER, Course, Person

_COOKIE = "lms_user"
_COURSE_ROLES = ("instructor", "staff", "limited_staff")


def component(_request: Any, code: str, number: int) -> HttpResponse:
    """Sign a person in and go where the component's frame in the LMS goes."""
    launch_data = _block(BY_CODE[code], BY_NUMBER[number]).get_lti_1p3_launch_data()
    return _signed_in(number, get_lti_1p3_content_url(launch_data))


def studio(_request: Any, code: str, number: int) -> HttpResponse:
    """Sign a person in and go where the component's “Deep Linking Launch” in Studio goes."""
    launch_data = _block(BY_CODE[code], BY_NUMBER[number]).get_lti_1p3_launch_data()
    return _signed_in(number, get_lti_1p3_launch_info(launch_data)["deep_linking_launch_url"])


def _signed_in(number: int, url: str) -> HttpResponse:
    response = HttpResponseRedirect(url)
    response.set_cookie(_COOKIE, str(number), httponly=True)
    return response


def knowing_who(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the middleware that tells views who is signed in: a `Person`, or None."""

    def middleware(request: Any) -> Any:
        request.user = BY_NUMBER.get(int(request.COOKIES.get(_COOKIE, "0")))
        return get_response(request)

    return middleware


def _block(course: Course, person: Person) -> LtiConsumerXBlock:
    """Return the component as *person* meets it, set up as an author would in Studio."""
    fields = {
        "config_type": "database",
        "lti_version": "lti_1p3",
        "display_name": "Practice tool",
        "ask_to_send_username": course.shares_names,
        "ask_to_send_full_name": course.shares_names,
        "ask_to_send_email": course.shares_names,
        "custom_parameters": ["unit = 3"],
        "enable_processors": False,
    }
    services = {"user": _Users(person), "i18n": SimpleNamespace(ugettext=str)}
    runtime = SimpleNamespace(service=lambda _block, name: services.get(name))
    ids = ScopeIds(person.number, "lti_consumer", None, UsageKey.from_string(course.location))
    return LtiConsumerXBlock(runtime, DictFieldData(fields), scope_ids=ids)


class _Users(UserService):
    """Who is looking, in the words of edx-platform's own user service."""

    def __init__(self, person: Person) -> None:
        super().__init__()
        self._person = person

    def get_current_user(self) -> XBlockUser:
        user = XBlockUser(is_current_user=True, emails=[self._person.email], full_name=self._person.name)
        role = next((word for word in _COURSE_ROLES if word in self._person.lms_roles), "student")
        user.opt_attrs = {
            "edx-platform.is_authenticated": True,
            "edx-platform.user_is_staff": False,
            "edx-platform.user_id": self._person.number,
            "edx-platform.username": f"user{self._person.number}",
            "edx-platform.user_role": role,
        }
        return user

    def get_external_user_id(self, _type: str) -> str:
        return self._person.external_id
