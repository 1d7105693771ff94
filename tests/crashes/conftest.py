"""A practice platform on a real socket that remembers every score, and uploads from processes that die."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest

import ltix_data as ltix
from ltix_data import journal
from ltix_data.courses import KnownCourse
from ltix_data.errors import JournalError
from ltix_data.grading import Report
from ltix_data.http import HttpClient
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.claims import item_url, service_claims
from ltix_data.sandbox.model import Cell, LineItem
from ltix_data.sandbox.server import listen

SCRIPT = Path(__file__).with_name("uploader.py")
COURSE, LONG_AGO = "BIO101", "2020-02-02T02:02:02.000000Z"


@dataclass(frozen=True)
class Post:
    """A score that came to the platform, and what it answered."""

    item: str
    score: dict[str, Any]
    status: int


class Lms:
    """A platform with one course of a few learners, as a server in this process.

    Attributes:
        posts: every score that was answered, in the order of the answers.
        arrived: how many scores came, answered or not.
        on_arrival: is told of each before it is answered.
        slow: the seconds that each score takes, until `hurry` is set.
    """

    def __init__(self, key: SigningKey, stack: ExitStack, *, learners: int, **options: Any) -> None:
        self.posts: list[Post] = []
        self.arrived = 0
        self.slow = 0.0
        self.hurry = threading.Event()
        self.on_arrival: Callable[[int], object] = lambda count: None
        self._lock = threading.Lock()
        self.platform = Platform(Options(page_size=500, **options))
        self._server = listen(self.platform)
        self._app, self._server.app = self._server.app, self._record
        self._open = 0  # connections
        self._accept, self._server.process_request = self._server.process_request, self._accept_one
        self._answer, self._server.process_request_thread = self._server.process_request_thread, self._answer_one
        self.url = self.platform.base_url = f"http://127.0.0.1:{self._server.port}"
        self.key = key
        self.tool = self.platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
        self.course = self.platform.courses[COURSE]
        members = self.course.members.items()
        gradable = [u for u, m in members if m.status == "Active" and m.has("Learner") and not m.has("Instructor")]
        self.learners = gradable[:learners]
        for user in set(self.course.members) - set(self.learners):
            del self.course.members[user]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        stack.callback(self._server.server_close)
        stack.callback(self._server.shutdown)
        stack.callback(self.hurry.set)
        self.facts = {
            "name": "practice",
            "issuer": self.url,
            "client_id": self.tool.client_id,
            "token_url": f"{self.url}/token",
        }

    def _record(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if not environ["PATH_INFO"].endswith("/scores"):
            return self._app(environ, start_response)
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = BytesIO(body)
        if len(body) < int(environ["CONTENT_LENGTH"]):  # its sender died over it
            return self._app(environ, start_response)
        with self._lock:
            self.arrived += 1
            self.on_arrival(self.arrived)
        if self.slow:
            self.hurry.wait(self.slow)
        status: list[str] = []

        def started(said: str, *rest: Any) -> Any:
            status.append(said)
            return start_response(said, *rest)

        answer = list(self._app(environ, started))
        with self._lock:
            self.posts.append(Post(environ["PATH_INFO"], json.loads(body), int(status[0][:3])))
        return answer

    @property
    def known_course(self) -> KnownCourse:
        return KnownCourse.from_claims(service_claims(self.course, self.tool, self.url))

    @contextmanager
    def session(self, sleep: Callable[[float], object] = lambda seconds: None) -> Iterator[ltix.Session]:
        """Open a session in this process; nobody sleeps between tries unless told how."""
        registration = ltix.Registration(private_key=self.key, **self.facts)
        registration.remember(self.known_course)
        with ltix.connect(registration, http=HttpClient(sleep=sleep)) as session:
            yield session

    def _answer_one(self, *connection: Any) -> None:
        try:
            self._answer(*connection)
        finally:
            with self._lock:
                self._open -= 1

    def _accept_one(self, *connection: Any) -> None:
        with self._lock:
            self._open += 1
        self._accept(*connection)

    def wait_until_quiet(self) -> None:
        """Wait until every request that came was answered, those of dead processes as well.

        A connection on which nothing more comes may stay open for longer: it is no request.
        """
        end = time.monotonic() + 20
        while self._open:
            if time.monotonic() > end:
                with self._lock:
                    assert self.arrived == len(self.posts), f"{self._open} connections are still open"
                break
            time.sleep(0.001)
            if time.monotonic() > end - 19:
                gc.collect()  # of a client that was closed while a thread still had one


class Upload:
    """A column with grades of all kinds, a sheet for it, and a data folder of its own."""

    def __init__(self, lms: Lms, folder: Path) -> None:
        self.lms, self.folder = lms, folder
        os.environ["LTIX_DATA_DIR"] = str(folder)  # put back by the fixture `data_folder`
        with lms.platform.changing():
            number = lms.platform.next_item
            self.item = LineItem(number, lms.tool.client_id, {"label": f"Quiz {number}", "scoreMaximum": 100})
            lms.platform.add_item(lms.course, self.item)
        self.url = item_url(lms.course, self.item, lms.tool, lms.url)
        self.rows = [self._row(place, user) for place, user in enumerate(lms.learners)]

    def _row(self, place: int, user: str) -> tuple[str, float, str | None]:
        """Return a row; what it replaces is nothing, a lower grade, the same, nothing, or a higher one."""
        score = round(20 + place * 1.37, 2)
        comment = f"Well done, no. {place}: ½ ✓" if place % 5 in (2, 3) else None
        old = (None, 3.5, score, None, 99.5)[place % 5]
        if old is not None:
            before = "Earlier" if place % 5 == 2 else None
            cell = Cell(given=old, given_out_of=100, timestamp=LONG_AGO, comment=before, comment_from_tool=True)
            self.item.cells[user] = cell
        return user, score, comment

    @property
    def sheet(self) -> pd.DataFrame:
        return pd.DataFrame(self.rows, columns=["user_id", "score", "comment"])

    def order(self, act: str = "send", *, workers: int = 1, **kill: Any) -> dict[str, Any]:
        """Return what the uploader's script is to do."""
        return {
            "folder": str(self.folder),
            "registration": self.lms.facts,
            "course": self.lms.known_course.to_json(),
            "item": self.url,
            "rows": self.rows,
            "act": act,
            "workers": workers,
            **kill,
        }

    @property
    def upload_id(self) -> str | None:
        """Return the id of the upload that can be resumed; None where it was killed before there was one."""
        for name in journal.names():
            try:
                return journal.read(name).upload_id
            except JournalError:
                continue
        return None

    @property
    def lines(self) -> int:
        """Return how many lines its journal still lacks, about: what was sent already needs none."""
        sent = journal.read(self.upload_id).tries if self.upload_id else ()
        return 2 * (len(self.rows) - len(sent)) + 2

    def finish(self) -> Report:
        """Resume in this process, or plan anew where there is nothing to resume."""
        with self.lms.session() as session:
            if self.upload_id:
                return session.resume(self.upload_id)
            assert not self.posts, "scores were sent, and no journal tells of them"
            course = session.course(COURSE)
            return course.plan_grades(self.sheet, self.url, "user_id", "score", comment="comment").send()

    @property
    def posts(self) -> list[Post]:
        path = f"/courses/{COURSE}/lineitems/{self.item.number}/scores"
        return [post for post in self.lms.posts if post.item == path]

    def wrongs(self, report: Report) -> list[str]:
        """Return everything that is not as it was promised; empty in the end."""
        self.lms.wait_until_quiet()
        stored = Counter(post.score["userId"] for post in self.posts if post.status < 300)
        found = [f"{user} stored {stored[user]} times" for user, *_ in self.rows if stored[user] != 1]
        found += [f"answered {p.status}" for p in self.posts if p.status >= 300 and p.status != 409]
        for user, score, comment in self.rows:
            cell = self.item.cells.get(user)
            if cell is None or (cell.given, cell.comment) != (score, comment):
                found.append(f"{user} holds {cell and (cell.given, cell.comment)}, not {(score, comment)}")
        words = report.outcomes["outcome"].value_counts()
        found += [f"{count} rows reported {word}" for word, count in words.items() if count and word != "confirmed"]
        uploads = ltix.uploads()
        whole = uploads[uploads["state"] != "damaged"]
        if (whole["state"].tolist(), whole["confirmed"].tolist()) != (["complete"], [len(self.rows)]):
            found.append(f"listed as {whole['state'].tolist()} with {whole['confirmed'].tolist()} confirmed")
        return found + [f"a journal holds {text!r}" for text in self.told()]

    def told(self) -> list[str]:
        """Return the names and addresses of the roster that stand in any file."""
        files = [path.read_bytes() for path in self.folder.rglob("*") if path.is_file()]
        people = [member.person for member in self.lms.course.members.values()]
        words = {word for person in people for word in (person.name, person.email) if word}
        return [word for word in words if any(_within(word, file) for file in files)]


