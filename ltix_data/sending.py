"""Sending planned scores, a few at a time, and reading back what became of them.

Scores are not idempotent: Canvas adds a submission and a comment for each, Moodle and Open edX refuse
a second one of the same time. So body and time are frozen before the first try, nothing is sent
twice blindly, and a lost answer is settled by reading the results.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from . import spec
from .errors import (
    AccessError,
    LtixError,
    PlatformError,
    RateLimitError,
    ScopeError,
    TransportError,
    UnavailableError,
    UnknownOutcomeError,
)
from .planning import PlannedRow, same
from .records import Result, Score
from .services.grades import Grades
from .timestamps import ScoreClock

Word = Literal["confirmed", "unchanged", "skipped", "refused", "differs", "unknown"]
WORKERS = 8  # Moodle's throughput peaks near 8 parallel posts and falls at 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row. `score` is in points on the scale of the sheet."""

    row: int
    user_id: str | None
    score: float | None
    outcome: Word
    reason: str = ""


class Journal(Protocol):
    """Learns of every score before it is sent and after its answer: what resume and undo stand on."""

    def sending(self, row: int, user_id: str, body: bytes) -> None:
        """Take down the exact body about to be sent; return once it is safe."""

    def answered(self, row: int, user_id: str, outcome: str) -> None:
        """Take down what came back."""


