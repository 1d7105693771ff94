"""The tool on this machine, over real HTTP: its pages, its forms, and who is kept out."""

from __future__ import annotations

import html
import json
import re
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

import ltix_data as ltix
from ltix_data import errors, spec
from ltix_data.deeplinking import Column, ResourceLink
from ltix_data.demo import COURSE, Browser
from ltix_data.receiver import Receiver
from ltix_data.receiver.addresses import Addresses, public_url
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.options import Accepts
from ltix_data.sandbox.server import serve

from .conftest import asked_for_content, enrolled, field, launched, text


@contextmanager
def refused(status: int = 400):
    with pytest.raises(urllib.error.HTTPError) as caught:
        yield caught
    assert caught.value.code == status


# --- From nothing to a course ---------------------------------------------------------------------


def test_a_platform_registers_the_tool_and_its_launch_makes_a_course(tool, platform, ring):
    ended = text(enrolled(tool, platform))
    page = text(launched(tool, platform))

    course = tool.wait(5).session().course(COURSE)
    assert len(course.roster()) == 12
    assert "is registered with" in ended
    assert "SEM12 is ready" in page
    assert "session.course('SEM12')" in page
    assert len(ring.entries) == 1
    assert ltix.connect("uni").course(COURSE).line_items().shape[0] == 1


def test_the_registered_page_closes_its_window_as_the_specification_says(tool, platform):
    page = enrolled(tool, platform)

    assert re.search(r'postMessage\(\{subject: "org.imsglobal.lti.close"\}', page)


def test_a_running_session_knows_the_next_course_at_once(tool, platform):
    enrolled(tool, platform)
    launched(tool, platform)
    session = tool.session()

    launched(tool, platform, "BIO101")

    assert len(session.course("BIO101").roster()) > 12


def test_a_second_launch_of_a_course_adds_no_second_course(tool, platform):
    enrolled(tool, platform)
    launched(tool, platform)
    launched(tool, platform)

    assert [course.name for course in tool.registration.courses] == [COURSE]
    assert len(tool.launches) == 2
    assert "2 launches" in repr(tool)


def test_nothing_is_stored_where_nothing_shall_be(platform, ring, tmp_path):
    with ltix.receive("uni", store="memory") as tool:
        enrolled(tool, platform)
        launched(tool, platform)
        rows = len(tool.session().course(COURSE).roster())

    assert rows == 12
    assert ring.entries == {}
    assert not list(tmp_path.rglob("*.json"))


def test_the_key_that_the_page_shows_is_the_one_that_is_registered(tool, platform):
    shown = json.loads(Browser().open(f"{tool.url}/jwks"))

    enrolled(tool, platform)

    assert tool.registration.jwks() == shown
    assert json.loads(Browser().open(f"{tool.url}/jwks")) == shown


def test_a_tool_that_is_started_again_has_the_same_key(platform):
    with ltix.receive("uni") as tool:
        first = Browser().open(f"{tool.url}/jwks")
    with ltix.receive("uni") as tool:
        assert Browser().open(f"{tool.url}/jwks") == first


def test_keys_can_be_published_elsewhere(platform):
    """A platform that cannot reach this machine reads them from a web server of the institution's."""
    tools = []
    with ltix.receive("uni", jwks_url="https://keys.example.edu/jwks.json") as tool:
        enrolled(tool, platform)
        tools = list(platform.tools.values())

    assert [one.jwks_uri for one in tools] == ["https://keys.example.edu/jwks.json"]


# --- By hand --------------------------------------------------------------------------------------


def page_of(tool: Receiver) -> tuple[Browser, str]:
    browser = Browser()
    return browser, browser.open(tool.page)


def test_the_page_lists_every_value_that_platforms_ask_for(tool):
    _, page = page_of(tool)

    shown = {
        key: html.unescape(value)
        for key, value in re.findall(r'<pre class="value" id="(\w+)".*?>(.*?)</pre>', page, re.S)
    }
    key = json.loads(Browser().open(f"{tool.url}/jwks"))["keys"][0]
    assert shown["login_url"] == f"{tool.url}/login"
    assert shown["redirect_url"] == shown["target_link_url"] == f"{tool.url}/launch"
    assert shown["jwks_url"] == f"{tool.url}/jwks"
    assert shown["registration_url"] == tool.addresses.register
    assert json.loads(shown["public_jwk"]) == key
    assert shown["public_pem"].startswith("-----BEGIN PUBLIC KEY-----")
    assert shown["scopes"].split() == list(spec.ALL_SCOPES)
    assert page.count("data-copy=") == len(shown)


