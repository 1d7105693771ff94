"""Turning a tool on: where a platform lets a tool that has registered itself wait for an administrator."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from .model import RequestError, Tool
from .web import practice

blueprint = Blueprint("activation", __name__)

_LAUNCHES = "oidc"


@blueprint.before_app_request
def _launch_no_inactive_tool() -> None:
    """Refuse to launch a tool that nobody has turned on, wherever a launch begins or ends."""
    if request.blueprint != _LAUNCHES:
        return
    client_id = (request.view_args or {}).get("client_id") or request.values.get("client_id", "")
    tool = practice().tools.get(client_id)
    if tool is not None and not tool.active:
        raise practice().rules.inactive()


@blueprint.get("/tools/<client_id>/activate")
def ask(client_id: str) -> str:
    """Show the button."""
    return render_template("activation.html", tool=_tool(client_id))


@blueprint.post("/tools/<client_id>/activate")
def activate(client_id: str) -> AnyResponse:
    """Turn a tool on."""
    tool = _tool(client_id)
    with practice().changing():
        tool.active = True
    return redirect(url_for("pages.tool", client_id=client_id), 303)


def _tool(client_id: str) -> Tool:
    found = practice().tools.get(client_id)
    if found is None:
        raise RequestError(404, "There is no such tool.")
    return found
