"""``ltix-data demo``: the main job from end to end, against the practice platform on this machine.

Everything is real: a platform as a process of its own, dynamic registration, a login and a launch
through a browser's steps, tokens, rosters, a spreadsheet of grades. Nothing is left behind, unless
it is asked to keep the platform running.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from importlib.resources import as_file, files
from pathlib import Path

from . import registration, session
from .course import Course
from .errors import KeyStorageError, LtixError, UnknownNameError
from .keys import SigningKey
from .receiver import Receiver, receive
from .registration import Registration, data_dir
from .sandbox import server

NAME = "practice"
COURSE = "SEM12"
SAMPLE = "quiz_1.csv"
_START_SECONDS = 30
_DATA_DIR = "LTIX_DATA_DIR"


class Browser:
    """What a person's browser does in a launch: follows redirects, keeps cookies, submits forms."""

    def __init__(self) -> None:
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def open(self, url: str, form: Mapping[str, str] | None = None) -> str:
        """Return the page at *url*; a *form* is posted to it."""
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        with self._opener.open(url, body, timeout=20) as answer:
            page: str = answer.read().decode()
        return page

    def submit(self, page: str) -> str:
        """Return what comes of submitting the first form of *page*, as its script would."""
        form = _FirstForm()
        form.feed(page)
        return self.open(form.action, form.fields)


