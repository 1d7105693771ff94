"""What changed in a course between two times, and how that shows itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from .. import markup
from . import comparing
from .about import PARTS
from .snapshot import Snapshot

_WORDS = {
    "members": {"joined": "joined", "left": "left", "role": "changed role", "status": "changed status"},
    "grades": {"new": "new", "raise": "raised", "lower": "lowered", "clear": "cleared"},
    "line_items": {"new": "new", "removed": "removed", "renamed": "renamed", "maximum": "other maximum"},
}
_CALLED = {"members": "Members", "grades": "Grades", "line_items": "Line items"}
_PART = {"roster": "Members", "line_items": "Line items", "results": "Grades"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Changes:
    """What changed in a course. True where anything did. Made by `Course.changes`.

    Attributes:
        course: the course's name.
        since: when the earlier state was (a datetime in UTC).
        until: when the later one was, or is.
        members: one row for each change of a person: change (category: joined, left, role, status), user_id, name,
            old, new (text: the role before and after, or the status; missing where there is none; name is
            missing where the platform shares none). A change of role is one of the roster's column role. The
            platform's own test student is left out. Whose user_id changed, as where Canvas merges two
            accounts, left and joined.
        grades: one row for each changed grade: change (category: new, raise, lower, clear), user_id, name, item_id,
            label (text), old, new, out_of (float64, points of the line item as it is now; missing is no grade).
            A difference of rounding is no change, nor is what a new maximum makes of a grade (the
            same points, or the same share). A grade is cleared only of somebody who is still
            active in the course: one who left takes theirs along. Those of removed line items are not listed.
        line_items: one row for each change of one: change (category: new, removed, renamed, maximum), item_id, label
            (text, the later one), old_label (text, where it was renamed), out_of (float64, points, the later one),
            old_out_of (float64, where the maximum changed).
        notes: what deserves to be known of it, in sentences.
    """

    course: str
    since: datetime
    until: datetime
    members: pd.DataFrame
    grades: pd.DataFrame
    line_items: pd.DataFrame
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(len(frame) for _, frame in self._frames())

    def __repr__(self) -> str:
        counts = "; ".join(
            f"{_CALLED[name].lower()}: {', '.join(f'{count} {word}' for word, count in found) or 'no change'}"
            for name, found in self._counts()
        )
        lines = [
            f"<Changes in {markup.still(self.course)} from {_time(self.since)} to {_time(self.until)} UTC: {counts}>"
        ]
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        rows = [(_CALLED[name], word, count) for name, found in self._counts() for word, count in found]
        title = f"Changes in {self.course} from {_time(self.since)} to {_time(self.until)} UTC"
        notes = "".join(markup.note(note, kind="info") for note in self.notes)
        if not rows:
            return markup.note(f"{title}: none.", kind="done") + notes
        more = markup.note("Who and what: .members, .grades and .line_items are DataFrames.", kind="info")
        return markup.table(("what", "change", "count"), rows, caption=title) + notes + more

    def _frames(self) -> Iterator[tuple[str, pd.DataFrame]]:
        yield from (("members", self.members), ("grades", self.grades), ("line_items", self.line_items))

    def _counts(self) -> Iterator[tuple[str, list[tuple[str, int]]]]:
        """Yield, for each frame, the changes that there are, in words and numbers."""
        for name, frame in self._frames():
            numbers = frame["change"].value_counts()
            yield name, [(word, int(numbers[change])) for change, word in _WORDS[name].items() if numbers[change]]


def between(old: Snapshot, new: Snapshot, *, notes: tuple[str, ...] = ()) -> Changes:
    """Return what changed from one state of a course to a later one.

    Raises:
        SnapshotError: a frame of one of them cannot be read.
    """
    then, now = ({part: snapshot.contents(part) for part in snapshot.parts} for snapshot in (old, new))
    return Changes(
        course=new.course,
        since=old.taken_at,
        until=new.taken_at,
        members=comparing.members(then.get("roster"), now.get("roster")),
        grades=comparing.grades(then, now),
        line_items=comparing.line_items(then.get("line_items"), now.get("line_items")),
        notes=(*notes, *_remarks(old, new)),
    )


def _remarks(old: Snapshot, new: Snapshot) -> Iterator[str]:
    """Yield what could not be compared, and what is hard to believe."""
    for part in PARTS:
        lacking = [name for name, side in (("then", old), ("now", new)) if part not in side.parts]
        if len(lacking) == 1:
            yield f"{_PART[part]} are not compared: this tool could not read them {lacking[0]}."
    if "roster" in new.parts and old.counts["roster"] and not new.counts["roster"]:
        yield "The platform lists nobody in this course any more; if that is wrong, ask its administrator."


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"
