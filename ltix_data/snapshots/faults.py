"""What can go wrong with stored snapshots."""

from __future__ import annotations

from ..errors import SnapshotError


def damaged(snapshot_id: str) -> SnapshotError:
    """Return the error that says that a snapshot is damaged."""
    return SnapshotError(
        f"The snapshot {snapshot_id} is damaged.",
        hint="It was changed by hand or the disk fails; restore its folder from a backup, or do without it.",
    )
