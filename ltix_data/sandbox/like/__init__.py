"""Personalities: the practice platform with the peculiarities of a real one.

Each module has one class, which overrides those `rules` that its platform keeps in its own way, and says
of each how we know: *observed* on the wire, read in *source*, or in the vendor's *documentation*; what is
*assumed* had to be something, and nobody has looked.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..options import Options
    from ..rules import Strict

NAMES = ("strict", "canvas", "moodle", "blackboard", "brightspace", "sakai", "openedx")

_PEOPLE = uuid.UUID("6f2a1c58-7d1e-4f0b-9a53-2d1c8e2f7a10")
#: How a platform calls the person whom the university knows by another user_id.
USER_IDS: Mapping[str, Callable[[str], str]] = {
    "blackboard": lambda known: uuid.uuid5(_PEOPLE, known).hex,  # Blackboard documentation: a uuid
}


def personality(options: Options) -> Strict:
    """Return the rules of the platform that *options* name; Flask is imported only now."""
    from ..rules import Strict
    from .blackboard import Blackboard
    from .brightspace import Brightspace
    from .canvas import Canvas
    from .moodle import Moodle
    from .openedx import OpenEdx
    from .sakai import Sakai

    kinds = (Strict, Canvas, Moodle, Blackboard, Brightspace, Sakai, OpenEdx)
    return dict(zip(NAMES, kinds, strict=True))[options.like](options)
