"""Sending planned scores, a few at a time, and reading back what became of them.

Scores are not idempotent: Canvas adds a submission and a comment for each, Moodle and Open edX refuse
a second one of the same time. So body and time are frozen and in the journal before the first try,
nothing is sent twice blindly, and a lost answer is settled by reading the results. Only a score that
they do not show is sent again, as the very same bytes: a platform that has it after all answers that
it holds one as new.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from . import judging, pace, spec
from .crew import Stop, work_off
from .errors import (
    AccessError,
    JournalError,
    LtixError,
    PlatformError,
    RateLimitError,
    RefusedError,
    ScopeError,
    StoppedError,
    TransportError,
    UnavailableError,
    UnknownOutcomeError,
)
from .parsing import moment
from .records import Result, Score
from .rows import Outcome, PlannedRow, Word
from .services.grades import Grades
from .timestamps import ScoreClock

WORKERS = pace.MOST  # at most: how many are really under way is the platform's pace
STOP_AFTER = 10
#: Seconds before what was not stored is sent again: a platform that was restarted is back by then.
_PAUSES = (3.0, 20.0)

_STOPPED, _LOST = "the upload was stopped.", "the platform cannot be reached now."
_UNREADABLE = "It was sent and not answered, and the results cannot be read. Look at it on the platform."

Held = Mapping[str, Result]


class Journal(Protocol):
    """Learns of every score before it is sent and after its answer: what resume and undo stand on."""

    def sending(self, row: int, body: bytes) -> None:
        """Take down the exact body about to be sent; return once it is safe."""

    def answered(self, row: int, outcome: str, reason: str) -> None:
        """Take down what came back."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends rows to one line item.

    Args:
        grades: the course's grade service.
        item_id: the line item's URL.
        clock: gives each score its time.
        extensions: what to add to every score.
    """

    grades: Grades
    item_id: str
    clock: ScoreClock
    extensions: Mapping[str, Any]

    def look(self, rows: Sequence[PlannedRow], *, verify: bool) -> Held | None:
        """Return what the platform holds before *rows* are sent; None where that cannot, or need not, be known.

        Raises:
            ScopeError: the score scope was not granted.
            LtixError: the results, which *verify* needs, could not be read.
        """
        if not any(row.state == "ready" for row in rows):
            return None
        self.grades.client.tokens.token((spec.SCOPE_SCORE,))
        if not verify:
            return None
        self.clock.quiet(self.item_id)
        try:
            return self._held()
        except ScopeError:  # the plan could not see the grades either, and said so
            return None

    def send(
        self,
        rows: Sequence[PlannedRow],
        journal: Journal,
        held: Held | None,
        *,
        unsettled: Mapping[int, bytes] | None = None,
        confirmed: frozenset[int] = frozenset(),
        workers: int = WORKERS,
        verify: bool = True,
        stop_after: int = STOP_AFTER,
        tick: Callable[[], None] = lambda: None,
        stop: threading.Event | None = None,
    ) -> list[Outcome]:
        """Send every ready row; return one outcome for each row, in the rows' order.

        A row whose grade changed since it was planned is not sent: somebody else's is newer.

        Args:
            rows: what was planned.
            journal: learns of every score.
            held: what `look` saw.
            unsettled: by row number what an earlier run sent without a clear answer.
            confirmed: the rows whose scores it saw accepted.
            workers: how many scores are under way at once, at most: the platform's pace decides.
            verify: compare the platform's results with what was sent.
            stop_after: this many equal refusals in a row end the run.
            tick: called for each row that is done.
            stop: ends the run once it is set: what is under way has two seconds to be answered, and the results
                as long to be read back.

        Raises:
            KeyboardInterrupt: as it came; what was under way had two seconds to be answered.
        """
        ready = [row for row in rows if row.state == "ready"]
        run = _Run(self, journal, workers, stop_after, dict(unsettled or {}), stop)
        outcomes = {row.row: Outcome.of(row, "confirmed") for row in ready if row.row in confirmed}
        outcomes |= self._already(ready, held, outcomes, run.bodies)
        for _ in outcomes:
            tick()
        pending = [row for row in ready if row.row not in outcomes]
        outcomes |= run.send(pending, tick)
        for pause in (*_PAUSES, None):
            lost = any(outcome.outcome == "unknown" for outcome in outcomes.values())
            held, unread = self._look_again(stop) if verify or lost else (None, None)
            again = [row for row in pending if row.row in run.unsent]
            if held is not None:
                outcomes = judging.all_settled(ready, outcomes, held, verify=verify)
                again += [row for row in pending if row.row in run.bodies and outcomes[row.row].outcome == "unknown"]
                # a teacher, or another tool, may have been faster
                moved = {row.row: newer for row in again if (newer := judging.moved(row, held.get(row.user_id or "")))}
                outcomes |= moved
                again = [row for row in again if row.row not in moved]
            if pause is None or not again or run.stop.is_set():
                break
            if run.waited(pause):
                outcomes |= run.send(again, lambda: None)
        if unread is not None and verify:
            outcomes = {number: judging.unread(outcome, unread) for number, outcome in outcomes.items()}
        return [outcomes[row.row] if row.row in outcomes else judging.left_out(row) for row in rows]

    def _held(self) -> Held:
        return {result.user_id: result for result in self.grades.results(self.item_id)}

    def _already(
        self, ready: Sequence[PlannedRow], held: Held | None, known: Mapping[int, Outcome], bodies: Mapping[int, bytes]
    ) -> dict[int, Outcome]:
        """Return the rows of which the results say, before anything is sent, that nothing needs sending."""
        unsure = [row for row in ready if row.row in bodies]
        if held is None:
            return {row.row: Outcome.of(row, "unknown", _UNREADABLE) for row in unsure}
        found: dict[int, Outcome] = {}
        for row in ready:
            there = held.get(row.user_id or "")
            if row.row in bodies and judging.holds(row, there):
                if judging.arrived(row, there):
                    found[row.row] = judging.settled(Outcome.of(row, "unknown"), row, there)
            elif row.row not in known and (moved := judging.moved(row, there)):
                found[row.row] = moved
        return found

    def _look_again(self, stop: threading.Event | None) -> tuple[Held | None, LtixError | None]:
        """Return what the platform holds now, or why it does not say."""

        def look(_: object) -> tuple[Held | None, LtixError | None]:
            try:
                return self._held(), None
            except LtixError as error:
                return None, error

        if stop is None:
            return look(None)
        seen = list(work_off([None], look, workers=1, stop=threading.Event(), leave=stop))
        return seen[0] if seen else (None, StoppedError("the upload was stopped before that."))


class _Run:
    """The scores of one run on their way: frozen bodies, equal refusals, and what stops it."""

    def __init__(
        self,
        sender: Sender,
        journal: Journal,
        workers: int,
        stop_after: int,
        bodies: dict[int, bytes],
        stop: threading.Event | None,
    ) -> None:
        self.bodies = bodies
        self.unsent: set[int] = set()  # rows that the network kept from being sent
        self.stop = Stop(stop)
        self._sender, self._journal, self._workers = sender, journal, max(1, min(workers, 32))
        self._stop_after = max(1, stop_after)
        self._lock = threading.Lock()
        self._why = ""
        self._lost = Stop(self.stop)  # set where the platform cannot be reached
        self._last: tuple[object, ...] = ()
        self._equal = 0

    def send(self, rows: Sequence[PlannedRow], tick: Callable[[], None]) -> dict[int, Outcome]:
        self._lost, self.unsent = Stop(self.stop), set()
        leave = self.stop.outer
        done = dict(work_off(rows, self._one, workers=self._workers, stop=self.stop, tick=tick, leave=leave))
        left = [row for row in rows if row.row not in done]  # stopped, and not answered in time
        return done | {row.row: self._unsent(row, _STOPPED) for row in left}

    def waited(self, seconds: float) -> bool:
        """Wait; return whether nothing stopped it."""
        try:
            with pace.stoppable(self.stop):
                pace.pause(seconds, self._sender.grades.client.http.sleep)
        except StoppedError:
            return False
        return True

    def _one(self, row: PlannedRow) -> tuple[int, Outcome]:
        try:
            with pace.stoppable(self._lost), self._sender.clock.alone(self._sender.item_id, row.user_id or ""):
                return row.row, self._send(row)
        except JournalError as error:
            self._halt(str(error))
            return row.row, self._unsent(row, self._why)
        except (StoppedError, TransportError, RateLimitError) as error:
            if self.stop.is_set():
                return row.row, self._unsent(row, self._why or _STOPPED)
            self._lost.set()  # after every try: those behind, and those between two tries, would only wait as long
            self.unsent.add(row.row)
            return row.row, self._unsent(row, _LOST if isinstance(error, StoppedError) else str(error))

    def _unsent(self, row: PlannedRow, why: str) -> Outcome:
        """Return the outcome of a row that was not sent this time; the time before may have been in vain, or not."""
        if row.row in self.bodies:
            return Outcome.of(row, "unknown", f"It was sent and not answered, and not sent again: {why}")
        return Outcome.of(row, "refused", f"Not sent: {why}")

    def _send(self, row: PlannedRow) -> Outcome:
        pace.check()
        again = row.row in self.bodies  # it was sent before, and nobody knows what became of it
        body = self.bodies[row.row] if again else self._frozen(row)
        noted = threading.Event()

        def leaving() -> bytes:  # its turn has come, perhaps for another try
            if not noted.is_set():
                self._journal.sending(row.row, body)
                self.bodies[row.row] = body
                noted.set()
            return body

        try:
            word, reason = self._post(leaving, again=again)
        except (StoppedError, TransportError, RateLimitError):
            if not again:
                self.bodies.pop(row.row, None)
            if noted.is_set():
                self._journal.answered(row.row, "unknown" if again else "refused", "not sent")
            raise
        if word != "unknown":
            self.bodies.pop(row.row, None)
        try:
            self._journal.answered(row.row, word, reason)
        except JournalError as error:  # the answer is known here, and settled anew after a crash
            self._halt(str(error))
        return Outcome.of(row, word, reason)

    def _frozen(self, row: PlannedRow) -> bytes:
        user_id = row.user_id or ""
        submitted = moment({"at": row.submitted_at}, "at")
        return Score(
            user_id=self._sender.grades.client.real_id(user_id),
            timestamp=self._sender.clock.next(self._sender.item_id, user_id),
            score=None if row.clears else row.score,
            out_of=None if row.clears else row.out_of,
            comment=row.comment,
            activity=row.activity,
            grading=row.grading,
            submitted_at=submitted,
            extensions=self._sender.extensions,
        ).to_bytes()

    def _post(self, body: Callable[[], bytes], *, again: bool) -> tuple[Word, str]:
        try:
            self._sender.grades.post_score(self._sender.item_id, body)
        except (UnknownOutcomeError, UnavailableError) as error:  # a 5xx may come after the fact
            self._count(error)
            return "unknown", str(error)
        except (StoppedError, TransportError, RateLimitError):
            raise
        except (AccessError, PlatformError) as error:
            if again and isinstance(error, RefusedError) and error.status in (400, 409):  # it may have come before
                return "unknown", str(error)
            self._count(error)
            return "refused", str(error)
        with self._lock:
            self._last, self._equal = (), 0
        return "confirmed", ""

    def _count(self, error: LtixError) -> None:
        """Stop after so many equal refusals: an unpublished course, a wrong role, a locked column."""
        if isinstance(error, UnknownOutcomeError):
            return
        hint = re.sub("[0-9]+", "", error.hint or "")  # “It asks to wait 299 s”
        kind = (type(error), getattr(error, "status", None), getattr(error, "code", None), hint)
        with self._lock:
            self._equal = self._equal + 1 if kind == self._last else 1
            self._last = kind
            if self._equal < self._stop_after:
                return
        self._halt(f"{self._equal} scores in a row got the same answer. {error}")

    def _halt(self, why: str) -> None:
        with self._lock:
            self._why = self._why or why
        self.stop.set()
