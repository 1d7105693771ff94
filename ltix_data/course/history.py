"""A course over time: snapshots, and what changed since."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .. import snapshots, spec
from ..errors import LtixError, UsageError
from ..services.grades import Grades
from ..services.memberships import Memberships
from ..snapshots import Changes, Owner, Snapshot, Time, differences
from ..veil import Veil
from .items import LineItems
from .results import Results
from .rosters import Rosters

if TYPE_CHECKING:
    import pandas as pd

_READS_ITEMS = frozenset({spec.SCOPE_LINE_ITEM, spec.SCOPE_LINE_ITEM_READONLY})


class Remembering(Rosters, LineItems, Results):
    """Snapshots of a course, on this computer."""

    def snapshot(self) -> Snapshot:
        """Read roster, line items and results, and store them on this computer, readable by you alone.

        It is stored whole or not at all; where pyarrow is installed as parquet, else as compressed CSV. Of 3,000
        members and 100 line items with all their grades, writing takes half a second and 1.1 MB as parquet,
        four seconds and 9 MB as CSV.

        A snapshot is personal data: remove it with `forget_snapshots` when it is not needed any longer. In a
        session with pseudonyms it holds pseudonyms only.

        Raises:
            SnapshotError: it cannot be written.
            UsageError: the course offers neither a roster nor grades.
            LtixError: the platform does not give all of it; nothing is stored then.
        """
        return snapshots.kept(self._now())

    def snapshots(self) -> pd.DataFrame:
        """Return the stored snapshots of this course, one row for each, the latest first.

        Returns:
            Columns taken_at (datetime64 UTC), members, line_items, results (int64, how many), size (int64, bytes),
            pseudonyms (bool: of a session with pseudonyms), format (category: parquet, csv.gz), state (category:
            whole, damaged). Of a damaged one only taken_at may be known; the counts are 0 then.
        """
        return snapshots.table(self._owner)

    def snapshots_of(self, since: Time | None = None) -> list[Snapshot]:
        """Return the snapshots that can be compared with this session's course, the oldest first.

        Those are ordinary ones; in a session with pseudonyms, those with the same pseudonyms, and ordinary ones,
        which are shown with pseudonyms then. What is damaged is left out, and warned of.

        Args:
            since: leave out those before this: a datetime or a date (without a zone, in local time), a span before
                now, or either as text, such as "2026-11-18" or "7 days".

        Raises:
            UsageError: *since* is no time.
        """
        start = None if since is None else snapshots.moment(since, self._time())
        found, _ = snapshots.of_course(self._owner, self._veil)
        wanted = (snapshot for snapshot in found if start is None or snapshot.taken_at >= start)
        return [snapshot for snapshot in wanted if snapshots.sound(snapshot)]

    def changes(self, since: Snapshot | Time | None = None, until: Snapshot | None = None) -> Changes:
        """Return who joined and left, and which roles, statuses, grades and line items changed.

        The roster is brought up to date by the platform's own report of differences where it offers one
        [NRPS §2.4.3], and read anew where it does not, or where that report cannot be right.

        Args:
            since: a snapshot, or a time, which means the last snapshot at or before it: a datetime, a date such as
                "2026-11-18" (its beginning, in local time), or a span before now such as "7 days", of which a
                twentieth may be lacking. Where none is so old, the oldest is taken, and a note says so. None
                means the last one.
            until: a later snapshot; None means the course as it is now.

        Returns:
            `Changes`: the frames .members, .grades and .line_items, whose columns are told there; .since and .until
            (datetimes in UTC), .notes (sentences); it is true where anything changed.

        Raises:
            UsageError: there is no snapshot to compare with, or *since* cannot be understood.
            SnapshotError: a snapshot that was asked for is damaged.
            LtixError: the platform does not give all of it; nobody is taken to have left then.
        """
        if until is None:
            old, notes = self._earlier(since, self._time())
            return snapshots.between(old, self._now(old), notes=notes)
        new = self._seen(until)
        old, notes = self._earlier(since, new.taken_at, but=new)
        return snapshots.between(old, new, notes=notes)

    def forget_snapshots(self, *, before: Time) -> int:
        """Remove the snapshots of this course that were taken before a time, and return how many those were.

        Pseudonymous and damaged ones go too.

        Args:
            before: a datetime, a date such as "2026-03-01", or a span such as "180 days": what is older. "now"
                removes all.

        Raises:
            SnapshotError: one cannot be removed.
        """
        now = self._time()
        return snapshots.forget(self._owner, now if before == "now" else snapshots.moment(before, now))

    # --- Within -----------------------------------------------------------------------------------

    @property
    def _owner(self) -> Owner:
        known = self._client.registration
        return Owner(known.name, known.issuer, known.client_id, self._known)

    @property
    def _veil(self) -> Veil | None:
        return self._client.veil

    def _time(self) -> datetime:
        return datetime.fromtimestamp(self._client.now(), UTC)

    def _now(self, old: Snapshot | None = None) -> Snapshot:
        """Read the course; its roster by what changed since an *old* one, where that is possible."""
        at = self._time()
        found: dict[str, pd.DataFrame] = {}
        if self._known.endpoint(Memberships.claim):
            found["roster"] = self._roster_since(old)
        if self._known.endpoint(Grades.claim) and self._may(_READS_ITEMS):
            found["line_items"] = self.line_items()
            if self._may(frozenset({spec.SCOPE_RESULT_READONLY})):
                found["results"] = self.results()
        if not found:
            raise UsageError(
                f"Course “{self.name}” offers neither a roster nor grades that this tool may read.",
                hint="Ask the platform's administrator to enable them and launch the tool from this course again.",
                spec="Core §6.1",
            )
        return snapshots.taken(self._owner, at, found, None if self._veil is None else self._veil.mark)

    def _may(self, scopes: frozenset[str]) -> bool:
        return bool(scopes & self._known.offered_scopes)

    def _roster_since(self, old: Snapshot | None) -> pd.DataFrame:
        before = old.roster if old is not None and "roster" in old.parts else None
        if before is None or not before.attrs.get("differences_url"):
            return self.roster()
        try:
            now = differences.updated(before, self.roster_changes(before))
        except LtixError:  # refused, expired or nonsense; what is wrong in earnest is told by the roster itself
            now = None
        return self.roster() if now is None else now

    def _earlier(
        self, since: Snapshot | Time | None, at: datetime, *, but: Snapshot | None = None
    ) -> tuple[Snapshot, tuple[str, ...]]:
        """Return the snapshot to compare with, another one than *but*, and notes on how it was found."""
        if isinstance(since, Snapshot):
            old = self._seen(since)
            if old.taken_at > at:
                raise UsageError("until must be later than since.", hint="Give the earlier snapshot first.")
            return old, ()
        found, notes = snapshots.of_course(self._owner, self._veil)
        others = [snapshot for snapshot in found if but is None or snapshot.path != but.path]
        meant = snapshots.chosen(others, since, at, snapshots.sound)
        if meant is None:
            raise UsageError(
                " ".join((f"There is no earlier snapshot of course “{self.name}” to compare with.", *notes)),
                hint="Take one now with course.snapshot(), and compare later.",
            )
        old, more = meant
        return old, (*more, *notes)

    def _seen(self, snapshot: Snapshot) -> Snapshot:
        """Return somebody's snapshot as this session may see it.

        Raises:
            UsageError: it is of another course, or its people cannot be told from those now.
        """
        if not snapshots.same_course(snapshot.owner, self._owner):
            raise UsageError(
                f"This snapshot is of course “{snapshot.course}”, not of “{self.name}”.",
                hint="course.snapshots_of() gives this course's own.",
            )
        seen = snapshots.seen_by(snapshot, self._veil)
        if seen is None:
            raise UsageError(
                "This snapshot holds pseudonyms, and this session cannot tell whose they are.",
                hint="Connect with pseudonyms=True and the key that it was taken with.",
            )
        return seen
