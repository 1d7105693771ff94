"""What to copy so that a report runs regularly: a recipe that runs just what the command line ran."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from .. import recipes, registration
from .catalogue import Source
from .opening import only
from .parameters import Parameter


def recipe(
    kind: str,
    notebook: str,
    source: Source,
    known: Mapping[str, Parameter],
    given: Mapping[str, Any],
    *,
    html: Path,
    raw: Collection[str] = (),
) -> str:
    """Return the recipe for a report; see `ltix_data.recipes`.

    Args:
        kind: "cron", "systemd", "container", "jupyterhub" or "github-actions".
        notebook: as it was named.
        source: what that is.
        known: its parameters.
        given: what was given for them: texts, or lists and mappings of texts.
        html: where the page goes.
        raw: names whose text is taken as it is.

    Raises:
        UsageError: no registration is named, and there is not exactly one.
    """
    name = given.get("registration") or only()
    told = {**given, "registration": name} if "registration" in known else given
    report = recipes.Report(
        notebook,
        tuple(word for key, value in told.items() for word in ("-r" if key in raw else "-p", f"{key}={_text(value)}")),
        html,
        own=not source.packaged,
        pseudonyms=str(given.get("pseudonyms", "")).casefold() in ("true", "yes", "on"),
    )
    return recipes.recipe(registration.load(str(name)), kind, report=report)


def _text(value: Any) -> str:
    """Return a value as it is typed; a list or mapping as JSON, which is YAML."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
