"""Dynamic registration: what the platform says of itself, whom it takes, and from when on.

[LTI Dynamic Registration 1.0, RFC 7591]
"""

from __future__ import annotations

from typing import ClassVar

from flask import Response

from ... import spec
from ..model import Json, RequestError, TokenError, Tool
from ..web import json_answer
from .answers import AnswerRules


class MetadataError(Exception):
    """A registration that cannot be accepted. [RFC 7591 §3.2.2]"""

    def __init__(self, description: str, error: str = "invalid_client_metadata") -> None:
        super().__init__(description)
        self.error, self.description = error, description


class RegistrationRules(AnswerRules):
    """How tools introduce themselves."""

    product_family: ClassVar[str] = "ltix-practice"
    #: Whether tools can register themselves at all.
    registers_tools: ClassVar[bool] = True
    #: Whether the configuration is shown to those alone who were invited.
    hides_configuration: ClassVar[bool] = False
    #: Whether a tool's keys are read at an address only.
    wants_key_address: ClassVar[bool] = False
    #: Whether a tool that has registered itself may be used at once.
    starts_active: ClassVar[bool] = True
    #: The status of an accepted registration.
    registered_status: ClassVar[int] = 201

    def configuration(self, found: Json) -> Json:
        """Return what the platform says of itself."""
        return found

    def messages(self) -> list[object]:
        """Return the launches that there are."""
        return [{"type": spec.RESOURCE_LINK_REQUEST}, {"type": spec.DEEP_LINKING_REQUEST}]

    def dead_registration_token(self) -> RequestError:
        """Return the refusal of a registration token that is missing, unknown, used or expired."""
        challenge = {"WWW-Authenticate": 'Bearer realm="ltix-practice", error="invalid_token"'}
        return RequestError(401, "The registration token is unknown, used or expired.", challenge)

    def metadata_refusal(self, refusal: MetadataError) -> Response:
        """Return the answer to a registration that cannot be accepted. [RFC 7591 §3.2.2]"""
        return json_answer({"error": refusal.error, "error_description": refusal.description}, status=400)

    def registered(self, accepted: Json, tool: Tool) -> Json:
        """Return a registration as accepted: with its client_id, the scopes granted and the deployment."""
        told = {**accepted, "client_id": tool.client_id, "scope": " ".join(tool.scopes)}
        told[spec.TOOL_CONFIGURATION] = {**accepted[spec.TOOL_CONFIGURATION], "deployment_id": tool.deployment_id}
        return told

    def check_active(self, tool: Tool) -> None:
        """Refuse a token to a tool that nobody has turned on."""
        if not tool.active:
            raise TokenError("invalid_client", "An administrator has not turned this tool on.", 401)

    def inactive(self) -> RequestError:
        """Return the refusal to launch a tool that nobody has turned on."""
        return RequestError(403, "An administrator has not turned this tool on.")
