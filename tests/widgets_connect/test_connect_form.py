"""``ltix.widgets.connect()``: from nothing to a session, by hand, with a platform that really answers."""

from __future__ import annotations

import json
import re

import pytest
from keyring.errors import PasswordSetError

import ltix_data as ltix
from ltix_data import registration
from ltix_data.demo import COURSE, Browser
from ltix_data.receiver.steps import STEPS
from ltix_data.sandbox.claims import service_claims
from ltix_data.widgets import connect

from .conftest import control, controls, fill, in_sight, kept, launch, press, register_there


def test_from_nothing_to_a_roster(receiving, platform):
    """Show what to enter, register dynamically, launch once; the session is there, and the line to type."""
    register_there(receiving, platform)
    page = launch(receiving, platform)

    assert "SEM12 is ready" in page
    assert receiving.said.text == "SEM12 is ready."
    assert "course = ltix.connect(\"uni\").course('SEM12')" in receiving.outcome.text
    assert len(receiving.session.course("SEM12").roster()) == 12


def test_there_is_no_session_before_there_is_a_registration(receiving):
    assert receiving.session is None


def test_the_session_is_there_as_soon_as_a_platform_has_registered_the_tool(receiving, platform):
    register_there(receiving, platform)

    assert receiving.session.registration.issuer == platform.url
    assert "No course is known yet" in receiving.outcome.text


def test_the_session_that_was_taken_early_knows_the_courses_of_later_launches(receiving, platform):
    register_there(receiving, platform)
    session = receiving.session
    launch(receiving, platform)

    assert receiving.session is session
    assert list(session.courses()["name"]) == [COURSE]


