"""Terms of courses, and what becomes of reading them."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from .term import Term


@pytest.fixture
def make_term(signing_key):
    with ExitStack() as stack:

        def make(courses: int = 3, **options) -> Term:
            term = Term(signing_key, courses, **options)
            stack.callback(term.close)
            return term

        yield make


@pytest.fixture
def term(make_term) -> Term:
    return make_term()
