"""One upload as a whole: lock, look, journal, send; and the same again for what broke off, or to undo it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from . import journal, judging
from .choosing import counted
from .errors import JournalError, PlanOutdatedError
from .journal import Journal, Kind, Upload
from .progress import Progress, Told
from .records import Result
from .rows import Outcome, PlannedRow
from .sending import STOP_AFTER, WORKERS, Held, Sender
from .target import Target
from .veil import Veil

#: Learns how many rows are done, and of how many.
OnProgress = Callable[[int, int], None]
#: Seconds to wait for a lock: who lists the uploads holds it for a moment.
_PATIENCE = 0.5


@dataclass(frozen=True, slots=True)
class Opener:
    """Finds the line item, or makes it, and returns what sends to it, with the target as it is then.

    Args:
        find: does so.
        veil: covers the people in the rows, in a session that knows them by pseudonyms.
        meet: looks up people whom the veil has not seen yet, by their pseudonyms.
    """

    find: Callable[[Target], tuple[Target, Sender]]
    veil: Veil | None = None
    meet: Callable[[Iterable[str]], None] = lambda people: None

    def __call__(self, target: Target) -> tuple[Target, Sender]:
        """Return what sends to the line item, with the target as it is then."""
        return self.find(target)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of every row; `upload_id` is None where there was nothing to send."""

    upload_id: str | None
    target: Target
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How rows are sent.

    Args:
        opener: finds or makes the line item.
        workers: how many scores are under way at once, at most: the platform's pace decides.
        verify: read back what the platform made of them.
        stop_after: this many equal refusals in a row end the run.
        skip_moved: leave out rows whose grade changed since the plan; else one of them stops it all.
        stop: ends it, as an interrupt does, once another thread sets it; what became of every row is returned.
        on_progress: called for each row that is done, in place of showing a progress.
    """

    opener: Opener
    workers: int = WORKERS
    verify: bool = True
    stop_after: int = STOP_AFTER
    skip_moved: bool = True
    stop: threading.Event | None = None
    on_progress: OnProgress | None = None

    def send(
        self, target: Target, rows: Sequence[PlannedRow], *, kind: Kind = "upload", undoes: str | None = None
    ) -> Delivered:
        """Send the rows that are ready, as a new upload.

        Raises:
            JournalError: another upload to this line item is under way, or the journal cannot be kept.
            PlanOutdatedError: a grade changed, and *skip_moved* is not set.
            ScopeError: the tool may not post scores here.
            LtixError: the line item could not be made, or the results not be read. Nothing was sent then.
        """
        if not any(row.state == "ready" for row in rows):
            return Delivered(None, target, tuple(map(judging.left_out, rows)))
        with ExitStack() as locks:
            locks.enter_context(journal.locked(target, wait=_PATIENCE))
            found, sender = self.opener(target)
            if found.key != target.key:  # it was made, or found by its label
                locks.enter_context(journal.locked(found, wait=_PATIENCE))
            target, held = found, sender.look(rows, verify=self.verify)
            if held is not None and not self.skip_moved:
                _check_moved(rows, held)
            if held is not None and self.opener.veil is not None:
                rows = _with_comments(rows, held)
            book = Journal.begin(target, rows, kind=kind, undoes=undoes, veil=self.opener.veil)
            return self._go(book, sender, target, rows, held)

    def resume(self, upload: Upload) -> Delivered:
        """Send what never got a confirmed answer. Raises as `send` does."""
        with journal.locked(upload.target, wait=_PATIENCE):
            # another process may have gone on with it until now
            upload = journal.read(upload.upload_id, veil=self.opener.veil)
            target, sender = self.opener(upload.target)
            held = sender.look(upload.rows, verify=True)
            book = Journal.reopen(upload.upload_id)
            return self._go(
                book, sender, target, upload.rows, held, unsettled=upload.unsettled, confirmed=upload.confirmed
            )

    def _go(
        self,
        book: Journal,
        sender: Sender,
        target: Target,
        rows: Sequence[PlannedRow],
        held: Held | None,
        *,
        unsettled: Mapping[int, bytes] | None = None,
        confirmed: frozenset[int] = frozenset(),
    ) -> Delivered:
        ready = sum(row.state == "ready" for row in rows)
        try:
            with self._progress(ready, target.item.label) as progress:
                outcomes = sender.send(
                    rows,
                    book,
                    held,
                    unsettled=unsettled,
                    confirmed=confirmed,
                    workers=self.workers,
                    verify=self.verify,
                    stop_after=self.stop_after,
                    tick=progress.tick,
                    stop=self.stop,
                )
                self._end(book, outcomes)
        except KeyboardInterrupt:
            hint = f'session.resume("{book.upload_id}") goes on; ltix.uploads() lists it.'
            raise KeyboardInterrupt(f"The upload was interrupted; nothing is lost. {hint}") from None
        else:
            return Delivered(book.upload_id, target, tuple(outcomes))
        finally:
            book.close()

    def _progress(self, ready: int, label: str) -> Progress | Told:
        if self.on_progress is None:
            return Progress(ready, f"scores sent to “{label}”")
        self.on_progress(0, ready)
        return Told(ready, self.on_progress)

    def _end(self, book: Journal, outcomes: Sequence[Outcome]) -> None:
        try:
            book.ended(outcomes)
        except JournalError as error:
            hint = f'What was sent is known: session.resume("{book.upload_id}") reads back what became of it.'
            raise JournalError(f"The end of the upload is not written down. {error.what}", hint=hint) from error


def _check_moved(rows: Sequence[PlannedRow], held: Held) -> None:
    seen = [judging.moved(row, held.get(row.user_id or "")) for row in rows if row.state == "ready"]
    if count := sum(outcome is not None and outcome.outcome == "refused" for outcome in seen):
        raise PlanOutdatedError(
            f"{counted(count, 'grade')} changed since this plan was saved; nothing was sent.",
            hint="Plan again, or leave those rows out with send(skip_moved=True).",
        )


def _with_comments(rows: Sequence[PlannedRow], held: Held) -> list[PlannedRow]:
    """Return *rows* with the comments they would replace: a plan that was saved under pseudonyms has none."""

    def told(row: PlannedRow) -> PlannedRow:
        there = held.get(row.user_id or "")
        if row.before is None or row.before.comment is not None or there is None:
            return row
        return replace(row, before=replace(row.before, comment=there.comment))

    return [told(row) for row in rows]


def ended(upload: Upload) -> Delivered:
    """Return what became of an upload, as its journal says it."""
    told = [upload.outcomes.get(row.row) or judging.left_out(row) for row in upload.rows]
    return Delivered(upload.upload_id, upload.target, tuple(told))


def undoing(upload: Upload, *, keep_comments: bool) -> list[PlannedRow]:
    """Return rows that post back what *upload* replaced: the earlier grade, or none.

    Args:
        upload: what to take back.
        keep_comments: do not post the earlier comments again: Canvas would append them.
    """
    rows = [row for row in upload.rows if row.row in upload.confirmed or row.row in upload.unsettled]
    return [_undone(row, upload.outcomes.get(row.row), keep_comments=keep_comments) for row in rows]


def _undone(row: PlannedRow, outcome: Outcome | None, *, keep_comments: bool) -> PlannedRow:
    """Return the row that puts back what *row* replaced; it expects what *row* sent, or what was shown of it."""
    old = row.before if row.before is not None and row.before.score is not None else None
    there = None if row.clears else row.score
    if outcome and (outcome.held is not None or outcome.outcome == "differs" or row.grading != "FullyGraded"):
        there = outcome.held
    sent = Result(row.user_id or "", there, row.out_of, row.comment)
    back = PlannedRow(row=row.row, state="ready", user_id=row.user_id, out_of=row.out_of, before=sent)
    if old is None:
        return replace(back, clears=True, before=sent) if not row.clears else replace(back, state="unchanged")
    comment = None if keep_comments else old.comment
    scaled = old.out_of if old.out_of else row.out_of
    return replace(back, score=old.score, out_of=scaled, comment=comment)
