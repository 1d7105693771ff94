"""The switch for displays: names are masked wherever IPython shows a table, and nowhere else."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ltix_data import frames, privacy
from ltix_data.records import Member

TELLING = ("Ada", "Lovelace", "alovelace", "00012345", "秀英", "王")


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    started = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    yield started
    privacy.mask_names(False)
    InteractiveShell.clear_instance()


@pytest.fixture
def masking(shell):
    privacy.mask_names()
    return shell


@pytest.fixture
def roster() -> pd.DataFrame:
    return frames.roster(
        [
            Member("u-1", name="Ada Lovelace", given_name="Ada", family_name="Lovelace", email="alovelace@example.edu"),
            Member(
                "u-2", name="王秀英", given_name="秀英", family_name="王", sourcedid="00012345", username="alovelace"
            ),
        ]
    )


def forms(shell, thing: object) -> dict[str, str]:
    """Return how IPython would show something, in every form."""
    data, _ = shell.display_formatter.format(thing)
    return data


def told(shell, thing: object) -> list[str]:
    shown = str(forms(shell, thing))
    return [word for word in TELLING if word in shown]


def test_a_roster_is_shown_with_initials_and_bullets(masking, roster):
    shown = forms(masking, roster)

    assert sorted(shown) == ["text/html", "text/plain"]
    assert told(masking, roster) == []
    assert "A. L." in shown["text/html"]
    assert "•••" in shown["text/plain"]
    assert "u-1" in shown["text/plain"]


def test_the_data_is_untouched(masking, roster):
    before = roster.copy(deep=True)

    forms(masking, roster)

    pd.testing.assert_frame_equal(roster, before)
    assert "Ada Lovelace" in repr(roster)
    assert "Ada Lovelace" in roster.to_csv()


def test_what_is_missing_is_shown_as_missing_still(masking, roster):
    assert forms(masking, roster["middle_name"])["text/plain"] == repr(roster["middle_name"])
    assert "NaN" in forms(masking, roster[["email"]])["text/plain"]


def test_off_is_as_before(shell, roster):
    before = forms(shell, roster)

    privacy.mask_names()
    privacy.mask_names()
    privacy.mask_names(False)

    assert forms(shell, roster) == before
    assert "_repr_mimebundle_" not in vars(pd.DataFrame)
    for formatter in shell.display_formatter.formatters.values():
        assert pd.DataFrame not in formatter.type_printers


DERIVED = {
    "a column": lambda roster: roster["name"],
    "a column as an index": lambda roster: roster.set_index("name"),
    "an index": lambda roster: roster.set_index("email").index,
    "levels of an index": lambda roster: roster.set_index(["role", "name"])[["user_id"]],
    "an index of levels": lambda roster: roster.set_index(["role", "family_name"]).index,
    "a merge of both sides": lambda roster: roster.merge(roster, on="user_id"),
    "a merge with a sheet": lambda roster: roster[["user_id", "email"]].rename(columns={"email": "E-mail address"}),
    "a sheet's names": lambda roster: roster.rename(columns={"family_name": "Last name", "given_name": "firstName"}),
    "a row": lambda roster: roster.iloc[0],
    "a frame on its side": lambda roster: roster.T,
    "counts of names": lambda roster: roster["name"].value_counts(),
    "names across": lambda roster: roster.assign(n=1).pivot_table(
        index="role", columns="name", values="n", observed=False
    ),
    "names in lists": lambda roster: roster.groupby("status", observed=True)["name"].agg(list),
    "names among aggregates": lambda roster: roster.groupby("status", observed=True).agg({"name": ["first", "count"]}),
    "names as categories": lambda roster: roster.astype({"name": "category", "family_name": "category"}),
    "names as string": lambda roster: roster.astype({"name": "string", "email": "string"}),
    "a description": lambda roster: roster.describe(),
    "a list of frames": lambda roster: [roster],
    "two columns of one name": lambda roster: roster[["name", "name"]],
}


@pytest.mark.parametrize("derive", DERIVED.values(), ids=DERIVED)
def test_what_is_made_of_a_roster_is_masked_too(masking, roster, derive):
    roster["role"] = roster["role"].astype("object").fillna("Learner")

    assert told(masking, derive(roster)) == []


def test_numbers_under_a_name_stay(masking, roster):
    counted = roster.groupby("status", observed=True).agg({"name": ["first", "count"]})

    assert "2" in forms(masking, counted)["text/plain"]
    assert forms(masking, roster.count())["text/plain"] == repr(roster.count())


def test_a_gradebook_and_a_plan_of_changes_are_masked(masking):
    book = pd.DataFrame({"name": ["Ada Lovelace"], "Quiz 1": [7.5]}, index=pd.Index(["u-1"], name="user_id"))
    changes = frames.changes([{"row": 2, "user_id": "u-1", "name": "Ada Lovelace", "overwrites": False}])

    assert told(masking, book) == told(masking, changes) == []
    assert "7.5" in forms(masking, book)["text/plain"]


def test_a_problem_quotes_nobody(masking):
    rows = [{"row": 2, "column": "email", "value": "alovelace@x.edu", "problem": "unknown_user", "hint": "“Lovelace”?"}]

    assert told(masking, frames.problems(rows)) == []


def test_a_name_of_a_course_or_a_registration_is_nobodys(masking):
    courses = pd.DataFrame({"name": ["Ada Lovelace Seminar"], "context_id": ["7"]})
    known = pd.DataFrame({"name": ["ada"], "client_id": ["1"], "issuer": ["https://ada.example"]}).set_index("name")

    assert forms(masking, courses)["text/plain"] == repr(courses)
    assert forms(masking, known)["text/plain"] == repr(known)


def test_pandas_options_go_on_to_count(masking, roster):
    many = pd.concat([roster] * 50, ignore_index=True)

    with pd.option_context("display.max_rows", 4, "display.max_columns", 3):
        shown = forms(masking, many)

    assert "[100 rows x" in shown["text/plain"]
    assert "100 rows" in shown["text/html"]
    assert "Lovelace" not in str(shown)


def test_the_form_for_data_explorers_is_masked_too(masking, roster):
    with pd.option_context("display.html.table_schema", True):
        shown = forms(masking, roster[["user_id", "name"]])

    assert "application/vnd.dataresource+json" in shown
    assert "Lovelace" not in str(shown)


def test_a_printer_that_somebody_registered_is_kept_and_gets_masks(shell, roster):
    html = shell.display_formatter.formatters["text/html"]
    html.for_type(pd.DataFrame, lambda frame: f"<i>{frame['name'].iloc[0]}</i>")

    privacy.mask_names()
    on = forms(shell, roster)["text/html"]
    privacy.mask_names(False)

    assert (on, forms(shell, roster)["text/html"]) == ("<i>A. L.</i>", "<i>Ada Lovelace</i>")


def test_a_very_long_column_is_masked_where_it_is_looked_at_and_blotted_out_between(masking, roster):
    many = pd.concat([roster[["user_id", "name"]]] * 6_000, ignore_index=True)

    with pd.option_context("display.max_rows", None):
        shown = forms(masking, many["name"])["text/plain"]

    assert "Lovelace" not in shown
    assert shown.count("A. L.") == 5_000


def test_a_style_is_left_alone(masking, roster):
    assert "Ada Lovelace" in forms(masking, roster[["name"]].style)["text/html"]


def test_a_shell_that_starts_later_masks_too(tmp_path):
    code = (
        "import pandas as pd, ltix_data.privacy as privacy\n"
        "privacy.mask_names()\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "from traitlets.config import Config\n"
        "shell = InteractiveShell.instance(config=Config(HistoryManager={'enabled': False}))\n"
        "frame = pd.DataFrame({'name': ['Ada Lovelace'], 'n': [1]})\n"
        "print(shell.display_formatter.format(frame)[0])\n"
        "print(shell.display_formatter.format(frame[['n']])[0] == {'text/plain': repr(frame[['n']]), "
        "'text/html': frame[['n']]._repr_html_()})\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={"IPYTHONDIR": str(tmp_path)},
    )

    assert "Lovelace" not in done.stdout
    assert "A. L." in done.stdout
    assert done.stdout.splitlines()[-1] == "True"


def test_importing_it_is_light():
    code = "import ltix_data.privacy, sys; print(sorted({'pandas', 'numpy', 'IPython'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)

    assert done.stdout == "[]\n"


# --- One text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("Ada Lovelace", "A. L."),
        ("Lovelace, Ada", "L. A."),
        ("van der Berg", "v. d. B."),
        ("St. John", "S. J."),
        ("O’Brien", "O."),
        ("E\u0301lodie", "É."),
        ("Γιώργος Παππάς", "Γ. Π."),
        ("王秀英", "•••"),
        ("박지민", "•••"),
        ("प्रिया शर्मा", "•••"),
        ("ada@example.edu", "•••"),
        ("alovelace0012", "•••"),
        ("•••", "•••"),
        ("a b c d e f", "a. b. c. d."),
        ("", ""),
        ("  ", ""),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_a_mask_is_initials_or_bullets(text, mask):
    assert privacy.masked(text) == mask


def test_a_name_is_shown_as_the_switch_says(shell):
    off = (privacy.masking(), privacy.shown("Ada Lovelace"), privacy.shown(None))
    privacy.mask_names()
    on = (privacy.masking(), privacy.shown("Ada Lovelace"), privacy.shown(None))

    assert (off, on) == ((False, "Ada Lovelace", ""), (True, "A. L.", ""))
