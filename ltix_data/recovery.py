"""Uploads after the fact: a saved plan, what broke off, what is to be taken back, and a list of all."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import delivery, frames, grading, journal, spec
from .client import ServiceClient
from .course import Course
from .courses import KnownCourse
from .delivery import Delivery, OnProgress
from .errors import LtixError, UsageError
from .grading import Plan, Report
from .registration import Registration
from .target import Target

if TYPE_CHECKING:
    import pandas as pd


def uploads() -> pd.DataFrame:
    """Return the uploads made on this computer, one row for each, the latest first.

    Returns:
        Columns upload_id (text), kind (category: upload, undo), platform (the registration's name), course,
        item (text), started_at (datetime64 UTC), rows, confirmed, failed (int64: rows to send, of them those in
        the gradebook, and those that are not or may not be), state (category: complete, partial, running,
        interrupted, damaged), undoes (text: the upload that this one takes back, missing for others). Of a damaged
        journal only the id is known. `Session.resume` goes on with what is partial or interrupted.
    """
    return frames.uploads(_listed(upload_id) for upload_id in reversed(journal.names()))


def _listed(upload_id: str) -> dict[str, Any]:
    try:
        upload = journal.read(upload_id)
    except LtixError:
        return {"upload_id": upload_id, "rows": 0, "confirmed": 0, "failed": 0, "state": "damaged"}
    ready = [row.row for row in upload.rows if row.state == "ready"]
    told = {number: outcome.failed for number, outcome in upload.outcomes.items()}
    done = sum((number in upload.confirmed and not told.get(number)) or told.get(number) is False for number in ready)
    running = upload.state == "interrupted" and journal.is_running(upload.target)
    return {
        "upload_id": upload_id,
        "kind": upload.kind,
        "platform": upload.target.registration,
        "course": upload.target.course.name,
        "item": upload.target.item.label,
        "started_at": upload.made,
        "rows": len(ready),
        "confirmed": done,
        "failed": len(ready) - done,
        "state": "running" if running else upload.state,
        "undoes": upload.undoes,
    }


class Recovery:
    """What a session does with uploads that were begun or planned elsewhere."""

    registration: Registration
    _client: ServiceClient

    def _open(self, known: KnownCourse) -> Course:
        raise NotImplementedError

    def load_plan(self, path: str | Path) -> Plan:
        """Return a plan that `Plan.save` wrote, on this computer or another.

        Sending it is refused whole if the line item or one of its grades changed meanwhile.

        Raises:
            UsageError: it cannot be read, or is for another registration; or it was saved in a pseudonymous
                session and this is none, or has another key.
        """
        return grading.loaded(path, lambda target: self._course_of(target).opener(strict=True))

    def resume(
        self, upload_id: str, *, stop: threading.Event | None = None, on_progress: OnProgress | None = None
    ) -> Report:
        """Go on with an upload that broke off or did not wholly arrive; return a report of all its rows.

        Only what never got a confirmed answer is sent. What was sent and not answered is looked up in the
        results first; if they do not show it, the very same bytes are sent again.

        Args:
            upload_id: as `Report.upload_id` and `uploads` say it.
            stop: ends it once another thread sets it, see `Plan.send`.
            on_progress: called with the rows that are done and the rows to send, in place of showing a progress.

        Raises:
            UnknownNameError: there is no such upload.
            UsageError: it belongs to another registration, or was undone.
            JournalError: it is being sent by another process, or its journal is damaged.
        """
        course = self._course_of(journal.read(upload_id).target)
        return grading.resumed(upload_id, course.opener(), stop=stop, on_progress=on_progress)

    def undo(self, upload_id: str) -> Report:
        """Take an upload back: post each earlier grade again, and clear where there was none.

        Grades that somebody changed since are left as they are, and listed in the report's failures as
        refused. Comments that the upload replaced are posted again, but on Canvas, which appends them.
        Undoing is an upload of its own: it can be resumed, and undone.

        Raises:
            UnknownNameError: there is no such upload.
            UsageError: it belongs to another registration, or put nothing into the gradebook.
            JournalError: its line item is being sent to by another process, or its journal is damaged.
        """
        upload = journal.read(upload_id, veil=self._client.veil)
        course = self._course_of(upload.target)
        rows = delivery.undoing(upload, keep_comments=self.registration.platform == "Canvas")
        if not rows:
            raise UsageError(f"Upload {upload_id} put nothing into the gradebook; there is nothing to undo.")
        opener = course.opener()
        return Report(Delivery(opener).send(upload.target, rows, kind="undo", undoes=upload_id), opener=opener)

    def _course_of(self, target: Target) -> Course:
        if not target.fits(self.registration):
            raise UsageError(
                f"This belongs to the registration “{target.registration}” of {target.issuer}.",
                hint=f'Connect to that one: ltix.connect("{target.registration}").',
            )
        place = target.course.endpoint(spec.CLAIM_GRADES)
        known = [course for course in self.registration.courses if course.endpoint(spec.CLAIM_GRADES) == place]
        return self._open(known[0] if known else target.course)
