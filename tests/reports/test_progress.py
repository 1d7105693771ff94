"""Progress shows its last state in a notebook that papermill saved, and in its page. [DESIGN §4.11]"""

from __future__ import annotations

import re
import subprocess
import sys

import nbformat
import pytest

from ltix_data import progress
from ltix_data.reports import catalogue, cleaning, paging

from .conftest import Page, run

UPLOAD = """\
import pandas as pd
import ltix_data as ltix
session = ltix.connect("uni")
opened = session.course("SEM12")
opened.create_line_item("<img src=x>", 10)
learners = opened.roster("Learner", status="Active").query("~test_user")
marks = learners[["user_id"]].assign(points=7)
report = opened.upload_grades(marks, item="<img src=x>", match="user_id", score="points")
"""
ROSTERS = "rosters = session.rosters()"
BROKEN_OFF = """\
from ltix_data.progress import Progress
try:
    with Progress(1000, "things done") as progress:
        for number in range(996):
            progress.tick()
        raise ValueError
except ValueError:
    pass
"""
LAST = ["8 of 8 scores sent to “<img src=x>”", "3 of 3 courses done", "996 of 1000 things done, then it broke off"]


@pytest.mark.process
def test_papermill_saves_the_last_state_of_each_and_the_page_shows_it(practice, notebook, tmp_path):
    mine = notebook(UPLOAD, ROSTERS, BROKEN_OFF)
    saved = tmp_path / "saved.ipynb"
    command = [sys.executable, "-m", "papermill", str(mine), str(saved), "--no-progress-bar", "-k", "python3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, cwd=tmp_path)
    assert done.returncode == 0, done.stderr

    executed = nbformat.read(saved, as_version=4)
    shown = [output.data for cell in executed.cells for output in cell.get("outputs", []) if "data" in output]
    html = tmp_path / "page.html"
    html.write_text(paging.page(catalogue.find(str(mine)), cleaning.cleaned(executed)), encoding="utf-8")

    assert [data["text/plain"] for data in shown] == LAST
    assert [re.search(r'value="(\d+)" max="(\d+)"', data["text/html"]).groups() for data in shown] == [
        ("8", "8"),
        ("3", "3"),
        ("996", "1000"),
    ]
    page = Page(html)
    assert [words for words in LAST if words not in page.text] == []
    assert page.pictures == []  # what a platform calls its columns stays text


@pytest.mark.process
def test_a_report_of_the_command_line_shows_it_too(practice, notebook, tmp_path):
    html = tmp_path / "page.html"

    done = run(notebook(UPLOAD, ROSTERS), "--html", html)

    assert (done.exit_code, done.stderr) == (0, "")
    assert Page(html).source.count("<progress") == 2
    assert [words for words in LAST[:2] if words not in Page(html).text] == []


def test_a_log_gets_a_line_for_every_tenth_and_nothing_for_few(capsys):
    for total in (9, 25):
        with progress.Progress(total, "done") as shown:
            for _ in range(total):
                shown.tick()

    lines = capsys.readouterr().err.splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("2 of 25 done", "25 of 25 done", 13)


def test_who_is_told_learns_of_each():
    told = []

    with progress.Told(2, lambda done, total: told.append((done, total))) as shown:
        shown.tick()
        shown.tick()

    assert told == [(1, 2), (2, 2)]
