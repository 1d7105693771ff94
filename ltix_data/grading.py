"""Grades from a sheet: DataFrame or file -> `Plan` (nothing is sent) -> `Report`."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import delivery, frames, history, journal, reporting, saving, views
from .delivery import Delivered, Delivery, OnProgress, Opener
from .errors import GradeProblemsError, LtixError, UsageError
from .rows import PlannedRow
from .sending import STOP_AFTER, WORKERS
from .target import Target

if TYPE_CHECKING:
    import pandas as pd

#: Plans of pseudonymous sessions are of version 2: what knows nothing of them must not send them.
_VERSION = 2
_COVERED = "the people in it are pseudonyms, made with the key"


class Plan:
    """What an upload would do. Making one reads the roster and the results; it sends nothing.

    Attributes:
        label: the line item's label.
        out_of: the maximum that the sheet's scores stand on, in points; None where each row has its own.
        rows: every row of the sheet, see `ltix_data.rows.PlannedRow`.
        notes: what was noticed while reading the file, such as its encoding.
    """

    def __init__(
        self,
        rows: Sequence[PlannedRow],
        *,
        target: Target,
        opener: Opener,
        notes: Sequence[str] = (),
        source: Path | None = None,
        saved: bool = False,
    ) -> None:
        self.rows = tuple(rows)
        self.notes = tuple(notes)
        self._target, self._opener, self._source, self._saved = target, opener, source, saved

    @property
    def label(self) -> str:
        """The line item's label."""
        return self._target.item.label

    @property
    def out_of(self) -> float | None:
        """The maximum that the scores stand on; None where rows differ in it."""
        found = {row.out_of for row in self.rows if row.out_of is not None}
        return found.pop() if len(found) == 1 else self._target.item.out_of if not found else None

    @property
    def problems(self) -> pd.DataFrame:
        """The rows that cannot be sent as they stand.

        Columns: row (int64, as in the file, the header is row 1), column, value (text, as it stands),
        problem (a code), hint. Codes: missing_id, damaged_id, unknown_user, ambiguous_user,
        duplicate, inactive, not_learner, test_user, not_a_number, percent, fraction, negative,
        infinite, boolean, too_large, above_maximum, missing_maximum, bad_maximum, not_a_word, not_a_time,
        changed_since.
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

    def send(
        self,
        *,
        workers: int = WORKERS,
        verify: bool = True,
        stop_after: int = STOP_AFTER,
        skip_moved: bool | None = None,
        stop: threading.Event | None = None,
        on_progress: OnProgress | None = None,
    ) -> Report:
        """Send the rows that are ready, and read back what the platform made of them.

        Rows with a problem are left out, and appear in the report as skipped. A grade that somebody
        changed since the plan was made is left as it is. Each score is in a journal on this computer
        before it is sent: see `Session.resume` and `Session.undo`. Sending a plan again sends only what
        did not arrive. An interrupt ends it within two seconds, and nothing is lost.

        Args:
            workers: how many scores are under way at once, at most: the platform's pace decides.
            verify: compare the platform's results with what was planned, and then with what was sent.
                Without it, what the platform accepts counts as confirmed, and newer grades are replaced:
                for a tool that may not read results.
            stop_after: end after so many equal refusals in a row, for the rest would be refused alike.
            skip_moved: leave out rows whose grade changed since the plan was made, and send the others.
                That is so by default, but for a plan that was saved: it is refused whole then.
            stop: ends it once another thread sets it: what is under way has two seconds to be answered, the other
                rows are reported as not sent, and `Report.resume` goes on.
            on_progress: called with the rows that are done and the rows to send, in place of showing a progress.

        Raises:
            PlanOutdatedError: a grade, or the line item, changed since the plan was saved; nothing was sent.
            ScopeError: the tool may not post scores here; nothing was sent.
            JournalError: the journal cannot be kept, or another upload to this line item is under way.
            LtixError: the line item could not be made, or the results not be read; nothing was sent.
        """
        skip = not self._saved if skip_moved is None else skip_moved
        sender = Delivery(
            self._opener,
            workers=workers,
            verify=verify,
            stop_after=stop_after,
            skip_moved=skip,
            stop=stop,
            on_progress=on_progress,
        )
        return Report(sender.send(self._target, self.rows), opener=self._opener, source=self._source)

    def save(self, path: str | Path) -> Path:
        """Write the plan to a file, to be sent later or elsewhere: see `Session.load_plan`.

        The file holds user_ids, grades and the comments to be sent, no names; only its owner can read it. A
        pseudonymous session's holds pseudonyms, says so, and can be sent in a pseudonymous session alone.

        Raises:
            UsageError: it is there already, or cannot be written.
        """
        veil = self._opener.veil
        people = {"ltix_data plan": 1} if veil is None else {"ltix_data plan": _VERSION, _COVERED: veil.mark}
        rows = self.rows if veil is None else map(_without_comment, self.rows)
        document = people | {"target": self._target.to_json(), "rows": [row.to_json() for row in rows]}
        return saving.write_new(path, json.dumps(document, ensure_ascii=False, indent=1).encode())

    def check(self) -> None:
        """Raise `GradeProblemsError` if any row is a problem."""
        if count := self.count("problem"):
            kinds = Counter(row.problem for row in self._in("problem"))
            raise GradeProblemsError(
                f"{count} of {len(self.rows)} rows cannot be sent ({views.counts(kinds)}); nothing was sent.",
                problems=self.problems,
                hint="Look at the error's .problems (or plan_grades(…).problems), or pass skip_problems=True.",
            )

    def _in(self, *states: str) -> list[PlannedRow]:
        return [row for row in self.rows if row.state in states]

    def __repr__(self) -> str:
        return "\n".join([views.plan_line(self), *self.notes, "Look at .changes and .problems, then .send()."])

    def _repr_html_(self) -> str:
        return views.plan_html(self)


def loaded(path: str | Path, opener_for: Callable[[Target], Opener]) -> Plan:
    """Return the plan in a file.

    Raises:
        UsageError: it cannot be read, or is no plan.
    """
    place = Path(path).expanduser()
    try:
        document = json.loads(place.read_bytes())
        if document["ltix_data plan"] > _VERSION:
            raise UsageError(f"“{place.name}” was written by a newer version of ltix_data.", hint="Upgrade ltix_data.")
        target = Target.from_json(document["target"])
        rows = [PlannedRow.from_json(raw) for raw in document["rows"]]
        if any(row.state == "ready" and (row.score or 0) > (row.out_of or 0) for row in rows):
            raise ValueError("a score above its maximum was never planned")
    except OSError as error:
        raise UsageError(f"“{place.name}” could not be opened ({error.strerror}).", hint="Check the path.") from error
    except UsageError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, LtixError):
        raise UsageError(f"“{place.name}” is no plan that can be read.", hint="Save it anew: plan.save(…).") from None
    opener = opener_for(target)
    told = [replace(row, hint=_ELSEWHERE) if row.state == "problem" else row for row in rows]
    return Plan(_met(told, document.get(_COVERED), opener, place.name), target=target, opener=opener, saved=True)


def _met(rows: Sequence[PlannedRow], mark: object, opener: Opener, name: str) -> Sequence[PlannedRow]:
    """Return the rows of a saved plan, the people in them as its session knows them; *mark* tells whose they are."""
    veil = opener.veil
    if mark is None:
        return rows if veil is None else [row.known_as(veil.cover) for row in rows]
    if veil is None:
        raise UsageError(
            f"The people in “{name}” are pseudonyms, and this session knows none.",
            hint="Open it in a session like the one that saved it: ltix.connect(…, pseudonyms=True).",
        )
    if mark != veil.mark:
        raise UsageError(
            f"The people in “{name}” are pseudonyms that were made with another key.",
            hint="Connect with that key: pseudonyms=…; or plan the sheet again.",
        )
    opener.meet([row.user_id for row in rows if row.user_id is not None])
    return [row if row.user_id is None or veil.knows(row.user_id) else _left(row) for row in rows]


def _left(row: PlannedRow) -> PlannedRow:
    """Return the row of somebody who was in the course when it was planned."""
    return replace(row, state="problem", user_id=None, column="user_id", problem="unknown_user", hint=_GONE)


def _without_comment(row: PlannedRow) -> PlannedRow:
    """Return a row without the platform's comment, which may name somebody; it is read again when the plan is sent."""
    return row if row.before is None else replace(row, before=replace(row.before, comment=None))


