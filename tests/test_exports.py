"""Grade exports are read as what they are; everything else stays a plain table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ltix_data import exports, sheets
from ltix_data.errors import AmbiguousError, UnknownNameError, UsageError
from ltix_data.exports import Export
from ltix_data.sheets import Sheet

openpyxl = pytest.importorskip("openpyxl")

SAMPLES = Path(__file__).parent / "samples" / "exports"

CANVAS_TOTAL = "it is a total that Canvas calculates"
MOODLE_TOTAL = "it is a total that Moodle calculates"
BLACKBOARD_TOTAL = "it is a total that Blackboard calculates"
BRIGHTSPACE_TOTAL = "it is a total that Brightspace calculates"
LETTERS = "it holds letters, not points"
FEEDBACK = "it holds feedback, not points"
MAXIMA = "it holds maxima, not scores"
DECIMAL_COMMA = "Its numbers are read with a decimal comma."
FOUR = ("Current Score", "Unposted Current Score", "Final Score", "Unposted Final Score")
EXTRA_QUIZ = "Quiz 1 Points Grade <Numeric MaxPoints:10 Weight:50 Category:Quizzes CategoryWeight:20>"


def same(sheet: Sheet) -> Sheet:
    return sheet


def without_first_two(sheet: Sheet) -> Sheet:
    """What is left of a Canvas gradebook without posting policies and points possible."""
    return replace(sheet, rows=sheet.rows[2:], cells=tuple(list(column[2:]) for column in sheet.cells))


def with_commas(sheet: Sheet) -> Sheet:
    return replace(sheet, decimal=",")


def without_marks(sheet: Sheet) -> Sheet:
    """What is left of a Brightspace export without # before ids, and without the last column."""
    first, second, *others = sheet.cells[:-1]
    ids = [[str(cell).removeprefix("#") for cell in column] for column in (first, second)]
    return replace(sheet, columns=sheet.columns[:-1], cells=(*ids, *others))


