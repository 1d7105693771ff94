"""Each recipe is executed, as far as one machine can: the key is found, and the platform grants a token over HTTP."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from jupyter_client.manager import start_new_kernel
from keyring_backends import key
from traitlets import Dict
from traitlets.config import Config, Configurable

from ltix_data import recipes, registration
from ltix_data.errors import UnknownNameError, UsageError
from ltix_data.keys import SigningKey
from ltix_data.recipes import KINDS, recipe
from ltix_data.registration import Registration

from .conftest import shell

pytestmark = pytest.mark.process


def text_for(desktop, kind, monkeypatch, **options):
    """Return the recipe as the desktop's user gets it, its system folders moved into one of the test's."""
    monkeypatch.setenv("LTIX_DATA_DIR", str(desktop.home / "data"))
    monkeypatch.setenv("HOME", str(desktop.home))
    return desktop.moved(recipe(registration.load(desktop.name), kind, **options))


def granted(desktop):
    """Return how many tokens the platform has granted."""
    return len(desktop.platform.access_tokens)


# --- cron -----------------------------------------------------------------------------------------


def crontab(text):
    """Return what cron would run, and the variables it would set, read as crontab(5) says."""
    settings, jobs = {}, []
    for line in text.splitlines():
        if setting := re.fullmatch(r"(\w+)\s*=\s*(.*)", line):
            settings[setting[1]] = setting[2]
        elif line and not line.startswith("#"):
            *when, command = line.split(None, 5)
            assert len(when) == 5
            command = re.split(r"(?<!\\)%", command)[0]
            jobs.append(command.replace(r"\%", "%"))
    return settings, jobs


def test_cron(desktop, monkeypatch):
    text = text_for(desktop, "cron", monkeypatch)
    desktop.prepare(text, desktop.home)
    settings, jobs = crontab(text)
    bare = {"HOME": str(desktop.home), "LOGNAME": "me", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    code, said = shell(["/bin/sh", "-c", jobs[0]], {**bare, **settings}, desktop.home)

    assert (code, granted(desktop)) == (0, 1), said
    assert stat.S_IMODE(Path(settings["LTIX_KEY_FILE"]).stat().st_mode) == 0o600


def test_cron_runs_a_command_with_percent_signs_whole(desktop, monkeypatch):
    settings, jobs = crontab(text_for(desktop, "cron", monkeypatch, command='echo "$LTIX_KEY_FILE" 100%; date +%Y-%m'))
    _, said = shell(["/bin/sh", "-c", jobs[0]], settings, desktop.home)

    assert re.fullmatch(r"/.*/uni-moodle\.pem 100%\n\d{4}-\d\d\n", said)


# --- systemd --------------------------------------------------------------------------------------


def unit(text):
    """Return the settings of a unit, without the escapes of systemd.syntax(7), as far as the recipe uses them."""
    settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name: [word.replace("%%", "%") for word in shlex.split(value)] for name, value in settings.items()}


def systemd_job(desktop, text):
    settings = unit(text)
    name, _, source = settings["LoadCredential"][0].partition(":")
    credentials = desktop.root / "credentials"
    credentials.mkdir()
    shutil.copy(source, credentials / name)
    (credentials / name).chmod(0o440)
    environment = dict(setting.split("=", 1) for setting in settings["Environment"])
    bare = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(desktop.home),
        "CREDENTIALS_DIRECTORY": str(credentials),
    }
    return [word.replace("$$", "$") for word in settings["ExecStart"]], {**bare, **environment}


def test_systemd(desktop, monkeypatch):
    text = text_for(desktop, "systemd", monkeypatch)
    desktop.prepare(text, desktop.home)
    command, environment = systemd_job(desktop, text)
    code, said = shell(command, environment, "/")

    assert (code, granted(desktop)) == (0, 1), said


def test_systemd_runs_a_command_with_signs_of_its_own_whole(desktop, monkeypatch):
    text = text_for(desktop, "systemd", monkeypatch, command=r"""printf '%s\n' "$HOME" "a \"quoted\" 100%" '\'""")
    desktop.prepare(text, desktop.home)
    command, environment = systemd_job(desktop, text)

    assert shell(command, environment, "/") == (0, f'{desktop.home}\na "quoted" 100%\n\\\n')


def test_systemd_itself_finds_nothing_wrong_with_the_unit(desktop, monkeypatch):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    monkeypatch.setattr(recipes.machines, "user", lambda: "root")
    path = desktop.root / f"ltix_data-{desktop.name}.service"
    path.write_text(text_for(desktop, "systemd", monkeypatch, command="true 100% $HOME"))
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, timeout=60)

    assert [line for line in done.stderr.splitlines() if path.name in line] == []


