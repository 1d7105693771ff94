"""Grades from a sheet: DataFrame or file -> `Plan` (nothing is sent) -> `Report`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import frames
from .choosing import counted
from .errors import GradeProblemsError
from .planning import PlannedRow
from .progress import Progress
from .sending import WORKERS, Outcome, Sender

if TYPE_CHECKING:
    import pandas as pd

_GOOD = frozenset({"confirmed", "unchanged"})


class Plan:
    """What an upload would do. Making one reads the roster and the results; it sends nothing.

    Attributes:
        label: the line item's label.
        out_of: the maximum that the sheet's scores stand on, in points.
        rows: every row of the sheet, see `ltix_data.planning.PlannedRow`.
        notes: what was noticed while reading the file, such as its encoding.
    """

    def __init__(
        self,
        rows: Sequence[PlannedRow],
        *,
        label: str,
        out_of: float,
        sender: Callable[[], Sender],
        notes: Sequence[str] = (),
    ) -> None:
        self.rows = tuple(rows)
        self.label = label
        self.out_of = out_of
        self.notes = tuple(notes)
        self._sender = sender

    @property
    def problems(self) -> pd.DataFrame:
        """The rows that cannot be sent as they stand.

        Columns: row (int64, as in the file, the header is row 1), column, value (text, as it stands),
        problem (a code), hint. Codes: missing_id, damaged_id, unknown_user, ambiguous_user,
        duplicate, inactive, not_learner, test_user, not_a_number, percent, fraction, negative,
        infinite, boolean, too_large, above_maximum.
        """
        return frames.problems(_fields(row, _PROBLEM_FIELDS) for row in self._in("problem"))

    @property
    def changes(self) -> pd.DataFrame:
        """The rows that would be sent or are the same already.

        Columns: row (int64), user_id, name, old and new (float64 points out of out_of; old is missing
        where there is no grade), out_of (float64), change (category: new, raise, lower, same).
        """
        return frames.changes(
            {**_fields(row, _CHANGE_FIELDS), "new": row.score} for row in self._in("ready", "unchanged")
        )

    def count(self, state: str) -> int:
        """Return how many rows are ready, unchanged, blank or a problem."""
        return len(self._in(state))

    def send(self, *, workers: int = WORKERS, verify: bool = True) -> Report:
        """Send the rows that are ready, and read back what the platform made of them.

        Rows with a problem are left out, and appear in the report as skipped. A grade that somebody
        changed since the plan was made is left as it is. Sending a plan again sends only what did not
        arrive.

        Args:
            workers: how many scores are under way at once.
            verify: compare the platform's results with what was planned, and then with what was sent.
                Without it, what the platform accepts counts as confirmed, and newer grades are replaced:
                for a tool that may not read results.

        Raises:
            ScopeError: the tool may not post scores here; nothing was sent.
            LtixError: the line item could not be made, or the results not be read; nothing was sent.
        """
        sender = self._sender()
        with Progress(self.count("ready"), f"scores sent to “{self.label}”") as progress:
            outcomes = sender.send(self.rows, workers=workers, verify=verify, tick=progress.tick)
        return Report(outcomes, label=self.label)

    def check(self) -> None:
        """Raise `GradeProblemsError` if any row is a problem."""
        if count := self.count("problem"):
            kinds = Counter(row.problem for row in self._in("problem"))
            raise GradeProblemsError(
                f"{count} of {len(self.rows)} rows cannot be sent ({_counted(kinds)}); nothing was sent.",
                problems=self.problems,
                hint="Look at the error's .problems (or plan_grades(…).problems), or pass skip_problems=True.",
            )

    def _in(self, *states: str) -> list[PlannedRow]:
        return [row for row in self.rows if row.state in states]

    def __repr__(self) -> str:
        changes = Counter(row.change for row in self._in("ready"))
        problems = counted(self.count("problem"), "problem")
        lines = [
            f"Plan for “{self.label}” (out of {self.out_of:g}): {self.count('ready')} ready ({_counted(changes)}), "
            f"{self.count('unchanged')} unchanged, {self.count('blank')} blank, {problems}.",
            *self.notes,
            "Look at .changes and .problems, then .send().",
        ]
        return "\n".join(lines)


class Report:
    """What became of every row of an upload."""

    def __init__(self, outcomes: Sequence[Outcome], *, label: str) -> None:
        self.label = label
        self._outcomes = tuple(outcomes)

    @property
    def outcomes(self) -> pd.DataFrame:
        """One row for each row of the sheet.

        Columns: row (int64), user_id, score (float64 points as in the sheet), outcome (category),
        reason. Outcomes: confirmed (the platform holds it), unchanged (it did already), skipped (blank
        or a problem), refused (not stored), differs (accepted, but the platform shows something
        else), unknown (no answer, and the results do not show it; or accepted, and the results could
        not be read).
        """
        return frames.outcomes(_fields(outcome, _OUTCOME_FIELDS) for outcome in self._outcomes)

    @property
    def failures(self) -> pd.DataFrame:
        """The rows of `outcomes` that hold a score and did not reach the gradebook."""
        failed = [outcome for outcome in self._outcomes if _failed(outcome)]
        return frames.outcomes(_fields(outcome, _OUTCOME_FIELDS) for outcome in failed)

    @property
    def ok(self) -> bool:
        """Whether every row that holds a score is in the gradebook."""
        return not any(map(_failed, self._outcomes))

    def __repr__(self) -> str:
        counts = Counter(outcome.outcome for outcome in self._outcomes)
        text = f"Report for “{self.label}”: {_counted(counts)}."
        return text if self.ok else f"{text}\nLook at .failures."


_PROBLEM_FIELDS = ("row", "column", "value", "problem", "hint")
_CHANGE_FIELDS = ("row", "user_id", "name", "old", "out_of", "change")
_OUTCOME_FIELDS = ("row", "user_id", "score", "outcome", "reason")


def _fields(thing: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}


def _failed(outcome: Outcome) -> bool:
    return outcome.outcome not in _GOOD and outcome.reason != "blank"


def _counted(counts: Counter[Any]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts.most_common()) or "none"