@pytest.mark.parametrize("name", ["Canvas", "Moodle", "Blackboard", "Brightspace", "Sakai", "Open edX", "Schoology"])
def test_the_page_has_steps_for_each_platform(tool, name):
    _, page = page_of(tool)

    assert re.search(rf"<summary>{name}", page)


def test_host_and_client_id_are_enough_for_moodle(tool):
    browser, page = page_of(tool)
    key = field(page, "key")

    page = browser.open(
        f"{tool.url}/registration", {"key": key, "platform": "moodle", "host": "moodle.uni.edu", "client_id": "8Xk2"}
    )

    found = ltix.connect("uni").registration
    assert (found.platform, found.issuer, found.client_id) == ("Moodle", "https://moodle.uni.edu", "8Xk2")
    assert found.token_url == "https://moodle.uni.edu/mod/lti/token.php"
    assert "Registered with Moodle" in text(page)


def test_a_wrong_client_id_is_corrected_and_the_key_stays(tool):
    browser, page = page_of(tool)
    form = {"key": field(page, "key"), "platform": "moodle", "host": "moodle.uni.edu"}
    browser.open(f"{tool.url}/registration", {**form, "client_id": "wrong"})
    before = tool.registration.jwks()

    browser.open(f"{tool.url}/registration", {**form, "client_id": "right"})

    assert (tool.registration.client_id, tool.registration.jwks()) == ("right", before)


def test_a_second_platform_does_not_take_the_place_of_the_first(tool):
    browser, page = page_of(tool)
    form = {"key": field(page, "key"), "client_id": "c"}
    browser.open(f"{tool.url}/registration", {**form, "platform": "moodle", "host": "moodle.uni.edu"})

    with refused() as caught:
        browser.open(f"{tool.url}/registration", {**form, "platform": "moodle", "host": "moodle.other.edu"})

    assert "another platform" in text(caught.value.read().decode())
    assert tool.registration.issuer == "https://moodle.uni.edu"


def test_pasted_claims_make_a_course(tool):
    browser, page = page_of(tool)
    key = field(page, "key")
    browser.open(
        f"{tool.url}/registration", {"key": key, "platform": "moodle", "host": "moodle.uni.edu", "client_id": "8Xk2"}
    )
    claims = {
        spec.CLAIM_CONTEXT: {"id": "42", "label": "BIO101"},
        spec.CLAIM_MEMBERSHIPS: {"context_memberships_url": "https://moodle.uni.edu/mod/lti/services.php/x"},
    }

    page = browser.open(f"{tool.url}/paste", {"key": key, "launch": json.dumps(claims)})

    assert "BIO101 is ready" in text(page)
    assert [course.name for course in tool.registration.courses] == ["BIO101"]


# --- Who is kept out ------------------------------------------------------------------------------


def test_the_page_opens_with_its_key_alone(tool):
    page = Browser().open(f"{tool.url}/")
    wrong = Browser().open(f"{tool.url}/?key=x")

    assert "public_jwk" not in page + wrong
    assert "printed where this tool was started" in page


def test_a_form_of_another_site_changes_nothing(tool):
    """Its page could post to this address from the same browser, cookie and all, but not with the key."""
    browser, _ = page_of(tool)

    with refused():
        browser.open(f"{tool.url}/registration", {"platform": "moodle", "host": "evil.example", "client_id": "c"})

    assert tool.registration is None


def test_registration_needs_the_secret_part_of_its_address(tool, platform):
    """A page could send the browser to our registration with a platform of its own."""
    with refused() as caught:
        Browser().open(
            f"{tool.url}/register/guess?openid_configuration={platform.url}/.well-known/openid-configuration"
        )

    assert "old one" in caught.value.read().decode()
    assert platform.tools == {}


def test_a_name_that_leads_here_is_not_served(tool):
    """DNS rebinding: a name of the attacker's resolves to 127.0.0.1."""
    request = urllib.request.Request(f"{tool.url}/jwks", headers={"Host": "evil.example"})

    with refused():
        urllib.request.urlopen(request, timeout=10)


