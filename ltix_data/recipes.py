"""What to copy so that a job finds its key where there is no keyring: no desktop, nobody to unlock one.

    from ltix_data import recipes, registration
    print(recipes.recipe(registration.load("uni-moodle"), "cron"))

A recipe is the text of one file for this very registration, with the reason of each line beside it:

    kind              what it is                      how the key gets there
    cron              lines of a crontab              ``LTIX_KEY_FILE``, a file that only you can read
    systemd           a service, and its timer        LoadCredential: only that service sees it
    container         a compose.yaml                  a secret, mounted as a file; none is in the image
    jupyterhub        part of jupyterhub_config.py    ``LTIX_DATA_KEY_<NAME>``, for the users who may have it
    github-actions    a workflow                      ``LTIX_DATA_KEY_<NAME>``, from the repository's secrets

None of them holds the key. Where the registration itself is missing too (container, JupyterHub, CI) the file that
``registration.export("<name>.json")`` writes goes along; it holds nothing secret. `ltix_data.keystore` says in
which order the places are asked.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from . import keystore
from .errors import UnknownNameError, UsageError
from .registration import Registration


def recipe(registration: Registration, kind: str, *, command: str | None = None) -> str:
    """Return the text of the file to copy for *registration*; it holds no secret.

    Args:
        registration: a stored one.
        kind: "cron", "systemd", "container", "jupyterhub" or "github-actions".
        command: what to run, in one line of shell; without it a check that a token is granted. JupyterHub has no use
            for it: there people run notebooks.

    Raises:
        UnknownNameError: there is no such kind.
        UsageError: *command* is not one line of text.
    """
    make = _RECIPES.get(kind)
    if make is None:
        raise UnknownNameError(f"There is no recipe for {kind!r}.", hint=f"There are: {', '.join(KINDS)}.")
    if command is not None and (not command.strip() or not command.isprintable()):
        raise UsageError("command must be one line of text.", hint="Put more than that into a script.")
    return make(registration.name, command.strip() if command else None)


def _check(name: str, python: str) -> str:
    return f"""{python} -c "import ltix_data; print(ltix_data.connect('{name}').token())\""""


def _key_to(name: str, python: str, target: str) -> str:
    """Return the command that takes the key of *name* out of the keyring, past the screen."""
    code = f"from ltix_data.registration import load; print(load('{name}').signing_key().private_pem())"
    return f'{python} -c "{code}" {target}'


def _import(name: str, path: str) -> str:
    """Return the command that stores the exported registration; its key stays where it is."""
    code = f"from ltix_data.registration import import_registration as get; get('{path}', store='none', replace=True)"
    return f'python -c "{code}"'


def _here() -> str:
    return shlex.quote(sys.executable)


def _where(who: str, setting: str, quote: Callable[[str], str] = str) -> list[str]:
    """Return the lines that say where registrations are kept, if the job would not find that by itself."""
    given = os.environ.get("LTIX_DATA_DIR")
    if not given:
        return []
    folder = str(Path(given).expanduser().absolute())
    why = f"# {who} knows none of your shell's variables: this is where the registration is."
    return [why, setting.format(quote(folder))]


def _cron(name: str, command: str | None) -> str:
    key = Path.home() / ".config" / "ltix_data" / f"{name}.pem"
    line = (command or _check(name, _here())).replace("%", r"\%")
    lines = [
        "# Once, in a terminal: cron has no desktop session and so no keyring. Put the key into a file of your own.",
        f"#   mkdir -p -m 700 {shlex.quote(str(key.parent))}",
        f"#   (umask 077; {_key_to(name, _here(), f'> {shlex.quote(str(key))}')})",
        "# Then, with crontab -e. cron fills in no $HOME here, so paths are written out.",
        f"LTIX_KEY_FILE={key}",
        *_where("cron", "LTIX_DATA_DIR={}"),
        "# Mondays at 6:00. cron's PATH is short: name programs by their whole path.",
        "# A % would end the line; \\% is one.",
        f"0 6 * * 1 {line}",
    ]
    return "\n".join(lines) + "\n"


