"""``ltix.widgets.connect()`` in a real JupyterLab: choose, register in a second tab, launch, go on in the next cell."""

from __future__ import annotations

import json
import re

import pytest

from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.server import serve

pytestmark = [pytest.mark.system, pytest.mark.process]

TEACHER = "b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10"
FORM = "from ltix_data import widgets\nform = widgets.connect('uni', port=0, store='none')\nform"
LAUNCH = "An id_token, or a launch's claims as JSON"


@pytest.fixture
def lms(tmp_path, monkeypatch, signing_key):
    """A platform under a name of its own; the tool's key comes from a file."""
    file = tmp_path / "key.pem"
    file.touch(mode=0o600)
    file.write_text(signing_key.private_pem())
    monkeypatch.setenv("LTIX_KEY_FILE", str(file))
    with serve(Platform(Options())) as url:
        yield url.replace("127.0.0.1", "localhost")


def begin(lab, page, *cells, theme="light", platform="another one: enter its addresses"):
    """Open the form, choose the platform, and let it show what to enter; return its cell's output."""
    lab.open(page, cells=[FORM, *cells], theme=theme)
    lab.run(page, 0)
    form = lab.output(page, 0)
    form.get_by_label("Platform", exact=True).select_option(platform)
    form.get_by_role("button", name="Show what to enter there").click()
    form.get_by_text("Receiving at").wait_for(timeout=60_000)
    return form


def register(form, lms) -> None:
    """Do what an administrator does: copy the address from the form, paste it into the platform's page."""
    address = form.get_by_label("Registration URL", exact=True).inner_text()
    tab = form.page.context.new_page()
    tab.goto(f"{lms}/registrations/new")
    tab.get_by_label("The tool's registration address").fill(address)
    with tab.expect_popup() as opened:
        tab.get_by_role("button", name="Register").click()
    opened.value.get_by_role("button", name="Done").click()
    tab.get_by_text("The tool has finished.").wait_for()
    tab.close()
    form.get_by_text("Registered with").first.wait_for()


def launch(form, lms) -> None:
    tab = form.page.context.new_page()
    tab.goto(f"{lms}/login?course=SEM12")
    tab.locator(f'button[value="{TEACHER}"], input[value="{TEACHER}"]').first.click()
    tab.wait_for_load_state()
    tab.goto(f"{lms}/courses/SEM12")
    tab.get_by_role("link", name="Open", exact=True).first.click()
    tab.get_by_role("heading", name="SEM12 is ready").wait_for()
    tab.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_person_gets_from_the_form_to_the_roster_in_the_next_cell(lab, page, lms, theme, picture):
    form = begin(lab, page, "print(len(form.session.course('SEM12').roster()))", theme=theme)
    picture("form")
    register(form, lms)
    picture("registered")
    launch(form, lms)
    form.get_by_role("status").get_by_text("SEM12 is ready.").wait_for()
    form.get_by_text("course = form.session.course('SEM12')").wait_for()
    picture("ready")

    lab.run(page, 1)

    assert lab.output(page, 1).inner_text().strip() == "12"


def test_other_cells_run_while_the_form_waits(lab, page, lms):
    form = begin(lab, page, "print('ran')", "print(form.session, form.receiver is not None)")

    lab.run(page, 1)
    lab.run(page, 2)

    assert lab.output(page, 1).inner_text().strip() == "ran"
    assert lab.output(page, 2).inner_text().strip() == "None True"
    assert form.get_by_role("button", name="Stop receiving").is_visible()


