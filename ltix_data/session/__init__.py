"""The session a notebook opens: one registration, one token for all its courses, frames out.

session   the session itself, its token, any other service of the platform
courses   the courses it knows
many      many of them in one frame
"""

from .session import Session, connect, registrations

__all__ = ["Session", "connect", "registrations"]
