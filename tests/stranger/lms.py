"""An LMS that shares nothing with the package: written from the specifications, with the stdlib and PyJWT.

    lms = Lms()
    lms.add_course("small", 12)
    lms.trust(jwk, client_id="tool-1")
    with lms: ...               # serves on 127.0.0.1, on a port of its own

It keeps the rules of LTI Security 1.0, NRPS 2.0 and AGS 2.0 strictly: exact media types, exact audience,
each ``jti`` once, timestamps that increase. Quirks are attributes; a fault is an attribute with a place:

    lms.break_("members", "html")             # until mended
    lms.break_("scores", "503", times=2)      # twice, then well again
"""

from __future__ import annotations

import contextlib
import email.utils
import json
import re
import socket
import struct
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import jwt

from .people import LEARNER, members

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINEITEM, LINEITEM_READ = AGS + "lineitem", AGS + "lineitem.readonly"
RESULT, SCORE = AGS + "result.readonly", AGS + "score"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ATTENDANCE = "https://stranger.example/scope/attendance"
ATTENDANCE_CLAIM = "https://stranger.example/claim/attendance"
ALL_SCOPES = {LINEITEM, LINEITEM_READ, RESULT, SCORE, MEMBERS, ATTENDANCE}

CONTAINER_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

ACTIVITY = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
GRADING = {"FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"}
KNOWN_FIELDS = {
    "id", "label", "scoreMaximum", "resourceId", "tag", "resourceLinkId", "startDateTime", "endDateTime",
    "gradesReleased",
}  # fmt: skip
HTML = b"<!DOCTYPE html><html><body><h1>Log in to Stranger LMS</h1><p>" + b"x" * 500 + b"</p></body></html>"

# (method, kind of address) -> the media type asked for, the media type sent, the scopes of which one will do
RULES: dict[tuple[str, str], tuple[str | None, str | None, set[str]]] = {
    ("GET", "members"): (MEMBERS_TYPE, None, {MEMBERS}),
    ("GET", "items"): (CONTAINER_TYPE, None, {LINEITEM, LINEITEM_READ}),
    ("POST", "items"): (ITEM_TYPE, ITEM_TYPE, {LINEITEM}),
    ("GET", "item"): (ITEM_TYPE, None, {LINEITEM, LINEITEM_READ}),
    ("PUT", "item"): (ITEM_TYPE, ITEM_TYPE, {LINEITEM}),
    ("DELETE", "item"): (None, None, {LINEITEM}),
    ("GET", "results"): (RESULTS_TYPE, None, {RESULT}),
    ("POST", "scores"): (None, SCORE_TYPE, {SCORE}),
    ("GET", "attendance"): ("application/json", None, {ATTENDANCE}),
    ("POST", "attendance"): (None, "application/json", {ATTENDANCE}),
}