#: File -> what is left of its sheet, and what else is known.
KNOWN: dict[str, tuple[Callable[[Sheet], Sheet], dict[str, Any]]] = {
    "canvas.csv": (
        without_first_two,
        {
            "name": "Canvas",
            "keys": {"sourcedid": "SIS User ID", "username": "SIS Login ID"},
            "labels": {"Essay": "Essay (4102)", "Survey": "Survey (4104)"},
            "maxima": {"Quiz 1 (4101)": 10.0, "Essay (4102)": 40.0, "Quiz 1 (4103)": 12.5},
            "unusable": {
                "ID": "it is Canvas' own number of a person",
                **dict.fromkeys(FOUR, CANVAS_TOTAL),
                **dict.fromkeys((f"Assignments {title}" for title in FOUR), CANVAS_TOTAL),
                **dict.fromkeys((title.replace("Score", "Grade") for title in FOUR), CANVAS_TOTAL),
                "Override Score": CANVAS_TOTAL,
            },
            "skipped": {8: "Canvas' test student"},
            "notes": (
                "This is a gradebook export of Canvas.",
                "The rows of posting policies and points possible hold nobody's scores and were left out.",
                "The maximum of “Survey (4104)” is unknown: the file says “0{}”.",
            ),
        },
    ),
    "canvas_swedish.csv": (
        without_first_two,
        {
            "name": "Canvas",
            "keys": {"sourcedid": "SIS User ID", "username": "SIS Login ID"},
            "labels": {"Labb 1": "Labb 1 (771)", "Tentamen": "Tentamen (772)"},
            "maxima": {"Labb 1 (771)": 5.0, "Tentamen (772)": 60.0},
            "unusable": {
                "ID": "it is Canvas' own number of a person",
                "Uppgifter Current Points": CANVAS_TOTAL,
                "Uppgifter Final Points": CANVAS_TOTAL,
                **dict.fromkeys((f"Uppgifter {title}" for title in FOUR), CANVAS_TOTAL),
                **dict.fromkeys((f"{title} (2026)" for title in (*FOUR, "Override Score")), CANVAS_TOTAL),
            },
            "skipped": {6: "Canvas' test student"},
            "notes": (
                "This is a gradebook export of Canvas.",
                "The rows of posting policies and points possible hold nobody's scores and were left out.",
            ),
        },
    ),
    "moodle.csv": (
        same,
        {
            "name": "Moodle",
            "keys": {"sourcedid": "ID number", "email": "Email address"},
            "labels": {
                "Quiz: Week 1": "Quiz: Week 1 (Real)",
                "Week 1": "Quiz: Week 1 (Real)",
                "Assignment: Essay (draft)": "Assignment: Essay (draft) (Real)",
                "Essay (draft)": "Assignment: Essay (draft) (Real)",
                "Participation": "Participation (Real)",
            },
            "units": {
                "Quiz: Week 1 (Percentage)": "percent",
                "Assignment: Essay (draft) (Percentage)": "percent",
                "Participation (Percentage)": "percent",
            },
            "unusable": {
                "Quiz: Week 1 (Letter)": LETTERS,
                "Quiz: Week 1 (Feedback)": FEEDBACK,
                "Assignment: Essay (draft) (Letter)": LETTERS,
                "Assignment: Essay (draft) (Feedback)": FEEDBACK,
                "Participation (Letter)": LETTERS,
                "Participation (Feedback)": FEEDBACK,
                **{
                    f"{title} ({word})": MOODLE_TOTAL
                    for title in ("Tests total", "Course total")
                    for word in ("Real", "Percentage", "Letter", "Feedback")
                },
                "Last downloaded from this course": "it says when the file was made",
            },
            "notes": ("This is a grade export of Moodle, which does not say what its points are out of.",),
        },
    ),
    "moodle_german.csv": (
        with_commas,
        {
            "name": "Moodle",
            "keys": {"sourcedid": "ID-Nummer", "email": "E-Mail-Adresse"},
            "labels": {
                "Test: Woche 1": "Test:\xa0Woche\xa01\xa0(Punkte)",
                "Woche 1": "Test:\xa0Woche\xa01\xa0(Punkte)",
                "Aufgabe: Essay": "Aufgabe:\xa0Essay\xa0(Punkte)",
                "Essay": "Aufgabe:\xa0Essay\xa0(Punkte)",
            },
            "units": {
                "Test:\xa0Woche\xa01\xa0(Prozentsatz)": "percent",
                "Aufgabe:\xa0Essay\xa0(Prozentsatz)": "percent",
            },
            "unusable": {
                "Aufgabe:\xa0Essay\xa0(Feedback)": FEEDBACK,
                "Kurs\xa0gesamt\xa0(Punkte)": MOODLE_TOTAL,
                "Kurs\xa0gesamt\xa0(Prozentsatz)": MOODLE_TOTAL,
                "Zuletzt aus diesem Kurs geladen": "it says when the file was made",
            },
            "notes": ("This is a grade export of Moodle, which does not say what its points are out of.",),
        },
    ),
    "blackboard.xls": (
        same,
        {
            "name": "Blackboard",
            "keys": {"sourcedid": "Student ID", "username": "Username"},
            "labels": {
                "Quiz 1": "Quiz 1 [Total Pts: 10 Score] |880003",
                "Project [EXTRA]": "Project [EXTRA] [Total Pts: 1,000 Score] |880004",
                "Debate": "Debate [Total Pts: 50 Percentage] |880005",
            },
            "maxima": {"Quiz 1 [Total Pts: 10 Score] |880003": 10.0},
            "units": {"Debate [Total Pts: 50 Percentage] |880005": "percent"},
            "unusable": {
                "Weighted Total [Total Pts: up to 0 Percentage] |880001": BLACKBOARD_TOTAL,
                "Total [Total Pts: up to 1,250 Score] |880002": BLACKBOARD_TOTAL,
                "Talk [Total Pts: 50 Percentage] |880006": (
                    "it is headed as percentages, and its cells have no percent sign"
                ),
                "Team [Total Pts: 0 Text] |880007": "it holds text, not points",
                "Level [Total Pts: 10 Letter] |880008": LETTERS,
                "Attended [Total Pts: 1 Complete/Incomplete] |880009": "it holds words, not points",
            },
            "skipped": {4: "Blackboard's preview user"},
            "notes": (
                "This is a grade centre download of Blackboard.",
                "The maximum of “Project [EXTRA] [Total Pts: 1,000 Score] |880004” is unknown: the file says “1,000”.",
            ),
        },
    ),
    "blackboard.csv": (
        same,
        {
            "name": "Blackboard",
            "keys": {"username": "Username"},
            "labels": {
                "Quiz 1": "Quiz 1 [Total Pts: 10 Score] |880003",
                "Old test": "Old test [Total Pts: 40] |1742451",
            },
            "maxima": {"Quiz 1 [Total Pts: 10 Score] |880003": 10.0, "Old test [Total Pts: 40] |1742451": 40.0},
            "unusable": dict.fromkeys(
                ("Grading Notes", "Notes Format", "Feedback to Learner", "Feedback Format"),
                "it belongs to the feedback",
            ),
            "notes": ("This is a grade centre download of Blackboard.",),
        },
    ),
    "brightspace.csv": (
        without_marks,
        {
            "name": "Brightspace",
            "keys": {"sourcedid": "OrgDefinedId", "username": "Username", "email": "Email"},
            "labels": {"Quiz 1": EXTRA_QUIZ, "Lab": "Lab Points Grade <Numeric MaxPoints:7.5>"},
            "maxima": {EXTRA_QUIZ: 10.0, "Lab Points Grade <Numeric MaxPoints:7.5>": 7.5},
            "unusable": {
                "Extra Points Grade <Calculated MaxPoints:17.5>": BRIGHTSPACE_TOTAL,
                "Team Text Grade <Text>": "it holds text, not points",
                **{
                    f"{title} {part}": BRIGHTSPACE_TOTAL
                    for title in ("Quizzes Subtotal", "Calculated Final Grade", "Adjusted Final Grade")
                    for part in ("Numerator", "Denominator")
                },
            },
            "notes": (
                "This is a grades export of Brightspace.",
                "The “#” before each id is Brightspace's mark for spreadsheets, and was taken off.",
            ),
        },
    ),
    "gradescope_assignment.csv": (
        same,
        {
            "name": "Gradescope",
            "keys": {"sourcedid": "SID", "email": "Email"},
            "labels": {"1: Warm-up": "1: Warm-up (4.0 pts)", "2.1: Proof": "2.1: Proof (6.0 pts)"},
            "maxima": {"1: Warm-up (4.0 pts)": 4.0, "2.1: Proof (6.0 pts)": 6.0},
            "row_maxima": {"Total Score": "Max Points"},
            "unusable": {"Max Points": MAXIMA},
            "skipped": {4: "no submission", 5: "not graded yet"},
            "notes": ("These are Gradescope's grades of one assignment; the file does not say of which.",),
            "main": "Total Score",
        },
    ),
    "gradescope_course.csv": (
        same,
        {
            "name": "Gradescope",
            "keys": {"sourcedid": "SID", "email": "Email"},
            "labels": {"A1": "A1", "Midterm": "Midterm"},
            "row_maxima": {"A1": "A1 - Max Points", "Midterm": "Midterm - Max Points"},
            "unusable": {"A1 - Max Points": MAXIMA, "Midterm - Max Points": MAXIMA},
            "notes": ("These are Gradescope's grades of a whole course.",),
        },
    ),
    "nbgrader.csv": (  # asked for ps1
        same,
        {
            "name": "nbgrader",
            "keys": {"username": "student_id", "email": "email"},
            "labels": {"ps1": "score"},
            "row_maxima": {"score": "max_score", "raw_score": "max_score"},
            "unusable": {"max_score": MAXIMA, "late_submission_penalty": "it holds penalties, not scores"},
            "skipped": {4: "no submission", **dict.fromkeys((5, 6, 7), "another assignment: ps2")},
            "notes": ("These are nbgrader's grades of “ps1”, “ps2”.", "Only “ps1” is read."),
            "assignments": ("ps1", "ps2"),
            "main": "score",
        },
    ),
    "google_forms.csv": (
        same,
        {
            "name": "Google Forms",
            "keys": {"email": "Email Address"},
            "maxima": {"Score": 10.0},
            "units": {"Score": "quotient"},
            "notes": ("These are responses to a Google Forms quiz.",),
            "main": "Score",
        },
    ),
    "google_forms_download.csv": (
        same,
        {
            "name": "Google Forms",
            "keys": {"email": "E-Mail-Adresse"},
            "maxima": {"Gesamtpunktzahl": 12.0, "Größter Planet? [Score]": 5.0, "Warum? [Score]": 7.0},
            "units": dict.fromkeys(("Gesamtpunktzahl", "Größter Planet? [Score]", "Warum? [Score]"), "quotient"),
            "unusable": {"Größter Planet? [Feedback]": FEEDBACK, "Warum? [Feedback]": FEEDBACK},
            "notes": ("These are responses to a Google Forms quiz.",),
            "main": "Gesamtpunktzahl",
        },
    ),
}


