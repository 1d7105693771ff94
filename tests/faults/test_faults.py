"""What a hostile or failing network does to a roster, to results, and to an upload of 60 grades.

Each line is a fault and what comes of it; the tests hold every word of it true. “right” is the whole and right answer,
a name is the one error that is raised, of an upload before anything was sent. Otherwise it says what the report says of
the upload's 60 rows, and whatever that is: the platform's own store bears it out, and no grade was taken twice.
Once means the second request of its kind, 3× that and the next two, for good that and all after it; where nothing is
said, for good. What meets links strikes an upload where it reads back what became of it.

fault                                       | roster                 | results                | upload
--------------------------------------------|------------------------|------------------------|------------------------
none                                        | right                  | right                  | 60 confirmed
latency of 20 ms                            | right                  | right                  | 60 confirmed
connection refused, for good                | TransportError         | TransportError         | TransportError
connection refused, twice                   | right                  | right                  | 60 confirmed
reset before the platform acted, once       | right                  | right                  | 60 confirmed
reset before the platform acted, for good   | TransportError         | TransportError         | 1 confirmed, 59 unknown
reset after the platform acted, once        | right                  | right                  | 60 confirmed
reset after the platform acted, for good    | TransportError         | TransportError         | 60 confirmed
reset in the head of an answer, once        | right                  | right                  | 60 confirmed
reset in the middle of a body, once         | right                  | right                  | 60 confirmed
reset in the middle of a body, for good     | TransportError         | TransportError         | 60 confirmed
closed in the middle of a body, once        | right                  | right                  | 60 confirmed
keep-alive sockets closed between requests  | right                  | right                  | 60 confirmed
no answer within 0.3 s, once                | right                  | right                  | 60 confirmed
a body that drips                           | TransportError         | TransportError         | 60 confirmed
truncated JSON                              | MalformedResponseError | MalformedResponseError | 60 confirmed
malformed JSON                              | MalformedResponseError | MalformedResponseError | 60 confirmed
an empty body, once                         | MalformedResponseError | MalformedResponseError | 60 confirmed
an HTML page with 200                       | MalformedResponseError | MalformedResponseError | 1 confirmed, 59 unknown
an HTML page with 200, the platform acted   | MalformedResponseError | MalformedResponseError | 60 confirmed
wrong content type, right JSON              | right                  | right                  | 60 confirmed
gzip                                        | right                  | right                  | 60 confirmed
gzip cut short, once                        | right                  | right                  | 60 confirmed
gzip bomb of 200 MiB                        | TooLargeError          | TooLargeError          | 60 confirmed
no HTTP at all, once                        | right                  | right                  | 60 confirmed
a status line that repeats the grade        | RefusedError           | RefusedError           | 1 confirmed, 59 refused
429 with Retry-After: 2, 3×                 | right                  | right                  | 60 confirmed
429 without Retry-After, 3×                 | right                  | right                  | 60 confirmed
429, for good                               | RateLimitError         | RateLimitError         | 1 confirmed, 59 refused
429 with Retry-After: 3600                  | RateLimitError         | RateLimitError         | 1 confirmed, 59 refused
Canvas' 403 rate limit, 3×                  | right                  | right                  | 60 confirmed
Canvas' 403 rate limit, for good            | RateLimitError         | RateLimitError         | 1 confirmed, 59 refused
403, for good                               | AccessError            | AccessError            | 1 confirmed, 59 refused
500, once                                   | UnavailableError       | UnavailableError       | 60 confirmed
502, 3×                                     | right                  | right                  | 60 confirmed
503, 3×                                     | right                  | right                  | 60 confirmed
504 after the platform acted, 3×            | right                  | right                  | 60 confirmed
502, for good                               | UnavailableError       | UnavailableError       | 1 confirmed, 49 refused, 10 unknown
maintenance (503, Retry-After: 300)         | UnavailableError       | UnavailableError       | 49 refused, 11 unknown
token revoked mid-run                       | right                  | right                  | 60 confirmed
token revoked again and again               | right                  | right                  | 60 confirmed
token expiring mid-page                     | right                  | right                  | 60 confirmed
scopes narrowed at refresh                  | ScopeError             | ScopeError             | 59 refused, 1 unknown
token endpoint reset, once                  | right                  | right                  | 60 confirmed
token endpoint 503, 3×                      | right                  | right                  | 60 confirmed
token endpoint 503, for good                | TokenError             | TokenError             | TokenError
token endpoint answers a web page           | TokenError             | TokenError             | TokenError
clock 10 minutes ahead of the platform's    | right                  | right                  | 60 confirmed
clock 10 minutes behind the platform's      | right                  | right                  | 60 confirmed
next link back to the first page            | MalformedResponseError | MalformedResponseError | 60 unknown
next link to itself                         | MalformedResponseError | MalformedResponseError | 60 unknown
next link down to http                      | ForeignHostError       | ForeignHostError       | 60 unknown
next link to another host                   | ForeignHostError       | ForeignHostError       | 60 unknown
next link to another port                   | ForeignHostError       | ForeignHostError       | 60 unknown
next link that is no URL                    | MalformedResponseError | MalformedResponseError | 60 unknown
redirect to another host                    | ForeignHostError       | ForeignHostError       | 1 confirmed, 59 refused
redirect to another port                    | ForeignHostError       | ForeignHostError       | 1 confirmed, 59 refused
redirect after the platform acted           | RefusedError           | RefusedError           | 60 confirmed
"""  # noqa: E501 - a table

