"""The proof: a notebook that does everything under pseudonyms, run in a real kernel; nothing in it names anybody."""

from __future__ import annotations

import gzip
import json
import textwrap
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from notebooks.conftest import practising

from ltix_data.keys import SigningKey

from .conftest import leaked, traces

pytestmark = pytest.mark.process

#: What each cell does; what a sheet or a file names, the notebook reads from there and does not hold itself.
CELLS = {
    "connect": """
        import json, warnings
        import pandas as pd
        import ltix_data as ltix
        session = ltix.connect("practice", pseudonyms=True)
        session""",
    "course": 'course = session.course("SEM12"); course',
    "courses": "session.courses()",
    "roster": "course.roster()",
    "roster-again": "course.roster(role='Instructor').T",
    "members": "list(course.members())",
    "rosters": "session.rosters()",
    "line-items": "course.line_items()",
    "results": "course.results()",
    "result-of-one": "course.results('Quiz 1', course.roster(role='Learner').iloc[0])",
    "gradebook": "course.gradebook()",
    "joined": "course.roster()[['user_id', 'role']].merge(course.results(), on='user_id').to_dict('records')",
    "sheet": """
        given = pd.read_csv("marks.csv", dtype=str)
        people = course.roster(role="Learner", status="Active").head(6)
        marks = people[["user_id"]].assign(points=range(2, 8), comment="graded")
        marks = pd.concat([marks, given], ignore_index=True)
        len(marks)""",
    "plan": """
        plan = course.plan_grades(marks, "Quiz 1", "user_id", "points", comment="comment")
        plan""",
    "problems": "plan.problems",
    "changes": "plan.changes",
    "rows": "plan.rows",
    "refused": 'course.upload_grades(marks, "Quiz 1", "user_id", "points")',
    "saved": 'print(plan.save("quiz.plan").read_text()); session.load_plan("quiz.plan").changes',
    "send": "report = plan.send(); report",
    "outcomes": "report.outcomes",
    "failures": "report.failures",
    "report": 'print(report.save("report.csv").read_text())',
    "resume": "report.resume().outcomes",
    "undo": "session.undo(report.upload_id).outcomes",
    "uploads": "ltix.uploads()",
    "score": "course.post_score('Quiz 1', people.iloc[0], 3)",
    "a-stranger": 'course.post_score("Quiz 1", given["user_id"].iloc[0], 3)',
    "by-email": 'course.plan_grades(marks.rename(columns={"user_id": "email"}), "Quiz 1", "email", "points")',
    "no-such-item": 'course.results("Quiz 99")',
    "raw": 'session.get(session.courses()["memberships_url"].iloc[0])',
    "bridge": "course.pseudonyms()",
    "distribution": 'course.plot.distribution("Quiz 1")',
    "completion": "course.plot.completion()",
    "heatmap": "course.plot.gradebook()",
    "drawn": """
        from matplotlib.text import Text
        pictures = [course.plot.distribution("Quiz 1"), course.plot.completion(), course.plot.gradebook()]
        for picture in pictures:
            print(picture, picture.alt, [text.get_text() for text in picture.figure.findobj(Text)])
        [picture.data for picture in pictures]""",
    "snapshot": "course.snapshot()",
    "changes-since": 'course.post_score("Quiz 1", people.iloc[1], 9); course.snapshot(); course.changes()',
    "snapshots": "course.snapshots()",
    "over-time": "course.plot.progress_over_time()",
    "explore": "course.widgets.explore()",
    "upload": "course.widgets.upload()",
}
FAILING = {"refused", "a-stranger", "by-email", "no-such-item", "raw", "bridge"}


