"""A course over time: what it was like is kept, and compared with what it is like now.

    store       folders on the disk: whole or not there, for their owner alone
    columns     a frame's columns in words, so that they come back alike on every pandas
    formats     parquet where pyarrow is installed, else compressed CSV
    about       what is known of a snapshot beside its frames
    snapshot    one snapshot
    finding     the snapshots of a course, and of this computer
    listing     them as a frame; removing them
    moments     which one a time means
    differences a roster brought up to date by the platform's own report
    comparing   people, line items and grades of two states
    changes     what changed, and how it shows itself

Snapshots are personal data: names, e-mail addresses, grades and comments, unless the session was opened with
pseudonyms. They stay on this computer until `Course.forget_snapshots` removes them.
"""

from .about import Owner
from .changes import Changes, between
from .finding import all_of, of_course, same_course, seen_by, sound
from .listing import forget, table
from .moments import Time, chosen, moment, span
from .snapshot import Snapshot, kept, taken
from .store import forget_registration

__all__ = [
    "Changes",
    "Owner",
    "Snapshot",
    "Time",
    "all_of",
    "between",
    "chosen",
    "forget",
    "forget_registration",
    "kept",
    "moment",
    "of_course",
    "same_course",
    "seen_by",
    "sound",
    "span",
    "table",
    "taken",
]
