"""Puts the LMS' functions in place, and keeps parsed keys."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class CampusConfig(AppConfig):
    """An LMS around the LTI consumer."""

    name = "campus"

    def ready(self) -> None:
        """Replace what only a whole edx-platform has."""
        from lti_consumer.lti_1p3.key_handlers import PlatformKeyHandler
        from lti_consumer.plugin import compat

        from .lms import STAND_INS

        for name, function in STAND_INS.items():
            if not hasattr(compat, name):
                raise AttributeError(f"lti_consumer.plugin.compat has no {name} any more")
            setattr(compat, name, function)
        _keep_keys(PlatformKeyHandler)


def _keep_keys(handler: type) -> None:
    """Parse each platform key once: the LTI consumer does it at every request, which takes 0.1 s."""
    original, kept = handler.__init__, {}

    def __init__(self: Any, key_pem: str, kid: str | None = None) -> None:  # noqa: N807 - it stands in for one
        if (key_pem, kid) not in kept:
            original(self, key_pem, kid)
            kept[key_pem, kid] = self.key
        self.key = kept[key_pem, kid]

    handler.__init__ = __init__
