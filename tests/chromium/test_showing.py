"""Everything that shows itself, run in a kernel, exported by nbconvert, and looked at in a browser, light and dark.

The pages are those of JupyterLab (nbconvert's own export has its styles), of VS Code, and one without any styles.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

import ltix_data as ltix
from ltix_data.courses import KnownCourse
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.server import serve

pytestmark = [pytest.mark.system, pytest.mark.process]

TITLE = "Biology <img src=https://evil.example/x.png onerror=\"document.title='run'\"> and a title that is rather long"
CELLS = {
    "setup": "import ltix_data as ltix\nimport pandas as pd\nsession = ltix.connect('uni')",
    "session": "session",
    "course": "course = session.course('SEM12')\nroster = course.roster()\ncourse",
    "course-of-little": "session.course('LITTLE')",
    "session-with-token": "session",
    "token": "session.token()",
    "registration": "session.registration",
    "plan": (
        "course.create_line_item('Quiz 1', 10)\n"
        "people = [*roster.loc[roster['role'] == 'Learner', 'user_id'], 'nobody', 'nobody else']\n"
        "points = [2, 3.5, '?', 7, 7.5, 8, 9, 9.5, 12, 10, 10]\n"
        "sheet = pd.DataFrame({'user_id': people, 'points': points[:len(people)]})\n"
        "plan = course.plan_grades(sheet, 'Quiz 1', 'user_id', 'points')\nplan"
    ),
    "report": "plan.send()",
    "error": "try:\n    session.course('SEM21')\nexcept ltix.LtixError as error:\n    caught = error\ncaught",
    "raised": "def mine():\n    return session.course('SEM21')\n\nmine()",
    "examination": "ltix.doctor.examine('uni')",
    "tool": "tool = ltix.receive('uni')\ntool",
    "closed": "tool.close()\ntool",
}
VSCODE = {
    "light": ("vscode-light", {"--vscode-editor-background": "#ffffff", "--vscode-editor-foreground": "#3b3b3b"}),
    "dark": ("vscode-dark", {"--vscode-editor-background": "#1f1f1f", "--vscode-editor-foreground": "#cccccc"}),
    "contrast": (
        "vscode-high-contrast",
        {"--vscode-editor-background": "#000000", "--vscode-editor-foreground": "#ffffff"},
    ),
}
LOOKS = ["lab-light", "lab-dark", "vscode-light", "vscode-dark", "vscode-contrast", "plain-light", "plain-dark"]

#: Every text with its contrast, colours that let something through laid over what is below them. [WCAG 2.2 §1.4.3]
CONTRASTS = """() => {
  const rgba = css => { const n = css.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
  const ground = node => {
    const layers = [];
    for (; node; node = node.parentElement) {
      const colour = rgba(getComputedStyle(node).backgroundColor);
      layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const light = colour => colour.map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const found = [];
  for (const node of document.querySelectorAll('.ltix *')) {
    const text = [...node.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join('');
    if (!text || node.tagName === 'STYLE' || !node.checkVisibility()) continue;
    const below = ground(node), ink = over(rgba(getComputedStyle(node).color), below);
    const [a, b] = [light(ink), light(below)].sort((x, y) => y - x);
    found.push([(a + .05) / (b + .05), text.slice(0, 60)]);
  }
  return found;
}"""

#: What reaches beyond the card that it is in, or is hidden by it; tables that scroll by themselves aside, if they may.
CUT_OFF = """scrolls => [...document.querySelectorAll('.ltix, .ltix *')].filter(node => {
  if (node.tagName === 'STYLE' || !node.checkVisibility() || scrolls && node.closest('.ltix-wide')) return false;
  const card = node.closest('.ltix').getBoundingClientRect(), own = node.getBoundingClientRect();
  const hidden = node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== 'visible';
  return own.right > card.right + 1 || own.left < card.left - 1 || hidden;
}).map(node => node.tagName + ': ' + node.textContent.slice(0, 60))"""

BARS = """() => [...document.querySelectorAll('.ltix-bar')].filter(bar => bar.offsetWidth > 0)
  .map(bar => [bar.offsetWidth, getComputedStyle(bar).backgroundColor])"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory, signing_key):
    """The notebook, run once against a practice platform."""
    folder = tmp_path_factory.mktemp("showing")
    with pytest.MonkeyPatch.context() as patch, serve(platform := Platform(Options())) as url:
        key_file = folder / "key.pem"
        key_file.touch(mode=0o600)
        key_file.write_text(signing_key.private_pem())
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(folder / name.lower()))
        patch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        patch.setenv("LTIX_DATA_DIR", str(folder / "data"))
        patch.setenv("LTIX_KEY_FILE", str(key_file))
        registered(platform, url, signing_key)
        cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in CELLS.items()]
        notebook = nbformat.v4.new_notebook(cells=cells)
        resources = {"metadata": {"path": str(folder)}}
        NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources, allow_errors=True).execute()
    return notebook


def registered(platform, url, key) -> None:
    """Register the tool with the platform, and the platform's courses with the tool."""
    tool = platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
    made = ltix.register("uni", issuer=url, client_id=tool.client_id, token_url=f"{url}/token", store="none")
    made.remember(
        *(KnownCourse.from_claims(platform.course_claims(name, tool, url)) for name in platform.courses),
        KnownCourse(name="LITTLE", title=TITLE, lineitem_url=f"{url}/courses/SEM12/lineitems/1"),
    )


def exported(notebook, *, theme: str = "light", template: str = "lab") -> str:
    html, _ = HTMLExporter(template_name=template, theme=theme).from_notebook_node(notebook)
    return html


def outputs(notebook) -> str:
    """Return the HTML that the cells show, one below the other."""
    shown = [out["data"] for cell in notebook.cells for out in cell.outputs if "data" in out]
    return "\n".join(data["text/html"] for data in shown if "text/html" in data)


def written(notebook, look: str) -> str:
    """Return the page of one *look*; the host's own choice is told by its signs, not by what the browser prefers."""
    host, theme = look.split("-")
    if host == "lab":
        return exported(notebook, theme=theme)
    name, colours = VSCODE[theme] if host == "vscode" else ("", {})
    style = f":root {{ {' '.join(f'{key}: {value};' for key, value in colours.items())} }}"
    ground = "body { background: var(--vscode-editor-background, Canvas); } :root { color-scheme: light dark; }"
    body = f'<body class="{name}">{outputs(notebook)}</body>'
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{style}{ground}</style>{body}</html>'


@pytest.fixture
def look_at(chromium, executed, tmp_path):
    """Open the page of a look, at a width; what is asked of the network is in `asked`, and gets nothing."""
    contexts = []

    def look_at(look: str, *, width: int = 1000):
        place = tmp_path / f"{look}.html"
        place.write_text(written(executed, look), encoding="utf-8")
        prefers = look.split("-")[1] if look.startswith("plain") else "dark" if look.endswith("light") else "light"
        contexts.append(chromium.new_context(color_scheme=prefers, viewport={"width": width, "height": 900}))
        page = contexts[-1].new_page()
        page.asked = []

        def refuse(route):
            page.asked.append(route.request.url)
            route.abort()

        page.route(re.compile(r"^https?:"), refuse)
        page.goto(place.as_uri())
        if folder := os.environ.get("LTIX_SCREENSHOTS"):
            page.screenshot(path=Path(folder, f"showing-{look}-{width}.png"), full_page=True)
        return page

    yield look_at
    for context in contexts:
        context.close()


def test_every_thing_has_html_for_a_notebook_and_text_for_a_terminal(executed):
    bundles = {cell.id: out["data"] for cell in executed.cells for out in cell.outputs if "data" in out}

    assert sorted(bundles) == sorted(set(CELLS) - {"setup", "raised"})
    assert [name for name, data in bundles.items() if not data["text/html"].startswith('<div class="ltix">')] == []
    assert [name for name, data in bundles.items() if not data["text/plain"]] == []


@pytest.mark.parametrize("look", LOOKS)
def test_every_text_stands_out_from_its_ground(look_at, look):
    page = look_at(look)

    found = page.evaluate(CONTRASTS)

    assert len(found) > 200
    assert [(round(ratio, 2), text) for ratio, text in found if ratio < 4.5] == []


@pytest.mark.parametrize("look", ["lab-light", "vscode-dark", "plain-light"])
@pytest.mark.parametrize("width", [1400, 1000, 600])
def test_nothing_is_cut_off(look_at, look, width):
    page = look_at(look, width=width)

    assert page.evaluate(CUT_OFF, width < 800) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("look", ["lab-light", "vscode-dark", "plain-light"])
def test_what_to_type_next_stands_on_one_line(look_at, look):
    broken = look_at(look).evaluate("""() => [...document.querySelectorAll('.ltix dt')]
        .filter(term => term.getBoundingClientRect().height > 1.9 * parseFloat(getComputedStyle(term).fontSize))
        .map(term => term.textContent)""")

    assert broken == []


@pytest.mark.parametrize("look", ["lab-dark", "vscode-light", "plain-dark"])
def test_bars_are_seen(look_at, look):
    bars = look_at(look).evaluate(BARS)

    assert len(bars) > 8
    assert {colour for _, colour in bars}.isdisjoint({"rgba(0, 0, 0, 0)", "transparent"})


@pytest.mark.parametrize(("look", "dark"), [(look, not look.endswith("light")) for look in LOOKS])
def test_the_page_decides_between_light_and_dark_and_not_the_browser(look_at, look, dark):
    ground = look_at(look).evaluate("getComputedStyle(document.querySelector('.ltix')).backgroundColor")

    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 384) == dark


