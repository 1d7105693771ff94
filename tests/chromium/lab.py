"""A real JupyterLab, for what only it decides: how forms and pictures look, and what a saved notebook holds.

`LabServer` is the process, one for all tests; `Lab` is one test's folder in it:

    lab.put("marks.csv", b"...")
    lab.open(page, cells=["import ltix_data as ltix", "..."], theme="dark")
    lab.run(page)                       # all cells; lab.run(page, 2) that cell alone
    lab.output(page, 1).get_by_role("button", name="Send").click()
    lab.idle(page)                      # the kernel has done what the click asked for
    notebook = lab.saved()              # nbformat, with the widgets' state in its metadata

A kernel sees the ``LTIX_…`` variables that the test had when it opened the notebook.

JupyterLab sends some of a form's messages to a subshell of the kernel, a thread of its own. So callbacks run beside
each other and beside cells, and what is typed right before a click may be known after it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import httpx
import nbformat

TOKEN = "a-token-for-tests"

#: A machine with two cores that does other things besides takes its time.
PATIENCE = 180

_OPTIONS = [
    "--no-browser",
    "--allow-root",  # CI runs as root
    "--port=0",
    "--ServerApp.ip=127.0.0.1",
    f"--IdentityProvider.token={TOKEN}",
    "--ServerApp.quit_button=False",
    "--expose-app-in-browser",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
]

_SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none", "autoStartDefaultKernel": True},
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},  # the strictest: all state is in the file
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
_THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

#: Runs in each kernel before its first cell.
_STARTUP = """\
import json as _json, os as _os, pathlib as _pathlib
if (_file := _pathlib.Path(".environment.json")).exists():
    _os.environ.update(_json.loads(_file.read_text()))