def _within(word: str, file: bytes) -> bool:
    return word.encode() in file or json.dumps(word)[1:-1].encode() in file


class Uploader:
    """The script as a warm process that forks for each order."""

    def __init__(self, key: SigningKey, log: Path) -> None:
        environment = {**os.environ, "UPLOADER_KEY": key.private_pem(), "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, str(SCRIPT)]
        self._log, pipe = log, subprocess.PIPE
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=errors, text=True, env=environment
            )

    def run(self, order: dict[str, Any]) -> dict[str, int]:
        """Return how it ended: the signal that killed it, or its exit code."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self._log.read_text()[-2000:]
        ended = json.loads(line)
        assert ended.get("code", 0) in (0, 130), self._log.read_text()[-2000:]
        return ended

    def stop(self) -> None:
        self._process.communicate(timeout=10)


@pytest.fixture
def make_lms(signing_key):
    with ExitStack() as stack:
        yield lambda learners=12, **options: Lms(signing_key, stack, learners=learners, **options)


@pytest.fixture
def uploader(signing_key, tmp_path):
    running = Uploader(signing_key, tmp_path / "uploader.log")
    yield running
    running.stop()


@pytest.fixture
def make_upload(tmp_path):
    """Return what makes an upload with a data folder of its own; in memory, if that can be.

    What a killed process has written is there, synced or not; thousands of fsync calls would take minutes.
    """
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as place:
        yield lambda lms: Upload(lms, Path(place) / f"data-{lms.platform.next_item}")
