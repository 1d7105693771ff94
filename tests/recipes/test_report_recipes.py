"""Each recipe for a report is executed, as far as one machine can: the page is there, and shows the pseudonyms."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from keyring_backends import key
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config import Config

from ltix_data import recipes, registration
from ltix_data.errors import UsageError
from ltix_data.recipes import KINDS, Report, recipe
from ltix_data.registration import Registration

from .conftest import shell
from .test_recipes import crontab, systemd_job

CELLS = [
    'registration: str = ...\npseudonyms: bool = False\ncourse: str = "SEM12"',
    "from ltix_data import reports\nsession = reports.connect(registration, pseudonyms=pseudonyms)",
    'print("page of", course, sorted(session.course(course).roster()["user_id"]))',
]


@pytest.fixture
def made(desktop, tmp_path):
    """A report of somebody's own that shows pseudonyms; and what it shows on the desktop."""
    cells = [new_code_cell(cell) for cell in CELLS]
    cells[0].metadata["tags"] = ["parameters"]
    path = tmp_path / "desk" / "my report.ipynb"
    path.parent.mkdir()
    write(new_notebook(cells=cells), path)
    options = ("-p", "registration=uni-moodle", "-p", "pseudonyms=true", "-p", "course=SEM12")
    shown = desktop.run("""
        import ltix_data
        with ltix_data.connect("uni-moodle", pseudonyms=True) as session:
            print(sorted(session.course("SEM12").roster()["user_id"]))
    """)
    return Report(str(path), options, tmp_path / "page of it.html", own=True, pseudonyms=True), shown.strip()


def text_for(desktop, kind, monkeypatch, report):
    monkeypatch.setenv("LTIX_DATA_DIR", str(desktop.home / "data"))
    monkeypatch.setenv("HOME", str(desktop.home))
    return desktop.moved(recipe(registration.load(desktop.name), kind, report=report))


def says(page: Path, shown: str) -> bool:
    return f"page of SEM12 {shown}" in html.unescape(page.read_text())


pytestmark = pytest.mark.process


def test_cron(desktop, made, monkeypatch):
    report, shown = made
    text = text_for(desktop, "cron", monkeypatch, report)
    desktop.prepare(text, desktop.home)
    settings, jobs = crontab(text)
    bare = {"HOME": str(desktop.home), "LOGNAME": "me", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    code, said = shell(["/bin/sh", "-c", jobs[0]], {**bare, **settings}, desktop.home)

    assert (code, said) == (0, "")  # whatever is said is mailed
    assert says(report.html, shown)


def test_systemd(desktop, made, monkeypatch):
    report, shown = made
    text = text_for(desktop, "systemd", monkeypatch, report)
    desktop.prepare(text, desktop.home)
    first, second = re.findall(r"^LoadCredential=(.*)$", text, re.MULTILINE)
    command, environment = systemd_job(desktop, text.replace(f"LoadCredential={second}\n", ""))
    name, _, source = second.partition(":")
    shutil.copy(source, Path(environment["CREDENTIALS_DIRECTORY"], name))
    code, said = shell(command, environment, "/")

    assert (code, first.partition(":")[0], name) == (0, "ltix_data-uni-moodle", "ltix_data-uni-moodle-pseudonyms"), said
    assert says(report.html, shown)


def test_container(desktop, made, monkeypatch):
    report, shown = made
    text = text_for(desktop, "container", monkeypatch, report)
    project = desktop.root / "project"
    desktop.prepare(text, project)
    compose = yaml.safe_load(text)
    service = compose["services"]["report"]
    pages = desktop.root / "pages"
    pages.mkdir()
    docker = service["build"]["dockerfile_inline"]
    (desktop.root / "srv").mkdir(exist_ok=True)
    shutil.copy(project / f"{desktop.name}.json", desktop.root / "srv")
    (copied,) = re.findall(r"^COPY (\[.*\])$", docker, re.MULTILINE)
    source, target = json.loads(copied)
    shutil.copy(Path(report.notebook).parent / source, target)
    for secret in service["secrets"]:
        mounted = Path(f"{desktop.root}/run/secrets/{secret}")
        mounted.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project / compose["secrets"][secret]["file"], mounted)
    volume = {"LTIX_DATA_DIR": str(desktop.root / "volume")}
    runs = [word.replace("$$", "$").replace("'/reports/", f"'{pages}/") for word in service["command"]]
    code, said = shell(runs, {**desktop.bare, **service["environment"], **volume}, desktop.root)

    assert code == 0, said
    assert says(pages / report.html.name, shown)
    assert 'pip install --no-cache-dir "ltix-data[reports]"' in docker
    assert service["volumes"][1] == "./reports:/reports"
    assert {f"{desktop.name}.pem", f"{desktop.name}.pseudonyms"} <= set((project / ".dockerignore").read_text().split())


