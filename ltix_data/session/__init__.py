"""The session a notebook opens: one registration, one token for all its courses, frames out.

session        the session itself, its token, any other service of the platform
courses        the courses it knows
capturing      courses from launches that somebody pastes
likewise       many courses from one that was launched
many           many of them in one frame
pasted         what somebody pastes, taken apart
course_lists   which courses a list or a sheet means
forgetting     a registration forgotten, with what was kept of its courses
"""

from .forgetting import forget
from .session import Session, connect, registrations

__all__ = ["Session", "connect", "forget", "registrations"]