def test_nothing_that_is_shown_asks_for_anything_elsewhere(look_at):
    page = look_at("plain-light")

    assert page.asked == []
    assert page.title() == ""


def test_an_export_asks_for_no_more_than_one_of_an_empty_notebook(chromium, look_at, tmp_path):
    empty = tmp_path / "empty.html"
    empty.write_text(exported(nbformat.v4.new_notebook()), encoding="utf-8")
    page = look_at("lab-light")
    asked = set(page.asked)
    page.asked.clear()

    page.goto(empty.as_uri())

    assert asked == set(page.asked)


def test_without_any_style_the_words_are_all_there(chromium, executed):
    """JupyterLab drops styles and classes from a notebook that it does not trust, and so do many mail programs."""
    html = re.sub(r"<style>.*?</style>| (class|style)=\"[^\"]*\"", "", outputs(executed), flags=re.DOTALL)
    page = chromium.new_page()
    page.set_content(html)

    text = page.inner_text("body")

    for words in (
        "Nothing is sent yet.",
        "What to type next",
        "Roster (Names and Roles)",
        "confirmed: in the gradebook",
    ):
        assert words in text
    page.close()


def test_a_traceback_is_the_users_own_code_and_what_to_do(look_at):
    page = look_at("lab-light")

    shown = page.locator(".jp-OutputArea-output", has_text="What to do:").last.inner_text()

    assert "Cell In[11], line 4" in shown
    assert "return session.course('SEM21')" in shown
    assert "Did you mean" in shown
    assert "ltix_data/session" not in shown


def test_nothing_in_the_notebook_is_about_a_person_or_a_secret(executed, signing_key):
    platform = Platform(Options())
    people = [member.person for course in platform.courses.values() for member in course.members.values()]
    private = {text for one in people for text in (one.user_id, one.name, one.email, one.sourcedid) if text}
    secret = {
        part for part in re.findall(r"[\w-]{20,}", signing_key.compact()) if part not in str(signing_key.public_jwk)
    }
    told = json.dumps([cell.outputs for cell in executed.cells], ensure_ascii=False)

    assert [text for text in private | secret if text in told] == []