def test_a_launch_before_any_registration_says_what_to_do(tool):
    with refused() as caught:
        Browser().open(f"{tool.url}/login?iss=x&login_hint=y&target_link_uri=z")

    assert "not registered with a platform yet" in text(caught.value.read().decode())


def test_a_launch_that_answers_no_login_is_a_page_that_says_so(tool, platform):
    enrolled(tool, platform)

    with refused() as caught:
        Browser().open(f"{tool.url}/launch", {"id_token": "x", "state": "y"})

    page = text(caught.value.read().decode())
    assert "What to do" in page
    assert "Security §" in page
    assert tool.launches == ()


def test_opening_the_launch_address_by_hand_says_what_it_is(tool):
    with refused() as caught:
        Browser().open(f"{tool.url}/launch")

    assert "Open the tool from a course" in text(caught.value.read().decode())


def test_pages_load_nothing_and_tell_nobody_where_they_were(tool):
    headers = urllib.request.urlopen(f"{tool.url}/", timeout=10).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")


def test_no_secret_shows_in_what_a_notebook_displays(tool, platform):
    enrolled(tool, platform)
    private = tool.registration.signing_key().compact()

    assert not {part for part in re.findall(r"[\w-]{20,}", private) if part in repr(tool) + tool._repr_html_()}


# --- Deep linking ---------------------------------------------------------------------------------


def test_a_person_makes_a_gradebook_column_by_deep_linking(tool, platform):
    enrolled(tool, platform)
    launched(tool, platform)
    browser, page = asked_for_content(tool, platform)
    ticket = field(page, "ticket")

    answer = browser.open(
        f"{tool.url}/deep-linking",
        {"ticket": ticket, "type": "ltiResourceLink", "title": "Quiz 7", "column": "Quiz 7", "out_of": "10"},
    )
    browser.submit(answer)

    items = tool.session().course(COURSE).line_items()
    assert items.loc[items["label"] == "Quiz 7", "out_of"].tolist() == [10.0]


@pytest.mark.parametrize(
    "form",
    [
        {"type": "ltiResourceLink", "title": "Reading", "text": "Chapter 1"},
        {"type": "link", "url": "https://x.example/page", "title": "A page"},
        {"type": "file", "url": "https://x.example/a.pdf", "title": "A file"},
        {"type": "html", "html": "<p>Hello</p>", "title": "A piece"},
        {"type": "image", "url": "https://x.example/a.png", "title": "A picture"},
    ],
    ids=lambda form: form["type"],
)
def test_a_person_places_content_of_each_type(tool, platform, form):
    enrolled(tool, platform)
    browser, page = asked_for_content(tool, platform)

    browser.submit(browser.open(f"{tool.url}/deep-linking", {"ticket": field(page, "ticket"), **form}))

    placed = [content.item for content in platform.courses[COURSE].contents.values()]
    assert [(item["type"], item["title"]) for item in placed] == [(form["type"], form["title"])]


def test_the_form_offers_what_the_platform_takes_and_no_more():
    platform = Platform(Options(accepts=Accepts(types=("link",))))
    with serve(platform) as url, ltix.receive("uni") as tool:
        platform.url = url
        enrolled(tool, platform)
        _, page = asked_for_content(tool, platform)

    assert re.findall(r'name="type" value="(\w+)"', page) == ["link"]


def test_a_program_reads_claims_of_the_platforms_own(platform):
    with ltix.receive("uni", parsers={spec.CLAIM_VERSION: lambda version: version.split(".")}) as tool:
        enrolled(tool, platform)
        launched(tool, platform)

        assert tool.wait(5).parsed == {spec.CLAIM_VERSION: ["1", "3", "0"]}


def test_a_program_answers_deep_linking_by_itself(platform):
    def items(launch):
        return [ResourceLink(url="https://tool.example/7", title="Quiz 8", line_item=Column("Quiz 8", 20))]

    with ltix.receive("uni", items=items) as tool:
        enrolled(tool, platform)
        launched(tool, platform)
        browser, page = asked_for_content(tool, platform)
        browser.submit(page)

        assert "Quiz 8" in tool.session().course(COURSE).line_items()["label"].tolist()


def test_a_form_answers_once(tool, platform):
    enrolled(tool, platform)
    browser, page = asked_for_content(tool, platform)
    form = {"ticket": field(page, "ticket"), "type": "link", "url": "https://x.example"}
    browser.open(f"{tool.url}/deep-linking", form)

    with refused() as caught:
        browser.open(f"{tool.url}/deep-linking", form)

    assert "no request that waits" in text(caught.value.read().decode())


