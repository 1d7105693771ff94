"""What became of a notebook: how many of what kind, where. Never what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import markup
from ..choosing import counted
from .texts import Tally

if TYPE_CHECKING:
    import pandas as pd

_STATES = ("removed", "left", "suspect")
_HEADERS = ("cell", "part", "kind", "count", "state")


@dataclass(frozen=True)
class Scrubbed:
    """What `scrub` found in a notebook. It shows itself in words and as a table.

    Attributes:
        path: the file.
        people: how many different texts (names, addresses, ids) were looked for.
        checked: whether it was only a check: then nothing was changed, and “removed” is what would be.
        tally: the counts.
    """

    path: Path
    people: int
    checked: bool
    tally: Tally

    @property
    def removed(self) -> int:
        """Return how many places were removed (in a check: would be)."""
        return self._count("removed")

    @property
    def left(self) -> int:
        """Return how many names that stand alone are left in code and prose: somebody has to look at them."""
        return self._count("left")

    @property
    def suspects(self) -> int:
        """Return how many addresses are of a host that the rosters' are of, and nobody's in them; they are left."""
        return self._count("suspect")

    @property
    def pictures(self) -> int:
        """Return how many pictures there are. Nobody looked into them."""
        return self.tally.pictures

    @property
    def clean(self) -> bool:
        """Return whether nothing was found: nothing removed, left or suspect, and no picture or file unread."""
        return not (self.removed or self.left or self.suspects or self.pictures or self.tally.files)

    @property
    def table(self) -> pd.DataFrame:
        """Return where how many of what kind were found.

        Returns:
            One row for each place, kind and state. cell (Int64, its number from 1 on; missing for the notebook as a
            whole), part (text: code, prose, stdout, error, a media type such as text/html, metadata, …), kind
            (text: full name, given name, e-mail, user_id, …), count (int64), state (category: removed, left, suspect).
        """
        import pandas as pd

        columns = list(zip(*self._rows(), strict=True)) or [()] * len(_HEADERS)
        return pd.DataFrame(
            {
                "cell": pd.array(list(columns[0]), dtype="Int64"),
                "part": pd.Series(columns[1], dtype=pd.Series(["a"]).dtype),
                "kind": pd.Series(columns[2], dtype=pd.Series(["a"]).dtype),
                "count": pd.Series(columns[3], dtype="int64"),
                "state": pd.Categorical(columns[4], categories=list(_STATES)),
            }
        )

    @property
    def notes(self) -> list[str]:
        """Return what somebody should know, in sentences."""
        notes = []
        if self.left:
            notes.append(
                f"{counted(self.left, 'name')} that may be a word or a variable {_is(self.left)} left in code or "
                "prose: look at the table, and at the cells."
            )
        if self.suspects:
            notes.append(
                f"{self.suspects} e-mail address{'' if self.suspects == 1 else 'es'} at a host of the rosters', but of "
                f"nobody in them, {_is(self.suspects)} left."
            )
        if self.pictures:
            notes.append(f"There {_is(self.pictures)} {counted(self.pictures, 'picture')}; nobody looked into them.")
        if self.tally.files:
            notes.append(f"There {_is(self.tally.files)} {counted(self.tally.files, 'file')} that cannot be read.")
        return notes

    def __repr__(self) -> str:
        return "\n".join([self._first(), *(f"  {line}" for line in (*self._lines(), *self.notes))])

    def _repr_html_(self) -> str:
        rows = [("" if cell is None else cell, *others) for cell, *others in self._rows()]
        shown = markup.note(self._first(), kind="info" if self.removed else "done")
        if rows:
            shown += markup.table(_HEADERS, rows, caption="What was found, and where")
        return shown + "".join(markup.note(note, kind="warning") for note in self.notes)

    def _first(self) -> str:
        if not self.removed:
            return f"{self.path.name}: nothing of {counted(self.people, 'name')}, addresses and ids was found."
        verb = "to remove" if self.checked else "removed"
        return (
            f"{self.path.name}: {self.removed} {verb}, of {counted(self.people, 'name')}, addresses and ids looked for."
        )

    def _lines(self) -> list[str]:
        found: dict[str, Counter[str]] = {}
        for cell, part, kind, count, state in self._rows():
            if state == "removed":
                where = f"cell {cell}, {part}" if cell else f"notebook, {part}"
                found.setdefault(where, Counter())[kind] += count
        return [f"{where}: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}" for where, kinds in found.items()]

    def _rows(self) -> list[tuple[int | None, str, str, int, str]]:
        rows = [
            (place.cell, place.part, kind, count, state) for (place, kind, state), count in self.tally.counts.items()
        ]
        return sorted(rows, key=lambda row: (row[0] is None, row[0] or 0, row[1], row[4], row[2]))

    def _count(self, wanted: str) -> int:
        return sum(count for (_, _, state), count in self.tally.counts.items() if state == wanted)


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
