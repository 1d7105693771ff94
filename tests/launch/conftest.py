"""Platforms that launch a tool, each with a key and a clock of its own."""

from __future__ import annotations

import pytest

from ltix_data.keys import SigningKey

from .lms import Lms


@pytest.fixture(scope="session")
def lms_key() -> SigningKey:
    return SigningKey.generate(kid="lms-1")


@pytest.fixture(scope="session")
def other_key() -> SigningKey:
    return SigningKey.generate(kid="other-1")


@pytest.fixture
def make_lms(signing_key, lms_key):
    return lambda **options: Lms(signing_key, lms_key, **options)


@pytest.fixture
def lms(make_lms) -> Lms:
    return make_lms()
