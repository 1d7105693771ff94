"""A sheet, a plan, a report and a list of people as HTML: for an `Area`, never for a widget's state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from .. import markup, privacy, reporting, roles
from ..cells import is_missing
from ..choosing import counted
from ..exports import Export
from ..markup import words
from ..sheets import Sheet

if TYPE_CHECKING:
    import pandas as pd

    from ..grading import Plan, Report

Page = tuple[str, str]  # HTML, and the same in a line of text

_MOST = 200
_CHANGES = {"new": "new", "raise": "higher", "lower": "lower", "clear": "taken away", "same": "the same"}
_LEFT = {"unchanged": "there already", "blank": "blank or left out", "problem": "cannot be sent"}
_BINS = 10


def sheet(found: Sheet, export: Export) -> Page:
    """Return what was read: the kind of sheet, how it was read, its columns and what they hold."""
    size = f"{counted(len(found.rows), 'row')}, {counted(len(found.columns), 'column')}"
    kind = f"recognised as {export.name}" if export.name else "a plain table"
    columns = [(name, _texts(cells)) for name, cells in zip(found.columns, found.cells, strict=True)]
    meanings = [_meaning(export, name) for name in found.columns]
    rows: list[list[object]] = [[name, sum(map(bool, texts)), _example(texts)] for name, texts in columns]
    headers = ["column", "filled", "for example"]
    if any(meanings):
        headers.append("what it holds")
        rows = [[*row, meaning] for row, meaning in zip(rows, meanings, strict=True)]
    notes = list(dict.fromkeys((*found.notes, *export.notes)))
    values = {"source": found.source, "size": size, "kind": kind, "notes": notes, "headers": headers, "rows": rows}
    return markup.render("sheet.html", **values, most=_MOST), f"“{found.source}”: {size}; {kind}."


def _texts(cells: Iterable[object]) -> list[str]:
    return ["" if is_missing(cell) else str(cell).strip() for cell in cells]


def _example(cells: Sequence[str]) -> str:
    first = next((text for text in cells if text), "")
    return privacy.masked(first) if privacy.masking() else first


def _meaning(export: Export, column: str) -> str:
    """Return what an export's kind says about a column."""
    if column in export.unusable:
        return f"not to be uploaded: {export.unusable[column]}"
    who = [name for name, found in export.keys.items() if found == column]
    if who:
        return f"who it is: {', '.join(who)}"
    about = [f"scores of “{label}”" for label, found in export.labels.items() if found == column]
    about += [f"out of {export.maxima[column]:g}"] if column in export.maxima else []
    about += [f"in {export.units[column]}s"] if column in export.units else []
    return ", ".join(about)


def plan(found: Plan, *, problem: str = "", mended: int = 0, read: Sequence[str] = ()) -> Page:
    """Return what would be sent; of what cannot be, all rows or those of one *problem*.

    Args:
        found: the plan.
        problem: a code; only these problems are listed.
        mended: how many rows were changed in the form.
        read: notes that were shown with the sheet already.
    """
    problems = found.problems
    shown = problems[problems["problem"] == problem] if problem else problems
    title = f"{counted(found.count('ready'), 'score')} to send"
    title += f", {counted(len(problems), 'row')} that cannot be sent." if len(problems) else "."
    notes = [note for note in found.notes if note not in read]
    if mended:
        notes.append(f"{counted(mended, 'row')} changed here; the file stays as it is.")
    over = sum(row.overwrites for row in found.rows if row.state == "ready")
    html = markup.render(
        "upload_plan.html",
        label=found.label,
        out_of="" if found.out_of is None else f"{found.out_of:g}",
        title=title,
        over=counted(over, "grade") if over else "",
        notes=notes,
        effects=_effects(found),
        problems=_problems(shown),
        some=f" ({len(shown)} of {len(problems)})" if problem else "",
        changes=_changes(found.changes),
        most=_MOST,
    )
    return html, f"“{found.label}”: {title} Nothing is sent yet."


def _effects(found: Plan) -> list[tuple[str, int]]:
    changes = Counter(str(row.change) for row in found.rows if row.state == "ready")
    effects = [(f"send: {told}", changes[change]) for change, told in _CHANGES.items()]
    effects += [(told, found.count(state)) for state, told in _LEFT.items()]
    return [(told, count) for told, count in effects if count]