def entered(cell: object, decimal: str) -> tuple[object, str]:
    """What a spreadsheet program stores when it opens a text file, and the number's format."""
    text = str(cell)
    number = text.removesuffix("%").strip().replace(",", "." if decimal == "," else ",")
    if re.fullmatch(r"[0-9]{1,15}", text):
        return int(text), "General"
    if re.fullmatch(r"[0-9]+\.[0-9]+", number):
        return (float(number) / 100, "0.00%") if text.endswith("%") else (float(number), "General")
    if re.fullmatch(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4} [0-9:]{8}", text):
        return datetime.strptime(text, "%d.%m.%Y %H:%M:%S"), "yyyy-mm-dd hh:mm:ss"
    return text or None, "General"


def resaved(path: Path, folder: Path) -> Path:
    """The same export, opened in a spreadsheet program and saved as .xlsx."""
    sheet = sheets.read(path)
    comma = "," if "german" in path.name else sheet.decimal
    book = openpyxl.Workbook()
    book.active.append(sheet.columns)
    for column, cells in enumerate(sheet.cells, 1):
        for row, cell in zip(sheet.rows, cells, strict=True):
            written = book.active.cell(row=row, column=column)
            written.value, written.number_format = entered(cell, comma)
    book.save(folder / f"{path.stem}.xlsx")
    return folder / f"{path.stem}.xlsx"


def recognised(file: str, label: str | None = None) -> Export:
    return exports.recognise(sheets.read(SAMPLES / file), label)


def table(header: str, *rows: str) -> Sheet:
    """A sheet of text, its cells separated by bars."""
    cells = [row.split("|") for row in rows]
    columns = tuple(header.split("|"))
    return Sheet(columns, tuple(range(2, len(rows) + 2)), tuple([row[n] for row in cells] for n in range(len(columns))))


# --- each kind, whole ---------------------------------------------------------------------------


def test_every_sample_is_tested() -> None:
    """No sample lies in the folder untested."""
    assert sorted(KNOWN) == sorted(path.name for path in SAMPLES.iterdir())