from __future__ import annotations

import logging
import re
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ltix_data import errors, spec

from . import proxy as p
from .network import Network, sockets, threads

COURSE, ROWS, HELD = "BIO101", 60, 120
HTML = b"<!doctype html><title>Sign in</title>"
RATE = b"403 Forbidden (Rate Limit Exceeded)"
ECHO = b"HTTP/1.1 400 scoreGiven 7.13571 is not allowed\r\nContent-Length: 2\r\n\r\n[]"


@dataclass(frozen=True)
class Case:
    """A fault, and where it strikes: at the service, at reading (not at scores), or at the token endpoint."""

    fault: p.Fault | None = None
    first: int = 2
    times: int | None = None
    at: str = "service"
    workers: int = 8
    before: Callable[[Network], object] = lambda network: None
    options: dict[str, Any] = field(default_factory=dict)


def once(fault: p.Fault, **more: Any) -> Case:
    return Case(fault, times=1, **more)


def thrice(fault: p.Fault, **more: Any) -> Case:
    return Case(fault, times=3, **more)


def up_again(network: Network) -> None:
    """Refuse connections until two have been tried."""
    network.proxy.refuse()
    tries: list[int] = []

    def on_sleep() -> None:
        tries.append(1)
        if len(tries) == 2:
            network.proxy.listen()

    network.on_sleep = on_sleep


def on_platform(deed: Callable[[Network], object]) -> Callable[[Network], object]:
    """Do *deed* when the second request comes to the service."""

    def before(network: Network) -> None:
        for method, part in (("GET", "/memberships"), ("GET", "/results"), ("POST", "/scores")):
            network.proxy.on(method, part, p.first_do(lambda: deed(network)), first=2, times=1)

    return before


def revoke(network: Network) -> None:
    network.platform.revoke_tokens()


def revoke_first(network: Network) -> None:
    network.session.token()
    revoke(network)


def revoke_often(network: Network) -> None:
    """Revoke every token at each third request; of pages asked for at once, one might meet that twice."""
    network.session._client.monotonic = lambda: 0.0  # so none is slow enough to be asked for ahead
    for method, part in (("GET", "/memberships"), ("GET", "/results"), ("POST", "/scores")):
        for first in range(2, 90, 3):
            network.proxy.on(method, part, p.first_do(network.platform.revoke_tokens), first=first, times=1)


def an_hour_later(network: Network) -> None:
    now = network.platform.now
    network.platform.now = lambda: now() + 3601


def narrow(network: Network) -> None:
    network.platform.options = replace(network.platform.options, granted_scopes=(spec.SCOPE_LINE_ITEM,))
    revoke(network)


def close_for_repair(network: Network) -> None:
    network.platform.under_maintenance = True


def elsewhere(url: str) -> Case:
    return Case(p.next_is(lambda here: url), first=1, at="reading")


