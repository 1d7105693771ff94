"""The examination as a whole: what is looked at, in which order, and what is skipped because of what."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from .. import registration as registrations
from .. import spec, urls
from ..client import ServiceClient
from ..courses import KnownCourse
from ..crew import work_off
from ..errors import RegistrationError
from ..grant import Token
from ..http import HttpClient
from ..progress import Progress
from ..registration import Registration
from ..session import Session
from ..wire import Limits
from . import addresses, causes, course, keys, platform
from .findings import YOU, Examination, Finding, ok, skipped

_AT_ONCE = 4  # courses; platforms slow down at more than eight requests
#: An examination must come to its end where nothing answers: seconds, and tries.
_LIMITS = Limits(connect_timeout=10, read_timeout=20, body_timeout=60, attempts=2, longest_wait=5)
_NO_COURSE = "Launch the tool from a course, or add one with session.add_course(…)."
_LATER = ("addresses", "key", "published keys", "network", "clock", "token", "scope", "platform keys", "launch address")


def examine(
    name: str | Registration, *, courses: str | Iterable[str] | None = None, http: HttpClient | None = None
) -> Examination:
    """Look at everything that a registration needs, and say in plain words what is wrong and who must mend it.

    Reads only: apart from asking for a token, nothing is posted, and no grade is touched. One check that fails
    hides no other; what could not be checked because of it is called skipped.

    Args:
        name: a stored registration's name, or a `Registration` made by hand.
        courses: names, labels, titles or context ids of courses; all known ones, where None.
        http: a client with other limits.

    Raises:
        UnknownNameError: there is no such registration, or no such course.
    """
    try:
        found = name if isinstance(name, Registration) else registrations.load(name)
    except RegistrationError as error:  # its file is damaged
        return Examination(str(name), _unreadable(str(name), error))
    client = http or HttpClient(limits=_LIMITS)
    try:
        return Examination(found.name, list(_all(found, _chosen(found, courses, client), client)))
    finally:
        if http is None:
            client.close()


def _unreadable(name: str, error: RegistrationError) -> list[Finding]:
    failed = Finding("registration", name, "problem", error.what, YOU, error.hint or "")
    return [failed, *(skipped(check, name, "The registration cannot be read.") for check in _LATER)]


def _chosen(found: Registration, courses: str | Iterable[str] | None, http: HttpClient) -> list[KnownCourse]:
    if courses is None:
        return list(found.courses)
    session = Session(found, http=http)
    wanted = {session.course(name).name for name in ([courses] if isinstance(courses, str) else courses)}
    return [known for known in found.courses if known.name in wanted]


def _all(found: Registration, chosen: list[KnownCourse], http: HttpClient) -> Iterator[Finding]:
    where = "is stored on this computer" if found.stored else "was made by hand"
    yield ok("registration", found.name, f"{found.platform}, client id {found.client_id}; it {where}.")
    yield from _guarded("addresses", found.name, lambda: addresses.of_registration(found))
    of_key = _guarded("key", found.name, lambda: keys.of_registration(found))
    yield from of_key
    reached, answer = platform.reach(found, http)
    yield reached
    yield platform.clock(found, http, answer)
    readable = all(finding.verdict != "problem" for finding in of_key)
    yield from _authorised(found, chosen, http, key=readable, reached=reached.verdict != "problem")
    yield from _guarded("platform keys", found.name, lambda: platform.launches(found, http))


def _authorised(
    found: Registration, chosen: list[KnownCourse], http: HttpClient, *, key: bool, reached: bool
) -> Iterator[Finding]:
    """Yield what needs a token, and the token itself."""
    offered = frozenset(scope for known in chosen for scope in known.offered_scopes)
    client = ServiceClient(
        found,
        offered=lambda: offered or frozenset(spec.ALL_SCOPES),
        origins=lambda: frozenset(urls.origin(url) for known in chosen for url in known.service_urls),
        http=http,
        now=lambda: http.clock.now() - http.clock.offset,
    )
    given: Token | None = None
    if key and reached:
        finding, given = platform.token(client)
        yield finding
    else:
        why = "The platform cannot be reached." if key else "There is no key to sign with."
        yield skipped("token", found.name, why)
    yield from platform.scopes(found, given, offered)
    if not chosen:
        yield Finding("courses", found.name, "warning", "No course is known yet.", YOU, _NO_COURSE)
        return
    yield from _guarded("courses", found.name, lambda: addresses.of_courses(found, chosen))
    yield from _each(chosen, client, None if given is None else given.granted)


def _each(chosen: list[KnownCourse], client: ServiceClient, granted: frozenset[str] | None) -> Iterator[Finding]:
    """Yield the findings of all courses, a few examined at once, in the courses' order."""

    def look(place: int) -> tuple[int, list[Finding]]:
        return place, course.examine(chosen[place], client, granted)

    places = range(len(chosen))
    with Progress(len(chosen), "courses examined") as progress:
        done = dict(work_off(places, look, workers=_AT_ONCE, stop=threading.Event(), tick=progress.tick))
    for place in places:
        yield from done[place]


def _guarded(check: str, subject: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    """Return what *look* finds; a check that fails by itself must not hide the others."""
    try:
        return look()
    except Exception as error:
        return [causes.of_fault(error, check, subject)]
