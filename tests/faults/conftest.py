"""A network that can be made to fail, and a look at what is left of it afterwards."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from .network import Network


@pytest.fixture
def make_network(signing_key):
    with ExitStack() as stack:
        yield lambda **options: Network(signing_key, stack, **options)