def test_the_key_that_was_shown_is_the_one_that_signs(receiving, platform):
    """The platform wants the key before it gives a client id."""
    shown = re.search(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", receiving.guide.html, re.DOTALL)[0]
    by_hand(receiving, platform)

    assert shown.split() == receiving.session.registration.public_pem.split()


def test_a_registration_by_hand_takes_launches(receiving, platform):
    by_hand(receiving, platform)
    launch(receiving, platform)

    assert list(receiving.session.courses()["name"]) == [COURSE]


def test_platform_host_and_client_id_are_enough_where_the_platform_is_known(make_form):
    form = make_form("uni")
    control(form, "Platform").value = "canvas"
    press(form, "Show what to enter there")
    fill(form, Its_host="uni.instructure.com", Client_id="10000000000042")
    press(form, "Store the registration")

    known = registration.load("uni")
    assert (known.platform, known.issuer) == ("Canvas", "https://canvas.instructure.com")
    assert known.token_url == "https://uni.instructure.com/login/oauth2/token"
    assert form.session.registration == known


@pytest.mark.parametrize("steps", STEPS, ids=lambda steps: steps.key)
def test_every_platform_asks_for_the_fields_that_it_shows(make_form, steps):
    form = make_form("uni")
    control(form, "Platform").value = steps.key
    press(form, "Show what to enter there")

    asked = {box.placeholder for box in form.answers._boxes.values() if box.layout.display != "none"}
    assert asked == {answer.label for answer in steps.answers}
    assert all(entry.label.split(" (")[0] in form.guide.html for entry in steps.entries)


def test_all_addresses_can_be_typed_where_the_host_does_not_tell_them(make_form):
    form = make_form("uni")
    control(form, "Platform").value = "canvas"
    press(form, "Show what to enter there")
    control(form, "Enter all addresses by hand").value = True
    fill(form, Its_host="canvas.uni.edu", Client_id="10", **{"Issuer (platform id)": "https://our.canvas"})
    press(form, "Store the registration")

    assert registration.load("uni").issuer == "https://our.canvas"


def test_open_edx_is_called_by_its_name_though_no_host_is_asked_for(make_form):
    form = make_form("uni")
    control(form, "Platform").value = "openedx"
    press(form, "Show what to enter there")
    fill(form, Client_id="a", Token_URL="https://edx.uni.edu/token", **{"Issuer (platform id)": "https://edx.uni.edu"})
    press(form, "Store the registration")

    assert registration.load("uni").platform == "Open edX"


def test_what_was_typed_wrongly_is_corrected_and_the_key_stays(receiving, platform):
    """The key has been pasted into the platform already: another one would sign in vain."""
    addresses = {"Issuer (platform id)": "https://wrong.example", "Token_URL": "https://wrong.example/token"}
    fill(receiving, Client_id="wrong", **addresses)
    press(receiving, "Store the registration")
    before = registration.load("uni").public_jwk
    by_hand(receiving, platform)

    assert registration.load("uni").public_jwk == before
    assert receiving.session.registration.issuer == platform.url


def test_a_registration_of_that_name_is_not_overwritten(make_form, platform):
    """A new one that is called as one of another platform is called."""
    stored()
    form = make_form("uni")
    control(form, "Registration").value = ""
    press(form, "Show what to enter there")

    assert "Store the registration" not in in_sight(form)
    assert registration.load("uni").issuer == "https://other.example"


def test_a_stored_registration_is_chosen_and_opened(make_form):
    stored()
    form = make_form()
    control(form, "Registration").value = "uni"
    press(form, "Connect")

    assert form.session.registration.name == "uni"
    assert form.receiver is None
    assert "What to call it" not in in_sight(form)


def test_a_stored_registration_that_is_asked_for_is_chosen(make_form):
    stored()

    assert make_form("uni").choice.is_new is False


def test_the_stored_ones_are_told_with_platform_and_courses(make_form):
    stored()

    options = dict(control(make_form(), "Registration").options)
    assert options == {"make a new one": "", "uni (LTI 1.3, 0 courses)": "uni"}


def test_a_stored_registration_takes_launches_again_at_the_address_that_the_platform_keeps(make_form, platform):
    first = make_form("uni")
    control(first, "Platform").value = ""
    press(first, "Show what to enter there")
    register_there(first, platform)
    port = int(first.receiver.url.rpartition(":")[2])
    press(first, "Stop receiving")

    second = make_form("uni", port=port)
    press(second, "Receive launches")
    launch(second, platform)

    assert second.said.text == "SEM12 is ready."


def test_another_form_for_the_same_registration_takes_over(make_form):
    """The cell is run again: the port is free for the new form, and the old one shows no address any more."""
    forms = [make_form("uni"), make_form("uni")]
    press(forms[0], "Show what to enter there")
    port = int(forms[0].receiver.url.rpartition(":")[2])
    control(forms[1], "Port (0: any that is free)").value = port
    press(forms[1], "Show what to enter there")

    assert (forms[0].receiver, forms[0].guide.html) == (None, "")
    assert forms[1].receiver.url.endswith(f":{port}")


# --- Launches that are pasted ----------------------------------------------------------------------


def test_a_pasted_launch_stores_its_course(receiving, platform):
    by_hand(receiving, platform)
    paste(receiving, claims_of(receiving, platform))
    press(receiving, "Store its course")

    assert receiving.said.text == "SEM12 is ready."
    assert list(receiving.session.courses()["name"]) == [COURSE]


def test_a_pasted_launch_is_taken_out_of_its_box_before_any_button_is_pressed(receiving, platform):
    by_hand(receiving, platform)
    paste(receiving, claims_of(receiving, platform))

    assert receiving.paste_box.value == ""
    assert "Ada" not in kept()
    assert "memberships" not in kept()


def test_a_pasted_launch_that_is_none_is_refused_in_words(receiving, platform):
    by_hand(receiving, platform)
    paste(receiving, "no launch at all")
    press(receiving, "Store its course")

    assert "id_token" in receiving.outcome.text
    assert "no launch at all" not in receiving.outcome.html
    assert 'role="alert"' in receiving.outcome.html


def test_a_refused_launch_is_not_kept_for_the_next_press(receiving, platform):
    by_hand(receiving, platform)
    paste(receiving, "no launch at all")
    press(receiving, "Store its course")
    press(receiving, "Store its course")

    assert receiving.said.text == "Paste a launch first."


# --- Errors in words -------------------------------------------------------------------------------


def test_a_name_that_cannot_be_used_is_told(make_form):
    form = make_form("no good name")
    press(form, "Show what to enter there")

    assert "A registration's name is" in form.outcome.text
    assert form.receiver is None


def test_a_client_id_that_is_missing_is_told(receiving):
    press(receiving, "Store the registration")

    assert "The client id is missing." in receiving.outcome.text


def test_a_port_that_is_taken_is_told_and_another_can_be_chosen(make_form, receiving):
    port = int(receiving.receiver.url.rpartition(":")[2])
    form = make_form("other", port=port)
    form.receives = lambda *asked: False
    receiving.receives = lambda *asked: False
    press(form, "Show what to enter there")
    told = form.outcome.text
    control(form, "Port (0: any that is free)").value = 0
    press(form, "Show what to enter there")

    assert f"Port {port} cannot be listened on." in told
    assert form.receiver is not None


def test_a_keyring_that_does_not_work_is_told(make_form, ring):
    ring.set_password = refuse
    form = make_form("uni")
    press(form, "Show what to enter there")

    assert "keyring" in form.outcome.text
    assert form.receiver is None


def test_a_damaged_registration_is_told_when_the_form_is_made(make_form):
    stored()
    (registration.data_dir() / "registrations" / "uni.json").write_text("{")

    assert "uni.json" in make_form().outcome.text


def test_a_key_that_is_lost_is_told_and_the_form_can_be_stopped(make_form, ring):
    stored()
    ring.entries.clear()
    form = make_form("uni")
    press(form, "Receive launches")

    assert "key" in form.outcome.text
    assert form.session is None
    assert "Stop receiving" in in_sight(form)


def test_a_launch_before_there_is_a_registration_is_refused_on_the_page_and_changes_nothing(receiving):
    with pytest.raises(OSError, match="400"):
        Browser().open(f"{receiving.receiver.url}/login", {"iss": "https://x", "login_hint": "1"})

    assert receiving.session is None


@pytest.mark.parametrize("options", [{"store": "memory"}, {"port": -1}, {"port": "8765"}], ids=str)
def test_what_can_never_work_is_refused_at_once(options):
    with pytest.raises(ltix.errors.UsageError):
        connect("uni", **options)


# --- Secrets ---------------------------------------------------------------------------------------


def test_no_secret_is_in_the_state_of_any_widget(receiving, platform):
    """The state is saved with the notebook: neither the page's key nor the registration address may be in it."""
    own = receiving.receiver.addresses
    register_there(receiving, platform)
    launch(receiving, platform)
    secret = registration.load("uni").signing_key().compact()

    assert own.page_key in receiving.guide.html
    assert not any(word in kept() for word in (own.page_key, own.invitation, secret))


def test_the_registration_address_is_shown_only_until_it_has_done_its_work(receiving, platform):
    address = receiving.receiver.addresses.register
    before = address in receiving.guide.html
    register_there(receiving, platform)

    assert (before, address in receiving.guide.html, address in receiving.guide.text) == (True, False, False)


def test_nothing_of_the_tool_is_shown_any_more_when_it_stops(receiving):
    press(receiving, "Stop receiving")

    assert (receiving.guide.html, receiving.guide.text) == ("", "")
    assert receiving.receiver is None


def test_the_page_of_a_tool_that_stopped_is_gone(receiving):
    page = receiving.receiver.page
    receiving.close()

    with pytest.raises(OSError, match="refused"):
        Browser().open(page)


def test_the_session_stays_when_the_form_is_closed(receiving, platform):
    register_there(receiving, platform)
    launch(receiving, platform)
    receiving.close()

    assert len(receiving.session.course(COURSE).roster()) == 12


# --- For keyboards and screen readers --------------------------------------------------------------


def test_every_control_has_a_label(receiving):
    nameless = {type(one).__name__ for one in controls(receiving) if not getattr(one, "description", "")}

    assert nameless == {"HTML", "VBox", "HBox"}


def test_each_value_has_the_name_of_its_field_and_a_button_that_says_what_it_copies(receiving):
    names = re.findall(r'<pre[^>]+aria-label="([^"]+)"', receiving.guide.html)
    buttons = re.findall(r'<button[^>]+aria-label="Copy ([^"]+)"', receiving.guide.html)

    assert names == buttons
    assert "Login initiation URL" in names


def test_what_has_no_use_now_is_out_of_sight(form):
    assert in_sight(form) == {"Registration", "What to call it", "Platform", "Settings", "Show what to enter there"}


def test_what_cannot_be_changed_while_it_receives_is_disabled(receiving):
    during = control(receiving, "What to call it").disabled
    press(receiving, "Stop receiving")

    assert (during, control(receiving, "What to call it").disabled) == (True, False)


def test_its_repr_says_how_far_it_is_and_no_secret(receiving, platform):
    before = repr(receiving)
    register_there(receiving, platform)

    assert before == f"<Connect form, not connected yet, receiving at {receiving.receiver.url}>"
    assert repr(receiving) == f"<Connect form, connected as “uni”, receiving at {receiving.receiver.url}>"


# --- Helpers ---------------------------------------------------------------------------------------


def by_hand(form, platform) -> None:
    """Let the platform know the tool, as its administrator does, and type in what it gives."""
    own = form.receiver.addresses
    tool = platform.add_tool(
        jwks=registration.draft("uni").jwks() if form.session is None else form.session.registration.jwks(),
        name="ltix_data",
        initiate_login_uri=own.login,
        redirect_uris=[own.launch],
        target_link_uri=own.launch,
    )
    fill(
        form,
        Client_id=tool.client_id,
        Token_URL=f"{platform.url}/token",
        Authentication_request_URL=f"{platform.url}/auth",
        **{
            "Issuer (platform id)": platform.url,
            "The platform's public key set URL": f"{platform.url}/jwks",
            "Deployment id": tool.deployment_id,
        },
    )
    press(form, "Store the registration")
    assert form.session is not None, form.outcome.text


def claims_of(form, platform) -> str:
    """Return the claims of a launch, as somebody copies them out of another tool."""
    tool = next(iter(platform.tools.values()))
    claims = service_claims(platform.courses[COURSE], tool, platform.url)
    return json.dumps({**claims, "name": "Ada Lovelace"})


def paste(form, text: str) -> None:
    form.paste_box.value = text


def stored() -> None:
    ltix.register("uni", issuer="https://other.example", token_url="https://other.example/token", client_id="1")


def refuse(*given: object) -> None:
    raise PasswordSetError("no")