class Refusal(Exception):  # noqa: N818 (an answer, not an error)
    """An answer other than success."""

    def __init__(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


class HangUp(Exception):  # noqa: N818 (an answer, not an error)
    """Close the connection with a reset, without an answer."""


class Item:
    """A column of the gradebook."""

    def __init__(self, number: int, fields: dict[str, Any], *, coupled: bool = False) -> None:
        self.number, self.fields, self.coupled = number, fields, coupled
        self.results: dict[str, dict[str, Any]] = {}
        self.stamps: dict[str, datetime] = {}
        self.posts: list[dict[str, Any]] = []

    def score(self, user_id: str) -> float | None:
        """Return what the gradebook shows."""
        return self.results.get(user_id, {}).get("resultScore")


class Place:
    """A course of the LMS."""

    def __init__(self, key: str, people: list[dict[str, Any]]) -> None:
        self.key, self.members = key, people
        self.user_ids = {one["user_id"] for one in people}
        self.items: dict[int, Item] = {}
        self.links = {f"{key}-link"}
        self.attendance: list[dict[str, Any]] = []

    def item(self, label: str) -> Item:
        """Return the only column of this label."""
        (found,) = [one for one in self.items.values() if one.fields["label"] == label]
        return found


class Lms:
    """The LMS; a context manager that serves while it is open."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.courses: dict[str, Place] = {}
        self.keys: dict[str, Any] = {}
        self.client_id = "tool-1"
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.lms = self
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.audience: str = f"{self.origin}/oauth/token"
        self.tokens: dict[str, tuple[float, set[str]]] = {}
        self.seen_jti: set[str] = set()
        self.log: list[tuple[str, str, int]] = []
        self.token_log: list[dict[str, Any]] = []
        self.assertions: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.complaints: list[str] = []
        self.faults: dict[str, list[Any]] = {}
        self._quirks()

    def _quirks(self) -> None:
        self.clock_offset = 0.0
        self.page_size = 1000
        self.token_lifetime: float = 3600
        self.token_answer: dict[str, Any] = {}  # replaces fields of the token's answer; None takes one away
        self.allowed = set(ALL_SCOPES)  # what it grants; asking for more gives less
        self.refuse_extra = False  # Sakai: one scope too many refuses all
        self.dead_token_status = 401
        self.member_filter: Any = None  # changes a member before it is shown
        self.short_roles = False
        self.ignore_role = False
        self.page_2_unfiltered = False
        self.shifted_pages = False  # each page begins with the last member of the one before
        self.link_style = '<{url}>; rel="next"'
        self.integer_maximum = False
        self.nulls_in_items = False  # shows nulls that a PUT then refuses
        self.echo_put = False
        self.no_result_maximum = False
        self.null_rows = False  # everybody has a row, most without a score
        self.strangers_in_results = False
        self.ignore_user_filter = False
        self.item_page_size: int | None = None
        self.result_page_size: int | None = None
        self.whole_seconds = False  # Moodle: 409 for an equal second
        self.unknown_user_status = 422

    # -- the parts tests use -------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def trust(self, jwks: dict[str, Any], client_id: str = "tool-1") -> None:
        """Accept assertions signed by the keys of a key set."""
        self.client_id = client_id
        self.keys = {key["kid"]: jwt.PyJWK(key, algorithm="RS256").key for key in jwks["keys"]}

    def add_course(self, key: str, count: int) -> Place:
        """Open a course of *count* members."""
        self.courses[key] = Place(key, members(count))
        return self.courses[key]

    def add_item(self, key: str, label: str, out_of: float = 10, *, coupled: bool = False, **fields: Any) -> Item:
        """Make a column, as a teacher would."""
        place = self.courses[key]
        number = 1 + max(place.items, default=0)
        if coupled:
            fields["resourceLinkId"] = f"{key}-link"
        place.items[number] = Item(number, {"label": label, "scoreMaximum": out_of} | fields, coupled=coupled)
        return place.items[number]

    def give(self, item: Item, user_id: str, score: float | None, comment: str | None = None, **more: Any) -> None:
        """Write a grade by hand, as a teacher would."""
        item.results[user_id] = {"resultScore": score, "resultMaximum": item.fields["scoreMaximum"]}
        item.results[user_id] |= ({"comment": comment} if comment is not None else {}) | more

    def urls(self, key: str) -> dict[str, str]:
        """Return what a launch would say about a course."""
        base = f"{self.origin}/api/{quote(key)}"
        urls = {
            "memberships_url": f"{base}/people?view=nrps&v=2",
            "lineitems_url": f"{base}/columns?tool=7&sig=a%2Fb",
        }
        for item in self.courses[key].items.values():
            if item.coupled:
                urls["lineitem_url"] = self.item_url(key, item)
        return urls

    def item_url(self, key: str, item: Item) -> str:
        """Return a column's id: a URL with a query."""
        return f"{self.origin}/api/{quote(key)}/columns/{item.number}/column?tool=7&sig=a%2Fb"

    def break_(self, place: str, fault: str | bytes | Any, times: int | None = None) -> None:
        """Answer wrongly at *place* (members, items, item, results, scores, token, attendance or any)."""
        self.faults[place] = [fault, times]

    def mend(self) -> None:
        """Answer rightly again."""
        self.faults.clear()

    def revoke(self) -> None:
        """Make every token worthless."""
        with self.lock:
            self.tokens.clear()

    def count(self, method: str, part: str) -> int:
        """Return how many requests had *part* in their address."""
        return sum(one[0] == method and part in one[1] for one in self.log)

    def now(self) -> float:
        """Return the time as this LMS has it."""
        return time.time() + self.clock_offset

    # -- tokens: Security Framework §4.1 -------------------------------------------------------------

    def issue(self, form: dict[str, list[str]]) -> dict[str, Any]:
        """Return the answer of the token endpoint, or raise a `Refusal`."""
        one = {name: values[0] for name, values in form.items() if len(values) == 1}
        with self.lock:
            self.token_log.append(one)
        if one.get("grant_type") != "client_credentials":
            raise self._unwelcome("unsupported_grant_type", "the grant type")
        if one.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
            raise self._unwelcome("invalid_request", "the assertion type")
        self._check(one.get("client_assertion", ""))
        wanted = set(one.get("scope", "").split())
        granted = wanted & self.allowed
        if not wanted or (self.refuse_extra and granted != wanted):
            raise self._unwelcome("invalid_scope", "a scope that is not allowed")
        with self.lock:
            token = f"secret-token-{len(self.token_log)}-{time.monotonic_ns()}"
            self.tokens[token] = (self.now() + self.token_lifetime, granted)
        answer = {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(self.token_lifetime),
            "scope": " ".join(sorted(granted)),
        } | self.token_answer
        return {name: value for name, value in answer.items() if value is not None}

    def _unwelcome(self, code: str, why: str) -> Refusal:
        self.complaints.append(why)
        return Refusal(400, {"error": code, "error_description": why})

    def _check(self, assertion: str) -> None:
        """Verify the client's assertion by every rule."""
        try:
            kid = jwt.get_unverified_header(assertion).get("kid")
            checks = {"verify_exp": False, "verify_iat": False, "require": ["iss", "sub", "aud", "iat", "exp", "jti"]}
            claims = jwt.decode(
                assertion,
                self.keys[kid],
                algorithms=["RS256"],
                audience=self.audience,
                issuer=self.client_id,
                options=checks,
            )
        except (jwt.PyJWTError, KeyError) as error:
            raise self._unwelcome("invalid_client", repr(error)) from error
        self.assertions.append(claims)
        faults = {
            "sub": claims["sub"] != self.client_id,
            "aud is a list": not isinstance(claims["aud"], str),
            "iat is ahead of this clock": claims["iat"] > self.now(),
            "expired": claims["exp"] <= self.now(),
            "lives too long": claims["exp"] - claims["iat"] > 3600,
            "jti seen before": claims["jti"] in self.seen_jti,
        }
        for why, wrong in faults.items():
            if wrong:
                raise self._unwelcome("invalid_client", why)
        self.seen_jti.add(claims["jti"])

    def admit(self, authorization: str | None, scopes: set[str]) -> None:
        """Let a request in, or raise a `Refusal`."""
        scheme, _, token = (authorization or "").partition(" ")
        expires, granted = self.tokens.get(token, (0.0, set()))
        if scheme != "Bearer" or expires <= self.now():
            self.complaints.append("a dead token")
            raise Refusal(self.dead_token_status, {"error": "invalid_token"})
        if not scopes & granted:
            self.complaints.append("a token without the scope")
            raise Refusal(403, {"error": "insufficient_scope"})

    # -- the services --------------------------------------------------------------------------------

    def members_page(self, place: Place, query: dict[str, str]) -> tuple[Any, str | None]:
        """Answer NRPS §2.4."""
        role = query.get("role")
        offset, size = int(query.get("offset", 0)), int(query.get("limit", self.page_size))
        if "rlid" in query and query["rlid"] not in place.links:
            raise Refusal(403, "no such link here")
        people = place.members
        if role and not self.ignore_role and not (self.page_2_unfiltered and offset):
            wanted = {role, role.rpartition("#")[2]}
            people = [m for m in people if wanted & {part for r in m["roles"] for part in (r, r.rpartition("#")[2])}]
        start = max(0, offset - 1) if self.shifted_pages else offset
        shown = [self._shown(one) for one in people[start : offset + size]]
        if "rlid" in query:
            shown = [one | {"message": [{"x": 1}]} for one in shown]
        body = {"id": place.key, "context": {"id": place.key, "title": place.key}, "members": shown}
        following = None
        if offset + size < len(people):
            more = query | {"offset": str(offset + size)}
            following = f"{self.origin}/api/{quote(place.key)}/people?{urlencode(more)}"
        return body, following

    def _shown(self, member: dict[str, Any]) -> dict[str, Any]:
        shown = dict(member)
        if self.short_roles:
            shown["roles"] = [role.rpartition("#")[2] for role in shown["roles"]]
        return self.member_filter(shown) if self.member_filter else shown

    def item_json(self, place: Place, item: Item) -> dict[str, Any]:
        """Show a column."""
        shown = {"id": self.item_url(place.key, item)} | item.fields
        if self.nulls_in_items:
            shown = dict.fromkeys(KNOWN_FIELDS) | shown
        return shown

    def items_page(self, place: Place, query: dict[str, str]) -> tuple[Any, str | None]:
        """Answer AGS §3.2.4."""
        names = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId", "tag": "tag"}
        wanted = {field: query[name] for name, field in names.items() if name in query}
        found = [
            self.item_json(place, item)
            for item in place.items.values()
            if all(item.fields.get(field) == value for field, value in wanted.items())
        ]
        return self._paged(found, query, self.item_page_size, f"/api/{quote(place.key)}/columns")

    def _paged(
        self, found: list[Any], query: dict[str, str], size: int | None, path: str
    ) -> tuple[list[Any], str | None]:
        if "limit" in query:
            self.complaints.append("limit on an AGS read")
        page, size = int(query.get("p", 0)), size or max(1, len(found))
        more = urlencode(query | {"p": str(page + 1)})
        following = f"{self.origin}{path}?{more}" if (page + 1) * size < len(found) else None
        return found[page * size : (page + 1) * size], following

    def store_item(self, place: Place, fields: dict[str, Any], item: Item | None = None) -> Item:
        """Create or replace a column: AGS §3.2.5 to §3.2.14."""
        out_of, label = fields.get("scoreMaximum"), fields.get("label")
        if not isinstance(label, str) or not label.strip():
            raise Refusal(400, "label is needed")
        if not _is_number(out_of) or out_of <= 0:
            raise Refusal(400, "scoreMaximum is needed")
        if self.integer_maximum and not isinstance(out_of, int):
            raise Refusal(400, {"scoreMaximum": ["A valid integer is required."]})
        if self.nulls_in_items and None in fields.values():
            raise Refusal(400, {"errors": ["This field may not be null."]})
        if item is not None and fields.get("id", self.item_url(place.key, item)) != self.item_url(place.key, item):
            raise Refusal(400, "the id must not change")
        link = fields.get("resourceLinkId")
        if item is not None and link != item.fields.get("resourceLinkId"):
            raise Refusal(400, "resourceLinkId must not change")
        if link is not None and link not in place.links:
            raise Refusal(404, "no such link")
        for name in ("startDateTime", "endDateTime"):
            if fields.get(name) and datetime.fromisoformat(fields[name]).tzinfo is None:
                raise Refusal(400, f"{name} has no zone")
        if unknown := [name for name in fields if name not in KNOWN_FIELDS and not name.startswith("http")]:
            raise Refusal(400, f"unknown fields {unknown}")
        kept = {name: value for name, value in fields.items() if name != "id"}
        if item is None:
            item = Item(1 + max(place.items, default=0), kept)
            place.items[item.number] = item
        else:
            for result in item.results.values():
                if result.get("resultScore") is not None:
                    result["resultScore"] *= kept["scoreMaximum"] / item.fields["scoreMaximum"]
                result["resultMaximum"] = kept["scoreMaximum"]
            item.fields = kept
        return item

    def results_page(self, place: Place, item: Item, query: dict[str, str]) -> tuple[Any, str | None]:
        """Answer AGS §3.3."""
        rows = dict(item.results)
        if self.null_rows:
            rows = {one["user_id"]: {"resultScore": None} for one in place.members} | rows
        if self.strangers_in_results:
            rows["left-long-ago"] = {"resultScore": 3, "resultMaximum": item.fields["scoreMaximum"]}
        if "user_id" in query and not self.ignore_user_filter:
            rows = {user: row for user, row in rows.items() if user == query["user_id"]}
        url = self.item_url(place.key, item)
        path, _, rest = url.partition("?")
        found = [
            {"id": f"{path}/results/{quote(user, safe='')}?{rest}", "scoreOf": url, "userId": user} | row
            for user, row in rows.items()
        ]
        if self.no_result_maximum:
            found = [{name: value for name, value in row.items() if name != "resultMaximum"} for row in found]
        return self._paged(found, query, self.result_page_size, urlsplit(path).path + "/results")

    def take_score(self, place: Place, item: Item, body: dict[str, Any]) -> None:
        """Take a score by the rules of AGS §3.4, or raise a `Refusal`."""
        user, given, out_of = body.get("userId"), body.get("scoreGiven"), body.get("scoreMaximum")
        if not isinstance(user, str) or not user:
            raise Refusal(400, "userId")
        if body.get("activityProgress") not in ACTIVITY or body.get("gradingProgress") not in GRADING:
            raise Refusal(400, "progress")
        if given is not None and (not _is_number(given) or given < 0 or not _is_number(out_of) or out_of <= 0):
            raise Refusal(400, "scoreGiven, scoreMaximum")
        if not isinstance(body.get("comment", ""), str) or body.get("scoringUserId", "x") in ("", None):
            raise Refusal(400, "comment, scoringUserId")
        moment = _moment(body.get("timestamp"))
        if moment is None or moment.timestamp() > self.now() + 30:
            raise Refusal(400, "timestamp")
        if user not in place.user_ids:
            raise Refusal(self.unknown_user_status, f"User {user} not found in course or is not a student")
        with self.lock:
            before = item.stamps.get(user)
            if self.whole_seconds:
                moment = moment.replace(microsecond=0)
            if before is not None and moment <= before:
                raise Refusal(409, "an older or equal timestamp")
            item.stamps[user] = moment
            item.posts.append(body)
            self._keep(item, body)

    def _keep(self, item: Item, body: dict[str, Any]) -> None:
        user, given = body["userId"], body.get("scoreGiven")
        if body["gradingProgress"] != "FullyGraded":  # AGS §3.4.8: a platform may ignore partial grades
            return
        if given is None:
            item.results.pop(user, None)
            return
        points = given * item.fields["scoreMaximum"] / body["scoreMaximum"]
        item.results[user] = {"resultScore": points, "resultMaximum": item.fields["scoreMaximum"]}
        if body.get("comment"):
            item.results[user]["comment"] = body["comment"]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _moment(text: object) -> datetime | None:
    """Read a timestamp of AGS §3.4.9: sub-second precision, and a zone."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d(:?\d\d)?)", text):
        return None
    return datetime.fromisoformat(text)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    lms: Lms

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections that break are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        """Say nothing on stderr."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return email.utils.formatdate(timestamp or self.server.lms.now(), usegmt=True)

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 (the stdlib's names)

    def _serve(self) -> None:
        lms = self.server.lms
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with lms.lock:
            lms.headers.append(dict(self.headers.items()))
        try:
            status, body, headers = self._answer()
        except Refusal as refusal:
            status, body, headers = refusal.status, refusal.body, refusal.headers
        except HangUp:
            self._reset()
            return
        self._write(status, body, headers)

    def _reset(self) -> None:
        self._note(0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _note(self, status: int) -> None:
        with self.server.lms.lock:
            self.server.lms.log.append((self.command, self.path, status))

    def _write(self, status: int, body: Any, headers: dict[str, str], reason: str | None = None) -> None:
        self._note(status)
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(data))} | headers
        with contextlib.suppress(OSError):
            self.send_response(status, headers.pop("X-Reason", reason))
            for name, value in headers.items():
                for one in value.split("\n"):
                    self.send_header(name, one)
            self.end_headers()
            self.wfile.write(data)
        if int(headers["Content-Length"]) > len(data):
            self.close_connection = True

    # -- one request -----------------------------------------------------------------------------------

    def _answer(self) -> tuple[int, Any, dict[str, str]]:
        lms, parts = self.server.lms, urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.path == "/oauth/token" and self.command == "POST":
            self._break("token")
            form = parse_qs(self.body.decode(), keep_blank_values=True)
            return 200, lms.issue(form), {"Cache-Control": "no-store"}
        kind, place, item = self._address(parts.path)
        accept, content_type, scopes = RULES.get((self.command, kind), (None, None, set()))
        if not scopes:
            raise Refusal(405, "method")
        lms.admit(self.headers.get("Authorization"), scopes)
        self._break(kind)
        if accept and self.headers.get_all("Accept") != [accept]:
            lms.complaints.append(f"Accept {self.headers.get_all('Accept')} at {kind}")
            raise Refusal(406, "not acceptable")
        if content_type and self.headers.get_all("Content-Type") != [content_type]:
            lms.complaints.append(f"Content-Type {self.headers.get_all('Content-Type')} at {kind}")
            raise Refusal(415, "unsupported media type")
        return self._act(kind, place, item)

    def _address(self, path: str) -> tuple[str, Place, Item | None]:
        lms, bits = self.server.lms, [unquote(bit) for bit in path.split("/")[1:]]
        place = lms.courses.get(bits[1]) if len(bits) > 1 else None
        if bits[0] != "api" or place is None:
            raise Refusal(404, HTML, {"Content-Type": "text/html"})
        match bits[2:]:
            case ["people"] if self.query.get("view") == "nrps":
                return "members", place, None
            case ["attendance"]:
                return "attendance", place, None
            case ["columns"] if self.query.get("sig") == "a/b":
                return "items", place, None
            case ["columns", number, "column", *rest] if self.query.get("sig") == "a/b":
                item = place.items.get(int(number))
                if item is None:
                    raise Refusal(404, "no such column")
                return (rest[0] if rest else "item"), place, item
        lms.complaints.append(f"no such address {path}")
        raise Refusal(404, HTML, {"Content-Type": "text/html"})

    def _act(self, kind: str, place: Place, item: Item | None) -> tuple[int, Any, dict[str, str]]:
        lms = self.server.lms
        match (self.command, kind):
            case ("GET", "members" | "items" | "results" | "attendance"):
                return self._page(kind, place, item)
            case ("POST", "items"):
                with lms.lock:
                    made = lms.store_item(place, self._json())
                self._break("items-after")
                return 201, lms.item_json(place, made), {"Content-Type": ITEM_TYPE}
            case ("GET", "item"):
                return 200, lms.item_json(place, item), {"Content-Type": ITEM_TYPE}
            case ("PUT", "item"):
                sent = self._json()
                with lms.lock:
                    lms.store_item(place, sent, item)
                return 200, sent if lms.echo_put else lms.item_json(place, item), {"Content-Type": ITEM_TYPE}
            case ("DELETE", "item"):
                del place.items[item.number]
                return 204, None, {"Content-Type": "text/html"}
            case ("POST", "attendance"):
                place.attendance.append(self._json())
                return 201, None, {}
        self._score(place, item)
        return 204, None, {}

    def _score(self, place: Place, item: Item) -> None:
        lms = self.server.lms
        forms = [json.dumps(self._json(), separators=(",", ":"), ensure_ascii=escaped) for escaped in (True, False)]
        if self.body not in [form.encode() for form in forms]:
            lms.complaints.append("JSON that is not compact")  # Moodle answers 200 and stores nothing
        lms.take_score(place, item, self._json())
        self._break("scores-after")

    def _page(self, kind: str, place: Place, item: Item | None) -> tuple[int, Any, dict[str, str]]:
        lms = self.server.lms
        media_type = MEMBERS_TYPE
        if kind == "members":
            body, following = lms.members_page(place, self.query)
        elif kind == "items":
            media_type, (body, following) = CONTAINER_TYPE, lms.items_page(place, self.query)
        elif kind == "results":
            media_type, (body, following) = RESULTS_TYPE, lms.results_page(place, item, self.query)
        else:
            media_type = "application/json"
            body, following = {"days": place.attendance}, None
        link = {"Link": lms.link_style.format(url=following, query=urlsplit(following).query)} if following else {}
        return 200, body, link | {"Content-Type": media_type}

    def _json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Refusal(400, "not JSON") from error

    # -- faults ----------------------------------------------------------------------------------------

    def _break(self, kind: str) -> None:
        """Raise the fault set for this kind of address, if there is one left."""
        lms = self.server.lms
        with lms.lock:
            place = kind if kind in lms.faults else "any"
            if place not in lms.faults or (place == "any" and kind.endswith("-after")):
                return
            fault, times = lms.faults[place]
            if times is not None:
                if times <= 0:
                    return
                lms.faults[place][1] = times - 1
        if callable(fault):
            fault = fault(self)
            if fault is None:
                return
        if isinstance(fault, Exception):
            raise fault
        if isinstance(fault, bytes):
            raise Refusal(200, fault)
        raise FAULTS[fault](self)


def _truncated(handler: _Handler) -> Refusal:
    return Refusal(200, b'{"id": "x", "context": {"id": "1"}, "members": [{"user_id": "1", "roles": []}, {"user')


FAULTS: dict[str, Any] = {
    "html": lambda h: Refusal(200, HTML, {"Content-Type": "text/html; charset=utf-8"}),
    "truncated": _truncated,
    "cut": lambda h: Refusal(200, b'{"members": []', {"Content-Length": "5000"}),
    "empty": lambda h: Refusal(200, None),
    "reset": lambda h: HangUp(),
    "401": lambda h: Refusal(401, {"error": "invalid_token"}, {"WWW-Authenticate": "Bearer"}),
    "403": lambda h: Refusal(403, {"error": "forbidden"}),
    "404": lambda h: Refusal(404, HTML, {"Content-Type": "text/html"}),
    "409": lambda h: Refusal(409, None),
    "410": lambda h: Refusal(410, None),
    "418": lambda h: Refusal(418, b"[]", {"Content-Type": "text/html"}),
    "429": lambda h: Refusal(429, "slow down", {"Retry-After": "1"}),
    "500": lambda h: Refusal(500, HTML, {"Content-Type": "text/html"}),
    "503": lambda h: Refusal(503, HTML, {"Content-Type": "text/html", "Retry-After": "1"}),
    # Moodle: the reason phrase echoes what was posted, and the body calls itself HTML
    "moodle": lambda h: Refusal(
        400, b"[]", {"Content-Type": "text/html", "X-Reason": "Bad Request: " + h.body.decode("ascii", "ignore")}
    ),
    # an error page that quotes the request, header and all
    "echo": lambda h: Refusal(400, str(h.headers).encode() + h.body, {"Content-Type": "text/html"}),
    "echo-json": lambda h: Refusal(
        400, {"error": "bad", "error_description": str(h.headers) + h.body.decode("utf-8", "ignore")}
    ),
    "echo-200": lambda h: Refusal(200, str(h.headers).encode() + h.body, {"Content-Type": "text/html"}),
}

__all__ = ["ALL_SCOPES", "FAULTS", "HTML", "LEARNER", "HangUp", "Item", "Lms", "Place", "Refusal"]
