"""Recipes for this computer: cron, and a timer of systemd."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path

from .task import Task, key_to, pseudonym_key_to, python, where


def cron(task: Task) -> str:
    """Return lines of a crontab."""
    key = Path.home() / ".config" / "ltix_data" / f"{task.name}.pem"
    pseudonyms = key.with_suffix(".pseudonyms")
    once = [f"#   (umask 077; {key_to(task.name, python(), f'> {shlex.quote(str(key))}')})"]
    files = [f"LTIX_KEY_FILE={key}"]
    if task.pseudonyms:
        once.append(f"#   (umask 077; {pseudonym_key_to(task.name, python(), f'> {shlex.quote(str(pseudonyms))}')})")
        files.append(f"LTIX_PSEUDONYM_KEY_FILE={pseudonyms}")
    lines = [
        "# Once, in a terminal: cron has no desktop session and so no keyring. Put the key into a file of your own.",
        f"#   mkdir -p -m 700 {shlex.quote(str(key.parent))}",
        *once,
        "# Then, with crontab -e. cron fills in no $HOME here, so paths are written out.",
        *files,
        *where("cron", "LTIX_DATA_DIR={}"),
        "# Mondays at 6:00. cron's PATH is short: name programs by their whole path.",
        "# A % would end the line; \\% is one.",
        *_mailed(task),
        f"0 6 * * 1 {task.here().replace('%', chr(92) + '%')}{' >/dev/null' if task.report else ''}",
    ]
    return "\n".join(lines) + "\n"


def _mailed(task: Task) -> list[str]:
    if task.report is None:
        return []
    return [
        "# cron mails you what is wrong: a report that lacks something, or none. The page of last week stays then,",
        "# or the new one says what it lacks.",
    ]


def systemd(task: Task) -> str:
    """Return a service; how to make its timer is said at its top."""
    name = task.name
    quoted = _quoted(task.here()).replace("$", "$$")
    folder = "".join(f"{line}\n" for line in where("systemd", 'Environment="LTIX_DATA_DIR={}"', _quoted))
    keep = f"| sudo install -D -m 600 /dev/stdin /etc/credstore/ltix_data-{name}"
    more, loaded = "", ""
    if task.pseudonyms:
        more = f"#   {pseudonym_key_to(name, python(), f'{keep}-pseudonyms')}\n"
        loaded = f"LoadCredential=ltix_data-{name}-pseudonyms:/etc/credstore/ltix_data-{name}-pseudonyms\n"
    return f"""\
# /etc/systemd/system/ltix_data-{name}.service
# Once, in a terminal: put the key where root alone reads it.
#   {key_to(name, python(), keep)}
{more}# Weekly: systemctl edit --full --force ltix_data-{name}.timer
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
User={user()}
# systemd hands the key to this service alone, in $CREDENTIALS_DIRECTORY.
LoadCredential=ltix_data-{name}:/etc/credstore/ltix_data-{name}
{loaded}{folder}ExecStart=/bin/sh -c "{quoted}"
"""


def _quoted(text: str) -> str:
    """Return *text* as it stands between double quotes in a unit; see systemd.syntax and systemd.unit."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def user() -> str:
    """Return whose registration it is."""
    import getpass

    with suppress(OSError, KeyError):  # a user without a name, as in some containers
        return getpass.getuser()
    return "CHANGE-ME"