# --- container ------------------------------------------------------------------------------------


def test_container(desktop, monkeypatch):
    text = text_for(desktop, "container", monkeypatch)
    project = desktop.root / "project"
    desktop.prepare(text, project)
    compose = yaml.safe_load(text)
    service = compose["services"]["report"]
    copied = re.findall(r"^COPY (\S+) (\S+)$", service["build"]["dockerfile_inline"], re.MULTILINE)
    for source, target in copied:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project / source, target)
    for secret in service["secrets"]:
        mounted = Path(f"{desktop.root}/run/secrets/{secret}")
        mounted.parent.mkdir(parents=True)
        shutil.copy(project / compose["secrets"][secret]["file"], mounted)
    volume = {"LTIX_DATA_DIR": str(desktop.root / "volume")}
    runs = [word.replace("$$", "$") for word in service["command"]]
    outcomes = [shell(runs, {**desktop.bare, **service["environment"], **volume}, desktop.root) for _ in range(2)]

    assert ([code for code, _ in outcomes], granted(desktop)) == ([0, 0], 2), outcomes
    assert service["environment"]["LTIX_DATA_DIR"] == service["volumes"][0].partition(":")[2]
    assert [name for name, _ in copied] == [f"{desktop.name}.json"]
    assert f"{desktop.name}.pem" in (project / ".dockerignore").read_text().split()
    assert f"{desktop.name}.pem" in (project / ".gitignore").read_text().split()


def test_the_container_ends_with_an_error_where_the_secret_is_not_mounted(desktop, monkeypatch):
    text = text_for(desktop, "container", monkeypatch)
    desktop.prepare(text, desktop.root / "srv")
    service = yaml.safe_load(text)["services"]["report"]
    environment = {**desktop.bare, **service["environment"], "LTIX_DATA_DIR": str(desktop.root / "volume")}
    code, said = shell(service["command"], environment, desktop.root)

    assert (code, granted(desktop)) == (1, 0)
    assert "LTIX_KEY_FILE" in said


# --- jupyterhub -----------------------------------------------------------------------------------


class Spawner(Configurable):
    """What JupyterHub makes of the setting: callables are called with the spawner. [Spawner.environment]"""

    environment = Dict().tag(config=True)

    def env_of(self, user):
        asked = SimpleNamespace(user=SimpleNamespace(name=user))
        return {name: value(asked) if callable(value) else value for name, value in self.environment.items()}


@pytest.fixture
def hub(desktop, monkeypatch):
    """Return the variables that a user's server gets, and the recipe."""
    text = text_for(desktop, "jupyterhub", monkeypatch)
    desktop.prepare(text, desktop.root / "admin")
    config = Config()
    exec(compile(text, "jupyterhub_config.py", "exec"), {"c": config})
    return Spawner(config=config).env_of, text


def in_kernel(code, environment):
    """Run *code* in a real kernel that has nothing but *environment*; return what it printed."""
    manager, client = start_new_kernel(kernel_name="python3", env=environment)
    told = []
    try:
        client.execute_interactive(code, timeout=120, output_hook=lambda message: told.append(message["content"]))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return "".join(content.get("text", content.get("evalue", "")) for content in told)


def test_jupyterhub(desktop, hub):
    env_of, text = hub
    once = text.partition("# Once, each user in a notebook:\n")[2]
    cell = "\n".join(line.removeprefix("#   ") for line in once.splitlines() if line.startswith("#   "))
    code = f"{cell}\nimport ltix_data\nprint(ltix_data.connect({desktop.name!r}).token())"
    said = in_kernel(code, {**desktop.bare, **env_of("ada")})

    assert granted(desktop) == 1, said


def test_jupyterhub_gives_the_key_to_those_named_and_to_nobody_else(desktop, hub):
    env_of, _ = hub
    variable = "LTIX_DATA_KEY_UNI_MOODLE"

    assert (SigningKey.parse(env_of("ada")[variable]), env_of("eve")[variable]) == (key(), "")
    code = "import ltix_data\nfrom ltix_data.registration import import_registration as get\n"
    code += (
        f"get('{desktop.root}/srv/ltix_data/{desktop.name}.json', store='none')\nltix_data.connect({desktop.name!r})"
    )
    assert "There is no private key" in in_kernel(code, {**desktop.bare, **env_of("eve")})


# --- GitHub Actions -------------------------------------------------------------------------------


