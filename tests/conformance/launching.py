"""What every platform offers to the tests of launches: what a browser opens, and the truth about it.

A provider has one context manager for it, ``launching(key, login_url, launch_url)``, which starts the
platform on loopback with our tool registered, and yields a `Place`; the platform ends with the block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from browser import Browser, Page

import ltix_data as ltix


@dataclass
class Place:
    """A platform, and a course in it, from where a tool is launched.

    Attributes:
        registration: the tool's registration, as the platform's administrator would tell its facts.
        open: opens the tool as “teacher” or “learner”, or asks it for content (“choosing”, a teacher again); the
            page is the platform's last, whose form carries the launch to the tool.
        users: “teacher” and “learner” -> their user_id.
        course: the course as its launches describe it: name, context_id, resource_link_id.
        members: everybody in the course: user_id -> role word; empty where the platform has no roster.
        content_items: returns what the platform kept of the last deep linking answer, as the wire has it.
        types: the types of content items it takes.
    """

    registration: ltix.Registration
    open: Callable[[Browser, str], Page]
    users: dict[str, str]
    course: dict[str, str]
    members: dict[str, str] = field(default_factory=dict)
    content_items: Callable[[], list[dict[str, Any]]] = list
    types: frozenset[str] = frozenset()
