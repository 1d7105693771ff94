"""The steps for each platform speak of values that the page has, and of platforms that there are."""

from __future__ import annotations

import pytest

from ltix_data import presets
from ltix_data.receiver.steps import STEPS

VALUES = {
    "registration_url",
    "login_url",
    "redirect_url",
    "target_link_url",
    "deep_linking_url",
    "jwks_url",
    "public_jwk",
    "public_pem",
    "tool_name",
    "scopes",
}
#: What every platform has to be told, whatever it calls it.
ALWAYS = {"login_url", "redirect_url", "target_link_url", "jwks_url"}
FIELDS = {"client_id", "deployment_id", "host", "issuer", "token_url", "auth_url", "jwks_url"}


def test_there_are_steps_for_every_preset_in_the_same_order():
    assert [(steps.key, steps.name) for steps in STEPS] == [(preset.key, preset.name) for preset in presets.PRESETS]


@pytest.mark.parametrize("steps", STEPS, ids=lambda steps: steps.key)
def test_every_value_that_a_platform_wants_is_one_of_the_page(steps):
    used = {entry.value for entry in steps.entries}

    assert ALWAYS <= used <= VALUES


@pytest.mark.parametrize("steps", STEPS, ids=lambda steps: steps.key)
def test_what_comes_back_is_enough_to_register(steps):
    """The client id, and what the preset cannot tell without it."""
    preset = presets.find(steps.key)
    given = {answer.field for answer in steps.answers}

    assert given <= FIELDS
    assert {"client_id", *preset.needs} <= given
    assert not preset.needs_host or given & {"host", "issuer"}


@pytest.mark.parametrize("steps", STEPS, ids=lambda steps: steps.key)
def test_a_platform_where_tools_register_themselves_says_where_the_address_goes(steps):
    assert bool(steps.dynamic) == bool(steps.registration_label) == (steps.key not in ("openedx", "schoology"))
    assert steps.by_hand
