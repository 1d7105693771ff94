"""Writes the samples of one version of pandas: ``LTIX_DATA_DIR=tests/snapshots/samples/pandas-2.2 python -m …``.

They are kept as they were written: what a newer version of this package must still read.
"""

from __future__ import annotations

from datetime import timedelta

from ltix_data.snapshots import formats, kept
from tests.snapshots.frames_to_keep import AT, SETS, snapshot

if __name__ == "__main__":
    for hours, kind in enumerate(SETS):
        for form in formats.FORMATS:
            formats.best = lambda form=form: form
            kept(snapshot(kind, at=AT + timedelta(hours=hours)))