@pytest.mark.parametrize("file", KNOWN)
def test_an_export_is_read_as_its_platform_wrote_it(file: str) -> None:
    """Keys, labels, maxima, units, what is unusable and what is skipped are known from the file alone."""
    left, known = KNOWN[file]
    notes = tuple(note.format(".00") for note in known["notes"])

    export = exports.recognise(sheets.read(SAMPLES / file), "ps1")

    assert export == Export(sheet=left(sheets.read(SAMPLES / file)), **{**known, "notes": notes})


@pytest.mark.parametrize("file", KNOWN)
def test_an_export_saved_as_a_workbook_is_the_same_export(file: str, tmp_path: Path) -> None:
    """Nothing is lost when a spreadsheet program turns text into numbers, dates and blanks."""
    left, known = KNOWN[file]
    path = resaved(SAMPLES / file, tmp_path)
    sheet = sheets.read(path)
    notes = tuple(note.format("") for note in known["notes"] if note != DECIMAL_COMMA)

    export = exports.recognise(sheet, "ps1")

    assert export == Export(sheet=replace(left(sheet), decimal="."), **{**known, "notes": notes})


def test_an_export_read_with_pandas_is_the_same_export() -> None:
    """A DataFrame of the file, numbers, missing values and all, is recognised like the file."""
    frame = pd.read_csv(SAMPLES / "canvas.csv")
    fields = ("name", "keys", "labels", "maxima", "unusable", "skipped")

    export = exports.recognise(sheets.read(frame))

    assert export.sheet.rows == (4, 5, 6, 7, 8)
    assert {name: getattr(export, name) for name in fields} == {name: KNOWN["canvas.csv"][1][name] for name in fields}


# --- what is no export --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sheet",
    [
        table("email|Points", "ada@uni.test|8"),
        table("Student ID|Points", "00123|8"),
        table("Student|ID|Section|Quiz 1 (10)", "Ada|00123|A|8"),  # out of 10, not number 10
        table("Student|ID|Quiz 1", "Ada|00123|8", "Points Possible|77|10"),  # an odd name with an id
        table("Name|ID|SIS Login ID|Section", "    Points Possible||10|"),
        table("email|Lab: week 1 (group)|Student number", "a@uni.test|8|1600000001", "b@uni.test|9|1600009999"),
        table("email|Lab: week 1|Student number", "a@uni.test|8|1600000001", "b@uni.test|9|1600000002"),
        table("email|Lab: week 1 (group)|Room|Student number", "a@uni.test|8|B|1600000001"),
        table("email|Quiz (points)|Student number", "a@uni.test|8|1600000001"),
        table("Name|Quiz: 1 (points)|Student number", "Ada|8|1600000001"),
        table("Email address|Quiz: 1 (Real)|Quiz: 1 (Percentage)", "ada@uni.test|8|80 %"),
        table("Name|Quiz [Total Pts: 10 Score]", "Ada|8"),
        table("Username|Quiz [10 points]", "ada|8"),
        table("Username|Quiz Points Grade", "ada|8"),
        table("Name|Quiz Points Grade <Numeric MaxPoints:10>", "Ada|8"),
        table("SID|Total Score|Max Points", "1|8|10"),
        table("SID|Total Score|Max Points|Status", "1|8|10|Missing"),
        table("SID|A1|A1 - Max Points", "1|8|10"),
        table("Name|A1|A1 - Max Points|A1 - Lateness (H:M:S)", "Ada|8|10|00:00:00"),
        table("assignment|student_id|score|max_score", "ps1|ada|0.0|10.0"),
        table("Timestamp|Email Address|Score", "2026/03/02 10:15:07|ada@uni.test|8"),
        table("Timestamp|Email Address|What is 2/4?", "2026/03/02 10:15:07|ada@uni.test|1/2"),
        table("Date|Email Address|Score", "2026-03-02|ada@uni.test|8 / 10"),
        table("Name|Email|Score", "Ada|ada@uni.test|8 / 10"),
        table("email|Points"),
        Sheet((), (), ()),
    ],
    ids=lambda sheet: " ".join(sheet.columns) or "empty",
)
def test_a_plain_table_stays_as_it_is(sheet: Sheet) -> None:
    """Titles that people write themselves are no evidence of any platform."""
    assert exports.recognise(sheet, "Quiz 1") == Export(name=None, sheet=sheet)


def test_a_roster_with_a_column_of_scores_is_a_plain_table() -> None:
    """What roster() returns is never mistaken for an export."""
    frame = pd.DataFrame(
        {"user_id": ["u1"], "name": ["Ada"], "email": ["a@uni.test"], "roles": ["Learner"], "username": ["ada"]}
    ).assign(score=[8.5])
    sheet = sheets.read(frame)

    assert exports.recognise(sheet) == Export(name=None, sheet=sheet)


# --- what platforms do to files -----------------------------------------------------------------


CANVAS = "Student|ID|SIS User ID|SIS Login ID|Section|Quiz (1)"