FAULTS: dict[str, Case] = {
    "none": Case(),
    "latency of 20 ms": Case(p.late(0.02)),
    "connection refused, for good": Case(before=lambda network: network.proxy.refuse()),
    "connection refused, twice": Case(before=up_again),
    "reset before the platform acted, once": once(p.reset_before),
    "reset before the platform acted, for good": Case(p.reset_before),
    "reset after the platform acted, once": once(p.reset_after),
    "reset after the platform acted, for good": Case(p.reset_after),
    "reset in the head of an answer, once": once(p.reset_in_head),
    "reset in the middle of a body, once": once(p.reset_in_body),
    "reset in the middle of a body, for good": Case(p.reset_in_body),
    "closed in the middle of a body, once": once(p.close_in_body),
    "keep-alive sockets closed between requests": Case(p.close_afterwards, first=1),
    "no answer within 0.3 s, once": once(p.silence, options={"limits": {"read_timeout": 0.3}}),
    "a body that drips": Case(p.drip(0.1), times=6, options={"limits": {"body_timeout": 0.25}}),
    "truncated JSON": Case(p.change(p.cut)),
    "malformed JSON": Case(p.change(p.garble)),
    "an empty body, once": once(p.change(lambda answer: replace(answer, body=b""))),
    "an HTML page with 200": Case(p.instead(200, HTML, content_type="text/html")),
    "an HTML page with 200, the platform acted": Case(p.afterwards(200, HTML, content_type="text/html")),
    "wrong content type, right JSON": Case(p.change(lambda answer: answer.saying(content_type="text/html"))),
    "gzip": Case(p.change(p.zipped)),
    "gzip cut short, once": once(p.change(lambda answer: replace(z := p.zipped(answer), body=z.body[:-9]))),
    "gzip bomb of 200 MiB": Case(p.change(p.bomb(200)), times=2, options={"limits": {"max_bytes": 8 * 2**20}}),
    "no HTTP at all, once": once(p.raw(b"SSH-2.0-OpenSSH_9.6\r\n")),
    "a status line that repeats the grade": Case(p.raw(ECHO, close=False)),
    "429 with Retry-After: 2, 3×": thrice(p.instead(429, retry_after="2")),
    "429 without Retry-After, 3×": thrice(p.instead(429)),
    "429, for good": Case(p.instead(429, retry_after="1")),
    "429 with Retry-After: 3600": Case(p.instead(429, retry_after="3600")),
    "Canvas' 403 rate limit, 3×": thrice(p.instead(403, RATE)),
    "Canvas' 403 rate limit, for good": Case(p.instead(403, RATE)),
    "403, for good": Case(p.instead(403, {"error": "forbidden"})),
    "500, once": once(p.instead(500, HTML)),
    "502, 3×": thrice(p.instead(502, HTML)),
    "503, 3×": thrice(p.instead(503, HTML)),
    "504 after the platform acted, 3×": thrice(p.afterwards(504, HTML)),
    "502, for good": Case(p.instead(502, HTML), workers=1),
    "maintenance (503, Retry-After: 300)": Case(before=on_platform(close_for_repair), workers=1),
    "token revoked mid-run": Case(before=on_platform(revoke)),
    "token revoked again and again": Case(before=revoke_often, workers=1),
    "token expiring mid-page": Case(before=on_platform(an_hour_later)),
    "scopes narrowed at refresh": Case(before=on_platform(narrow), workers=1),
    "token endpoint reset, once": once(p.reset_before, at="token", first=1, before=revoke_first),
    "token endpoint 503, 3×": thrice(p.instead(503, HTML), at="token", first=1, before=revoke_first),
    "token endpoint 503, for good": Case(p.instead(503, HTML), at="token", first=1, before=revoke_first),
    "token endpoint answers a web page": Case(p.instead(200, HTML), at="token", first=1, before=revoke_first),
    "clock 10 minutes ahead of the platform's": Case(options={"now": lambda: time.time() - 600}),
    "clock 10 minutes behind the platform's": Case(options={"now": lambda: time.time() + 600}),
    "next link back to the first page": Case(p.next_is(lambda here: re.sub("&?after=\\d+", "", here)), at="reading"),
    "next link to itself": Case(p.next_is(lambda here: here), at="reading"),
    "next link down to http": elsewhere("http://lms.example.edu/page?after=2"),
    "next link to another host": elsewhere("https://evil.example/page?after=2"),
    "next link to another port": elsewhere("http://127.0.0.1:{other}/page?after=2"),
    "next link that is no URL": elsewhere("http://[page"),
    "redirect to another host": Case(p.instead(302, location="https://evil.example/login")),
    "redirect to another port": Case(p.instead(307, location="http://127.0.0.1:{other}/")),
    "redirect after the platform acted": Case(p.afterwards(303, location="?done")),
}


