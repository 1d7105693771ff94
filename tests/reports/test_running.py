"""A notebook of somebody's own: how it ends, what is written, and what is not."""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager

from ltix_data.reports import catalogue, running

from .conftest import Page, run

pytestmark = pytest.mark.process

GOOD = 'print("course", repr(course))'
LACKING = 'from ltix_data.errors import PartialDataError\nraise PartialDataError("It lacks:\\nBIO101: no\\nCHEM7: <b>")'


@pytest.fixture
def html(tmp_path) -> Path:
    """The page of last week."""
    path = tmp_path / "page.html"
    path.write_text("last week")
    return path


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if "tmp" in path.suffix]


def test_a_complete_report_writes_both_files_and_ends_with_0(notebook, html, tmp_path):
    output = tmp_path / "run.ipynb"

    done = run(notebook(GOOD), "-p", "course=0042", "--html", html, "--output", output)

    assert (done.exit_code, done.stdout.splitlines(), done.stderr) == (0, [f"Wrote {output}.", f"Wrote {html}."], "")
    assert "course '0042'" in Page(html).text
    executed = nbformat.read(output, as_version=4)
    nbformat.validate(executed)
    assert [cell.outputs[0].text for cell in executed.cells if cell.get("outputs")] == ["course '0042'\n"]


def test_a_report_that_lacks_something_is_written_and_ends_with_2_in_one_line(notebook, html):
    done = run(notebook(GOOD, LACKING, "print('never')"), "--html", html)

    page = Page(html)
    assert (done.exit_code, done.stderr) == (2, "Error: It lacks: BIO101: no; CHEM7: <b>\n")
    assert (
        page.text.index("This report is not complete.")
        < page.text.index("course 'SEM12'")
        < page.text.index("CHEM7: <b>")
    )
    assert 'href="#lacking"' in page.source
    assert 'id="lacking"' in page.source
    assert "never" not in page.text


def test_without_a_report_nothing_is_written_and_it_ends_with_1_in_one_line(notebook, html, tmp_path):
    output = tmp_path / "run.ipynb"

    done = run(notebook(GOOD, 'raise ValueError("of\\ntwo lines")'), "--html", html, "--output", output)

    assert (done.exit_code, done.output) == (1, "Error: “mine” is no report: ValueError: of two lines (in cell 3)\n")
    assert (html.read_text(), output.exists(), left_over(tmp_path)) == ("last week", False, [])


def test_a_kernel_that_dies_is_no_report(notebook, html):
    done = run(notebook("import os; os._exit(1)"), "--html", html)

    assert (done.exit_code, "The kernel died" in done.stderr, html.read_text()) == (1, True, "last week")


def test_a_new_page_is_for_its_owner_alone_and_an_old_one_keeps_who_may_read_it(notebook, html, tmp_path):
    html.chmod(0o644)
    run(notebook(GOOD), "--html", html, "--output", tmp_path / "run.ipynb")

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (html, tmp_path / "run.ipynb")]

    assert modes == [0o644, 0o600]


def test_the_parameters_are_checked_before_anything_runs(notebook, html, tmp_path):
    touched = tmp_path / "touched"

    done = run(notebook(f"open({str(touched)!r}, 'w')"), "-p", "corse=BIO101", "--html", html)

    assert (done.exit_code, touched.exists()) == (1, False)
    assert "Did you mean “course”?" in done.stderr