def test_canvas_somebody_who_is_called_student_test_has_a_sis_id() -> None:
    """A person of that name gets their grade; Canvas' test student has no SIS id."""
    sheet = table(CANVAS, "Student, Test|5|00123|tstudent|A|8", "Student, Test|9||0f0f|A|3")

    assert exports.recognise(sheet).skipped == {3: "Canvas' test student"}


@pytest.mark.parametrize("first", ["    Points Possible", "    Puntos posibles", "Points Possible", "POINTS POSSIBLE "])
def test_canvas_the_row_of_points_possible_is_found_in_any_language(first: str) -> None:
    """Four spaces and nobody's ids, wherever the row was sorted to; or Canvas' words, where they were trimmed."""
    sheet = table(CANVAS, "Bo|5|007|bo|A|8", f"{first}|||||10", "Al|6|008|al|A|")

    export = exports.recognise(sheet)

    assert (export.sheet.rows, export.maxima) == ((2, 4), {"Quiz (1)": 10.0})


def test_canvas_a_blank_row_for_somebody_with_a_score_is_no_header() -> None:
    """A row without a name and ids, but with a number, stays, for its missing id to be shown."""
    sheet = table(CANVAS, "|||||8", "|||||Manual Posting")

    assert exports.recognise(sheet).sheet.rows == (2,)


@pytest.mark.parametrize(
    ("said", "maximum", "doubt"),
    [
        (["10", "10.0"], {"Quiz (1)": 10.0}, ()),
        (["10", ""], {"Quiz (1)": 10.0}, ()),
        (["10", "12"], {}, ("The maximum of “Quiz (1)” is unknown: the file says “10” and “12”.",)),
        (["ten"], {}, ("The maximum of “Quiz (1)” is unknown: the file says “ten”.",)),
        (["0"], {}, ("The maximum of “Quiz (1)” is unknown: the file says “0”.",)),
        (["-5"], {}, ("The maximum of “Quiz (1)” is unknown: the file says “-5”.",)),
        ([""], {}, ()),
    ],
)
def test_canvas_a_maximum_that_is_in_doubt_is_left_out(
    said: list[str], maximum: dict[str, float], doubt: tuple[str, ...]
) -> None:
    """Two gradebooks pasted below each other, or a word for a number: no maximum is chosen."""
    sheet = table(CANVAS, *(f"    Points Possible|||||{cell}" for cell in said), "Bo|5|007|bo|A|8")

    export = exports.recognise(sheet)

    assert (export.maxima, export.notes[2:]) == (maximum, doubt)


def test_canvas_without_points_possible_the_maxima_are_unknown() -> None:
    """Without the row, totals are known by Canvas' own words for them."""
    sheet = table(f"{CANVAS}|Final Score (2026)", "Bo|5|007|bo|A|8|80")

    export = exports.recognise(sheet)

    assert (export.maxima, export.labels, list(export.unusable)) == (
        {},
        {"Quiz": "Quiz (1)"},
        ["ID", "Final Score (2026)"],
    )


def test_canvas_what_is_read_only_in_any_language_is_not_uploaded() -> None:
    """A column of Canvas' that no list of ours knows is told by the word in brackets below it."""
    sheet = table(f"{CANVAS}|Resultat (2026)", "    Points Possible|||||10|(läs endast)", "Bo|5|007|bo|A|8|40")

    export = exports.recognise(sheet)

    assert (export.labels, export.unusable["Resultat (2026)"]) == ({"Quiz": "Quiz (1)"}, "Canvas marks it as read only")


def test_canvas_an_assignment_may_be_called_final_score() -> None:
    """A column with points possible is an assignment, whatever its title."""
    sheet = table(f"{CANVAS}|Final Score (7)", "    Points Possible|||||10|50", "Bo|5|007|bo|A|8|40")

    assert exports.recognise(sheet).maxima == {"Quiz (1)": 10.0, "Final Score (7)": 50.0}


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [(("8,50", "1,234"), ","), (("8,50", "9.50"), "."), (("8", "9"), "."), (("8.50", "9"), ".")],
)
def test_canvas_decimal_commas_are_read_between_commas_too(cells: tuple[str, ...], decimal: str) -> None:
    """A gradebook in Swedish with comma-separated cells is read as it was meant; a mixed one is not guessed at."""
    sheet = table(CANVAS, *(f"Bo|5|007|bo|A|{cell}" for cell in cells))

    assert exports.recognise(sheet).sheet.decimal == decimal


def test_moodle_is_known_in_languages_that_nobody_listed() -> None:
    """The shape, the addresses and the cells tell: what is in percent, what is words, what is points."""
    sheet = table(
        "Nimi|Aadress|Ülesanne: Essee (Tegelik)|Ülesanne: Essee (Protsent)|Ülesanne: Essee (Sõnad)|Laetud",
        "Ann|ann@kool.test|8,50|85,00 %|Tubli|1772438401",
        "Jaan|jaan@kool.test|-|-||1772438402",
    )

    export = exports.recognise(sheet)

    assert export == Export(
        name="Moodle",
        sheet=replace(sheet, decimal=","),
        keys={"email": "Aadress"},
        labels={
            "Ülesanne: Essee": "Ülesanne: Essee (Tegelik)",
            "Essee": "Ülesanne: Essee (Tegelik)",
        },
        units={"Ülesanne: Essee (Protsent)": "percent"},
        unusable={
            "Ülesanne: Essee (Sõnad)": "it holds neither numbers nor percentages",
            "Laetud": "it says when the file was made",
        },
        notes=(*KNOWN["moodle_german.csv"][1]["notes"], DECIMAL_COMMA),
    )


