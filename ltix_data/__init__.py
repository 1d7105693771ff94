"""Rosters, line items, results and grades of any LTI 1.3 platform, as pandas DataFrames.

    import ltix_data as ltix
    course = ltix.connect("uni-moodle").course("BIO101")
    course.roster()

The staircase: each module imports only from lower steps, never from its own.

    errors spec             1  what can go wrong; every word of the specifications
    urls roles cells ...    2  addresses, roles, spreadsheet cells, JSON fields, RSA keys
    records courses ...     3  Member, LineItem, Result, Score; a known course; where keys are kept
    registration            4  what ties this tool to one platform
    http                    5  the one client: timeouts, retries, bounds, platform clock
    tokens                  6  client assertion -> token that renews itself
    client                  7  token + request: scopes, hosts, paging
    services/               8  memberships, grades, a platform's own; records in and out, no pandas
    frames sheets matching  9  records <-> DataFrame; reading sheets; rows -> people
    planning sending       10  rows -> what to send; sending and reading back
    grading                11  Plan and Report
    course                 12  one course: the façade users meet
    session                13  one platform: courses, token
    launch sandbox/        14  launches; a practice platform, which imports only `spec`
    demo cli               15  the demo; the command line

Data flows one way: registration -> key -> assertion -> token -> request -> page -> record -> frame;
and frame -> checked rows -> matched users -> scores -> outcomes -> report.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .course import Course
    from .errors import LtixError, LtixWarning
    from .grading import Plan, Report
    from .registration import Registration, forget, register
    from .services.base import AdvantageService
    from .session import Session, connect, registrations

#: What is public -> where it lives. Loaded when first used, so that importing this package is light.
_HOMES = {
    "AdvantageService": "services.base",
    "Course": "course",
    "LtixError": "errors",
    "LtixWarning": "errors",
    "Plan": "grading",
    "Registration": "registration",
    "Report": "grading",
    "Session": "session",
    "connect": "session",
    "forget": "registration",
    "register": "registration",
    "registrations": "session",
}

__all__ = [
    "AdvantageService",
    "Course",
    "LtixError",
    "LtixWarning",
    "Plan",
    "Registration",
    "Report",
    "Session",
    "__version__",
    "connect",
    "forget",
    "register",
    "registrations",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in ("errors", "spec"):
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "errors", "spec"])
