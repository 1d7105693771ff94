"""What a journal tells."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from .. import registry
from ..errors import JournalError, LtixError
from ..rows import Outcome, PlannedRow
from ..target import Target
from ..veil import Veil
from .files import names, path_of, telling

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


def read(upload_id: str, *, veil: Veil | None = None) -> Upload:
    """Return what the journal of an upload says, of people as *veil* covers them.

    Raises:
        UnknownNameError: there is none; near misses are suggested.
        JournalError: it cannot be read, or is damaged.
    """
    known = names()
    if upload_id not in known:
        raise registry.unknown(f"There is no upload “{upload_id}”.", upload_id, known, "ltix.uploads() lists them.")
    with telling("could not be read"):
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
