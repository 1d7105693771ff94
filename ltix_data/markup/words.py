"""Codes and scopes in words: what is shown to people has no URI in it."""

from __future__ import annotations

from collections.abc import Iterable

#: The last word of a scope -> what it lets this tool do. [NRPS §3.6, AGS §3.1]
_RIGHTS = {
    "contextmembership.readonly": "read rosters",
    "lineitem": "read and change its own gradebook columns",
    "lineitem.readonly": "read its own gradebook columns",
    "result.readonly": "read grades",
    "score": "send grades",
}

#: The code of a problem in a sheet -> what is the matter, and what to do about it.
PROBLEMS = {
    "missing_id": ("a score, and nobody to give it to", "Fill in who it is for."),
    "damaged_id": ("an id that a spreadsheet program damaged", "Export the sheet again, and read ids as text."),
    "unknown_user": ("nobody on the roster has this id", "Correct it, or leave the row out."),
    "ambiguous_user": ("more than one person on the roster has this id", "Match by another column."),
    "duplicate": ("more than one score for one person", "Keep one of the rows."),
    "inactive": ("a person who is not active in the course", "Leave the row out, or activate the person there."),
    "not_learner": ("a person who is no learner in the course", "Leave the row out."),
    "test_user": ("the platform's own test student", "Leave the row out."),
    "not_a_number": ("a score that is no number", "Write a number, or leave the cell blank."),
    "percent": ("a percentage where points are expected", 'Write points, or pass scale="percent".'),
    "fraction": (
        "a fraction such as 7/10 where points are expected",
        'Write the points alone, or pass scale="fraction".',
    ),
    "negative": ("a score below 0", "Write 0 or more."),
    "infinite": ("a score without end", "Write a number."),
    "boolean": ("a yes or no where a score is expected", "Write a number."),
    "too_large": ("a score that is too large to be one", "Check the column."),
    "above_maximum": ("a score above the maximum", "Correct it, or pass out_of= or scale=."),
    "missing_maximum": ("a row without its maximum", "Write the row's maximum."),
    "bad_maximum": ("a maximum that is no number above 0", "Write the row's maximum."),
    "not_a_word": ("a progress that is none of the words there are", "Write one of AGS' words, such as FullyGraded."),
    "not_a_time": ("a time that cannot be read", "Write it as 2026-03-01 12:00+01:00."),
    "changed_since": ("a grade that somebody changed on the platform", "Pass overwrite=True to replace it."),
}

#: What became of a row -> what that means.
OUTCOMES = {
    "confirmed": "in the gradebook",
    "unchanged": "in the gradebook already",
    "skipped": "left out",
    "refused": "not stored",
    "differs": "accepted, but something else is shown",
    "unknown": "nobody knows yet",
}

#: How messages abbreviate a specification -> its name.
SPECIFICATIONS = {
    "AGS": "Assignment and Grade Services 2.0",
    "Core": "LTI 1.3 Core",
    "DL": "Deep Linking 2.0",
    "Dynamic Registration": "LTI Dynamic Registration 1.0",
    "NRPS": "Names and Role Provisioning Services 2.0",
    "Security": "1EdTech Security Framework 1.0",
}


def rights(scopes: Iterable[str]) -> list[str]:
    """Return what scopes let this tool do, in words; one that is a platform's own stays a URI.

    Whoever may change columns may read them too, which is not said twice.
    """
    last = {scope.rsplit("/", 1)[-1]: scope for scope in sorted(scopes)}
    if "lineitem" in last:
        last.pop("lineitem.readonly", None)
    own = [scope for word, scope in last.items() if word not in _RIGHTS]
    return [right for word, right in _RIGHTS.items() if word in last] + own


def lacking(granted: Iterable[str], missing: Iterable[str]) -> list[str]:
    """Return in words what was asked for and not granted; what a greater right holds is not missed."""
    return [right for right in rights({*granted, *missing}) if right not in rights(granted)]


def validity(minutes: float, *, known: bool) -> str:
    """Return how long a token lives yet; *known* tells whether there is one."""
    if not known:
        return "none yet: the first request asks for one"
    if minutes <= 0:
        return "expired: the next request asks for a new one"
    return f"valid for {minutes:.0f} more min; it renews itself" if minutes >= 1 else "renewed by the next request"


def problem(code: str | None) -> tuple[str, str]:
    """Return what is the matter with a row, and what to do; the code itself, where it is a new one."""
    return PROBLEMS.get(code or "", (code or "a problem", "See its hint."))


def specification(section: str) -> str:
    """Return “AGS §3.4” with the specification's name, where that is known."""
    short, mark, number = section.partition(" §")
    name = SPECIFICATIONS.get(short)
    return f"{name}{mark}{number} ({short})" if name else section