def test_moodle_feedback_is_known_by_the_other_columns_of_its_word() -> None:
    """Feedback that happens to be a number is no score: elsewhere the same word stands over sentences."""
    sheet = table(
        "Aadress|Test: A (Sõnad)|Test: B (Sõnad)|Test: C (Sõnad)|Laetud",
        "ann@kool.test|10|Tubli töö|9|1772438401",
    )

    assert exports.recognise(sheet).unusable == {
        **dict.fromkeys((f"Test: {name} (Sõnad)" for name in "ABC"), "it holds neither numbers nor percentages"),
        "Laetud": "it says when the file was made",
    }


def test_moodle_a_total_of_a_module_is_a_score() -> None:
    """A quiz may be called “Week 1 total”; what Moodle adds up has no module before its title."""
    sheet = table(
        "Email address|Quiz: Week 1 total (Real)|Week 1 total (Real)|Last downloaded from this course",
        "ann@kool.test|8|20|1772438401",
    )

    export = exports.recognise(sheet)

    assert (export.labels["Week 1 total"], export.unusable["Week 1 total (Real)"]) == (
        "Quiz: Week 1 total (Real)",
        MOODLE_TOTAL,
    )


def test_moodle_percentages_without_their_sign_are_not_believed() -> None:
    """0.85 under “Percentage” was 85 % before a spreadsheet had it: it is sent as neither."""
    sheet = table(
        "Email address|Quiz: A (Percentage)|Last downloaded from this course", "ann@kool.test|0.85|1772438401"
    )

    export = exports.recognise(sheet)

    assert (export.units, export.labels, export.unusable["Quiz: A (Percentage)"]) == (
        {},
        {},
        "it is headed as percentages, and its cells have no percent sign",
    )


def test_moodle_before_words_in_brackets() -> None:
    """Old exports say “Feedback: …” and the bare title; one title in two modules is no label."""
    sheet = table(
        "Email address|Quiz: A|Feedback: A|Assignment: A|Lesson: B|Course total|Last downloaded from this course",
        "ann@kool.test|8|9|7|5|20|1772438401",
    )

    export = exports.recognise(sheet)

    assert (dict(export.labels), list(export.unusable)) == (
        {"Quiz: A": "Quiz: A", "Assignment: A": "Assignment: A", "Lesson: B": "Lesson: B", "B": "Lesson: B"},
        ["Feedback: A", "Course total", "Last downloaded from this course"],
    )


def test_moodle_two_columns_of_addresses_leave_the_key_open() -> None:
    """Which of two addresses is Moodle's is not guessed."""
    sheet = table(
        "E-post|Vanema e-post|Quiz: A (Real)|Last downloaded from this course", "a@k.test|b@k.test|8|1772438401"
    )

    assert exports.recognise(sheet).keys == {}


def test_brightspace_without_marks_and_end_of_line() -> None:
    """Files that somebody has tidied are recognised by MaxPoints, and keep their ids."""
    sheet = table("OrgDefinedId|Quiz Points Grade <Numeric MaxPoints:10>", "000412|8")

    export = exports.recognise(sheet)

    assert (export.sheet, export.keys, export.notes) == (
        sheet,
        {"sourcedid": "OrgDefinedId"},
        ("This is a grades export of Brightspace.",),
    )


def test_blackboard_a_column_twice_with_two_maxima_has_none() -> None:
    """A title that stands twice says nothing for sure, and is no label."""
    sheet = table(
        "Username|Quiz [Total Pts: 10 Score]|Quiz [Total Pts: 12 Score]|Lab [Total Pts: 5 Score]", "ada|8|8|5"
    )

    export = exports.recognise(sheet)

    assert export.labels == {"Lab": "Lab [Total Pts: 5 Score]"}


def test_google_forms_maxima_that_differ_are_each_rows_own() -> None:
    """A quiz whose points were changed between two answers has no one maximum."""
    sheet = table("Zeit|Score", "2026/03/02 10:15:07|8 / 10", "2026/03/02 10:16:07|8 / 12")

    export = exports.recognise(sheet)

    assert (export.maxima, export.units, export.notes[1:]) == (
        {},
        {"Score": "quotient"},
        ("The maximum of “Score” is unknown: the file says “10” and “12”.",),
    )


def test_nbgrader_a_zero_that_was_handed_in_is_a_zero() -> None:
    """Only a zero without a timestamp is nobody's work; points without a timestamp are somebody's."""
    export = recognised("nbgrader.csv", "ps2")

    assert export.skipped == {**dict.fromkeys((2, 3, 4), "another assignment: ps1"), 6: "no submission"}


