"""The courses a session knows: found by name, added by hand, forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .. import choosing, frames
from ..course import Course
from ..courses import KnownCourse
from ..errors import AmbiguousError, UnknownNameError, UsageError
from ..registration import Registration
from .lookup import Index

if TYPE_CHECKING:
    import pandas as pd


class Courses:
    """What a session does with the courses it knows."""

    registration: Registration
    _index: Index | None = None

    def _open(self, known: KnownCourse) -> Course:
        raise NotImplementedError

    def courses(self) -> pd.DataFrame:
        """Return the courses known so far, one row for each.

        Platforms have no directory of courses: launches make them known, also pasted ones (`capture`), and
        `add_course` and `add_courses` do.

        Returns:
            Columns name, label, title, context_id, memberships_url, lineitems_url, lineitem_url,
            resource_link_id (text, missing where unknown), scopes (tuple of URIs, None where nobody said).
        """
        return frames.courses(self.registration.courses)

    def course(self, name: str) -> Course:
        """Return a course by its name, label, title or context id.

        Raises:
            UnknownNameError: there is none; near misses are suggested.
            AmbiguousError: the title or label fits several.
        """
        return self._open(self._find(name))

    def forget_course(self, name: str) -> None:
        """Forget a course, by its name, label, title or context id; nothing changes on the platform.

        Raises as `course` does.
        """
        self.registration.forget_course(self._find(name).name)

    def _find(self, name: str) -> KnownCourse:
        if not isinstance(name, str) or not name.strip():
            raise UsageError("Say which course: its name, label, title or context id, as text.")
        known = self.registration.courses
        if self._index is None or self._index.known is not known:
            self._index = Index(known)
        field, found = self._index.called(name)
        if len(found) > 1:
            names = ", ".join(f"“{course.name}”" for course in found)
            raise AmbiguousError(f"{len(found)} courses have the {field} “{name}”.", hint=f"Use a name: {names}.")
        if found:
            return found[0]
        words = [word for course in known for word in (course.name, course.label, course.title) if word]
        raise UnknownNameError(
            f"“{self.registration.name}” knows no course “{name}”.",
            hint=choosing.near_misses(str(name), words) + " Launch the tool from it, or use session.add_course(…).",
        )

    def add_course(
        self,
        name: str,
        context_id: str | None = None,
        *,
        memberships_url: str | None = None,
        lineitems_url: str | None = None,
        lineitem_url: str | None = None,
        scopes: Iterable[str] | None = None,
        label: str | None = None,
        title: str | None = None,
        resource_link_id: str | None = None,
        services: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Course:
        """Add a course by hand, or replace the one of this name, and return it.

        It is stored with the registration, if that is.

        Args:
            name: what to call it.
            context_id: the platform's id of it.
            memberships_url: ``context_memberships_url`` of its launches. [NRPS §3.6]
            lineitems_url: ``lineitems`` of its launches. [AGS §3.1]
            lineitem_url: ``lineitem`` of its launches, the platform's own (coupled) column.
            scopes: what its launches offer; everything its services could need, where None.
            label: its short name.
            title: its long name.
            resource_link_id: the id of the tool's link in it.
            services: the claims of a platform's own services, by claim URI.

        Raises:
            UsageError: an address is none, or there is nothing to reach it by.
        """
        if not (memberships_url or lineitems_url or lineitem_url or services):
            raise UsageError(
                f"There is nothing to reach course “{name}” by.",
                hint="Give memberships_url, lineitems_url or lineitem_url, as its launches carry them.",
            )
        known = KnownCourse(
            name=name,
            context_id=context_id,
            label=label,
            title=title,
            memberships_url=memberships_url,
            lineitems_url=lineitems_url,
            lineitem_url=lineitem_url,
            resource_link_id=resource_link_id,
            scopes=None if scopes is None else tuple(scopes.split() if isinstance(scopes, str) else scopes),
            services=dict(services or {}),
        )
        self.registration.remember(known)
        return self._open(known)