@pytest.fixture(autouse=True)
def data_folder():
    """The notebook's folder is made once, by its own fixture."""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Run the notebook; return the practice, the notebook, and its folder."""
    folder = tmp_path_factory.mktemp("pseudonyms")
    with pytest.MonkeyPatch.context() as patch, practising(folder, SigningKey.generate()) as practice:
        patch.setenv("LTIX_DATA_PSEUDONYM_KEY_PRACTICE", "a key that the environment provides")
        people = [member.person for member in practice.platform.course("SEM12").members.values()]
        named = [people[2].user_id, people[3].name, people[4].email, people[5].username, people[6].sourcedid]
        lines = [f'"{key}",{points},"{people[3].name}"' for points, key in enumerate(named)]
        (folder / "marks.csv").write_text("\n".join(["user_id,points,comment", *lines]))
        cells = [
            new_code_cell(textwrap.dedent(source).strip(), id=name, metadata=_tagged(name))
            for name, source in CELLS.items()
        ]
        yield practice, practice.execute(new_notebook(cells=cells)), folder


def _tagged(name: str) -> dict[str, list[str]]:
    return {"tags": ["raises-exception"]} if name in FAILING else {}


def errors(notebook) -> dict[str, str]:
    """Return the errors that cells ended with, by cell."""
    outputs = [(cell.id, output) for cell in notebook.cells for output in cell.outputs]
    return {cell: f"{output.ename}: {output.evalue}" for cell, output in outputs if output.output_type == "error"}


def test_the_notebook_did_all_that_it_was_to_do(executed):
    practice, notebook, _ = executed

    assert set(errors(notebook)) == FAILING
    silent = [cell.id for cell in notebook.cells if not cell.outputs]
    assert silent == ["score"]
    assert practice.stored("Quiz 1")


def test_its_errors_were_those_that_it_made_on_purpose(executed):
    _, notebook, _ = executed

    kinds = {cell: said.partition(":")[0] for cell, said in errors(notebook).items()}
    assert kinds == {
        "refused": "GradeProblemsError",
        "a-stranger": "UnknownNameError",
        "by-email": "UsageError",
        "no-such-item": "UnknownNameError",
        "raw": "UsageError",
        "bridge": "UsageError",
    }


def test_nothing_in_the_saved_notebook_tells_who_anybody_is(executed):
    practice, notebook, _ = executed

    saved = nbformat.writes(notebook)
    plain = json.dumps(json.loads(saved), ensure_ascii=False)

    by_cell = {
        cell.id: leaked(json.dumps(cell, ensure_ascii=False), traces(practice.platform)) for cell in notebook.cells
    }
    assert {cell: found for cell, found in by_cell.items() if found} == {}
    assert leaked(saved + plain, traces(practice.platform)) == []


def test_nothing_in_its_html_tells_who_anybody_is(executed):
    from nbconvert import HTMLExporter

    practice, notebook, _ = executed

    html, _ = HTMLExporter().from_notebook_node(notebook)

    assert "a-stranger" in html
    assert leaked(html, traces(practice.platform)) == []


def test_the_same_search_finds_people_in_an_ordinary_notebook(executed):
    """What finds nothing must be able to find something."""
    practice, _, _ = executed
    cells = {"roster": 'import ltix_data as ltix\nltix.connect("practice").course("SEM12").roster()'}
    shown = practice.execute(new_notebook(cells=[new_code_cell(source, id=name) for name, source in cells.items()]))

    found = leaked(json.dumps(shown, ensure_ascii=False), traces(practice.platform))

    people = [member.person for member in practice.platform.course("SEM12").members.values()]
    assert {person.user_id for person in people} <= set(found)
    assert {person.name for person in people} <= set(found)


def test_no_snapshot_report_or_plan_on_the_disk_tells_who_anybody_is(executed):
    practice, _, folder = executed
    ours = [path for path in folder.rglob("*") if path.is_file() and "journal" not in str(path)]
    files = [path for path in ours if path.name in ("quiz.plan", "report.csv") or "snapshots" in path.parts]

    texts = {path.name: _readable(path) for path in files}

    assert len(texts) >= 3
    assert {name: found for name, text in texts.items() if (found := leaked(text, traces(practice.platform)))} == {}


def _readable(path: Path) -> str:
    """Return all that a file holds, as text."""
    import pandas as pd

    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv()
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).decode()
    return path.read_bytes().decode("utf-8", "replace")
