"""Forms without a browser: what it would send comes from here, and everything that is sent to it is kept."""

from __future__ import annotations

import json
import re
from typing import ClassVar

import comm
import pandas as pd
import pytest
from comm.base_comm import BaseComm

SOON = 60  # seconds within which a form has done its work on a busy machine


class Told(BaseComm):
    """A browser that keeps what it is told: each is text, `buffers` and all."""

    messages: ClassVar[list[str]] = []

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        if (data or {}).get("method") != "echo_update":  # what the browser said itself
            self.messages.append(json.dumps(data, ensure_ascii=False, default=str) + str(buffers or ""))


@pytest.fixture(autouse=True)
def told(monkeypatch):
    """Everything that widgets tell the browser while a test runs: their state, at any time."""
    Told.messages = []
    monkeypatch.setattr(comm, "create_comm", Told)
    return Told.messages


@pytest.fixture
def practice(practice):
    for label, out_of in (("Quiz 1", 10), ("Essay", 20), ("Essay", 20)):
        practice.course.create_line_item(label, out_of)
    return practice


@pytest.fixture
def secrets(practice):
    """What tells a person of the seminar; none of it may be in the state of a widget."""
    people = [member.person for member in practice.platform.courses["SEM12"].members.values()]
    words = {
        word
        for one in people
        for word in (one.user_id, one.name, one.given_name, one.family_name, one.email, one.sourcedid, one.username)
    }
    return {word for word in words if word and len(word) > 3}


def found_in(secrets, messages) -> list[str]:
    """Return which of the secrets stand in the messages."""
    whole = "\n".join(messages)
    return sorted(secret for secret in secrets if secret in whole)


def choose(widget, label: str) -> None:
    """Choose the option that begins so, as somebody does in the browser."""
    index = next(n for n, said in enumerate(widget._options_labels) if said.startswith(label))
    widget.set_state({"index": index})


def write(box, text: str) -> None:
    """Type a text and press Enter."""
    box.set_state({"value": text})


def upload(form, name: str, data: bytes) -> None:
    """Choose a file."""
    file = {"name": name, "type": "", "size": len(data), "last_modified": 1_700_000_000_000}
    form.files.upload.set_state({"value": [{**file, "content": memoryview(data)}]})
    form.wait(SOON)


def press(form, button) -> None:
    """Press a button that can be pressed, and wait until the form has done what that asks for."""
    assert is_there(button), button.description
    assert not button.disabled, button.description
    button.click()
    form.wait(SOON)


def is_there(widget) -> bool:
    return widget.layout.display != "none"


def words_of(html: str) -> str:
    """Return what is to be read in HTML."""
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL).split())


def csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()