def test_notes_and_reasons_name_nobody() -> None:
    """What is shown beside a plan, or stands in an error, holds no name, address or login of the file."""
    people = {
        str(cell)
        for file in KNOWN
        for export in [recognised(file, "ps1")]
        for column in ("Student", "Last Name", "Last name", "Nachname", "last_name", *export.keys.values())
        if column in export.sheet.columns
        for cell in export.sheet.column(column)
        if str(cell)
    }
    said = [
        text
        for file in KNOWN
        for export in [recognised(file, "ps1")]
        for text in (*export.notes, *export.unusable.values(), *export.skipped.values())
    ]

    assert len(people) > 30
    assert [person for person in people if any(person in text for text in said)] == []


# --- which column is meant ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "score", "label", "column"),
    [
        ("canvas.csv", "Essay (4102)", "whatever", "Essay (4102)"),
        ("canvas.csv", " Essay ", "whatever", "Essay (4102)"),
        ("canvas.csv", None, "Essay", "Essay (4102)"),
        ("canvas.csv", None, "Quiz 1 (4103)", "Quiz 1 (4103)"),
        ("moodle.csv", "Week 1", "whatever", "Quiz: Week 1 (Real)"),
        ("moodle.csv", "Quiz: Week 1 (Percentage)", "whatever", "Quiz: Week 1 (Percentage)"),
        ("moodle_german.csv", None, "Woche  1", "Test:\xa0Woche\xa01\xa0(Punkte)"),
        ("moodle_german.csv", "Test: Woche 1 (Punkte)", "", "Test:\xa0Woche\xa01\xa0(Punkte)"),
        ("blackboard.xls", None, "Quiz 1", "Quiz 1 [Total Pts: 10 Score] |880003"),
        ("brightspace.csv", "Quiz 1", "whatever", EXTRA_QUIZ),
        ("gradescope_course.csv", None, "Midterm", "Midterm"),
        ("gradescope_assignment.csv", None, "Homework 7", "Total Score"),
        ("gradescope_assignment.csv", "1: Warm-up", "Homework 7", "1: Warm-up (4.0 pts)"),
        ("nbgrader.csv", None, "ps1", "score"),
        ("nbgrader.csv", "raw_score", "ps1", "raw_score"),
        ("google_forms.csv", None, "Planets", "Score"),
        ("google_forms_download.csv", "Warum? [Score]", "Planeten", "Warum? [Score]"),
    ],
)
def test_a_column_is_found_by_what_people_call_it(file: str, score: str | None, label: str, column: str) -> None:
    """The whole title, the assignment's own, the line item's label, or the only scores there are."""
    assert exports.score_column(recognised(file, "ps1"), score, label) == column


def test_nbgrader_finds_the_assignment_that_score_names() -> None:
    """Where the line item is called otherwise, score= names the assignment in the file."""
    export = recognised("nbgrader.csv", "ps2")

    assert exports.score_column(export, "ps2", "Problem set 2") == "score"


@pytest.mark.parametrize(
    ("file", "score", "label", "error", "message"),
    [
        (
            "canvas.csv",
            "Quiz 1",
            "whatever",
            AmbiguousError,
            "“Quiz 1” is more than one column of canvas.csv. Say which with score=: “Quiz 1 (4101)”, “Quiz 1 (4103)”.",
        ),
        (
            "canvas.csv",
            None,
            "Quiz 1",
            AmbiguousError,
            "“Quiz 1” is more than one column of canvas.csv. Say which with score=: “Quiz 1 (4101)”, “Quiz 1 (4103)”.",
        ),
        (
            "canvas.csv",
            "essai",
            "whatever",
            UnknownNameError,
            "canvas.csv has no column of scores “essai”. Did you mean “Essay”? Name it with score=: "
            "“Quiz 1 (4101)”, “Essay (4102)”, “Quiz 1 (4103)”, “Survey (4104)”.",
        ),
        (
            "canvas_swedish.csv",
            None,
            "ID",  # a line item of this label is not the column of ids
            UnknownNameError,
            "canvas_swedish.csv has no column of scores “ID”. Name it with score=: “Labb 1 (771)”, “Tentamen (772)”.",
        ),
        (
            "canvas_swedish.csv",
            "Current Score (2026)",
            "whatever",
            UsageError,
            "Column “Current Score (2026)” of canvas_swedish.csv (Canvas) must not be uploaded: it is a total that "
            "Canvas calculates. Name another with score=: “Labb 1 (771)”, “Tentamen (772)”.",
        ),
        (
            "canvas_swedish.csv",
            "SIS User ID",
            "whatever",
            UsageError,
            "Column “SIS User ID” of canvas_swedish.csv (Canvas) must not be uploaded: it says whose row it is. "
            "Name another with score=: “Labb 1 (771)”, “Tentamen (772)”.",
        ),
        (
            "blackboard.csv",
            "Feedback to Learner",
            "whatever",
            UsageError,
            "Column “Feedback to Learner” of blackboard.csv (Blackboard) must not be uploaded: it belongs to the "
            "feedback. Name another with score=: “Quiz 1 [Total Pts: 10 Score] |880003”, “Old test [Total Pts: 40] "
            "|1742451”.",
        ),
        (
            "brightspace.csv",
            None,
            "Extra",
            UsageError,
            "Column “Extra Points Grade <Calculated MaxPoints:17.5>” of brightspace.csv (Brightspace) must not be "
            f"uploaded: it is a total that Brightspace calculates. Name another with score=: “{EXTRA_QUIZ}”, “Lab "
            "Points Grade <Numeric MaxPoints:7.5>”.",
        ),
        (
            "gradescope_course.csv",
            None,
            "Final exam",
            UnknownNameError,
            "gradescope_course.csv has no column of scores “Final exam”. Name it with score=: “A1”, “Midterm”.",
        ),
    ],
)
def test_a_column_that_cannot_be_meant_is_refused(
    file: str, score: str | None, label: str, error: type[UsageError], message: str
) -> None:
    """The refusal says why, and what to write."""
    with pytest.raises(error) as refusal:
        exports.score_column(recognised(file), score, label)

    assert (type(refusal.value), str(refusal.value)) == (error, message)