# --- What came of it ------------------------------------------------------------------------------


@dataclass
class Story:
    """What happened, and whatever is wrong about it."""

    happened: str = ""
    untrue: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    seconds: float = 0.0
    waited: float = 0.0
    left: str = ""
    strayed: int = 0


def roster(network: Network) -> str:
    frame = network.session.course(COURSE).roster()
    people = {user: member.person for user, member in network.platform.courses[COURSE].members.items()}
    got = {row.user_id: (row.name, row.email) for row in frame.astype(object).where(frame.notna(), None).itertuples()}
    return "right" if got == {user: (who.name, who.email) for user, who in people.items()} else "WRONG"


def results(network: Network) -> str:
    frame = network.session.course(COURSE).results(network.item_url(COURSE))
    return "right" if dict(zip(frame.user_id, frame.score, strict=True)) == network.held(COURSE) else "WRONG"


def told_by(caught: BaseException | None) -> list[str]:
    """Return everything that an error and what led to it would show."""
    shown: list[str] = []
    while caught is not None:
        shown += [str(caught), repr(caught), repr(vars(caught)), *traceback.format_exception_only(caught)]
        caught = caught.__cause__ or (None if caught.__suppress_context__ else caught.__context__)
    return shown


def upload(network: Network, plan: Any, story: Story, workers: int) -> list[str]:
    """Send the plan, hold the report against the platform's store, and return what the report shows."""
    shown = [repr(plan)]
    try:
        report = plan.send(workers=workers)
    except errors.LtixError as error:
        story.happened = type(error).__name__
        story.untrue += [f"{user}: sent, and raised" for user in network.accepted()]
        return shown + told_by(error)
    network.proxy.heal()
    words = Counter(report.outcomes["outcome"].astype(str))
    story.happened = ", ".join(f"{count} {word}" for word, count in sorted(words.items()))
    held, accepted = network.held(COURSE), network.accepted()
    for row in report.outcomes.itertuples():
        there = held.get(row.user_id)
        true = {"confirmed": there == row.score, "refused": there is None, "unknown": True}.get(row.outcome, False)
        if not true or there not in (None, row.score) or accepted[row.user_id] > 1:
            story.untrue.append(f"{row.user_id}: {row.outcome}, {there}, taken {accepted[row.user_id]} times")
    return [*shown, repr(report), *report.outcomes["reason"].astype(str)]


def attach(case: Case, action: str, network: Network, other: str) -> None:
    """Put the fault where this action meets it; *other* is another port of this machine."""
    service = {"roster": ("GET", "/memberships"), "results": ("GET", "/results"), "upload": ("POST", "/scores")}
    method, part = service[action]
    if case.at == "token":
        method, part = "POST", "/token"
    reads_back = case.at == "reading" and action == "upload"
    if reads_back:
        method, part = "GET", "/results"
    case.before(network)
    if case.fault is None:
        return
    fault = case.fault

    def strike(exchange: p.Exchange) -> None:
        send = exchange.send
        exchange.send = lambda data: send(data.replace(b"{other}", other.encode()))  # type: ignore[method-assign]
        early = reads_back and not network.accepted()
        (p.pass_on if early else fault)(exchange)

    network.proxy.on(method, part, strike, first=1 if reads_back else case.first, times=case.times)