_ELSEWHERE = "See the plan where it was made: a saved one holds no cells of the sheet."
_GONE = "Nobody in the course has this pseudonym any more."


def resumed(
    upload_id: str,
    opener: Opener,
    *,
    stop: threading.Event | None = None,
    on_progress: OnProgress | None = None,
    source: Path | None = None,
) -> Report:
    """Go on with an upload. See `Report.resume`."""
    upload = journal.read(upload_id, veil=opener.veil)
    if history.undone(upload_id):
        raise UsageError(f"Upload {upload_id} was undone; it is not sent again.", hint="Plan the sheet anew.")
    if upload.state == "complete":
        return Report(delivery.ended(upload), opener=opener, source=source)
    sender = Delivery(opener, stop=stop, on_progress=on_progress)
    return Report(sender.resume(upload), opener=opener, source=source)


class Report:
    """What became of every row of an upload.

    Attributes:
        label: the line item's label.
        upload_id: for `Session.resume` and `Session.undo`; None where there was nothing to send.
    """

    def __init__(self, delivered: Delivered, *, opener: Opener, source: Path | None = None) -> None:
        self.label = delivered.target.item.label
        self.upload_id = delivered.upload_id
        self._outcomes, self._opener, self._source = delivered.outcomes, opener, source

    @property
    def outcomes(self) -> pd.DataFrame:
        """One row for each row of the sheet.

        Columns: row (int64), user_id, score (float64 points as in the sheet), outcome (category), reason,
        held (float64, what the platform shows, on the same scale; missing where it shows none or was not
        asked). Outcomes: confirmed (the platform holds it), unchanged (it did already),
        skipped (blank or a problem), refused (not stored), differs (accepted, but the platform shows
        something else), unknown (no answer, and the results do not show it; or accepted, and the
        results could not be read).
        """
        return frames.outcomes(_fields(outcome, _OUTCOME_FIELDS) for outcome in self._outcomes)

    @property
    def failures(self) -> pd.DataFrame:
        """The rows of `outcomes` that hold a score and did not reach the gradebook."""
        failed = [outcome for outcome in self._outcomes if outcome.failed]
        return frames.outcomes(_fields(outcome, _OUTCOME_FIELDS) for outcome in failed)

    @property
    def ok(self) -> bool:
        """Whether every row that holds a score is in the gradebook."""
        return not any(outcome.failed for outcome in self._outcomes)

    def resume(self, *, stop: threading.Event | None = None, on_progress: OnProgress | None = None) -> Report:
        """Send what did not arrive, as `Session.resume` does; return a report of all rows.

        Args:
            stop: ends it once another thread sets it, see `Plan.send`.
            on_progress: called with the rows that are done and the rows to send, in place of showing a progress.

        Raises:
            UsageError: there was nothing to send, or the upload was undone.
            JournalError: another process is sending it, or its journal is damaged.
        """
        if self.upload_id is None:
            raise UsageError("There was nothing to send, so there is nothing to go on with.", hint="Plan again.")
        return resumed(self.upload_id, self._opener, stop=stop, on_progress=on_progress, source=self._source)

    def save(self, path: str | Path | None = None) -> Path:
        """Write `outcomes` to a .csv or .xlsx file and return its path.

        Without *path* it goes beside the spreadsheet, as ``<its name>.report-<upload_id>.csv``. A cell
        that a spreadsheet program would take for a formula is written as text. Nothing is overwritten.

        Raises:
            UsageError: there is no spreadsheet to put it beside, or the file is there or cannot be written.
        """
        if path is None and self._source is None:
            raise UsageError("There is no spreadsheet to put the report beside.", hint="Give a path.")
        beside = self._source or Path()
        place = Path(path) if path else beside.with_name(f"{beside.stem}.report-{self.upload_id or 'nothing-sent'}.csv")
        return reporting.write(self.outcomes, place)

    def __repr__(self) -> str:
        return views.report_text(self)

    def _repr_html_(self) -> str:
        return views.report_html(self)


_PROBLEM_FIELDS = ("row", "column", "value", "problem", "hint")
_CHANGE_FIELDS = ("row", "user_id", "name", "old", "out_of", "change", "overwrites")
_OUTCOME_FIELDS = ("row", "user_id", "score", "outcome", "reason", "held")


def _fields(thing: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}
