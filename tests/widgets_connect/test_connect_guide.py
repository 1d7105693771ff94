"""What the form shows of the platform and of the way to the tool."""

from __future__ import annotations

import re

import pytest

import ltix_data as ltix
from ltix_data.receiver.steps import STEPS
from ltix_data.widgets.guide import ANY, guide, reach, steps_of, values_of

TUNNEL = "https://abc.tunnel.example"
PROXY = "https://hub.example.edu/user/ada/proxy/{port}"


@pytest.fixture
def tool():
    with ltix.receive("uni") as tool:
        yield tool


def test_a_tool_on_this_computer_says_who_reaches_it(tool):
    said, kind = reach(tool, {})

    assert "paste the public key" in said
    assert kind == "info"


def test_on_a_hub_without_a_way_to_the_browser_the_form_says_what_works_there(tool):
    """Pasted launches and pasted keys do; launches do not arrive."""
    said, kind = reach(tool, {"JUPYTERHUB_USER": "ada"})

    assert "jupyter-server-proxy" in said
    assert "paste a launch" in said
    assert kind == "warning"


def test_behind_jupyters_proxy_the_form_says_that_only_the_owner_gets_through():
    with ltix.receive("uni", public_url=PROXY) as tool:
        said, _ = reach(tool, {"JUPYTERHUB_USER": "ada"})

    assert "Jupyter login" in said


def test_with_a_public_address_nothing_is_in_the_way():
    with ltix.receive("uni", public_url=TUNNEL) as tool:
        said, _ = reach(tool, {"JUPYTERHUB_USER": "ada"})

    assert "Browser and platform find the tool" in said


@pytest.mark.parametrize("steps", [*STEPS, ANY], ids=lambda steps: steps.key or "any")
def test_every_value_that_a_platform_wants_is_shown_and_stands_in_the_text_too(tool, steps):
    values = values_of(tool, "uni", store="keyring", tool_name="ltix_data", jwks_url=None)
    html, text = guide(tool, steps, values)

    shown = [re.sub(r"\s+", " ", value) for value in re.findall(r"<pre[^>]*>([^<]*)</pre>", html)]
    assert {re.sub(r"\s+", " ", values[entry.value]) for entry in steps.entries} <= set(shown)
    assert all(values[entry.value] in text for entry in steps.entries)
    assert (values["registration_url"] in shown) == bool(steps.dynamic)


def test_a_key_set_that_is_published_for_good_is_given_instead_of_the_tools_own(tool):
    address = "https://uni.example/jwks.json"

    assert values_of(tool, "uni", store="keyring", tool_name="t", jwks_url=address)["jwks_url"] == address


def test_what_a_tool_is_called_cannot_bring_html_into_the_page(tool):
    values = values_of(tool, "uni", store="keyring", tool_name="<script>alert(1)</script>", jwks_url=None)
    html, _ = guide(tool, ANY, values)

    assert "<script>" not in html


def test_a_platform_without_steps_of_its_own_gets_those_for_any():
    assert steps_of("Practice") is ANY
    assert steps_of("Moodle").key == "moodle"
