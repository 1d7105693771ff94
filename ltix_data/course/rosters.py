"""Rosters of a course."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .. import frames
from ..errors import UsageError
from ..records import Member
from ..services.memberships import MAX_MEMBERS, Memberships
from ..veil import Veil
from ..veil import key as veilkey
from .base import CourseBase

if TYPE_CHECKING:
    import pandas as pd


class Rosters(CourseBase):
    """Who is in the course."""

    def roster(
        self,
        role: str | None = None,
        resource_link: str | None = None,
        status: str | None = None,
        *,
        max_members: int = MAX_MEMBERS,
    ) -> pd.DataFrame:
        """Return the members of the course, one row for each.

        Args:
            role: only members with this role, such as "Learner" or "Instructor"; its sub-roles count.
            resource_link: only those who may open this resource link (its id).
            status: "Active" or "Inactive".
            max_members: an error beyond so many; see `members` for rosters of any size.

        Returns:
            Columns user_id, name, given_name, family_name, middle_name, email, sourcedid, username
            (text; missing where the platform shares none; a pseudonymous session shows user_id alone, and that is
            a pseudonym), role (category, the most privileged of
            Administrator, Instructor, ContentDeveloper, TeachingAssistant, Manager, Mentor, Officer,
            Member, Learner; missing for no role in the course), roles (tuple of all URIs), status
            (category; value_counts() counts absent words of a category as 0), test_user (bool: the
            platform's own test student).
            ``.attrs["differences_url"]`` is there where the platform offers one.

        Raises:
            ScopeError: the memberships scope was not offered or granted.
            TooLargeError: more than *max_members*.
            PlatformError: the answer is not a membership container. [NRPS §2.1]
        """
        service = self.service(Memberships)
        found, differences_url = service.columns(
            role=role, resource_link=resource_link, status=status, max_members=max_members
        )
        return _roster_frame(frames.roster_of(found), differences_url)

    def members(
        self, role: str | None = None, resource_link: str | None = None, status: str | None = None
    ) -> Iterator[Member]:
        """Yield members one by one as pages arrive: for rosters too big to hold.

        Filters are those of `roster`. Somebody whom the platform lists twice comes twice.
        """
        return self.service(Memberships).members(role=role, resource_link=resource_link, status=status)

    def pseudonyms(self, key: bytes | str | None = None) -> pd.DataFrame:
        """Return who is behind the pseudonyms that `connect` gives with ``pseudonyms=True``: the bridge back.

        Keep it as you would keep the roster. Who left the course is not in it.

        Args:
            key: what the pseudonyms were made with, where that is not the registration's own key.

        Returns:
            One row per member, columns user_id, name (missing where the platform shares none), pseudonym (text).

        Raises:
            UsageError: this session itself shows pseudonyms alone; or *key* is none.
            KeyStorageError: the registration's key cannot be read.
        """
        if self._client.veil is not None:
            raise UsageError(
                "This session shows pseudonyms alone.", hint="Ask one without them: ltix.connect(…).course(…)."
            )
        known = self._client.registration
        veil = Veil(veilkey.given(known.name, True if key is None else key, stored=known.stored))
        people = self.roster()[["user_id", "name"]]
        return people.assign(pseudonym=people["user_id"].map(veil.cover).astype(frames.text_dtype()))

    def roster_changes(self, since: pd.DataFrame | str) -> pd.DataFrame:
        """Return who was added, changed or removed (status Deleted) since a roster was read.

        Args:
            since: a frame of `roster`, or its ``.attrs["differences_url"]``.

        Returns:
            The columns of `roster`.

        Raises:
            UsageError: the platform offered no differences link with that roster. [NRPS §2.4.3]
        """
        url = since if isinstance(since, str) else since.attrs.get("differences_url")
        if not url:
            raise UsageError(
                "That roster came without a differences link; few platforms offer one.",
                hint="Read the roster again and compare the two frames.",
                spec="NRPS §2.4.3",
            )
        found = self.service(Memberships).differences(url)
        return _roster_frame(frames.roster(found.members), found.differences_url)


def _roster_frame(frame: pd.DataFrame, differences_url: str | None) -> pd.DataFrame:
    if differences_url:
        frame.attrs["differences_url"] = differences_url
    return frame
