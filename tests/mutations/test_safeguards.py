"""Each safeguard of an upload is taken out once, in a copy of the package: the tests must notice.

A safeguard that can be removed without a test failing is not kept by anything.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import ltix_data

TESTS = Path(__file__).parents[1]
#: Module -> the tests that keep its safeguards.
KEEPERS = {
    "cells.py": ("cells",),
    "matching.py": ("matching", "grading"),
    "planning.py": ("grading", "planning"),
    "judging.py": ("grading", "report", "recovery"),
    "sending.py": ("grading", "journal", "recovery", "report"),
    "journal/writing.py": ("journal", "recovery"),
    "journal/files.py": ("journal", "recovery"),
    "grading.py": ("recovery",),
    "reporting.py": ("report",),
    "http/client.py": ("grading", "http"),
    "timestamps.py": ("grades",),
    "course/uploads.py": ("grading", "planning", "recovery"),
    "course/base.py": ("recovery", "planning", "grades"),
}


class Safeguard(NamedTuple):
    """What is kept, where, and the same lines without it."""

    promise: str
    module: str
    kept: str
    removed: str


SAFEGUARDS = [
    Safeguard(
        "a blank is not a zero",
        "cells.py",
        "    if text in BLANK or word in BLANK:\n        return None\n",
        "    if text in BLANK or word in BLANK:\n        return 0.0\n",
    ),
    Safeguard(
        "a percentage is not points",
        "cells.py",
        "    if text[-1] in _PERCENT_SIGNS:\n        return _PERCENT\n",
        "    if text[-1] in _PERCENT_SIGNS:\n        return float(text[:-1])\n",
    ),
    Safeguard(
        "an id that a spreadsheet rounded is nobody's",
        "cells.py",
        "return _DAMAGED if abs(number) >=",
        "return _DAMAGED if 0 * abs(number) >=",
    ),
    Safeguard("a name that two share matches neither", "matching.py", "if len(found) == 1:", "if found:"),
    Safeguard(
        "two rows for one person are both problems",
        "planning.py",
        'if row.state != "ready" or named[row.user_id] == 1:',
        "if True:",
    ),
    Safeguard(
        "a score over the maximum is a problem", "planning.py", "or row.score <= row.out_of:", "or row.score >= 0:"
    ),
    Safeguard(
        "who cannot be graded is a problem",
        "planning.py",
        "if refusal := objection(match.member):",
        "if refusal := None:",
    ),
    Safeguard(
        "a grade that somebody changed is not replaced unasked",
        "course/uploads.py",
        '({"overwrite": False} | options)',
        "options",
    ),
    Safeguard(
        "a grade that changed since the plan is left as it is",
        "judging.py",
        "    if row.same(row.scaled(held), row.old):\n        return None\n",
        "    return None\n",
    ),
    Safeguard(
        "a saved plan is refused whole when the gradebook moved",
        "grading.py",
        "skip = not self._saved if skip_moved is None else skip_moved",
        "skip = True",
    ),
    Safeguard(
        "a score is in the journal before it is sent",
        "sending.py",
        "                self._journal.sending(row.row, body)\n",
        "",
    ),
    Safeguard("a journal is its owner's alone", "journal/writing.py", "os.O_APPEND, 0o600", "os.O_APPEND, 0o644"),
    Safeguard(
        "half a line that a crash left is cut off",
        "journal/writing.py",
        "os.ftruncate(handle, whole)",
        "whole.bit_count()",
    ),
    Safeguard(
        "one upload at a time goes to a line item",
        "journal/files.py",
        "            lock.acquire()\n",
        "            pass\n",
    ),
    Safeguard(
        "what was not stored goes again as the very same bytes",
        "sending.py",
        "body = self.bodies[row.row] if again else self._frozen(row)",
        "body = self._frozen(row)",
    ),
    Safeguard(
        "“already there” after a lost answer is looked up, not believed to be a refusal",
        "sending.py",
        "if again and isinstance(error, RefusedError)",
        "if not again and isinstance(error, ScopeError)",
    ),
    Safeguard(
        "a lost answer is settled by the results",
        "judging.py",
        "    if not holds(row, held):\n        return False\n",
        "    return False\n",
    ),
    Safeguard(
        "what the platform did not store is told",
        "judging.py",
        '    return Outcome.of(row, "differs"',
        '    return Outcome.of(row, "confirmed"',
    ),
    Safeguard(
        "equal refusals in a row end the run",
        "sending.py",
        "            if self._equal < self._stop_after:\n                return\n",
        "            return\n",
    ),
    Safeguard(
        "a write that may have arrived is not sent again blindly",
        "http/client.py",
        "            if request.repeatable:\n                raise _TryAgainError(outcomes.lost",
        "            if True:\n                raise _TryAgainError(outcomes.lost",
    ),
    Safeguard(
        "a line item is made once",
        "course/uploads.py",
        "if found := self._made_before(planned.label):  # by a plan that was sent before",
        "if found := None:",
    ),
    Safeguard(
        "Canvas counts no new submission",
        "course/base.py",
        '{"new_submission": False}',
        '{"new_submission": True}',
    ),
    Safeguard(
        "times of one person's scores are a second apart",
        "timestamps.py",
        "_STEP = 1.0",
        "_STEP = 0.0",
    ),
    Safeguard(
        "one score at a time is under way for a person",
        "timestamps.py",
        "            self._free.wait_for(lambda: key not in self._under_way)\n",
        "",
    ),
    Safeguard(
        "a report holds no formula",
        "reporting.py",
        r"""return _FORMULA.sub(r"\1'", _CONTROL.sub(" ", value)) if""",
        "return value if",
    ),
]


@pytest.mark.process
@pytest.mark.parametrize("safeguard", SAFEGUARDS, ids=lambda safeguard: safeguard.promise)
def test_the_tests_fail_without(safeguard, tmp_path):
    package = tmp_path / "ltix_data"
    shutil.copytree(Path(ltix_data.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    module = package / safeguard.module
    source = module.read_text(encoding="utf-8")
    assert source.count(safeguard.kept) == 1, "the safeguard is no longer written so: mend this table"
    module.write_text(source.replace(safeguard.kept, safeguard.removed), encoding="utf-8")

    done = run(KEEPERS[safeguard.module], tmp_path)

    assert done.returncode == 1, done.stdout[-2000:]  # 1: a test failed; 2 and more: pytest itself did
    assert "AssertionError" in done.stdout or "Error" in done.stdout


@pytest.mark.process
def test_the_tests_pass_with_every_safeguard_in_a_copy(tmp_path):
    """Else the others would prove nothing."""
    shutil.copytree(Path(ltix_data.__file__).parent, tmp_path / "ltix_data")

    done = run(("cells", "grading"), tmp_path)

    assert done.returncode == 0, done.stdout[-2000:]


def run(tests: tuple[str, ...], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run tests against the package in *folder*; -P keeps the working copy out of the way."""
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-n", "0"]
    return subprocess.run(
        [*command, *(str(TESTS / re.sub(r"([a-z]+)$", r"test_\1.py", name)) for name in tests)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "CI": ""},
        capture_output=True,
        text=True,
        timeout=300,
    )
