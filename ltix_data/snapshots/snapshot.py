"""One snapshot of a course: its roster, line items and results, as they were."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from .. import frames
from ..choosing import counted
from ..veil import Veil
from . import about, formats, store
from .about import PARTS, About, Owner, Stored
from .faults import damaged

#: What a pseudonymous session keeps of a frame; the rest is missing in it.
_COVERED = {
    "roster": frozenset({"user_id", "role", "roles", "status", "test_user"}),
    "results": frozenset({"user_id", "item_id", "label", "score", "out_of", "percent", "scored_at"}),
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Snapshot:
    """A course as it was at one time. Made by `Course.snapshot`, found by `Course.snapshots_of`.

    A frame is read from the disk, and checked, each time it is asked for; keep it in a variable. It has the
    columns and dtypes with which it was stored, and `SnapshotError` is raised where it is damaged.

    Attributes:
        owner: whose it is.
        taken_at: when reading began (a datetime in UTC).
        parts: which frames could be read: a course without a roster or grades service has not all of them.
        pseudonyms: whether people are known by pseudonyms alone.
        mark: what tells the key of its pseudonyms from others; None without pseudonyms.
    """

    owner: Owner
    taken_at: datetime
    parts: tuple[str, ...]
    mark: str | None
    contents: Callable[[str], pd.DataFrame]
    counts: Mapping[str, int]
    path: Path | None = None

    @property
    def course(self) -> str:
        """The name that the course had."""
        return self.owner.course.name

    @property
    def pseudonyms(self) -> bool:
        """Whether people are known by pseudonyms alone."""
        return self.mark is not None

    @property
    def roster(self) -> pd.DataFrame:
        """The frame that `Course.roster` returned."""
        return self.contents("roster")

    @property
    def line_items(self) -> pd.DataFrame:
        """The frame that `Course.line_items` returned."""
        return self.contents("line_items")

    @property
    def results(self) -> pd.DataFrame:
        """The frame that `Course.results` returned."""
        return self.contents("results")

    def __repr__(self) -> str:
        words = {"roster": "member", "line_items": "line item", "results": "result"}
        held = ", ".join(counted(self.counts[part], words[part]) for part in self.parts)
        kind = "pseudonymous snapshot" if self.pseudonyms else "snapshot"
        return f"<{kind.capitalize()} of {self.course}, {self.taken_at:%Y-%m-%d %H:%M} UTC: {held or 'nothing'}>"

    def check(self) -> None:
        """Read every frame. Raises SnapshotError where one is damaged."""
        for part in PARTS:
            self.contents(part)

    def covered(self, veil: Veil) -> Snapshot:
        """Return the snapshot as a pseudonymous session would have taken it."""
        return Snapshot(
            owner=self.owner,
            taken_at=self.taken_at,
            parts=self.parts,
            mark=veil.mark,
            contents=partial(_covered, self.contents, veil),
            counts=self.counts,
            path=self.path,
        )


def blank(part: str) -> pd.DataFrame:
    """Return a frame without rows."""
    return {
        "roster": lambda: frames.roster([]),
        "line_items": lambda: frames.line_items([], bool),
        "results": lambda: frames.results([]),
    }[part]()


def taken(owner: Owner, at: datetime, found: Mapping[str, pd.DataFrame], mark: str | None) -> Snapshot:
    """Return a snapshot that is stored nowhere: the course now. *found* holds a frame for each part that was read."""
    held = {part: found[part] if part in found else blank(part) for part in PARTS}
    return Snapshot(
        owner=owner,
        taken_at=at.astimezone(UTC),
        parts=tuple(found),
        mark=mark,
        contents=held.__getitem__,
        counts={part: len(frame) for part, frame in held.items()},
    )


def kept(snapshot: Snapshot) -> Snapshot:
    """Store a snapshot; return it as it is stored.

    Raises:
        SnapshotError: it cannot be written; nothing of it is there then.
    """
    form, files, described = formats.best(), dict[str, bytes](), dict[str, Stored]()
    for part in PARTS:
        frame = snapshot.contents(part)
        content = files[f"{part}.{form}"] = formats.written(frame, form)
        described[part] = Stored.of(frame, content)
    told = About(snapshot.owner, snapshot.taken_at, snapshot.parts, snapshot.mark, form, described)
    owner = snapshot.owner
    place = store.places(owner.issuer, owner.client_id, owner.course)[0]
    path = store.write(place, store.new_name(snapshot.taken_at), {**files, about.FILE: told.to_bytes()})
    return opened(path)


def opened(path: Path) -> Snapshot:
    """Return the snapshot in a folder; its frames are not read yet.

    Raises:
        SnapshotError: what is known about it is damaged.
    """
    told = about.read(path)
    return Snapshot(
        owner=told.owner,
        taken_at=told.taken_at,
        parts=told.parts,
        mark=told.mark,
        contents=partial(_read, path, told),
        counts={part: file.rows for part, file in told.files.items()},
        path=path,
    )


def _read(path: Path, told: About, part: str) -> pd.DataFrame:
    """Return a stored frame, if its file is what was written."""
    file = told.files[part]
    with store.telling("cannot be read"):
        try:
            content = (path / f"{part}.{told.form}").read_bytes()
        except FileNotFoundError:
            raise damaged(path.name) from None
    if not file.fits(content):
        raise damaged(path.name)
    try:
        frame = formats.read(content, told.form, file.columns)
    except (ValueError, KeyError, TypeError, OSError, EOFError, zlib.error):
        raise damaged(path.name) from None
    frame.attrs.update(file.attrs)
    return frame


def _covered(contents: Callable[[str], pd.DataFrame], veil: Veil, part: str) -> pd.DataFrame:
    frame = contents(part)
    keep = _COVERED.get(part)
    if keep is None:
        return frame
    pseudonyms = {user_id: veil.cover(user_id) for user_id in frame["user_id"].unique()}
    columns = {
        name: series.map(pseudonyms) if name == "user_id" else series if name in keep else _without(series)
        for name, series in frame.items()
    }
    covered = pd.DataFrame(columns).astype({"user_id": frame["user_id"].dtype})
    covered.attrs = frame.attrs
    return covered


def _without(series: pd.Series[str]) -> pd.Series[str]:
    return pd.Series(np.nan, index=series.index, dtype=series.dtype)
