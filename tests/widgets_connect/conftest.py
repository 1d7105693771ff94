"""A practice platform on a real port, a keyring in memory, and a form that is worked as hands would."""

from __future__ import annotations

import urllib.parse

import ipywidgets
import pytest
from keyring_backends import MemoryKeyring, installed

from ltix_data.demo import COURSE, Browser
from ltix_data.sandbox import Platform
from ltix_data.sandbox.server import serve
from ltix_data.widgets import ConnectForm, connect

SECONDS = 60


@pytest.fixture(autouse=True)
def ring():
    with installed(MemoryKeyring(priority=9)) as ring:
        yield ring


@pytest.fixture
def platform():
    platform = Platform()
    with serve(platform) as url:
        platform.url = url
        yield platform


@pytest.fixture
def make_form():
    forms = []

    def make(*name, **options) -> ConnectForm:
        forms.append(connect(*name, **{"port": 0, **options}))
        return forms[-1]

    yield make
    for form in forms:
        form.close()


@pytest.fixture
def form(make_form) -> ConnectForm:
    """A form for a new registration, “uni”, at a platform that no steps are written for; not begun yet."""
    form = make_form("uni")
    control(form, "Platform").value = ""
    return form


@pytest.fixture
def receiving(form) -> ConnectForm:
    press(form, "Show what to enter there")
    return form


def controls(form: ConnectForm) -> list:
    """Return all controls of the form, seen or unseen."""
    found, boxes = [], [form.top, form.given, form.paste]
    while boxes:
        widget = boxes.pop(0)
        boxes[:0] = getattr(widget, "children", ())
        found.append(widget)
    return found


def control(form: ConnectForm, label: str):
    return next(widget for widget in controls(form) if getattr(widget, "description", None) == label)


def in_sight(form: ConnectForm) -> set[str]:
    """Return the labels of what can be seen and used."""
    found, boxes = set(), [form.top, form.given, form.paste]
    while boxes:
        widget = boxes.pop()
        if widget.layout.display != "none":
            boxes += getattr(widget, "children", ())
            found.add(getattr(widget, "description", ""))
    return found - {""}


def press(form: ConnectForm, label: str) -> None:
    """Press a button that is in sight, and wait for what it does."""
    assert label in in_sight(form)
    control(form, label).click()
    form.background.wait(SECONDS)


def fill(form: ConnectForm, **texts: str) -> None:
    """Type into boxes, by the first word of their labels."""
    for label, text in texts.items():
        control(form, label.replace("_", " ")).value = text


def register_there(form: ConnectForm, platform: Platform, browser: Browser | None = None) -> None:
    """Register dynamically, as a browser does with the address that the form shows."""
    query = urllib.parse.urlencode({"tool": form.receiver.addresses.register})
    (browser or Browser()).open(f"{platform.url}/registrations/new?{query}")


def launch(form: ConnectForm, platform: Platform, course: str = COURSE) -> str:
    """Log in as a teacher, launch the tool, and return the page that it ends on."""
    members = platform.courses[course].members
    teacher = next(user_id for user_id, member in members.items() if member.has("Instructor"))
    browser = Browser()
    login = {"user_id": teacher, "course": course, "client": form.receiver.registration.client_id}
    return browser.submit(browser.open(f"{platform.url}/login", login))


def kept() -> str:
    """Return the state of all widgets, as it is written into a saved notebook."""
    return repr(ipywidgets.Widget.get_manager_state()["state"])
