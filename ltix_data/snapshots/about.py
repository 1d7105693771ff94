"""What is written down about a snapshot, beside its frames."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ..courses import KnownCourse
from ..errors import LtixError, SnapshotError
from . import store
from .columns import Column, columns
from .faults import damaged
from .formats import FORMATS

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1
FILE = "about.json"
PARTS = ("roster", "line_items", "results")

_COURSE = ("name", "context_id", "memberships_url", "lineitems_url", "lineitem_url")
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose snapshot it is: the registration, by its name here and to its platform, and the course."""

    registration: str
    issuer: str
    client_id: str
    course: KnownCourse


@dataclass(frozen=True, slots=True)
class Stored:
    """One frame in its file: how much is in it, what its columns are, and what the file must be."""

    rows: int
    size: int
    sha256: str
    columns: tuple[Column, ...]
    attrs: Mapping[str, Any]

    @classmethod
    def of(cls, frame: pd.DataFrame, content: bytes) -> Self:
        """Return what is to be known of a frame and of the *content* of its file."""
        attrs = {str(key): value for key, value in frame.attrs.items()}
        return cls(len(frame), len(content), hashlib.sha256(content).hexdigest(), columns(frame), attrs)

    def fits(self, content: bytes) -> bool:
        """Return whether a file is what was written."""
        return hashlib.sha256(content).hexdigest() == self.sha256

    def to_json(self) -> dict[str, Any]:
        """Return what is written down."""
        told = [column.to_json() for column in self.columns]
        return {"rows": self.rows, "size": self.size, "sha256": self.sha256, "columns": told, "attrs": self.attrs}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        told = tuple(Column.from_json(column) for column in raw["columns"])
        return cls(int(raw["rows"]), int(raw["size"]), str(raw["sha256"]), told, dict(raw["attrs"]))


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a snapshot without reading its frames.

    Attributes:
        owner: whose it is.
        taken_at: when reading began (UTC).
        parts: what could be read: of a course without a roster or grades service, not all of `PARTS`.
        mark: of a pseudonymous snapshot, what tells its key from others; None for an ordinary one.
        form: the format of its files.
        files: by part.
    """

    owner: Owner
    taken_at: datetime
    parts: tuple[str, ...]
    mark: str | None
    form: str
    files: Mapping[str, Stored]

    @property
    def size(self) -> int:
        """Return how many bytes the frames take."""
        return sum(file.size for file in self.files.values())

    def to_bytes(self) -> bytes:
        """Return the content of the file that tells all this."""
        course = {key: getattr(self.owner.course, key) for key in _COURSE}
        told = {
            "version": VERSION,
            "taken_at": self.taken_at.isoformat(),
            "registration": self.owner.registration,
            "issuer": self.owner.issuer,
            "client_id": self.owner.client_id,
            "course": {key: value for key, value in course.items() if value is not None},
            "parts": list(self.parts),
            "pseudonyms": self.mark,
            "format": self.form,
            "files": {part: file.to_json() for part, file in self.files.items()},
        }
        return json.dumps(told, ensure_ascii=False, indent=1).encode()


def read(path: Path) -> About:
    """Return what is known of the snapshot in a folder.

    Raises:
        SnapshotError: it cannot be read, is damaged, or was written by a newer version.
    """
    with store.telling("cannot be read"):
        try:
            content = (path / FILE).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise damaged(path.name) from None
    try:
        raw = json.loads(content)
        if raw["version"] > VERSION:
            raise SnapshotError("The snapshot was written by a newer version of ltix_data.", hint="Upgrade ltix_data.")
        return _told(raw)
    except SnapshotError:
        raise
    except (*_BROKEN, LtixError):
        raise damaged(path.name) from None


def _told(raw: Mapping[str, Any]) -> About:
    names = {name: str(raw[name]) for name in ("registration", "issuer", "client_id")}
    course = KnownCourse.from_json({key: raw["course"][key] for key in _COURSE if key in raw["course"]})
    taken_at = datetime.fromisoformat(raw["taken_at"])
    mark = raw["pseudonyms"]
    if raw["format"] not in FORMATS or taken_at.tzinfo is None or not isinstance(mark, str | None):
        raise ValueError("no snapshot")
    return About(
        owner=Owner(**names, course=course),
        taken_at=taken_at.astimezone(UTC),
        parts=tuple(part for part in PARTS if part in raw["parts"]),
        mark=mark,
        form=raw["format"],
        files={part: Stored.from_json(raw["files"][part]) for part in PARTS},
    )