class NoJournal:
    """Takes nothing down."""

    def sending(self, row: int, user_id: str, body: bytes) -> None:
        """Do nothing."""

    def answered(self, row: int, user_id: str, outcome: str) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends the rows of one plan to one line item.

    Args:
        grades: the course's grade service.
        item_id: the line item's URL.
        clock: gives each score its time.
        extensions: what to add to every score.
        journal: learns of every score.
    """

    grades: Grades
    item_id: str
    clock: ScoreClock
    extensions: Mapping[str, Any]
    journal: Journal

    def send(
        self,
        rows: Sequence[PlannedRow],
        *,
        workers: int = WORKERS,
        verify: bool = True,
        tick: Callable[[], None] = lambda: None,
    ) -> list[Outcome]:
        """Send every ready row; return one outcome for each row, in the rows' order.

        A row whose grade changed since it was planned is not sent: somebody else's is newer. So a plan
        that is sent again sends only what did not arrive.

        Raises:
            ScopeError: the score scope was not granted; nothing was sent.
            LtixError: the results, which *verify* needs, could not be read; nothing was sent.
        """
        ready = [row for row in rows if row.state == "ready"]
        if ready:
            self.grades.client.tokens.token((spec.SCOPE_SCORE,))
        moved = self._moved(ready) if verify else {}
        ready = [row for row in ready if row.row not in moved]
        for _ in moved:
            tick()
        sent = self._send_all(ready, workers, tick)
        if any(verify or outcome.outcome == "unknown" for outcome in sent.values()):
            sent = self._settle(ready, sent, verify=verify)
        known = moved | sent
        return [known[row.row] if row.row in known else _left_out(row) for row in rows]

    def _moved(self, ready: Sequence[PlannedRow]) -> dict[int, Outcome]:
        """Return the rows whose grade is no longer the one the plan saw."""
        if not ready:
            return {}
        try:
            held = {result.user_id: result for result in self.grades.results(self.item_id)}
        except ScopeError:  # the plan could not see the grades either, and said so
            return {}
        return {row.row: moved for row in ready if (moved := _moved(row, held.get(row.user_id or "")))}

    def _send_all(self, ready: Sequence[PlannedRow], workers: int, tick: Callable[[], None]) -> dict[int, Outcome]:
        pool = ThreadPoolExecutor(max_workers=max(1, min(workers, 32)), thread_name_prefix="ltix-scores")
        unreachable = threading.Event()
        try:
            futures = [pool.submit(self._send_one, row, unreachable) for row in ready]
            for _ in as_completed(futures):
                tick()
            return {outcome.row: outcome for outcome in (future.result() for future in futures)}
        finally:
            pool.shutdown(cancel_futures=True)

    def _send_one(self, row: PlannedRow, unreachable: threading.Event) -> Outcome:
        user_id = row.user_id or ""
        if unreachable.is_set():
            return Outcome(row.row, row.user_id, row.score, "refused", "Not sent: the platform cannot be reached now.")
        score = Score(
            user_id=user_id,
            timestamp=self.clock.next(self.item_id, user_id),
            score=row.score,
            out_of=row.out_of,
            comment=row.comment,
            extensions=self.extensions,
        )
        body = score.to_bytes()
        self.journal.sending(row.row, user_id, body)
        word, reason = self._post(body, unreachable)
        self.journal.answered(row.row, user_id, word)
        return Outcome(row.row, row.user_id, row.score, word, reason)

    def _post(self, body: bytes, unreachable: threading.Event) -> tuple[Word, str]:
        try:
            self.grades.post_score(self.item_id, body)
        except (UnknownOutcomeError, UnavailableError) as error:  # a 5xx may come after the fact
            return "unknown", str(error)
        except (TransportError, RateLimitError) as error:  # after every try: the rows behind would only wait as long
            unreachable.set()
            return "refused", f"Not sent: {error}"
        except (AccessError, PlatformError) as error:
            return "refused", str(error)
        return "confirmed", ""

    def _settle(self, ready: Sequence[PlannedRow], sent: dict[int, Outcome], *, verify: bool) -> dict[int, Outcome]:
        """Compare what the platform holds now with what was sent."""
        try:
            held = {result.user_id: result for result in self.grades.results(self.item_id)}
        except LtixError as error:
            return {key: _unread(outcome, error) if verify else outcome for key, outcome in sent.items()}
        return {row.row: _settled(sent[row.row], row, held.get(row.user_id or ""), verify=verify) for row in ready}


def _unread(outcome: Outcome, error: LtixError) -> Outcome:
    """Platforms accept scores that they then do not store (Moodle): without a look, nobody knows."""
    if outcome.outcome != "confirmed":
        return outcome
    return replace(outcome, outcome="unknown", reason=f"Accepted, and could not be read back: {error}")


def _points(row: PlannedRow, held: Result | None) -> float | None:
    """Return the grade that the platform holds, on the scale of the sheet."""
    percent = held.percent if held else None
    return None if percent is None or row.out_of is None else percent / 100 * row.out_of


def _moved(row: PlannedRow, held: Result | None) -> Outcome | None:
    """Return the outcome of a row whose grade changed since the plan was made; None where it did not."""
    found = _points(row, held)
    if found == row.old or (found is not None and row.old is not None and same(found, row.old, row.out_of)):
        return None
    if found is not None and row.score is not None and same(found, row.score, row.out_of):
        return Outcome(row.row, row.user_id, row.score, "unchanged", "The platform already holds this grade.")
    reason = "Not sent: the grade changed since the plan was made. Plan again to see it."
    return Outcome(row.row, row.user_id, row.score, "refused", reason)


def _settled(outcome: Outcome, row: PlannedRow, held: Result | None, *, verify: bool) -> Outcome:
    found = _points(row, held)
    stored = found is not None and row.score is not None and same(found, row.score, row.out_of)
    if outcome.outcome == "unknown" and stored and row.change != "same":  # else a comment may be missing
        return replace(outcome, outcome="confirmed", reason="The answer was lost; the platform holds this grade.")
    if outcome.outcome == "confirmed" and verify and not stored:
        what = "no grade" if found is None else "another grade"
        return replace(outcome, outcome="differs", reason=f"The platform accepted it, and shows {what}.")
    return outcome


def _left_out(row: PlannedRow) -> Outcome:
    if row.state == "unchanged":
        return Outcome(row.row, row.user_id, row.score, "unchanged", "The platform already holds this grade.")
    if row.state == "blank":
        return Outcome(row.row, row.user_id, None, "skipped", "blank")
    return Outcome(row.row, row.user_id, row.score, "skipped", f"problem: {row.problem}")
