"""From nothing to a DataFrame in a real browser: register, log in, launch, deep link, and the course in a notebook.

The platform is at ``localhost`` and the tool at ``127.0.0.1``: two sites, as in life, so that cookies are tried.
"""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient

import ltix_data as ltix
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.server import serve

pytestmark = [pytest.mark.system, pytest.mark.process]

TEACHER = "b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10"


@pytest.fixture
def site(tmp_path, monkeypatch, signing_key):
    """A platform's address, under a name of its own; the tool's key comes from a file, for kernels too."""
    file = tmp_path / "key.pem"
    file.touch(mode=0o600)
    file.write_text(signing_key.private_pem())
    monkeypatch.setenv("LTIX_KEY_FILE", str(file))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))

    def start(**options):
        return _Site(Platform(Options(**options)))

    return start


class _Site:
    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._serving = serve(platform)

    def __enter__(self) -> _Site:
        self.url = self._serving.__enter__().replace("127.0.0.1", "localhost")
        return self

    def __exit__(self, *error: object) -> None:
        self._serving.__exit__(*error)


def register(page, site, tool) -> None:
    """Do what an administrator does: copy the address from the tool's page, paste it into the platform's."""
    page.goto(tool.page)
    address = page.locator("#registration_url").inner_text()
    page.goto(f"{site.url}/registrations/new")
    page.get_by_label("The tool's registration address").fill(address)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Register").click()
    popup = opened.value
    popup.get_by_role("button", name="Done").click()
    page.get_by_text("The tool has finished.").wait_for()
    popup.close()


def log_in(page, site) -> None:
    page.goto(f"{site.url}/login?course=SEM12")
    page.locator(f'button[value="{TEACHER}"], input[value="{TEACHER}"]').first.click()
    page.wait_for_load_state()


def test_a_person_gets_from_nothing_to_a_roster_and_a_gradebook_column(page, site, tmp_path):
    """Register dynamically, launch, make a column by deep linking, launch the new link; see it in a notebook."""
    with site() as lms, ltix.receive("uni", store="none") as tool:
        register(page, lms, tool)
        log_in(page, lms)

        page.goto(f"{lms.url}/courses/SEM12")
        page.get_by_role("link", name="Open", exact=True).first.click()
        page.get_by_role("heading", name="SEM12 is ready").wait_for()

        page.goto(f"{lms.url}/courses/SEM12")
        page.get_by_role("link", name="Add content from ltix_data").click()
        page.get_by_label("Title").first.fill("Quiz 7")
        page.get_by_label("Label of its gradebook column").fill("Quiz 7")
        page.get_by_label("Points of the column").fill("10")
        page.get_by_role("button", name="Add it").first.click()
        page.get_by_role("link", name="To the course").click()
        page.get_by_text("column “Quiz 7” of 10").wait_for()

        row = page.locator("section.card").filter(has_text="Quiz 7")
        row.get_by_role("link", name="Open", exact=True).click()
        page.get_by_role("heading", name="SEM12 is ready").wait_for()

        page.goto(tool.page)
        page.get_by_text("SEM12 is ready").wait_for()
        shown = in_a_notebook(tmp_path)

    assert shown == ["12", "['Quiz 7', 'ltix_data: activity']", "[True, True]"]


def in_a_notebook(folder) -> list[str]:
    """Return what a notebook of another process shows of the course."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("import ltix_data as ltix\ncourse = ltix.connect('uni').course('SEM12')"),
            nbformat.v4.new_code_cell("print(len(course.roster()))"),
            nbformat.v4.new_code_cell("items = course.line_items().sort_values('label')"),
            nbformat.v4.new_code_cell("print(list(items['label']))\nprint(list(items['coupled']))"),
        ]
    )
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return [line for cell in notebook.cells for output in cell.outputs for line in output["text"].splitlines()]


def test_a_launch_works_inside_a_frame_of_another_site(page, site):
    """The cookie that binds a login to its browser must come back from within the platform's page."""
    with site() as lms, ltix.receive("uni", store="none") as tool:
        register(page, lms, tool)
        log_in(page, lms)

        page.goto(f"{lms.url}/courses/SEM12")
        page.get_by_role("link", name="in a frame").first.click()
        inside = page.frame_locator("iframe.tool")
        inside.get_by_role("heading", name=re.compile("is ready|did not work")).wait_for()

        assert "SEM12 is ready" in inside.locator("h1").inner_text()


def test_a_browser_that_sends_no_cookie_is_told_to_open_a_new_window(page, site):
    with site() as lms, ltix.receive("uni", store="none") as tool:
        register(page, lms, tool)
        log_in(page, lms)
        page.route(f"{tool.url}/launch", lambda route: without_cookies(page, route))

        page.goto(f"{lms.url}/courses/SEM12")
        page.get_by_role("link", name="Open", exact=True).first.click()
        page.get_by_role("heading", name="This did not work").wait_for()

        assert "new window" in page.locator("main").inner_text()
        assert tool.launches == ()


def without_cookies(page, route) -> None:
    page.context.clear_cookies(domain="127.0.0.1")
    headers = {name: value for name, value in route.request.headers.items() if name != "cookie"}
    answer = route.fetch(headers=headers)
    route.fulfill(response=answer)


def test_moodle_waits_for_activation_and_the_page_says_so(page, site):
    with site(like="moodle") as lms, ltix.receive("uni", store="none") as tool:
        register(page, lms, tool)
        page.goto(tool.page)

        assert "Activate" in page.locator("main").inner_text()


def test_a_value_is_copied_by_its_button(page, site):
    with ltix.receive("uni", store="none") as tool:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=tool.url)
        page.goto(tool.page)
        page.get_by_role("button", name="Copy Login initiation URL").click()
        page.get_by_text("Copied").wait_for()

        assert page.evaluate("navigator.clipboard.readText()") == f"{tool.url}/login"


def test_the_page_works_by_keyboard_and_names_its_fields(page, site):
    """Every control has a name that a screen reader says, and can be reached."""
    with ltix.receive("uni", store="none") as tool:
        page.goto(tool.page)
        controls = page.locator("button, input:not([type=hidden]), select, textarea, summary")
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
                     .filter(control => control.labels.length === 0).map(control => control.id)"""
        )

        assert nameless == []
        assert controls.count() > 20


def test_the_form_by_hand_needs_host_and_client_id_alone(page, site):
    with ltix.receive("uni", store="none") as tool:
        page.goto(tool.page)
        page.get_by_label("Platform", exact=True).select_option("canvas")
        page.get_by_label("Its host").fill("uni.instructure.com")
        page.get_by_label("Client id").fill("10000000000042")
        page.get_by_role("button", name="Store the registration").click()
        page.get_by_text("Registered with Canvas").wait_for()

        found = tool.registration
        assert (found.issuer, found.client_id) == ("https://canvas.instructure.com", "10000000000042")
        assert found.token_url == "https://uni.instructure.com/login/oauth2/token"