"""

_PANEL = """() => window.jupyterapp
    && [...window.jupyterapp.shell.widgets("main")].find(one => one.content?.widgets && one.sessionContext)"""
_READY = f"""() => {{
    const panel = ({_PANEL})();
    if (!panel?.context.isReady || !panel.sessionContext.isReady) return false;
    if (panel.sessionContext.session?.kernel?.status !== "idle") return false;
    return document.body.dataset.jpThemeName !== undefined && panel.isVisible;
}}"""
_RUN_ALL = """() => {
    window.ltixRun = "under way";
    window.jupyterapp.commands.execute("notebook:run-all-cells").finally(() => { window.ltixRun = "done"; });
}"""
_RUN_ONE = f"""number => {{
    const panel = ({_PANEL})();
    window.ltixRun = "under way";
    panel.content.activeCellIndex = number;
    panel.content.deselectAll();
    window.jupyterapp.commands.execute("notebook:run-cell").finally(() => {{ window.ltixRun = "done"; }});
}}"""
_IDLE = f"""() => window.ltixRun !== "under way"
    && ({_PANEL})().sessionContext.session?.kernel?.status === "idle" """
_ERRORS = f"""() => ({_PANEL})().content.widgets.filter(cell => cell.model.type === "code")
    .flatMap(cell => cell.model.outputs.toJSON()).filter(output => output.output_type === "error")
    .map(output => output.ename + ": " + output.evalue)"""
_SAVE = f"() => ({_PANEL})().context.save()"


class LabServer:
    """JupyterLab as a process, all its folders below *home*."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.work = home / "work"
        self.work.mkdir(parents=True)
        self._numbers = count(1)
        startup = home / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "environment.py").write_text(_STARTUP)
        for name, values in _SETTINGS.items():
            self._set(name, values)

    def __enter__(self) -> LabServer:
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
            "HOME": "",
        }
        environment = {**os.environ, **{name: str(self.home / folder) for name, folder in folders.items()}}
        environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
        command = [sys.executable, "-m", "jupyterlab", *_OPTIONS, f"--ServerApp.root_dir={self.work}"]
        with (self.home / "log").open("w") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self.work)
        try:
            self.url = self._address()
        except BaseException:
            self.__exit__()
            raise
        self.api = httpx.Client(
            base_url=self.url, headers={"Authorization": f"token {TOKEN}"}, timeout=PATIENCE, trust_env=False
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def folder(self) -> Path:
        """Return a new folder that its pages can see."""
        made = self.work / f"test{next(self._numbers)}"
        made.mkdir()
        return made

    def theme(self, name: str) -> None:
        """Let the pages that are opened from now on be light or dark, from their first paint on."""
        self._set("@jupyterlab/apputils-extension/themes", {"theme": _THEMES[name], "theme-scrollbars": False})

    def end_kernels(self, below: Path) -> None:
        """End the kernels of the notebooks in that folder."""
        for session in self.api.get("/api/sessions").json():
            if session["path"].startswith(f"{below.name}/"):
                self.api.delete(f"/api/sessions/{session['id']}")

    def _set(self, name: str, values: dict[str, object]) -> None:
        file = self.home / "settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))

    def _address(self) -> str:
        """Return the server's address as soon as it answers there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            for path in (self.home / "runtime").glob("jpserver-*.json"):
                told = json.loads(path.read_text() or "{}")
                if told.get("port") and self._answers(url := f"http://127.0.0.1:{told['port']}"):
                    return url
            time.sleep(0.1)
        raise AssertionError(f"JupyterLab did not start:\n{(self.home / 'log').read_text()[-3000:]}")

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            return httpx.get(f"{url}/api/status", params={"token": TOKEN}, trust_env=False).is_success
        except httpx.TransportError:
            return False


class Lab:
    """One test's folder in a JupyterLab, and what the test does with its notebook."""

    def __init__(self, server: LabServer) -> None:
        self.server = server
        self.folder = server.folder()
        self._numbers = count(1)
        self._opened = None

    def put(self, name: str, content: bytes) -> Path:
        """Put a file beside the notebook, and return its path."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def open(self, page, cells=(), *, notebook=None, theme="light") -> None:
        """Open a notebook of those cells (or the one at the path *notebook*) and wait for its kernel."""
        name = f"notebook{next(self._numbers)}.ipynb" if notebook is None else Path(notebook).name
        path = self.folder / name
        if notebook is None:
            nbformat.write(_notebook(cells), path)
        elif path != Path(notebook):
            path.write_bytes(Path(notebook).read_bytes())
        variables = {name: value for name, value in os.environ.items() if name.startswith("LTIX_")}
        (self.folder / ".environment.json").write_text(json.dumps(variables))
        self.server.theme(theme)
        page.set_default_timeout(PATIENCE * 1000 / 2)
        page.goto(f"{self.server.url}/doc/tree/{self.folder.name}/{name}?token={TOKEN}", timeout=PATIENCE * 1000)
        _until(page, _READY)
        _until(page, f'() => document.body.dataset.jpThemeName === "{_THEMES[theme]}"')
        self._opened = (page, path)

    def run(self, page, cell: int | None = None, *, wait: bool = True, errors: bool = False) -> None:
        """Run all cells, or the one of that number alone (from 0), until the kernel is idle.

        Args:
            page: the page that shows the notebook.
            cell: the number of one cell, from 0.
            wait: wait until the kernel is idle; else call `idle` later.
            errors: a cell may raise; else the test fails with what it raised.
        """
        if cell is None:
            page.evaluate(_RUN_ALL)
        else:
            page.evaluate(_RUN_ONE, cell)
        if wait:
            self.idle(page)
            raised = page.evaluate(_ERRORS)
            assert errors or not raised, raised

    def idle(self, page) -> None:
        """Wait until no cell and no callback runs."""
        _until(page, _IDLE)

    def cell(self, page, number: int):
        """Return the locator of a cell, from 0."""
        return page.locator(".jp-Notebook .jp-Cell").nth(number)

    def output(self, page, number: int):
        """Return the locator of a cell's output, from 0."""
        return self.cell(page, number).locator(".jp-Cell-outputWrapper")

    def saved(self, page=None):
        """Save the notebook (of the page opened last) and return it as it is in the file."""
        opened, path = self._opened
        (page or opened).evaluate(_SAVE)
        return nbformat.read(path, as_version=4)

    def close(self) -> None:
        """End this test's kernels."""
        self.server.end_kernels(self.folder)


def _until(page, condition: str) -> None:
    page.wait_for_function(condition, timeout=PATIENCE * 1000)


def _notebook(cells) -> nbformat.NotebookNode:
    """Return a notebook of code cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells], metadata={"kernelspec": kernel}
    )
