"""What every platform of the conformance suite offers: a session, a course in it, and the truth about it.

A provider module has one context manager, ``target(key)``, which starts a platform on loopback,
registers *key* with it, and yields a `Target`; the platform ends with the block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import ltix_data as ltix


@dataclass
class Target:
    """A platform under test.

    Attributes:
        name: what the matrix calls it, such as “Open edX (lti-consumer-xblock 11.4.4)”.
        session: a session with it.
        course: a course of at least 3 learners and 1 instructor, with memberships and line items.
        members: everybody in the course: user_id -> role word (“Learner”, “Instructor”, …).
        expire_tokens: makes every token that was issued so far invalid.
        deviations: what this platform does otherwise than the specification says: clause -> one
            sentence with its source. The suite shows them in the matrix; an unlisted one fails.
    """

    name: str
    session: ltix.Session
    course: ltix.Course
    members: dict[str, str]
    expire_tokens: Callable[[], None]
    deviations: dict[str, str] = field(default_factory=dict)

    @property
    def learners(self) -> list[str]:
        """The user_ids of learners, in no particular order."""
        return [user_id for user_id, role in self.members.items() if role == "Learner"]