class _FirstForm(HTMLParser):
    """Reads a form's address and hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what belongs to the form."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action = given.get("action", "")
        if tag == "input" and given.get("name"):
            self.fields[given["name"]] = given.get("value", "")


@dataclass
class Kept:
    """A platform that goes on running after the demo."""

    url: str
    pid: int


def run(say: Callable[[str], None], *, keep: bool = False) -> None:
    """Run the demo, telling each step through *say*.

    Raises:
        LtixError: a step failed.
    """
    platform = _start_kept() if keep else server.start()
    try:
        say(f"1. A practice platform is running at {platform.url}")
        with _data_folder(keep=keep), introduced(platform.url, keep=keep, say=say) as registered:
            _work(registered, say)
    except BaseException:
        _stop(platform)
        raise
    if keep:
        _say_kept(registered, platform.pid, say)
    else:
        _stop(platform)
        say(_NEXT)


@contextmanager
def introduced(platform_url: str, *, keep: bool = False, say: Callable[[str], None]) -> Iterator[Registration]:
    """Register with the platform by its real flow, capture a course by a launch, and yield the registration.

    The tool's key set is served for as long as the block runs: platforms read it when they like.
    """
    with _receiver(keep=keep) as tool:
        browser = Browser()
        query = urllib.parse.urlencode({"tool": tool.addresses.register})
        browser.open(f"{platform_url}/registrations/new?{query}")
        registered = tool.registration
        if registered is None:
            raise LtixError("The practice platform did not register the tool.", hint="Please report this.")
        say(f"2. Registered by dynamic registration: client id {registered.client_id}")
        login = {"user_id": _TEACHER, "course": COURSE, "client": registered.client_id}
        browser.submit(browser.open(f"{platform_url}/login", login))
        captured = tool.wait(_START_SECONDS)
        say(f"3. Launched as a teacher; captured course {captured.course.name if captured.course else '?'}")
        yield tool.registration or registered


def _receiver(*, keep: bool) -> Receiver:
    """Return a tool that stores its key in the keyring, in a file where there is none, or nowhere."""
    if not keep:
        return receive(NAME, store="memory")
    with suppress(UnknownNameError):
        registration.forget(NAME)  # of an earlier demo, whose platform is gone
    try:
        return receive(NAME)
    except KeyStorageError:  # no keyring here: the practice key goes into a file of its own
        path = _key_file()
        path.touch(mode=0o600)
        path.write_text(SigningKey.generate().private_pem(), encoding="utf-8")
        os.environ["LTIX_KEY_FILE"] = str(path)
        return receive(NAME, store="none")


@contextmanager
def _data_folder(*, keep: bool) -> Iterator[None]:
    """Unless asked to *keep*, let the block have a data folder that goes with it: uploads leave a journal."""
    if keep:
        yield
        return
    before = os.environ.get(_DATA_DIR)
    with tempfile.TemporaryDirectory(prefix="ltix-data-demo-") as folder:
        os.environ[_DATA_DIR] = folder
        try:
            yield
        finally:
            os.environ.pop(_DATA_DIR)
            os.environ.update({} if before is None else {_DATA_DIR: before})


#: The seminar's teacher: the practice university is the same every time.
_TEACHER = "b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10"


def _work(registered: Registration, say: Callable[[str], None]) -> None:
    import pandas as pd

    with (
        pd.option_context("display.width", 120, "display.max_columns", 12, "display.max_colwidth", 44),
        session.connect(registered) as opened,
    ):
        course = opened.course(COURSE)
        say(f"\n4. course.roster()\n{course.roster()[['name', 'email', 'sourcedid', 'role', 'status']]}")
        say(f"\n5. course.line_items()\n{course.line_items()[['label', 'out_of', 'coupled']]}")
        upload(course, say)
        say(f"\n7. course.gradebook()\n{course.gradebook()}")


def upload(course: Course, say: Callable[[str], None]) -> None:
    """Upload the sample spreadsheet."""
    with as_file(files("ltix_data") / "samples" / SAMPLE) as path:
        plan = course.plan_grades(path, "Quiz 1", "sourcedid", "Points", key="Student ID", out_of=10, create=True)
    say(f'\n6. plan = course.plan_grades("{SAMPLE}", "Quiz 1", "sourcedid", "Points", key="Student ID", …)\n{plan!r}')
    say(f"\n   plan.problems\n{plan.problems[['row', 'value', 'problem', 'hint']]}")
    report = plan.send()
    say(f"\n   plan.send()\n{report!r}\n{report.outcomes[['row', 'score', 'outcome', 'reason']]}")


def _folder() -> Path:
    folder = data_dir() / NAME
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _key_file() -> Path:
    return _folder() / "key.pem"


def _start_kept() -> Kept:
    """Start a platform that outlives this process; it keeps its state in a file."""
    announced = _folder() / "platform.json"
    with suppress(OSError, ValueError):
        before = Kept(**json.loads(announced.read_text()))
        Browser().open(before.url)
        key = f" Its key: export LTIX_KEY_FILE={_key_file()}" if _key_file().exists() else ""
        raise LtixError(
            f"A practice platform is already running at {before.url}.",
            hint=f"Use it, or end it: kill {before.pid}.{key}",
        )
    announced.unlink(missing_ok=True)
    command = [sys.executable, "-m", "ltix_data.sandbox", f"--state={_folder() / 'state.json'}"]
    with announced.open("w") as out:
        process = subprocess.Popen(  # noqa: S603 - our own module, our own arguments
            command, stdout=out, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(ValueError):
            return Kept(**json.loads(announced.read_text()))
        time.sleep(0.05)
    process.kill()
    raise LtixError("The practice platform did not start.", hint="Try: python -m ltix_data.sandbox")


def _stop(platform: server.Running | Kept) -> None:
    if isinstance(platform, Kept):
        os.kill(platform.pid, signal.SIGTERM)
    else:
        platform.stop()


def _say_kept(registered: Registration, pid: int, say: Callable[[str], None]) -> None:
    key_file = os.environ.get("LTIX_KEY_FILE") if registered.key_storage == "none" else None
    if key_file:
        say("\nThere is no OS keyring here, so the practice key is in a file. First:")
        say(f"   export LTIX_KEY_FILE={key_file}")
        say(f"   export LTIX_DATA_PSEUDONYM_KEY_{NAME.upper()}={secrets.token_urlsafe(32)}")
    say(
        f"\nThe platform goes on running, and the registration is stored. In a notebook:\n"
        f"   import ltix_data as ltix\n"
        f'   course = ltix.connect("{NAME}").course("{COURSE}")\n'
        f"   course.roster()\n"
        f'To end it: kill {pid}, ltix.forget("{NAME}"), and delete the folder {_folder()}.'
    )


_NEXT = """
Nothing was left behind. Next:
   ltix-data demo --keep     the same, and the platform goes on running for your notebook
   ltix-data sandbox         a practice platform on its own, with a page to click through
   ltix-data connect NAME    your own platform"""