def steps(text):
    """Return the steps that run something here; what GitHub and pip do is not tried."""
    job = yaml.safe_load(text)["jobs"]["report"]
    return [step for step in job["steps"] if "run" in step and step["name"] != "Install"]


def work_through(desktop, text, project, secrets):
    """Run a workflow's steps as a runner does; return the code of the first that fails, else 0, and what it printed."""
    said = ""
    for step in steps(text):
        filled = {
            name: re.sub(r"\$\{\{ secrets\.(\w+) \}\}", lambda found: secrets.get(found[1], ""), value)
            for name, value in step.get("env", {}).items()
        }
        environment = {**desktop.bare, **filled, "CI": "true", "GITHUB_ACTIONS": "true"}
        code, said = shell(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], environment, project
        )
        if code:
            return code, said
    return 0, said


def test_github_actions(desktop, monkeypatch):
    text = text_for(desktop, "github-actions", monkeypatch)
    project = desktop.root / "project"
    desktop.prepare(text, project)
    secrets = {path.name.removeprefix("secret-"): path.read_text() for path in desktop.home.glob("secret-*")}
    code, said = work_through(desktop, text, project, secrets)

    assert list(secrets) == ["LTIX_DATA_KEY_UNI_MOODLE"]
    assert (code, granted(desktop)) == (0, 1), said


def test_a_workflow_without_its_secret_fails_and_says_which_is_missing(desktop, monkeypatch):
    text = text_for(desktop, "github-actions", monkeypatch)
    desktop.prepare(text, desktop.root / "project")
    code, said = work_through(desktop, text, desktop.root / "project", {})

    assert (code, granted(desktop)) == (1, 0)
    assert "LTIX_DATA_KEY_UNI_MOODLE" in said


def test_no_step_but_the_last_sees_the_key_and_no_pull_request_runs_it(desktop, monkeypatch):
    text = text_for(desktop, "github-actions", monkeypatch)
    workflow = yaml.safe_load(text)
    *others, last = workflow["jobs"]["report"]["steps"]

    assert ["env" in step for step in others] == [False] * len(others)
    assert list(last["env"]) == ["LTIX_DATA_KEY_UNI_MOODLE"]
    assert sorted(workflow[True]) == ["schedule", "workflow_dispatch"]  # YAML 1.1 takes “on” for true
    assert workflow["permissions"] == {"contents": "read"}


# --- all ------------------------------------------------------------------------------------------


@pytest.fixture
def made():
    facts = {"issuer": "https://lms.example.edu", "client_id": "t", "token_url": "https://lms.example.edu/token"}
    return Registration(name="Uni.2-b_c", **facts, private_key=key())


@pytest.mark.parametrize("kind", KINDS)
def test_a_recipe_holds_no_secret_and_says_why(made, kind):
    text = recipe(made, kind)

    assert not [part for part in json.loads(key().compact()).values() if part in text]
    assert "BEGIN" not in text
    assert sum(line.lstrip().startswith("# ") for line in text.splitlines()) >= 5
    assert "Uni.2-b_c" in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_recipe_names_its_own_registration(made, kind):
    assert not re.search(r"uni-moodle", recipe(made, kind))
    assert "LTIX_DATA_KEY_UNI_2_B_C" in recipe(made, kind) or "LTIX_KEY_FILE" in recipe(made, kind) or kind == "systemd"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "jupyterhub"])
def test_a_command_of_ones_own_takes_the_place_of_the_check(made, kind):
    text = recipe(made, kind, command="papermill weekly.ipynb out.ipynb")

    assert "papermill weekly.ipynb out.ipynb" in text
    assert ".token()" not in text


@pytest.mark.parametrize("kind", ["cron", "systemd"])
def test_a_folder_of_ones_own_is_named_only_if_there_is_one(made, kind, monkeypatch):
    with_folder = recipe(made, kind)
    monkeypatch.delenv("LTIX_DATA_DIR")

    assert f"LTIX_DATA_DIR={os.environ.get('LTIX_DATA_DIR', '')}" in with_folder
    assert "LTIX_DATA_DIR" not in recipe(made, kind)


@pytest.mark.parametrize("command", ["", " ", "a\nb", "a\x00"])
def test_a_command_that_is_not_one_line_is_refused(made, command):
    with pytest.raises(UsageError, match="one line"):
        recipe(made, "cron", command=command)


def test_an_unknown_kind_lists_those_there_are(made):
    with pytest.raises(UnknownNameError, match="cron, systemd, container, jupyterhub, github-actions"):
        recipe(made, "kubernetes")


def test_the_help_of_the_module_names_every_kind():
    assert [kind for kind in KINDS if f"\n    {kind} " not in recipes.__doc__] == []
