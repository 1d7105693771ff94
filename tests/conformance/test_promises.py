"""The same promises on every platform: strict, like others, and others themselves; the README shows them all."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import lti1p3platform_.provider
import openedx.provider
import practice
import pytest
from promises import PROMISES, verdict

TARGETS = {
    **{name: (lambda key, name=name: practice.target(key, name)) for name in practice.LIKE},
    "Open edX": openedx.provider.target,
    "lti1p3platform": lti1p3platform_.provider.target,
}
#: How the matrix calls the columns: ours, ours in another's manner (“like”), and others.
TITLES = {name: "strict" if name == "strict" else f"like {name}" for name in practice.LIKE}
README = Path(__file__).parents[2] / "README.md"

pytestmark = [
    pytest.mark.process,
    pytest.mark.filterwarnings("default::ltix_data.errors.LtixWarning"),
]


@pytest.fixture(scope="session")
def verdicts(signing_key):
    """Return the column of a platform, worked out once: promise -> verdict."""
    found: dict[str, dict[str, str]] = {}
    with ExitStack() as running:

        def column(name: str) -> dict[str, str]:
            if name not in found:
                target = running.enter_context(TARGETS[name](signing_key))
                found[name] = {text: verdict(target, text) for text in PROMISES}
            return found[name]

        yield column


@pytest.mark.parametrize("text", PROMISES)
@pytest.mark.parametrize("name", TARGETS)
def test_the_promise_is_kept(verdicts, name, text):
    assert verdicts(name)[text] in ("yes", "refused")


def test_no_platform_refuses_what_ours_does(verdicts):
    assert set(verdicts("strict").values()) == {"yes"}


def matrix(verdicts) -> str:
    """Return the matrix as the README shows it."""
    heads = [TITLES.get(name, name) for name in TARGETS]
    rows = [
        [f"{text} [{section}]", *("✓" if verdicts(name)[text] == "yes" else "refused" for name in TARGETS)]
        for text, (section, _) in PROMISES.items()
    ]
    lines = [["promise", *heads], ["---", *("---" for _ in heads)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def test_the_matrix_in_the_readme_is_the_one_that_was_measured(verdicts, capsys):
    measured = matrix(verdicts)
    with capsys.disabled():
        print(f"\n{measured}\n")

    assert measured in README.read_text(encoding="utf-8")