class Notes(logging.Handler):
    """Keeps every line of every logger."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def tell(key: Any, case: Case, action: str) -> Story:
    """Let one fault happen to one action."""
    story, notes, root = Story(), Notes(), logging.getLogger()
    before, level = (sockets(), threads()), root.level
    root.addHandler(notes)
    root.setLevel(logging.DEBUG)
    try:
        with ExitStack() as stack, warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", errors.LtixWarning)
            stray = p.Proxy()  # whoever knocks here was led astray
            stray.on("", "", p.instead(200, []))
            stack.callback(stray.stop)
            network = Network(key, stack, page_size=50, **case.options)
            happen(story, case, action, network, stray.url.rpartition(":")[2], notes.lines)
            notes.lines += [str(warning.message) for warning in warned]
            shown = "\n".join(notes.lines)
            private = network.private(COURSE, ROWS, HELD).items()
            story.told = {kind for kind, values in private if any(value in shown for value in values)}
            story.waited = max(network.waited.values(), default=0.0)
            story.strayed = len(stray.asked)
    finally:
        root.removeHandler(notes)
        root.setLevel(level)
    if not p.wait_until(lambda: (sockets(), threads()) <= before, 2):
        story.left = f"{before} before, {(sockets(), threads())} after"
    return story


def happen(story: Story, case: Case, action: str, network: Network, other: str, shown: list[str]) -> None:
    plan = None
    if action == "upload":
        sheet = network.sheet(COURSE, ROWS)
        plan = network.session.course(COURSE).plan_grades(sheet, network.item_url(COURSE), "user_id", "score")
    else:
        network.fill(COURSE, HELD)
    attach(case, action, network, other)
    start = time.monotonic()
    if plan is not None:
        shown += upload(network, plan, story, case.workers)
    else:
        try:
            story.happened = {"roster": roster, "results": results}[action](network)
        except errors.LtixError as error:
            story.happened = type(error).__name__
            shown += told_by(error)
    story.seconds = time.monotonic() - start
    shown += [repr(network.session), repr(network.registration), repr(network.session.course(COURSE))]


# --- The promises ---------------------------------------------------------------------------------

ACTIONS = ("roster", "results", "upload")
_ROW = re.compile(r"^(.+?) *\| (.+?) *\| (.+?) *\| (.+)$", re.MULTILINE)
WRITTEN = {row[0]: dict(zip(ACTIONS, row[1:], strict=True)) for row in _ROW.findall(__doc__ or "")[1:]}
_stories: dict[tuple[str, str], Story] = {}


@pytest.fixture
def story(signing_key, request) -> Story:
    """One run of each fault and action, for all tests that look at it."""
    key = (request.getfixturevalue("fault"), request.getfixturevalue("action"))
    if key not in _stories:
        _stories[key] = tell(signing_key, FAULTS[key[0]], key[1])
    return _stories[key]


def test_the_list_names_every_fault():
    assert list(WRITTEN) == list(FAULTS)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_right_answer_or_one_clear_error(fault, action, story):
    """In bounded time, with every word of the report true, no socket or thread left, and nobody led astray.

    Waiting takes no time here, but a quarter of an hour of it is ten thousand calls in each of eight threads.
    """
    print(f"{fault:43} {action:8} {story.happened:40} {story.seconds:5.2f} s, would wait {story.waited:4.0f} s")

    assert (story.happened, story.untrue, story.left, story.strayed, story.seconds < 60) == (
        WRITTEN[fault][action],
        [],
        "",
        0,
        True,
    )


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_private_is_told(fault, action, story):
    """No token, key, name, address, id or grade in a message, a reason, a repr, a warning or a log at DEBUG."""
    assert story.told == set()


def test_a_leak_would_be_found(signing_key):
    """A test that cannot fail is a defect."""
    private: dict[str, set[str]] = {}

    def leak(network: Network) -> None:
        network.session.token()
        private.update(network.private(COURSE, ROWS, HELD))
        for values in private.values():
            logging.getLogger("ltix_data.http").debug("%s", min(values))

    assert (tell(signing_key, Case(before=leak), "roster").told, all(private.values())) == (set(private), True)


def test_a_false_report_would_be_found(make_network):
    """A grade that is taken and then lost is not confirmed by the store."""
    network, story = make_network(page_size=50), Story()
    course = network.session.course(COURSE)
    plan = course.plan_grades(network.sheet(COURSE, 3), network.item_url(COURSE), "user_id", "score")
    lose = {"verify": False}
    send = plan.send
    plan.send = lambda workers: [send(workers=workers, **lose), network.item(COURSE).cells.popitem()][0]
    upload(network, plan, story, 1)

    assert (story.happened, len(story.untrue)) == ("3 confirmed", 1)