def _problems(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    columns = frame[["row", "column", "value", "problem", "hint"]]
    return [
        (row, column, privacy.shown(_texts([value])[0]), words.PROBLEMS.get(code, (code, ""))[0], _hint(code, hint))
        for row, column, value, code, hint in columns.itertuples(index=False)
    ]


def _hint(code: str, hint: str) -> str:
    """Return what to do; while names are masked the general words, for a hint may quote a person's."""
    return words.PROBLEMS.get(code, ("", ""))[1] if privacy.masking() else hint


def _changes(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    columns = frame[["row", "name", "user_id", "old", "new", "out_of", "change"]]
    return [
        (row, who(name, user), old, new, out_of, _CHANGES.get(str(change), str(change)))
        for row, name, user, old, new, out_of, change in columns.itertuples(index=False)
    ]


def report(found: Report, names: Mapping[str, str]) -> Page:
    """Return what became of every row, and the report as a file; *names* are people's, by user_id."""
    outcomes, failures = found.outcomes, found.failures
    title = "Every row that holds a score is in the gradebook."
    if not found.ok:
        title = f"{counted(len(failures), 'row')} of {len(outcomes)} did not reach the gradebook."
    counts = Counter(outcomes["outcome"].dropna()).most_common()
    html = markup.render(
        "upload_report.html",
        label=found.label,
        upload_id=found.upload_id or "",
        title=title,
        counts=[(words.OUTCOMES.get(word, word), count) for word, count in counts],
        failed=_outcomes(failures, names),
        rows=_outcomes(outcomes, names),
        data=quote(reporting.csv_bytes(outcomes)),  # as text: `scrub` could not look into base64
        file=f"report-{found.upload_id or 'nothing-sent'}.csv",
        most=_MOST,
    )
    return html, title


def _outcomes(frame: pd.DataFrame, names: Mapping[str, str]) -> list[tuple[object, ...]]:
    columns = frame[["row", "user_id", "score", "outcome", "reason"]]
    return [
        (row, who(names.get(user), user), score, words.OUTCOMES.get(outcome, outcome), reason)
        for row, user, score, outcome, reason in columns.itertuples(index=False)
    ]


def people(frame: pd.DataFrame, found: str, label: str) -> str:
    """Return a list of people, and where *frame* has grades of the line item *label*, how these are spread."""
    columns: dict[str, list[Any]] = {
        "name": [who(name, user) for name, user in zip(frame["name"], frame["user_id"], strict=True)]
    }
    counts, spread = None, ""
    if "percent" in frame:
        columns |= {"score": list(frame["score"]), "percent": list(frame["percent"])}
        counts, spread = _spread(frame, label)
    columns |= {"role": list(frame["role"]), "status": list(frame["status"])}
    if "percent" not in frame and frame["email"].notna().any():  # beside grades there is no room for it
        columns["e-mail"] = [privacy.shown(address) for address in frame["email"]]
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return markup.render(
        "people.html", headers=list(columns), rows=rows, found=found, counts=counts, spread=spread, most=_MOST
    )


def _spread(frame: pd.DataFrame, label: str) -> tuple[list[tuple[str, int]] | None, str]:
    """Return how many have which percentage, and a caption; who neither learns nor has a grade is not counted."""
    percents = frame["percent"].dropna()
    if percents.empty:
        return None, f"None of these people has a grade in {label}."
    learners = frame["roles"].map(roles.matcher("Learner")).astype(bool)
    bins, _ = np.histogram(percents.clip(0, 100), bins=_BINS, range=(0, 100))
    counts = [(f"{low}–{low + 10} %", int(count)) for low, count in zip(range(0, 100, 10), bins, strict=True)]
    counts.append(("no grade", int((learners & frame["percent"].isna()).sum())))
    middle = f"mean {percents.mean():.0f} %, median {percents.median():.0f} %"
    return counts, f"{label}: {counted(len(percents), 'grade')}, {middle}"


def who(name: object, user_id: object) -> str:
    """Return a person's name as it may be shown; the user_id of one without a name."""
    if isinstance(name, str) and name:
        return privacy.shown(name)
    return user_id if isinstance(user_id, str) else ""
