"""The journal of an upload: what was about to be sent, and what came back.

One file of JSON lines for each upload, readable by its owner alone. A line is on the disk before what
it tells of is done, so that after a crash, `kill -9` or a power cut the file says for every row: never
sent; sent, with these very bytes, and not answered; or answered so. It holds user_ids and grades,
no name, no e-mail address and no token; a comment is part of the bytes that were sent. The user_ids are
the platform's own, also where a session shows pseudonyms: any session can go on with what another began.

    {"upload": id, "kind": "upload", "target": …}                      first, once
    {"plan": [rows]}                                                   second, once
    {"send": row, "body": "…"}                                         before a score is sent
    {"answer": row, "outcome": "confirmed", "reason": ""}              after its answer
    {"outcomes": [[row, outcome, reason, held], …]}                    the results were read back
    {"resumed": time}                                                  more lines follow, by another process

A half line at the end is what a crash left of something not yet done; it is cut off. JSON lines and no
SQLite: JupyterHub homes are often on NFS, where its locks fail.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from . import disk, registry
from .errors import JournalError, LtixError
from .rows import Outcome, PlannedRow
from .target import Target
from .veil import Veil

VERSION = 1
Kind = Literal["upload", "undo"]


@dataclass(frozen=True, slots=True)
class Try:
    """The last time a row was sent: its exact body, and the answer, None where none was written down."""

    body: bytes = field(repr=False)
    word: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload, as its journal tells it. `ended` tells that its results were read back, or not wanted."""

    upload_id: str
    kind: Kind
    target: Target
    rows: tuple[PlannedRow, ...]
    made: datetime
    undoes: str | None = None
    tries: Mapping[int, Try] = field(default_factory=dict)
    outcomes: Mapping[int, Outcome] = field(default_factory=dict)
    ended: bool = False

    @property
    def confirmed(self) -> frozenset[int]:
        """Return the rows that the platform accepted, or was seen to hold."""
        seen = {number for number, outcome in self.outcomes.items() if outcome.outcome == "confirmed"}
        return frozenset(seen | {number for number, tried in self.tries.items() if tried.word == "confirmed"})

    @property
    def unsettled(self) -> Mapping[int, bytes]:
        """Return, by row, the bytes that were sent without a clear answer."""
        return {number: tried.body for number, tried in self.tries.items() if tried.word in (None, "unknown")}

    @property
    def state(self) -> Literal["complete", "partial", "interrupted"]:
        """Return how it ended: everything is in the gradebook, something is not, or it broke off."""
        if not self.ended:
            return "interrupted"
        ready = [row.row for row in self.rows if row.state == "ready"]
        failed = any(number not in self.outcomes or self.outcomes[number].failed for number in ready)
        return "partial" if failed else "complete"


class Journal:
    """Writes one upload's file; every thread may write, and a line is safe when its call returns."""

    def __init__(self, path: Path, handle: int) -> None:
        self.upload_id = path.stem
        self._handle = handle
        self._lock = threading.Lock()

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
        with _telling("could not be begun"):
            _make_folder()
            _clear_drafts(path.parent)
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
        with _telling("could not be opened"):
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
        """Take down what came back."""
        self._write({"answer": row, "outcome": outcome, "reason": reason})

    def ended(self, outcomes: Iterable[Outcome]) -> None:
        """Take down what became of every row."""
        self._write({"outcomes": [[o.row, o.outcome, o.reason, o.held] for o in outcomes]})

    def close(self) -> None:
        """Close the file. A thread whose answer comes after an interrupt finds it closed, not another file."""
        with self._lock:
            handle, self._handle = self._handle, -1
        os.close(handle)

    def _write(self, *lines: Mapping[str, Any]) -> None:
        data = b"".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines)
        with _telling("could not be written"):
            with self._lock:
                end = os.fstat(self._handle).st_size
                try:
                    while data:  # one write for a line, unless the disk is full
                        data = data[os.write(self._handle, data) :]
                except OSError:  # no half line, to which the next would be glued
                    os.ftruncate(self._handle, end)
                    raise
            os.fsync(self._handle)


def folder() -> Path:
    """Return the folder of journals."""
    return registry.data_dir() / "uploads"