def test_jupyterhub(desktop, made, monkeypatch):
    report, shown = made
    text = text_for(desktop, "jupyterhub", monkeypatch, report)
    desktop.prepare(text, desktop.root / "admin")
    folder = desktop.root / "srv" / "ltix_data"
    shutil.copy(report.notebook, folder)
    config = Config()
    exec(compile(text, "jupyterhub_config.py", "exec"), {"c": config})
    (service,) = config.JupyterHub.services.get_value([])
    shell(service["command"], {**desktop.bare, **service["environment"]}, desktop.root)

    assert says(folder / "reports" / report.html.name, shown)
    assert service["name"] == "ltix-data-uni-moodle"


def test_github_actions(desktop, made, monkeypatch):
    report, shown = made
    text = text_for(desktop, "github-actions", monkeypatch, report)
    project = desktop.root / "project"
    project.mkdir()
    shutil.copy(report.notebook, project)
    desktop.prepare(text, project)
    job = yaml.safe_load(text)["jobs"]["report"]
    named = {step["name"]: step for step in job["steps"] if "name" in step}
    secrets = {path.name.removeprefix("secret-"): path.read_text() for path in desktop.home.glob("secret-*")}
    filled = {name: secrets[name] for name in named["Report"]["env"]}
    for step in ("Store the registration, which has no key in it", "Report"):
        environment = {**desktop.bare, **(filled if step == "Report" else {}), "CI": "true"}
        code, said = shell(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", named[step]["run"]], environment, project
        )
        assert code == 0, said

    assert sorted(filled) == ["LTIX_DATA_KEY_UNI_MOODLE", "LTIX_DATA_PSEUDONYM_KEY_UNI_MOODLE"]
    assert says(project / named["Keep the page"]["with"]["path"], shown)
    assert "if" in named["Keep the page"]
    assert named["Install"]["run"] == 'pip install "ltix-data[reports]"'
    assert [name for name, step in named.items() if "env" in step] == ["Report"]


# --- As text --------------------------------------------------------------------------------------


@pytest.fixture
def somewhere():
    facts = {"issuer": "https://lms.example.edu", "client_id": "t", "token_url": "https://lms.example.edu/token"}
    return Registration(name="uni", **facts, private_key=key())


@pytest.mark.parametrize("kind", KINDS)
def test_no_recipe_speaks_of_a_key_that_it_does_not_need(somewhere, kind):
    plain = Report("weekly_report", ("-p", "course=BIO101"), Path("bio101.html"))

    text = recipe(somewhere, kind, report=plain)

    assert "pseudonym" not in text.lower()
    assert "report weekly_report -p course=BIO101 --html" in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_s_words_are_one_line_each(somewhere, kind):
    with pytest.raises(UsageError, match="one line"):
        recipe(somewhere, kind, report=Report("weekly_report", ("-p", "course=a\nrm"), Path("x.html")))


@pytest.mark.parametrize("kind", ["container", "github-actions"])
def test_whatever_a_course_is_called_the_yaml_is_whole(somewhere, kind):
    odd = Report("weekly_report", ("-p", """course=a: "b" 'c' #d $e %f {g}"""), Path("x y.html"))

    text = yaml.safe_load(recipe(somewhere, kind, report=odd))

    assert "'course=a: \"b\" '\"'\"'c'" in json.dumps(text, ensure_ascii=False).replace('\\"', '"')


def test_the_public_names_are_those_that_are_used():
    assert recipes.__all__ == ["KINDS", "Report", "recipe"]
