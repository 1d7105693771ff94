"""What every real platform is easier about than the strict one."""

from __future__ import annotations

from typing import ClassVar

from ..model import Json
from ..rules import Strict


class Lenient(Strict):
    """Unknown fields are passed over, whole seconds will do, and nobody reports differences."""

    tells_differences: ClassVar[bool] = False  # no platform is known to send such a link
    wants_fractions: ClassVar[bool] = False

    def check_fields(self, body: Json, known: frozenset[str]) -> None:
        """Pass over what is unknown."""