def read(upload_id: str, *, veil: Veil | None = None) -> Upload:
    """Return what the journal of an upload says, of people as *veil* covers them.

    Raises:
        UnknownNameError: there is none; near misses are suggested.
        JournalError: it cannot be read, or is damaged.
    """
    known = names()
    if upload_id not in known:
        raise registry.unknown(f"There is no upload “{upload_id}”.", upload_id, known, "ltix.uploads() lists them.")
    with _telling("could not be read"):
        data = path_of(upload_id).read_bytes()
    lines: list[Mapping[str, Any]] = []
    try:
        for line in data.split(b"\n")[:-1]:
            lines.append(json.loads(line))
        return replace(_told(lines, veil), upload_id=upload_id)
    except JournalError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, LtixError):
        raise JournalError(
            f"The journal of upload {upload_id} is damaged (of {len(lines)} lines that could be read).",
            hint="It was changed by hand or the disk fails; plan the upload again: what is there is not sent twice.",
        ) from None


def is_running(target: Target) -> bool:
    """Return whether somebody is sending to this line item now."""
    try:
        with locked(target):
            return False
    except JournalError as error:
        return not isinstance(error.__cause__, OSError)  # else the folder is at fault


def names() -> list[str]:
    """Return the ids of all uploads, the oldest first."""
    return sorted(path.stem for path in folder().glob("[!.]*.jsonl"))


@contextmanager
def locked(target: Target, *, wait: float = 0.0) -> Iterator[None]:
    """Keep every other process (and thread) from sending to this line item; a crash lets go of it.

    Raises:
        JournalError: somebody is sending to it.
    """
    from filelock import FileLock, Timeout

    with _telling("could not be locked"):
        _make_folder()
    name = hashlib.sha256(target.key.encode()).hexdigest()[:20]
    lock = FileLock(folder() / f".{name}.lock", timeout=wait, mode=0o600)
    try:
        with _telling("could not be locked"):
            lock.acquire()
    except Timeout:
        raise JournalError(
            f"Another upload to “{target.item.label}” is under way; nothing was sent.",
            hint="Wait until it has ended, or stop it; ltix.uploads() lists both.",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _clear_drafts(place: Path) -> None:
    """Remove what was killed while it began, a day ago or more: it holds grades, and was never sent."""
    for draft in place.glob(".*.jsonl"):
        with suppress(FileNotFoundError):
            if draft.stat().st_mtime < time.time() - 86_400:
                draft.unlink()


def _make_folder() -> None:
    for place in (folder().parent, folder()):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)


def path_of(upload_id: str) -> Path:
    """Return the file of an upload's journal."""
    return folder() / f"{upload_id}.jsonl"


@contextmanager
def _telling(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, TimeoutError):  # filelock's
            raise
        raise JournalError(
            f"The journal of this upload {what} ({error.strerror or type(error).__name__}).",
            hint="Grades are sent only while their journal can be kept: check the folder's permissions and free "
            "space, or set LTIX_DATA_DIR to another folder.",
        ) from error


def _told(lines: Sequence[Mapping[str, Any]], veil: Veil | None) -> Upload:
    """Return what the lines of a journal say."""
    first, tries, outcomes, ended = lines[0], dict[int, Try](), dict[int, Outcome](), False
    if first["version"] > VERSION:
        raise JournalError("The journal was written by a newer version of ltix_data.", hint="Upgrade ltix_data.")
    written = map(PlannedRow.from_json, lines[1]["plan"])
    rows = {row.row: row if veil is None else row.known_as(veil.cover) for row in written}
    for line in lines[2:]:
        if "send" in line:
            tries[line["send"]] = Try(line["body"].encode())
        elif "answer" in line:
            tries[line["answer"]] = replace(tries[line["answer"]], word=line["outcome"], reason=line["reason"])
        elif "outcomes" in line:
            outcomes = {number: _outcome(rows[number], *told) for number, *told in line["outcomes"]}
        ended = "outcomes" in line
    return Upload(
        upload_id=first["upload"],
        kind=first["kind"],
        target=Target.from_json(first["target"]),
        rows=tuple(rows.values()),
        made=datetime.fromisoformat(first["made"]),
        undoes=first["undoes"],
        tries=tries,
        outcomes=outcomes,
        ended=ended,
    )


def _outcome(row: PlannedRow, word: Any, reason: str, held: float | None) -> Outcome:
    return replace(Outcome.of(row, word, reason), held=held)
