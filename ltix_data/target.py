"""Where an upload goes: the registration, the course and the line item, as plans and journals write it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from .courses import KnownCourse
from .records import LineItem
from .registration import Registration

_ITEM = ("label", "out_of", "item_id", "tag", "resource_id")


@dataclass(frozen=True, slots=True)
class Target:
    """The line item that grades go to; one without an item_id is made when they are sent.

    `extensions` are added to every score, by fully qualified URL.
    """

    registration: str
    issuer: str
    client_id: str
    course: KnownCourse
    item: LineItem
    extensions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Return what tells this line item from all others, also before it is made."""
        if self.item.item_id:
            return "\n".join((self.issuer, self.client_id, self.item.item_id))
        place = self.course.lineitems_url or self.course.lineitem_url or self.course.name
        return "\n".join((self.issuer, self.client_id, place, " ".join(self.item.label.split())))

    def fits(self, registration: Registration) -> bool:
        """Return whether this is a line item of *registration*'s, whatever that is called here."""
        return (self.issuer, self.client_id) == (registration.issuer, registration.client_id)

    def to_json(self) -> dict[str, Any]:
        """Return what is written down."""
        item = {name: value for name in _ITEM if (value := getattr(self.item, name)) is not None}
        names = {"registration": self.registration, "issuer": self.issuer, "client_id": self.client_id}
        return {**names, "course": self.course.to_json(), "item": item, "extensions": dict(self.extensions)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError, RegistrationError: it is something else.
        """
        item = {name: raw["item"][name] for name in _ITEM if name in raw["item"]}
        names = {name: str(raw[name]) for name in ("registration", "issuer", "client_id")}
        return cls(
            **names,
            course=KnownCourse.from_json(raw["course"]),
            item=LineItem(**item),
            extensions=dict(raw["extensions"]),
        )
