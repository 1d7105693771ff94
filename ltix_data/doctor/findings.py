"""What an examination finds: verdicts in plain words, each with who must mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import markup
from ..choosing import counted

if TYPE_CHECKING:
    import pandas as pd

VERDICTS = ("problem", "warning", "ok", "skipped")
YOU = "you"
ADMINISTRATOR = "the platform's administrator"
TEACHER = "the teacher"
VENDOR = "the platform's vendor"
NETWORK = "your network's administrator"
NOBODY = "nobody"

_TITLES = {"problem": "Problems", "warning": "Warnings", "ok": "Well", "skipped": "Not checked"}
_COLUMNS = ("check", "subject", "verdict", "message", "who", "hint")
_FEW = 5  # more courses than this that are all the same are told in one line


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says of one subject (the registration, a service, a course).

    `verdict` is ok, warning, problem, or skipped: it could not be checked, because of something before it.
    `who` must mend it, by doing what `hint` says. No finding holds a name, an address, a grade or a secret.
    """

    check: str
    subject: str
    verdict: str
    message: str
    who: str = NOBODY
    hint: str = ""


def ok(check: str, subject: str, message: str) -> Finding:
    """Return that all is well."""
    return Finding(check, subject, "ok", message)


def skipped(check: str, subject: str, why: str) -> Finding:
    """Return that something could not be checked."""
    return Finding(check, subject, "skipped", why)


class Examination:
    """What was found, the worst first when it is shown.

    Args:
        name: the registration's name.
        found: the findings, in the order of the checks.
    """

    def __init__(self, name: str, found: Iterable[Finding]) -> None:
        self.name = name
        self._found = tuple(found)

    @property
    def findings(self) -> pd.DataFrame:
        """Return one row for each check and subject, in the order they were made.

        Columns check, subject (text), verdict (category: problem, warning, ok, skipped), message, who, hint
        (text; who is “nobody” and hint blank where there is nothing to mend).
        """
        import pandas as pd

        from .. import frames

        columns = {
            name: pd.Series([getattr(finding, name) for finding in self._found], dtype=frames.text_dtype())
            for name in _COLUMNS
        }
        verdicts = [finding.verdict for finding in self._found]
        columns["verdict"] = pd.Series(pd.Categorical(verdicts, categories=list(VERDICTS)))
        return pd.DataFrame(columns)

    @property
    def ok(self) -> bool:
        """Return whether there is no problem; there may be warnings."""
        return self.verdict != "problem"

    @property
    def verdict(self) -> str:
        """Return the worst that was found: problem, warning or ok."""
        found = {finding.verdict for finding in self._found}
        return next((verdict for verdict in ("problem", "warning") if verdict in found), "ok")

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self._summary()
        for verdict in VERDICTS:
            rows = _gathered([finding for finding in self._found if finding.verdict == verdict])
            if rows:
                yield f"\n{_TITLES[verdict]}"
                yield from _aligned([(row.check, row.subject, row.message) for row in rows])
        mends = self._mends()
        yield from ["\nTo mend it"] if mends else []
        for who in dict.fromkeys(who for who, _, _ in mends):
            yield f"  {who}"
            yield from (f"    {hint} ({for_what})" for whose, hint, for_what in mends if whose == who)

    def _summary(self) -> str:
        count = Counter(finding.verdict for finding in self._found)
        bad = f"{counted(count['problem'], 'problem')}, {counted(count['warning'], 'warning')}"
        return f"{self.name}: {bad}; {count['ok']} well, {count['skipped']} not checked."

    def _mends(self) -> list[tuple[str, str, str]]:
        """Return (who, hint, for what), each hint once, problems first."""
        wanted: dict[tuple[str, str], list[str]] = {}
        for verdict in ("problem", "warning"):
            for finding in self._found:
                if finding.verdict == verdict and finding.hint:
                    wanted.setdefault((finding.who, finding.hint), []).append(f"{finding.check} of {finding.subject}")
        return [(who, hint, _some(whats)) for (who, hint), whats in wanted.items()]

    def _repr_html_(self) -> str:
        return markup.render(
            "examination.html",
            name=self.name,
            summary=self._summary().partition(": ")[2],
            verdict=self.verdict,
            mends=self._mends(),
            tables=list(self._tables()),
        )

    def _tables(self) -> Iterator[tuple[str, str, list[tuple[str, str, str]]]]:
        """Yield (verdict, title, rows) for each verdict that there is."""
        for verdict in VERDICTS:
            rows = _gathered([finding for finding in self._found if finding.verdict == verdict])
            if rows:
                yield verdict, _TITLES[verdict], [(row.check, row.subject, row.message) for row in rows]


def _gathered(found: Sequence[Finding]) -> list[Finding]:
    """Return the findings, those that only differ in the course told together where they are many."""
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        # a message about a course speaks of how many are in it: those that are well are told by their check alone
        said = "" if finding.verdict == "ok" else f"{finding.message}{finding.hint}"
        alike.setdefault((finding.check, said), []).append(finding)
    rows: list[Finding] = []
    for (check, said), group in alike.items():
        if len(group) <= _FEW:
            rows += group
        else:
            first = group[0]
            message = first.message if said else "all of them well"
            rows.append(Finding(check, f"{len(group)} courses", first.verdict, message, first.who, first.hint))
    return rows


def _aligned(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for check, subject, message in rows:
        yield f"  {check:<{widths[0]}}  {subject:<{widths[1]}}  {message}"


def _some(whats: Sequence[str]) -> str:
    more = f" and {len(whats) - 3} more" if len(whats) > 3 else ""
    return ", ".join(whats[:3]) + more
