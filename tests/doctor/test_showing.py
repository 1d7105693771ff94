"""How an examination shows itself: the worst first, what to do last, many alike in one line."""

from __future__ import annotations

from ltix_data.doctor.findings import ADMINISTRATOR, YOU, Examination, Finding, ok, skipped

FOUND = [
    ok("key", "uni", "Is there."),
    Finding("token", "uni", "problem", "It is refused.", ADMINISTRATOR, "Activate the tool."),
    skipped("roster", "BIO101", "There is no token."),
    Finding("clock", "lms", "warning", "It is 9 s behind.", YOU, "Set the clock."),
]


def test_the_worst_comes_first_and_what_to_do_comes_last():
    assert repr(Examination("uni", FOUND)).splitlines() == [
        "uni: 1 problem, 1 warning; 1 well, 1 not checked.",
        "",
        "Problems",
        "  token  uni  It is refused.",
        "",
        "Warnings",
        "  clock  lms  It is 9 s behind.",
        "",
        "Well",
        "  key  uni  Is there.",
        "",
        "Not checked",
        "  roster  BIO101  There is no token.",
        "",
        "To mend it",
        "  the platform's administrator",
        "    Activate the tool. (token of uni)",
        "  you",
        "    Set the clock. (clock of lms)",
    ]


def test_many_courses_that_are_alike_take_one_line():
    found = [ok("roster", f"C{n}", f"{n} members.") for n in range(40)]
    found += [Finding("names", f"C{n}", "warning", "No names.", ADMINISTRATOR, "Share them.") for n in range(40)]

    text = repr(Examination("uni", found))

    assert "  roster  40 courses  all of them well" in text
    assert "  names  40 courses  No names." in text
    assert "Share them. (names of C0, names of C1, names of C2 and 37 more)" in text


def test_in_a_notebook_what_a_platform_called_a_course_is_no_markup():
    html = Examination("uni", [ok("roster", "<script>x</script>", "1 member.")])._repr_html_()

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_the_verdict_is_the_worst_there_is():
    assert [Examination("uni", part).verdict for part in ([], FOUND[:1], FOUND[3:], FOUND)] == [
        "ok",
        "ok",
        "warning",
        "problem",
    ]
