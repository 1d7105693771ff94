"""What an administrator still has to do, and what will not work: sentences for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import spec
from ..presets import Preset
from .form import Tool

_NEXT = "Then open the tool once from each course: a launch is how its roster and its grades are found."

#: Platform -> what has to be done there after a tool has registered itself.
_AFTER = {
    "moodle": (
        "Moodle keeps the tool pending until an administrator turns it on: Site administration → Plugins → Activity "
        "modules → External tool → Manage tools → Activate.",
        "In a course it is added as an activity (External tool), or from the activity chooser if it is shown there.",
    ),
    "canvas": (
        "Canvas asks an administrator to confirm the tool, and to turn its key on: Admin → Developer Keys → State: On.",
        "Where the tool does not show up in courses, install it with the client id: Settings → Apps → View App "
        "Configurations → + App → By Client ID.",
    ),
    "brightspace": (
        "Brightspace leaves the tool disabled: Admin Tools → Manage Extensibility → LTI Advantage, and there turn the "
        "tool on.",
        "It is used through a deployment: View Deployments → New Deployment, with its extensions, the security "
        "settings that send names and e-mail addresses, and the org units that may use it.",
    ),
    "blackboard": (
        "Each institution adds the tool by its client id: Admin → Integrations → LTI Tool Providers → Register LTI "
        "1.3/Advantage Tool, sets its status to Approved, and allows rosters and grades there.",
        "The deployment id is shown there too; a launch brings it as well.",
    ),
    "sakai": (
        "Sakai shows the tool under External Tools: save it there, and allow it to send names and e-mail addresses and "
        "to use the roster and the grades.",
    ),
}
#: Where the tool does nothing before somebody has turned it on.
_WAIT = frozenset({"moodle", "canvas", "brightspace"})

#: Any of these scopes -> what does not work without them.
_LOST = (
    ((spec.SCOPE_MEMBERSHIPS,), "rosters (course.roster()) will not work"),
    ((spec.SCOPE_LINE_ITEM, spec.SCOPE_LINE_ITEM_READONLY), "line items (course.line_items()) will not work"),
    ((spec.SCOPE_LINE_ITEM,), "new columns in the gradebook cannot be made"),
    ((spec.SCOPE_RESULT_READONLY,), "grades cannot be read (course.results())"),
    ((spec.SCOPE_SCORE,), "grades cannot be sent"),
)


def after(preset: Preset | None) -> tuple[str, ...]:
    """Return what comes next on that platform."""
    return (*(_AFTER.get(preset.key, ()) if preset else ()), _NEXT)


def waits(preset: Preset | None) -> bool:
    """Return whether a tool that has registered itself there has to be turned on."""
    return preset is not None and preset.key in _WAIT


def missing(asked: tuple[str, ...], granted: tuple[str, ...], platform: str) -> tuple[str, ...]:
    """Return what will not work, for the platform granted less than was asked for."""
    given = set(granted)
    return tuple(
        f"{platform} did not grant everything: {lost}."
        for scopes, lost in _LOST
        if given.isdisjoint(scopes) and not set(asked).isdisjoint(scopes)
    )


def keys(tool: Tool, asked: Mapping[str, Any], platform: str) -> tuple[str, ...]:
    """Return what to do about keys that the platform reads at an address which may not stay."""
    if tool.jwks is None or "jwks_uri" not in asked:
        return ()
    if tool.jwks_reachable:
        return (
            f"{platform} reads this tool's keys at its address again and again: host the key set as a file "
            "(ltix-data key export) and enter that file's address in the tool's settings, or keep the tool running.",
        )
    return (
        f"{platform} cannot read this tool's keys at its address. Open the tool's settings there, and paste the public "
        "key in place of the key set's address; without it no roster can be read.",
    )