def test_no_secret_is_in_the_widgets_of_a_saved_notebook_and_none_at_all_once_it_stopped(lab, page, lms):
    form = begin(lab, page, "form")
    lab.run(page, 1)  # shown twice: both are to be cleared
    address = form.get_by_label("Registration URL", exact=True).inner_text()
    shown_again = lab.output(page, 1).get_by_label("Registration URL", exact=True).inner_text()
    key = re.search(r"key=([\w-]+)", form.get_by_role("link", name="The tool's own page").get_attribute("href"))[1]
    invitation = address.rpartition("/")[2]
    during = json.dumps(lab.saved().metadata)
    form.get_by_role("button", name="Stop receiving").click()
    form.get_by_text("Stopped receiving launches.").wait_for()
    lab.output(page, 1).get_by_label("Registration URL", exact=True).wait_for(state="detached")
    form.get_by_label("Registration URL", exact=True).wait_for(state="detached")

    after = json.dumps(lab.saved())
    assert shown_again == address
    assert [secret in during for secret in (key, invitation)] == [False, False]
    assert [secret in after for secret in (key, invitation)] == [False, False]
    assert "Stopped receiving launches." in after


def test_a_pasted_launch_leaves_its_box_as_soon_as_it_is_left(lab, page, lms):
    """It holds names: the saved notebook shall have nothing of it."""
    form = begin(lab, page)
    register(form, lms)
    form.get_by_label(LAUNCH).fill('{"name": "Ada Lovelace"}')
    form.get_by_label(LAUNCH).press("Tab")
    form.get_by_text("Taken.").wait_for()

    assert form.get_by_label(LAUNCH).input_value() == ""
    assert "Lovelace" not in json.dumps(lab.saved())


def test_a_pasted_launch_is_used_by_a_click_right_after_it(lab, page, lms):
    form = begin(lab, page)
    register(form, lms)
    form.get_by_label(LAUNCH).fill("no launch at all")
    form.get_by_role("button", name="Store its course").click()
    form.get_by_role("alert").get_by_text("id_token").first.wait_for()

    assert "no launch at all" not in json.dumps(lab.saved())


def test_it_is_used_without_a_mouse(lab, page, lms):
    """From the first control to the last by Tab; a button is pressed by Enter."""
    lab.open(page, cells=[FORM])
    lab.run(page, 0)
    form = lab.output(page, 0)
    form.get_by_label("Registration", exact=True).focus()
    reached = []
    for _ in range(8):
        reached.append(
            page.evaluate("document.activeElement.labels?.[0]?.innerText ?? document.activeElement.innerText")
        )
        page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    form.get_by_text("Receiving at").wait_for(timeout=60_000)

    assert reached == [
        "Registration",
        "What to call it",
        "Platform",
        "Settings",
        "Port (0: any that is free)",
        "Public address",
        "The private key comes from",
        "Show what to enter there",
    ]


def test_a_value_is_copied_by_its_button(lab, page, lms, picture):
    form = begin(lab, page, platform="Canvas")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    form.get_by_text("By hand", exact=True).click()
    picture("by-hand", height=2400)
    form.get_by_role("button", name="Copy OpenID Connect Initiation Url").click()
    form.get_by_text("Copied").wait_for()

    shown = form.get_by_label("OpenID Connect Initiation Url", exact=True).inner_text()
    assert shown.endswith("/login")
    assert page.evaluate("navigator.clipboard.readText()") == shown


def test_every_control_that_is_seen_has_a_name_for_screen_readers(lab, page, lms):
    form = begin(lab, page)
    nameless = form.evaluate(
        """output => [...output.querySelectorAll("input, select, textarea, button")]
            .filter(one => one.offsetParent && !one.labels?.length && !one.ariaLabel && !one.innerText.trim())
            .map(one => one.outerHTML)"""
    )

    assert nameless == []
    assert form.get_by_label("Client id", exact=True).is_visible()


def test_an_error_is_told_in_words_where_the_form_is(lab, page, lms):
    form = begin(lab, page)
    form.get_by_role("button", name="Store the registration").click()

    form.get_by_role("alert").get_by_text("The client id is missing.").wait_for()


def test_the_form_of_a_cell_that_is_run_again_takes_over(lab, page, lms):
    """The old form's port is free again for the new one."""
    form = begin(lab, page)
    lab.run(page, 0)
    form.get_by_role("button", name="Show what to enter there").click()
    form.get_by_text("Receiving at").wait_for(timeout=60_000)

    assert form.get_by_label("Registration URL", exact=True).count() == 1