def test_a_person_may_add_nothing(tool, platform):
    enrolled(tool, platform)
    browser, page = asked_for_content(tool, platform)
    ticket = field(page, "ticket")

    answer = browser.open(f"{tool.url}/deep-linking", {"ticket": ticket, "cancel": "1"})

    assert browser.submit(answer)


# --- Addresses ------------------------------------------------------------------------------------


def test_a_public_address_is_in_every_value():
    with ltix.receive("uni", public_url="https://abc.tunnel.example/") as tool:
        page = tool.addresses

    assert page.login == "https://abc.tunnel.example/login"
    assert tool.page.startswith("https://abc.tunnel.example/?key=")


def test_a_proxy_may_leave_its_path_on_or_take_it_off():
    with ltix.receive("uni", public_url="https://hub.example/user/ann/proxy/{port}") as tool:
        local = tool.addresses.local
        prefix = tool.addresses.prefix
        off, on = (Browser().open(f"{local}{path}/jwks") for path in ("", prefix))

    assert prefix == f"/user/ann/proxy/{local.rpartition(':')[2]}"
    assert on == off


def test_a_public_address_gets_a_cookie_that_crosses_sites():
    with ltix.receive("uni", public_url="https://abc.tunnel.example") as tool:
        ltix.register(
            "uni",
            issuer="https://lms.example",
            client_id="c",
            token_url="https://lms.example/t",
            auth_url="https://lms.example/auth",
        )
        opener = urllib.request.build_opener(NoRedirect)
        asked = (
            f"{tool.addresses.local}/login?iss=https://lms.example&login_hint=h&target_link_uri={tool.addresses.launch}"
        )
        with pytest.raises(urllib.error.HTTPError) as caught:
            opener.open(asked, timeout=10)

    cookie = caught.value.headers.get("Set-Cookie", "")
    assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned"} <= set(cookie.split("; "))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (None, {}, None),
        (None, {"JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/ann/"}, "https://hub.example/user/ann/proxy/8000"),
        ("https://x.example/", {"JUPYTERHUB_PUBLIC_URL": "https://hub.example/"}, "https://x.example"),
        ("https://x.example/p/{port}", {}, "https://x.example/p/8000"),
    ],
)
def test_the_public_address_is_given_or_told_by_the_hub(given, environment, expected):
    assert public_url(given, 8000, environment) == expected


@pytest.mark.parametrize("given", ["http://x.example", "x.example", "https://x.example/?a=b"])
def test_a_public_address_that_cannot_be_one_is_refused(given):
    with pytest.raises(errors.UsageError):
        ltix.receive("uni", public_url=given)


def test_an_address_serves_its_own_names_alone():
    own = Addresses("http://127.0.0.1:8000", "https://abc.example", "k", "i")

    served = [own.serves(host) for host in ("127.0.0.1:8000", "localhost:9", "abc.example", "evil.example", "")]
    assert served == [True, True, True, False, False]


def test_a_port_that_is_taken_is_one_clear_error(tool):
    taken = int(tool.addresses.local.rpartition(":")[2])

    with pytest.raises(errors.UsageError, match="cannot be listened on"):
        ltix.receive("other", port=taken)


def test_waiting_ends_in_time_and_says_what_to_do(tool):
    with pytest.raises(errors.LaunchError, match="No launch came in time"):
        tool.wait(0.01)


def test_a_closed_tool_says_so(tool):
    tool.close()

    assert "closed" in repr(tool)
    with pytest.raises(errors.LaunchError, match="closed"):
        tool.wait()


def test_without_a_keyring_it_is_told_before_anything_is_shown():
    with pytest.raises(errors.KeyStorageError, match="LTIX_KEY_FILE"):
        ltix.receive("other", store="none")


def test_another_personality_stays_a_platform_of_its_own():
    """Moodle: the tool waits until an administrator activates it, and the page says so."""
    platform = Platform(Options(like="moodle"))
    with serve(platform) as url, ltix.receive("uni") as tool:
        platform.url = url
        page = text(enrolled(tool, platform))
        _, home = page_of(tool)

    assert "waiting for activation" in page
    assert "Activate" in text(home)