def test_parameters_come_from_a_file_and_the_line_comes_before_it(notebook, html, tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text("course: 0042\nitems: [01, x]\n")
    mine = notebook("print(course, items)", parameters="course: str = ...\nitems: list[str] = []")

    assert run(mine, "-f", settings, "--html", html).exit_code == 0
    assert "0042 ['01', 'x']" in Page(html).text

    run(mine, "-f", settings, "-p", "course=BIO101", "--html", html)
    assert "BIO101 ['01', 'x']" in Page(html).text


# --- Nothing of this computer ---------------------------------------------------------------------

TELLTALE = """\
import os, sys, warnings
warnings.warn("careful")
print(sys.executable)
print(os.path.expanduser("~/notes"))
sys.prefix
"""


def test_no_path_no_user_and_no_environment_is_in_what_is_written(notebook, html, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home" / "somebody"))
    monkeypatch.setenv("LTIX_TELLTALE", "an-environment-variable")
    output = tmp_path / "run.ipynb"
    mine = notebook(TELLTALE, LACKING)

    run(mine, "--html", html, "--output", output, "--code")

    said = html.read_text() + output.read_text()
    places = [str(tmp_path), "somebody", sys.prefix, socket.gethostname(), "an-environment-variable", "/ipykernel_"]
    assert [place for place in places if place in said] == []
    assert "UserWarning: careful" in said
    assert "~/notes" in said
    assert json.loads(output.read_text())["metadata"]["papermill"] == {"parameters": {}}
    user = getpass.getuser()
    assert user == "root" or user not in said  # “root” is in every page's style, as “:root”


def test_code_is_hidden_until_it_is_asked_for(notebook, html):
    secretive = "value = 'only in the code'\nprint(len(value))"
    run(notebook(secretive), "--html", html)
    hidden = html.read_text()
    run(notebook(secretive), "--html", html, "--code")

    assert ("only in the code" in hidden, "only in the code" in html.read_text()) == (False, True)


# --- The page -------------------------------------------------------------------------------------


def test_the_page_has_its_title_its_language_and_loads_nothing(notebook, html):
    done = run(notebook(GOOD), "-p", "course=BIO <1>", "--html", html, "--lang", "de")

    page = Page(html)
    assert (page.title, page.language, done.stderr) == ("Mine: BIO <1>", "de", "")
    assert [word for word in ("http:", "https:", "<script", "require", "MathJax") if word in page.source] == []
    assert len(page.source) < 20_000


def test_a_page_that_would_load_something_is_told(notebook, html):
    code = "from IPython.display import HTML\nHTML('<script src=\"https://cdn.example/plot.js\"></script>')"

    done = run(notebook(code), "--html", html)

    assert done.exit_code == 0
    assert "Warning: the page would load https://cdn.example/plot.js; offline it is not whole." in done.stderr


def test_what_a_widget_leaves_is_its_text(notebook, html, tmp_path):
    output = tmp_path / "run.ipynb"
    code = "import ipywidgets\nipywidgets.Text(value='typed in', description='Name')"

    run(notebook(code), "--html", html, "--output", output)

    assert "Text(value=" in Page(html).text
    assert "widgets" not in json.loads(output.read_text())["metadata"]


# --- Kernels --------------------------------------------------------------------------------------


def test_a_kernel_that_is_not_here_is_this_python(notebook, html):
    mine = notebook("import sys; print(sys.executable == course)", kernelspec={"name": "gone", "display_name": "Gone"})

    assert run(mine, "-p", f"course={sys.executable}", "--html", html).exit_code == 0
    assert "True" in Page(html).text


def test_python3_is_this_python_whatever_is_installed_under_that_name(notebook, html, tmp_path, monkeypatch):
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": ["/bin/false"], "display_name": "No", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    mine = notebook(GOOD, kernelspec={"name": "python3", "display_name": "Python 3"})

    assert KernelSpecManager().get_kernel_spec("python3").argv == ["/bin/false"]
    assert run(mine, "--html", html).exit_code == 0


def test_a_kernel_that_is_here_is_used(notebook, html, tmp_path, monkeypatch):
    kernel = tmp_path / "jupyter" / "kernels" / "mine"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Mine", "language": "python", "env": {"WHOSE": "mine alone"}}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))

    run(
        notebook("import os; print(os.environ['WHOSE'])", kernelspec={"name": "mine", "display_name": "Mine"}),
        "--html",
        html,
    )

    assert "mine alone" in Page(html).text


def test_a_notebook_of_another_language_is_refused(notebook, html):
    mine = notebook(GOOD, kernelspec={"name": "ir", "display_name": "R", "language": "R"})

    assert "is a notebook for r" in run(mine, "--html", html).stderr


# --- Interrupts -----------------------------------------------------------------------------------

ENDLESS = "import os, pathlib, time\npathlib.Path(course).write_text(str(os.getpid()))\ntime.sleep(600)"


def started(mine: Path, html: Path, told: Path) -> tuple[subprocess.Popen[str], int]:
    """Run a report that never ends as a process of its own; return it and its kernel's id once it runs."""
    command = [sys.executable, "-m", "ltix_data.cli", "report", str(mine), "-p", f"course={told}", "--html", str(html)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background ignores Ctrl-C
    )
    until = time.monotonic() + 120
    while not (told.exists() and told.read_text()):
        assert time.monotonic() < until, "the kernel never began"
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    return process, int(told.read_text())


def gone(pid: int) -> bool:
    """Return whether a process has ended, waiting a while for it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().split(") ")[1].startswith("Z"):
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_kernel_too_and_leaves_the_page_of_last_week(notebook, html, tmp_path, how):
    process, kernel = started(notebook(ENDLESS), html, tmp_path / "told")

    process.send_signal(how)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out, err) == (1, "", "Error: Interrupted; nothing was written.\n")
    assert gone(kernel)
    assert (html.read_text(), left_over(tmp_path)) == ("last week", [])


# --- What is not installed ------------------------------------------------------------------------


def test_where_papermill_is_missing_it_says_what_to_install(notebook, monkeypatch):
    monkeypatch.setattr(running, "_NEEDED", ("papermill", "not_a_package"))

    with pytest.raises(Exception, match=r'need not_a_package, .* pip install "ltix-data\[reports\]"'):
        running.run(catalogue.find(str(notebook(GOOD))), {})
