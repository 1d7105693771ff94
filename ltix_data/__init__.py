"""Rosters, line items, results and grades of any LTI 1.3 platform, as pandas DataFrames.

    import ltix_data as ltix
    course = ltix.connect("uni-moodle").course("BIO101")
    course.roster()

The staircase, from the ground up. Each module imports only from lower steps, never from its own:

    markup                                  one look for whatever shows itself as HTML
    errors spec                             what can go wrong; every word of the specifications
    urls cells keyforms waiting disk        addresses; spreadsheet cells; how keys are written down; calls
                                            that may hang; whole files
    roles parsing keys                      roles as words; hostile JSON; RSA keys, JWK, JWKS
    records courses keystore registry presets   Member, LineItem, Result, Score; a known course; the OS
                                            keyring; the folder of registrations; what each platform is like
    keychain coursebook facts likeness veil/ columns/   a registration's keys, courses, names and addresses; one
                                            course's addresses from another's; pseudonyms for people; pages
                                            column by column
    registration/ answers timestamps wire pace/ coursecache/   what ties a tool to a platform; one HTTP answer;
                                            clocks; how many requests at once and how far apart, and stopping
                                            them; courses read a while ago
    http/ grant target paging/              the one client: timeouts, retries, bounds; a token as it came;
                                            where an upload goes; the next page, larger pages, pages ahead
    tokens idtoken/ deeplinking/            client assertion -> a token that renews itself; a platform's
                                            signature; content items for a course
    client                                  token and request: scopes, hosts, paging
    services/                               memberships, grades, a platform's own; no pandas
    frames/ sheets/ matching choosing progress rows crew saving recipes/ privacy/   records, columns -> DataFrame;
                                            reading sheets; rows -> people; one row of an upload; a few
                                            threads; files; places without a keyring; names masked, small
                                            counts left out
    exports/ judging views reporting        grade exports of each LMS; what a platform holds against what
                                            was meant; plans and reports as HTML and as files
    planning journal/                       rows -> ready, unchanged, blank or a problem; each score written
                                            down before it is sent
    sending history                         scores out, and read back; what earlier journals say
    delivery                                one upload as a whole: send, resume, undo
    grading                                 Plan and Report
    forms/ plots/ snapshots/                forms in a notebook; pictures; a course as it was, and what changed
    course/                                 one course: the façade users meet
    recovery scrubbing/                     uploads after the fact: saved, broken off, taken back; personal data
                                            out of saved notebooks
    session/                                one platform: its courses and its token
    launch/ enrolment/ doctor/ sandbox/     launches; dynamic registration; what is wrong, and who mends it;
                                            a practice platform, which imports only `spec`, so that it shares
                                            no bug of ours
    receiver/                               a tool on this machine that a platform can launch
    demo                                    the main job from end to end
    reports/ widgets/ fleet/                notebooks that run by themselves; the form that connects; many
                                            courses over the processes of a cluster
    cli/                                    the command line

Data flows one way: registration -> key -> assertion -> token -> request -> page -> columns -> frame;
and frame -> checked rows -> matched users -> scores -> journal -> outcomes -> report.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .course import Course
    from .errors import LtixError, LtixWarning
    from .grading import Plan, Report
    from .privacy import mask_names
    from .receiver import receive
    from .recovery import uploads
    from .registration import Registration, import_registration, register
    from .scrubbing import scrub
    from .services.base import AdvantageService
    from .session import Session, connect, forget, gradebooks, registrations, results, rosters

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
    "forget": "session",
    "gradebooks": "session",
    "import_registration": "registration",
    "mask_names": "privacy",
    "receive": "receiver",
    "register": "registration",
    "registrations": "session",
    "results": "session",
    "rosters": "session",
    "scrub": "scrubbing",
    "uploads": "recovery",
}

#: Rooms that users enter by name: ``except ltix.errors.TokenError``, ``ltix.deeplinking.Column``.
_MODULES = ("deeplinking", "doctor", "errors", "fleet", "privacy", "reports", "spec", "widgets")

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
    "gradebooks",
    "import_registration",
    "mask_names",
    "receive",
    "register",
    "registrations",
    "results",
    "rosters",
    "scrub",
    "uploads",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES])
