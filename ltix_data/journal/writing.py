"""Taking down what is sent."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from .. import disk
from ..rows import Outcome, PlannedRow
from ..target import Target
from ..veil import Veil
from .files import clear_drafts, folder, make_folder, path_of, telling
from .uploads import VERSION, Kind

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Journal:
    """Writes one upload's file; every thread may write, and all but answers are on the disk when their call returns."""

    def __init__(self, path: Path, handle: int) -> None:
        self.upload_id = path.stem
        self._handle = handle
        self._end = os.fstat(handle).st_size
        self._lock, self._flushing = threading.Lock(), threading.Lock()
        self._written = self._flushed = 0
        self._failed: OSError | None = None

    @classmethod
    def begin(
        cls,
        target: Target,
        rows: Sequence[PlannedRow],
        *,
        kind: Kind,
        undoes: str | None = None,
        veil: Veil | None = None,
    ) -> Self:
        """Make the file of a new upload; people whom *veil* covers are in it by their own user_ids.

        Raises:
            JournalError: it cannot be written; nothing must be sent then.
        """
        rows = rows if veil is None else [row.known_as(veil.uncover) for row in rows]
        now = datetime.now(UTC)
        path = folder() / f"{now:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}.jsonl"  # they sort by time
        draft = path.with_name(f".{path.name}")  # whole, or not there: nobody finds half a beginning
        head = {"upload": path.stem, "version": VERSION, "kind": kind, "undoes": undoes, "made": now.isoformat()}
        with telling("could not be begun"):
            make_folder()
            clear_drafts(path.parent)
            begun = cls(path, os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600))
            try:
                begun._write(head | {"target": target.to_json()}, {"plan": [row.to_json() for row in rows]})
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
            finally:
                begun.close()  # Windows moves no open file
            draft.rename(path)
            disk.keep_entries(path.parent)
            return cls(path, os.open(path, os.O_WRONLY | os.O_APPEND))

    @classmethod
    def reopen(cls, upload_id: str) -> Self:
        """Go on writing the file of an upload that broke off; only under `locked`."""
        path = path_of(upload_id)
        with telling("could not be opened"):
            whole = path.read_bytes().rfind(b"\n") + 1
            handle = os.open(path, os.O_WRONLY | os.O_APPEND)
            os.ftruncate(handle, whole)
        journal = cls(path, handle)
        journal._write({"resumed": datetime.now(UTC).isoformat()})
        return journal

    def sending(self, row: int, body: bytes) -> None:
        """Take down the exact body about to be sent; return once it is safe."""
        self._write({"send": row, "body": body.decode()})

    def answered(self, row: int, outcome: str, reason: str) -> None:
        """Take down what came back; it is on the disk with the next score that leaves."""
        self._write({"answer": row, "outcome": outcome, "reason": reason}, flush=False)

    def ended(self, outcomes: Iterable[Outcome]) -> None:
        """Take down what became of every row."""
        self._write({"outcomes": [[o.row, o.outcome, o.reason, o.held] for o in outcomes]})

    def close(self) -> None:
        """Close the file. A thread whose answer comes after an interrupt finds it closed, not another file."""
        with self._lock:
            handle, self._handle = self._handle, -1
        os.close(handle)

    def _write(self, *lines: Mapping[str, Any], flush: bool = True) -> None:
        data = "".join([_encode(line) + "\n" for line in lines]).encode()
        with telling("could not be written"):
            with self._lock:
                left = data
                try:
                    while left:  # one write for a line, unless the disk is full
                        left = left[os.write(self._handle, left) :]
                except OSError:  # no half line, to which the next would be glued
                    os.ftruncate(self._handle, self._end)
                    raise
                self._end += len(data)
                self._written += 1
                number = self._written
            if flush:
                self._flush(number)

    def _flush(self, number: int) -> None:
        """Return once the lines up to *number* are on the disk: who waits for another's turn often finds them there.

        After one failure nothing is believed: the system may drop what it could not write, and call the next a success.
        """
        with self._flushing:
            if self._failed is not None:
                raise self._failed
            if self._flushed < number:
                written = self._written
                try:
                    os.fsync(self._handle)
                except OSError as error:
                    self._failed = error
                    raise
                self._flushed = written
