"""The practice seminar, seen under pseudonyms, and what would give its people away."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import pytest

import ltix_data as ltix
from ltix_data.sandbox import Platform

KEY = "a key that all tests here share"


def pseudonymous(practice, http=None) -> ltix.Session:
    """Return a new pseudonymous session with the practice platform, as another process would have it."""
    return ltix.connect(practice.registration, http=http or practice.http, pseudonyms=KEY)


@pytest.fixture
def covered(practice) -> ltix.Course:
    """Return the practice seminar in a pseudonymous session."""
    return pseudonymous(practice).course("SEM12")


@pytest.fixture
def quiz(practice) -> None:
    """Make the line item “Quiz 1”, out of 10."""
    practice.course.create_line_item("Quiz 1", 10)


@pytest.fixture
def pseudonym_of(practice):
    """Return a function: from a student number to the pseudonym."""
    from ltix_data.veil import Veil

    veil = Veil(KEY.encode())
    people = [member.person for member in practice.platform.courses["SEM12"].members.values()]
    return {person.sourcedid: veil.cover(person.user_id) for person in people}.__getitem__


def traces(platform: Platform, course: str = "SEM12") -> list[str]:
    """Return every piece of text that tells who somebody in a course is; not the words of “Test Student”."""
    people = [member.person for member in platform.courses[course].members.values()]
    whole = {text for one in people for text in (one.user_id, one.name, one.email, one.sourcedid, one.username)}
    named = [one for one in people if one.username != "teststudent"]
    parts = {part for one in named for part in re.split(r"[\s-]+", f"{one.given_name} {one.family_name}")}
    pictures = {f"{one.user_id}.png" for one in people}
    return sorted(filter(None, whole | parts | pictures))


def leaked(text: str, secrets: Iterable[str]) -> list[str]:
    """Return which of *secrets* a text holds, however its accents are written."""
    plain = unicodedata.normalize("NFC", text)
    return [secret for secret in secrets if unicodedata.normalize("NFC", secret) in plain]


def shown(*things: Any) -> str:
    """Return everything that things show of themselves; of a frame all cells."""
    parts = []
    for thing in things:
        parts += [repr(thing), str(thing)]
        if hasattr(thing, "to_csv"):
            parts += [thing.to_csv(), repr(thing.attrs), thing.to_json(date_format="iso", force_ascii=False)]
        if hasattr(thing, "_repr_html_"):
            parts.append(thing._repr_html_())
    return "\n".join(parts)
