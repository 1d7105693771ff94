"""Fixtures: the strange LMS, and a session with it."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import ltix_data as ltix
from ltix_data.http import HttpClient, Limits

from .lms import Lms

KID = "key-2024"


@functools.cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def pem() -> str:
    kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return private_key().private_bytes(*kinds).decode()


@functools.cache
def public_jwks() -> dict[str, Any]:
    """The public half as this side computes it, not as the package does."""
    public = jwt.algorithms.RSAAlgorithm.to_jwk(private_key().public_key(), as_dict=True)
    return {"keys": [public | {"kid": KID}]}


def attempt(act: Callable[[], Any]) -> tuple[Any, ltix.LtixError | None]:
    """Return what *act* gives, or its LtixError; every other exception comes through."""
    try:
        return act(), None
    except ltix.LtixError as error:
        return None, error


class Patience:
    """Counts the seconds that would have been waited."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        time.sleep(0.001)


@pytest.fixture
def lms() -> Iterator[Lms]:
    """An LMS with one small course: a teacher, eleven learners, three columns."""
    with Lms() as running:
        running.trust(public_jwks())
        running.add_course("small", 12)
        running.add_item("small", "Quiz 1", 10, tag="grade", resourceId="quiz-1")
        running.add_item("small", "Essay", 40, endDateTime="2024-06-01T12:00:00+02:00")
        running.add_item("small", "Practical", 100, coupled=True)
        yield running


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def registration(lms: Lms) -> ltix.Registration:
    return ltix.Registration(
        name="strange",
        issuer=lms.origin,
        client_id="tool-1",
        token_url=f"{lms.origin}/oauth/token",
        private_key=private_key(),  # reading a PEM takes 60 ms
        kid=KID,
    )


@pytest.fixture
def connect(registration: ltix.Registration, patience: Patience) -> Iterator[Callable[..., ltix.Session]]:
    """Open sessions that do not really wait between tries."""
    opened = []

    def open_(**limits: Any) -> ltix.Session:
        opened.append(ltix.connect(registration, http=HttpClient(sleep=patience, limits=Limits(**limits))))
        return opened[-1]

    yield open_
    for one in opened:
        one.close()


@pytest.fixture
def session(connect: Callable[..., ltix.Session]) -> ltix.Session:
    return connect(attempts=3, read_timeout=5.0)


@pytest.fixture
def course(session: ltix.Session, lms: Lms) -> ltix.Course:
    return session.add_course("small", "small", **lms.urls("small"))
