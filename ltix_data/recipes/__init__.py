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
which order the places are asked. A recipe for a `Report` says too where its page goes, and how the key of
pseudonyms gets there, if it needs one (see `ltix_data.veil.key`).

    task         what is run, and the commands that bring it there
    machines     cron and systemd: this computer
    elsewhere    containers, JupyterHub, GitHub Actions: others
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import UnknownNameError, UsageError
from ..registration import Registration
from . import elsewhere, machines
from .task import Report, Task

__all__ = ["KINDS", "Report", "recipe"]

_RECIPES: dict[str, Callable[[Task], str]] = {
    "cron": machines.cron,
    "systemd": machines.systemd,
    "container": elsewhere.container,
    "jupyterhub": elsewhere.jupyterhub,
    "github-actions": elsewhere.github_actions,
}
KINDS = tuple(_RECIPES)


def recipe(registration: Registration, kind: str, *, command: str | None = None, report: Report | None = None) -> str:
    """Return the text of the file to copy for *registration*; it holds no secret.

    Args:
        registration: a stored one.
        kind: "cron", "systemd", "container", "jupyterhub" or "github-actions".
        command: what to run, in one line of shell; without it a check that a token is granted. JupyterHub has no use
            for it: there people run notebooks.
        report: run this report instead.

    Raises:
        UnknownNameError: there is no such kind.
        UsageError: *command* is not one line of text.
    """
    make = _RECIPES.get(kind)
    if make is None:
        raise UnknownNameError(f"There is no recipe for {kind!r}.", hint=f"There are: {', '.join(KINDS)}.")
    given = report.words if report else (command,)
    if any(text is not None and (not text.strip() or not text.isprintable()) for text in given):
        raise UsageError("command must be one line of text.", hint="Put more than that into a script.")
    return make(Task(registration.name, command.strip() if command else None, report))