@pytest.mark.parametrize(
    ("asked", "score", "why"),
    [
        (None, None, "the file holds several assignments"),
        ("Problem set 1", None, "none of its assignments is called “Problem set 1”"),
        ("ps3", "ps3", "none of its assignments is called “ps3”"),
        ("ps3", "score", "none of its assignments is called “ps3”"),
    ],
)
def test_nbgrader_never_takes_one_assignment_for_another(asked: str | None, score: str | None, why: str) -> None:
    """A label that is in no row of the file is refused, with the names that are."""
    export = recognised("nbgrader.csv", asked)

    with pytest.raises(UsageError) as refusal:
        exports.score_column(export, score, "Problem set 1")

    assert str(refusal.value) == (
        f'Column “score” of nbgrader.csv (nbgrader) must not be uploaded: {why}; use score="ps1" or score="ps2".'
    )


def test_nbgrader_a_file_of_one_assignment_needs_no_label() -> None:
    """Without a label, the only assignment is meant; another label is refused all the same."""
    header = "assignment|duedate|timestamp|student_id|raw_score|late_submission_penalty|score|max_score"
    sheet = table(header, "ps1||2026-02-02 15:58:23|ada|7.5|0.0|7.5|9.0")

    assert exports.score_column(exports.recognise(sheet), None, "") == "score"
    with pytest.raises(UsageError, match=r"none of its assignments is called “Quiz”; use score=\"ps1\""):
        exports.score_column(exports.recognise(sheet, "Quiz"), None, "Quiz")


def test_a_plain_table_needs_score() -> None:
    """A column of a plain table is never chosen, not even one that is called like the line item."""
    export = exports.recognise(table("email|Quiz 1|Notes", "a@uni.test|8|"))

    with pytest.raises(UsageError, match=r"Name it with score=. Its columns: “email”, “Quiz 1”, “Notes”"):
        exports.score_column(export, None, "Quiz 1")
    with pytest.raises(UnknownNameError, match=r"no column of scores “quiz 1”. Did you mean “Quiz 1”?"):
        exports.score_column(export, "quiz 1", "Quiz 1")
    assert exports.score_column(export, " Quiz  1", "whatever") == "Quiz 1"


def test_a_title_that_stands_twice_is_refused() -> None:
    """Nobody can tell which of two columns of the same title is meant."""
    export = exports.recognise(table("email|Quiz|Quiz", "a@uni.test|8|9"))

    with pytest.raises(AmbiguousError, match=r"has 2 columns “Quiz”. Rename all but one"):
        exports.score_column(export, "Quiz", "Quiz")


# --- which column names people ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "key", "match", "column"),
    [
        ("canvas.csv", None, "sourcedid", "SIS User ID"),
        ("canvas.csv", "Section", "sourcedid", "Section"),
        ("moodle_german.csv", None, "email", "E-Mail-Adresse"),
        ("nbgrader.csv", None, "username", "student_id"),
    ],
)
def test_the_key_is_known_from_the_kind(file: str, key: str | None, match: str, column: str) -> None:
    """What the caller names wins; else the column where this platform writes what is matched by."""
    assert exports.key_column(recognised(file), key, match) == column


@pytest.mark.parametrize(
    ("header", "column"),
    [("E-Mail|Email|x", "Email"), ("email|Email|x", "email"), ("EMAIL|Email|x", "email"), ("Address|y|x", "email")],
)
def test_the_key_of_a_plain_table_is_the_column_of_that_name(header: str, column: str) -> None:
    """In whichever case, if only one fits; else the name itself, for the sheet to say what it has."""
    assert exports.key_column(exports.recognise(table(header, "||")), None, "email") == column


def test_a_kind_without_the_key_says_which_it_has() -> None:
    """Canvas writes names family name first: they are not the roster's, and nobody is matched by them."""
    with pytest.raises(UnknownNameError) as refusal:
        exports.key_column(recognised("canvas.csv"), None, "name")

    assert str(refusal.value) == (
        'canvas.csv (Canvas) holds no name as the roster has it. Use match="sourcedid" or match="username", '
        "or name the column that holds it with key=."
    )
