"""Records as DataFrames: each frame is one table of columns, built in one go.

kinds          the dtypes of columns
held           what a platform and a registration hold: rosters, line items, results, courses
sent           what is to be sent, and what became of it
wide           gradebooks
many           what the attrs of a frame of several courses hold: which are missing, and more
"""

from .held import added_courses, courses, line_items, registrations, results, results_of, roster, roster_of
from .kinds import build, text_dtype
from .many import Failures
from .sent import changes, outcomes, problems, uploads
from .wide import Extent, gradebook, gradebook_of, gradebooks_of

__all__ = [
    "Extent",
    "Failures",
    "added_courses",
    "build",
    "changes",
    "courses",
    "gradebook",
    "gradebook_of",
    "gradebooks_of",
    "line_items",
    "outcomes",
    "problems",
    "registrations",
    "results",
    "results_of",
    "roster",
    "roster_of",
    "text_dtype",
    "uploads",
]
