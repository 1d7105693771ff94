"""Brightspace, as its documentation has it."""

from __future__ import annotations

from typing import ClassVar

from ..model import Cell, Course, Json, LineItem, RequestError, TokenError
from .lenient import Lenient

_AUDIENCE = "https://api.brightspace.com/auth/token"
_ERROR = "<!DOCTYPE html><html><head><title>Internal Server Error</title></head><body><h1>500</h1></body></html>"


class Brightspace(Lenient):
    """Has one audience for everybody, and says nothing when it cuts a score."""

    product_family: ClassVar[str] = "desire2learn"  # as launches call it; that registration does too is assumed
    wants_key_address: ClassVar[bool] = True  # Brightspace documentation
    starts_active: ClassVar[bool] = False  # Brightspace documentation: disabled until an administrator enables it

    def configuration(self, found: Json) -> Json:
        """Name its audience. (assumed)"""
        return {**found, "authorization_server": self.audience(found["issuer"])}

    def audience(self, base: str) -> str:
        """Want one address, which is not the token URL; `Options.audience` changes it. (Brightspace documentation)"""
        return self.options.audience or _AUDIENCE

    def check_audience(self, named: object, wanted: str) -> None:
        """Fail on a list, even on one that holds the right address. (Brightspace documentation)"""
        if isinstance(named, list):
            raise RequestError(500, "aud is a list", body=_ERROR)
        if named != wanted:
            raise TokenError("invalid_client", f"The audience must be {wanted}.")

    def check_people(self, course: Course, item: LineItem, score: Json) -> None:
        """Answer 403 for who is not enrolled, 422 for roles that cannot be graded. (Brightspace documentation)"""
        member = course.member(score["userId"])
        if member is None or member.status != "Active":
            raise RequestError(403, "User is not enrolled in the org unit.")
        if not member.has("Learner"):
            raise RequestError(422, "The user's role cannot be graded.")

    def grade(self, cell: Cell, score: Json) -> None:
        """Cut a score over the maximum without a word. (Brightspace documentation)"""
        super().grade(cell, score)
        if cell.given is not None:
            cell.given = min(cell.given, cell.given_out_of)