def _systemd(name: str, command: str | None) -> str:
    quoted = _quoted(command or _check(name, _here())).replace("$", "$$")
    where = "".join(f"{line}\n" for line in _where("systemd", 'Environment="LTIX_DATA_DIR={}"', _quoted))
    return f"""\
# /etc/systemd/system/ltix_data-{name}.service
# Once, in a terminal: put the key where root alone reads it.
#   {_key_to(name, _here(), f"| sudo install -D -m 600 /dev/stdin /etc/credstore/ltix_data-{name}")}
# Weekly: systemctl edit --full --force ltix_data-{name}.timer
#   [Timer]
#   OnCalendar=Mon 06:00
#   Persistent=true
#   [Install]
#   WantedBy=timers.target
# then systemctl enable --now ltix_data-{name}.timer
[Unit]
Description=LTI report of {name}
# The platform must be reachable.
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
# Whose registration it is; this sets HOME too, where it is found.
User={_user()}
# systemd hands the key to this service alone, in $CREDENTIALS_DIRECTORY.
LoadCredential=ltix_data-{name}:/etc/credstore/ltix_data-{name}
{where}ExecStart=/bin/sh -c "{quoted}"
"""


def _quoted(text: str) -> str:
    """Return *text* as it stands between double quotes in a unit; see systemd.syntax and systemd.unit."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def _user() -> str:
    import getpass

    with suppress(OSError, KeyError):  # a user without a name, as in some containers
        return getpass.getuser()
    return "CHANGE-ME"


def _container(name: str, command: str | None) -> str:
    run = (command or _check(name, "python")).replace("$", "$$")  # compose fills in variables itself
    return f"""\
# compose.yaml
# Once, in a terminal, beside this file:
#   python -c "from ltix_data.registration import load; load('{name}').export('{name}.json')"
#   (umask 077; {_key_to(name, "python", f"> {name}.pem")})
#   echo {name}.pem >> .gitignore; echo {name}.pem >> .dockerignore
services:
  report:
    build:
      context: .
      # The image holds the registration and no key: whoever gets the image gets no access.
      dockerfile_inline: |
        FROM python:3.12-slim
        RUN pip install --no-cache-dir ltix-data
        COPY {name}.json /srv/{name}.json
    environment:
      # Where the registration is kept, and the journals of what was sent: a volume, so that they outlive the container.
      LTIX_DATA_DIR: /data
      # Where the secret below is mounted. A container has no keyring.
      LTIX_KEY_FILE: /run/secrets/{name}.pem
    volumes:
      - data:/data
    secrets:
      - {name}.pem
    command:
      - sh
      - -ec
      - |
        {_import(name, f"/srv/{name}.json")}
        {run}
secrets:
  {name}.pem:
    file: ./{name}.pem
volumes:
  data:
"""


def _jupyterhub(name: str, _: str | None) -> str:
    variable = keystore.variable(name)
    return f"""\
# jupyterhub_config.py
# Once, as the hub's administrator: put the key where the hub alone reads it, and the registration where all do.
#   {_key_to(name, "python", f"| sudo install -D -m 600 /dev/stdin /etc/jupyterhub/{name}.pem")}
#   python -c "from ltix_data.registration import load; load('{name}').export('{name}.json')"
#   sudo install -D -m 644 {name}.json /srv/ltix_data/{name}.json
# Once, each user in a notebook:
#   from ltix_data.registration import import_registration
#   import_registration("/srv/ltix_data/{name}.json", store="none")
from pathlib import Path

# Whoever has the key can read every roster of the tool and write its grades: name the users who may.
LTIX_USERS = {{"ada"}}
# A user's server has no keyring. It gets the key in a variable; the others get an empty one, which is none.
LTIX_KEY = Path("/etc/jupyterhub/{name}.pem").read_text()
c.Spawner.environment.update(
    {{"{variable}": lambda spawner: LTIX_KEY if spawner.user.name in LTIX_USERS else ""}}
)
"""


def _github_actions(name: str, command: str | None) -> str:
    variable = keystore.variable(name)
    return f"""\
# .github/workflows/{name}.yml
# Once, in a terminal, in the repository:
#   python -c "from ltix_data.registration import load; load('{name}').export('{name}.json')"
#   git add {name}.json
#   {_key_to(name, "python", f"| gh secret set {variable}")}
name: LTI report of {name}
on:
  # By hand, and Mondays at 6:00 UTC. Not on pull requests: a stranger's must not run with the key.
  workflow_dispatch:
  schedule:
    - cron: "0 6 * * 1"
permissions:
  contents: read
jobs:
  report:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - name: Install
        run: pip install ltix-data
      - name: Store the registration, which has no key in it
        run: |
          {_import(name, f"{name}.json")}
      - name: Report
        # Logs and artifacts of a public repository are public: print no names and no grades.
        run: |
          {command or _check(name, "python")}
        env:
          # Only this step sees the key.
          {variable}: ${{{{ secrets.{variable} }}}}
"""


_RECIPES: dict[str, Callable[[str, str | None], str]] = {
    "cron": _cron,
    "systemd": _systemd,
    "container": _container,
    "jupyterhub": _jupyterhub,
    "github-actions": _github_actions,
}
KINDS = tuple(_RECIPES)
