"""What the platform holds, against what was meant: pure comparisons, nothing is sent or read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .errors import LtixError
from .records import Result
from .rows import Outcome, PlannedRow

_HELD_ALREADY = "The platform already holds this grade."
_MEND = "Mend this row and plan the sheet again."
_HELD_AFTER_ALL = "The answer was lost; the platform holds this grade."
_MOVED = "Not sent: the grade changed since the plan was made. Plan again to see it."


def left_out(row: PlannedRow) -> Outcome:
    """Return the outcome of a row that is not to be sent."""
    if row.state == "unchanged":
        return Outcome.of(row, "unchanged", _HELD_ALREADY, row.before)
    if row.state == "blank":
        return Outcome.of(row, "skipped", row.hint or "blank")
    advice = None if row.problem == "unknown_user" else row.hint  # that one's hint may name other people
    return Outcome.of(row, "skipped", f"problem: {row.problem}. {advice or _MEND}")


def holds(row: PlannedRow, held: Result | None) -> bool:
    """Return whether the platform shows the grade that *row* means."""
    return row.same(row.scaled(held), None if row.clears else row.score)


def moved(row: PlannedRow, held: Result | None) -> Outcome | None:
    """Return the outcome of a row whose grade changed since the plan was made; None where it did not."""
    if row.same(row.scaled(held), row.old):
        return None
    if not holds(row, held):
        return Outcome.of(row, "refused", _MOVED, held)
    if not row.comment or (held is not None and row.comment == held.comment):
        return Outcome.of(row, "unchanged", _HELD_ALREADY, held)
    return None


def arrived(row: PlannedRow, held: Result | None) -> bool:
    """Return whether a score whose answer was lost is certainly in the gradebook.

    Where the grade was the same before, it is told by its comment; without one nobody can tell.
    """
    if not holds(row, held):
        return False
    comment = held.comment if held else None
    return row.change != "same" or (row.comment is not None and row.comment == comment)


def settled(outcome: Outcome, row: PlannedRow, held: Result | None) -> Outcome:
    """Return what a lost answer amounts to, seen in what the platform holds now."""
    if arrived(row, held):
        return Outcome.of(row, "confirmed", _HELD_AFTER_ALL, held)
    return outcome


def verified(row: PlannedRow, held: Result | None) -> Outcome:
    """Return what became of a score that the platform accepted."""
    if row.grading != "FullyGraded":  # Canvas and Moodle show no grade then, others show it
        return Outcome.of(row, "confirmed", f"Accepted; gradingProgress is {row.grading}.", held)
    if holds(row, held):
        return Outcome.of(row, "confirmed", "", held)
    return Outcome.of(row, "differs", f"The platform accepted it, and {_shown(row, held)}", held)


def _shown(row: PlannedRow, held: Result | None) -> str:
    shown = row.scaled(held)
    if shown is None:
        return "shows no grade: it may be hidden or ignored. Look at it on the platform."
    if row.same(shown, row.old):
        return "kept the grade it had: a teacher may have overridden or locked it."
    if row.same(shown, row.out_of) and row.score is not None and shown < row.score:
        return "capped it at the maximum."
    return "shows another grade. Look at it on the platform."


def all_settled(
    ready: Sequence[PlannedRow], outcomes: Mapping[int, Outcome], held: Mapping[str, Result], *, verify: bool
) -> dict[int, Outcome]:
    """Return what lost answers amount to, and accepted scores if *verify*, seen in what the platform holds."""
    found = dict(outcomes)
    for row in ready:
        outcome, there = outcomes[row.row], held.get(row.user_id or "")
        if outcome.outcome == "unknown":
            found[row.row] = settled(outcome, row, there)
        elif outcome.outcome in ("confirmed", "differs") and verify:
            found[row.row] = _kept(outcome, verified(row, there))
    return found


def _kept(before: Outcome, now: Outcome) -> Outcome:
    """Keep the words of a lost answer that was settled."""
    return replace(now, reason=before.reason) if now.outcome == before.outcome and before.reason else now


def unread(outcome: Outcome, error: LtixError) -> Outcome:
    """Return the outcome of a row whose results could not be read.

    Platforms accept scores that they then do not store (Moodle): without a look, nobody knows.
    """
    if outcome.outcome != "confirmed":
        return outcome
    return replace(outcome, outcome="unknown", reason=f"Accepted, and could not be read back: {error}")
