"""Recipes for other computers: containers, JupyterHub, GitHub Actions."""

from __future__ import annotations

import json
import shlex

from .. import keystore
from ..veil import key as veilkey
from .task import Report, Task, exported, imported, key_to, pseudonym_key_to

_WEEK = 7 * 24 * 60 * 60  # seconds


def container(task: Task) -> str:
    """Return a compose.yaml."""
    name = task.name
    run = task.there("/srv", "/reports").replace("$", "$$")  # compose fills in variables itself
    secrets = [f"{name}.pem", *([f"{name}.pseudonyms"] if task.pseudonyms else [])]
    once = [key_to(name, "python", f"> {name}.pem")]
    once += [pseudonym_key_to(name, "python", f"> {name}.pseudonyms")] if task.pseudonyms else []
    lines = {
        "once": "\n".join(f"#   (umask 077; {command})" for command in once),
        "ignored": "\n".join(f"#   echo {file} >> .gitignore; echo {file} >> .dockerignore" for file in secrets),
        "environment": "\n".join(_mounted(task)),
        "used": "\n".join(f"      - {file}" for file in secrets),
        "files": "\n".join(f"  {file}:\n    file: ./{file}" for file in secrets),
        "copied": f"\n        COPY {json.dumps([task.report.file, '/srv/'], ensure_ascii=False)}"
        if task.report and task.report.own
        else "",
        "pages": "\n      # The pages come out here.\n      - ./reports:/reports" if task.report else "",
    }
    return f"""\
# compose.yaml
# Once, in a terminal, beside this file:
#   {exported(name)}
{lines["once"]}
{lines["ignored"]}
services:
  report:
    build:
      context: .
      # The image holds the registration and no key: whoever gets the image gets no access.
      dockerfile_inline: |
        FROM python:3.12-slim
        RUN pip install --no-cache-dir {task.package}
        COPY {name}.json /srv/{name}.json{lines["copied"]}
    environment:
      # Where the registration is kept, and the journals of what was sent: a volume, so that they outlive the container.
      LTIX_DATA_DIR: /data
{lines["environment"]}
    volumes:
      - data:/data{lines["pages"]}
    secrets:
{lines["used"]}
    command:
      - sh
      - -ec
      - |
        {imported(name, f"/srv/{name}.json")}
        {run}
secrets:
{lines["files"]}
volumes:
  data:
"""


def _mounted(task: Task) -> list[str]:
    lines = [
        "      # Where the secret below is mounted. A container has no keyring.",
        f"      LTIX_KEY_FILE: /run/secrets/{task.name}.pem",
    ]
    return lines + ([f"      {veilkey.FILE}: /run/secrets/{task.name}.pseudonyms"] if task.pseudonyms else [])


def jupyterhub(task: Task) -> str:
    """Return a part of jupyterhub_config.py."""
    name = task.name
    variable = keystore.variable(name)
    keep = "| sudo install -D -m 600 /dev/stdin /etc/jupyterhub/"
    more = f"#   {pseudonym_key_to(name, 'python', f'{keep}{name}.pseudonyms')}\n" if task.pseudonyms else ""
    return f"""\
# jupyterhub_config.py
# Once, as the hub's administrator: put the key where the hub alone reads it, and the registration where all do.
#   {key_to(name, "python", f"{keep}{name}.pem")}
{more}#   {exported(name)}
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
{_service(task, task.report) if task.report else ""}"""


def _service(task: Task, report: Report) -> str:
    """Return a service that the hub runs itself: JupyterHub has no timer."""
    folder = "/srv/ltix_data"
    run = task.there(folder, f"{folder}/reports")
    loop = f"{imported(task.name, f'{folder}/{task.name}.json')}; while :; do {run}; sleep {_WEEK}; done"
    own = (
        f"# Put your notebook there too: sudo install -m 644 {shlex.quote(report.file)} {folder}/\n"
        if report.own
        else ""
    )
    pseudonyms = f'"{veilkey.FILE}": "/etc/jupyterhub/{task.name}.pseudonyms", ' if report.pseudonyms else ""
    return f"""\

# The report, when the hub starts and every seven days from then on. The page is for the hub's own user alone until
# you “chmod” it; it keeps who may read it. The hub's Python needs: pip install {task.package}
{own}Path("{folder}/reports").mkdir(exist_ok=True)
c.JupyterHub.services.append(
    {{
        "name": "ltix-data-{task.name}",
        "command": ["/bin/sh", "-c", {json.dumps(loop, ensure_ascii=False)}],
        "environment": {{
            "LTIX_KEY_FILE": "/etc/jupyterhub/{task.name}.pem", {pseudonyms}"LTIX_DATA_DIR": "{folder}/data",
        }},
    }}
)
"""


def github_actions(task: Task) -> str:
    """Return a workflow."""
    name = task.name
    variable = keystore.variable(name)
    more = once = ""
    if task.pseudonyms:
        pseudonyms = veilkey.variable(name)
        once = f"#   {pseudonym_key_to(name, 'python', f'| gh secret set {pseudonyms}')}\n"
        more = f"\n          {pseudonyms}: ${{{{ secrets.{pseudonyms} }}}}"
    report, added = task.report, ""
    if report and report.own:
        added = f"#   git add {shlex.quote(report.file)}  # your notebook, in the repository's own folder\n"
    return f"""\
# .github/workflows/{name}.yml
# Once, in a terminal, in the repository:
#   {exported(name)}
#   git add {name}.json
{added}#   {key_to(name, "python", f"| gh secret set {variable}")}
{once}name: LTI report of {name}
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
        run: pip install {task.package}
      - name: Store the registration, which has no key in it
        run: |
          {imported(name, f"{name}.json")}
      - name: Report
        # Logs and artifacts of a public repository are public: print no names and no grades.
        run: |
          {task.there("", "")}
        env:
          # Only this step sees the key.
          {variable}: ${{{{ secrets.{variable} }}}}{more}
{_artifact(report) if report else ""}"""


def _artifact(report: Report) -> str:
    return f"""\
      - name: Keep the page
        # Also where the report lacks something, which fails the step before. Whoever can read the repository can
        # download it: a private one, please.
        if: ${{{{ !cancelled() }}}}
        uses: actions/upload-artifact@v4
        with:
          name: report
          path: {json.dumps(report.html.name, ensure_ascii=False)}
          if-no-files-found: ignore
          retention-days: 30
"""
