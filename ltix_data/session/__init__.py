"""The session a notebook opens: one registration, one token for all its courses, frames out.

session        the session itself, its token, any other service of the platform
courses        the courses it knows
capturing      courses from launches that somebody pastes
likewise       many courses from one that was launched
many           many of them in one frame
together       those of several platforms in one frame
gathering      how many are read: what is kept, and the rest by a few threads
outage         when there is no point in asking for more
missing        what a frame of many lacks, and how to go on after an interrupt
lookup, ages   many names among many courses; how old what is kept may be
pasted         what somebody pastes, taken apart
course_lists   which courses a list or a sheet means
forgetting     a registration forgotten, with what was kept of its courses
"""

from .forgetting import forget
from .session import Session, connect, registrations
from .together import gradebooks, results, rosters

__all__ = ["Session", "connect", "forget", "gradebooks", "registrations", "results", "rosters"]
