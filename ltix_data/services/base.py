"""The shape of an Advantage service: a launch claim that names endpoints, scopes, and methods.

A platform's own API plugs in the same way as rosters and grades do:

    class Attendance(ltix.AdvantageService):
        claim = "https://lms.example.com/claim/attendance"
        scopes = ("https://lms.example.com/scope/attendance.readonly",)

        def records(self):
            return self.get(self.endpoint["attendance_url"])["records"]

    course.service(Attendance).records()
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .. import parsing, spec, urls
from ..client import ServiceClient
from ..errors import UsageError


class AdvantageService:
    """One service of one course. Subclass it, set `claim` and `scopes`, and write methods.

    Attributes:
        claim: the URI of the launch claim that carries the endpoints.
        scopes: what a token needs, of which one will do for a call that names none.
        called: what messages call it; the class's name, where blank.
        client: sends authorised requests; the token renews itself.
        endpoint: the claim's value, as the launch gave it.
        course_name: for messages.
    """

    claim: ClassVar[str]
    scopes: ClassVar[tuple[str, ...]] = ()
    called: ClassVar[str] = ""

    def __init__(self, client: ServiceClient, endpoint: Mapping[str, Any], *, course_name: str) -> None:
        self.client = client
        self.endpoint = endpoint
        self.course_name = course_name

    def url(self, key: str) -> str:
        """Return the endpoint URL the claim holds under *key*.

        Raises:
            UsageError: the claim has no such URL.
        """
        value = self.endpoint.get(key)
        if not isinstance(value, str):
            raise UsageError(
                f"Course “{self.course_name}” has no “{key}” for {type(self).__name__}.",
                hint="Launch the tool from this course again, or give the URL to session.add_course(…).",
            )
        return urls.require(value, f"“{key}”")

    def get(self, url: str, *, accept: str = spec.JSON) -> Any:
        """Return the parsed JSON at *url*. Raises as `ServiceClient.send` does.

        Raises:
            UsageError: people are under pseudonyms here, and nobody can tell where such an answer names them.
        """
        refuse_raw(self.client)
        return self.client.get_json(url, self._what, scopes=self.scopes, accept=accept)

    def pages(self, url: str, *, key: str | None = None, accept: str = spec.JSON) -> list[Any]:
        """Return every entry of a container: the list at *key* (or the body itself) of all its pages.

        Raises as `get` does.
        """
        refuse_raw(self.client)
        pages = self.client.pages(url, self._what, scopes=self.scopes, accept=accept, key=key, section="")
        return [entry for page in pages for entry in page.entries(key, self._what, "")]

    def send(self, method: str, url: str, body: Any = None, *, media_type: str = spec.JSON) -> Any:
        """Send *body* as JSON by POST, PUT or DELETE; return the parsed answer, None if it is empty.

        A write is never repeated blindly: see `UnknownOutcomeError`.

        Raises:
            UsageError: *body* is not what JSON can hold; or people are under pseudonyms here, see `get`.
        """
        refuse_raw(self.client)
        content = b"" if body is None else _encoded(body)
        answer = self.client.send_json(method, url, self._what, content, scopes=self.scopes, media_type=media_type)
        return answer.json(self._what) if answer.body.strip() else None

    @property
    def _what(self) -> str:
        return f"{type(self).__name__} of course “{self.course_name}”"


def refuse_raw(client: ServiceClient) -> None:
    """Refuse an answer as it comes where people are under pseudonyms: nobody can tell where it names them.

    Raises:
        UsageError: they are.
    """
    if client.veil is not None:
        raise UsageError(
            "This session shows people under pseudonyms alone, and other services' answers may name them: nothing "
            "was sent.",
            hint="Ask for it in a session without pseudonyms: ltix.connect(…).",
        )


def _encoded(body: Any) -> bytes:
    try:
        return parsing.wire_bytes(body)
    except (TypeError, ValueError):
        kind = type(body).__name__
    raise UsageError(f"This {kind} cannot be sent as JSON.", hint="NaN, dates and sets have no form in JSON.")
