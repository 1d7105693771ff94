"""Many courses from one that was launched."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from openpyxl import Workbook
from pandas.testing import assert_frame_equal
from scripted import HOST, Reply, Script, Seen, grant, person, says, text

import ltix_data as ltix
from ltix_data import errors, frames, registration, spec
from ltix_data.courses import KnownCourse
from ltix_data.keys import SigningKey

SCOPES = (spec.SCOPE_LINE_ITEM, spec.SCOPE_SCORE)
ALONE = "SEM12"
KEY = SigningKey.generate()


def only(practice, *names: str):
    """Return the session of a practice platform that was launched from *names* alone."""
    for name in {"SEM12", "BIO101", "MED3000"}.difference(names):
        practice.session.forget_course(name)
    return practice.session


# --- On practice platforms ------------------------------------------------------------------------


@pytest.mark.parametrize("like", ["strict", "canvas", "moodle", "sakai", "blackboard"])
def test_one_captured_course_and_a_list_of_ids_make_the_others_known(make_practice, like):
    practice = make_practice(like=like)
    whole = practice.session.courses().set_index("name")
    session = only(practice, ALONE)

    added = session.add_courses(ALONE, ["BIO101", "MED3000"])

    known = session.courses().set_index("name")
    shape = ["label", "title", "context_id", "memberships_url", "lineitems_url", "scopes"]
    assert added["added"].all()
    assert_frame_equal(known[shape], whole[shape])
    assert known.loc["BIO101", ["lineitem_url", "resource_link_id"]].isna().all()
    assert len(session.course("BIO101").roster()) > 300


def test_two_captured_courses_settle_what_one_leaves_open():
    script = platform_of("/u/u1/course/{}/members", "c3")
    script.registration.remember(at("c1", "/u/u1/course/{}/members"))
    with pytest.raises(errors.AmbiguousError, match="“u1”, “c1”"):
        session_of(script).add_courses("c1", ["c3"])
    script.registration.remember(at("c2", "/u/u1/course/{}/members"))

    added = session_of(script).add_courses("c1", ["c3"])

    assert added["added"].tolist() == [True]


def test_the_user_settles_it_too():
    script = platform_of("/u/u1/course/{}/members", "c3")
    script.registration.remember(at("c1", "/u/u1/course/{}/members"))

    added = session_of(script).add_courses("c1", ["c3"], was="c1")

    assert added["added"].tolist() == [True]


def test_each_course_is_read_once_with_one_token_and_by_one_member(make_practice):
    practice = make_practice(like="moodle")
    session = only(practice, ALONE)
    practice.requests.clear()

    session.add_courses(ALONE, ["BIO101", "MED3000", "NOPE"])

    paths = [f"/courses/{name}/memberships" for name in ("BIO101", "MED3000", "NOPE")]
    assert practice.requests[0] == ("POST", "/token")
    assert sorted(practice.requests[1:]) == sorted(("GET", path) for path in paths)


def test_what_came_of_each_id_is_one_row(practice):
    session = only(practice, ALONE)

    added = session.add_courses(ALONE, {"BIO101": "Bio", "NOPE": "Nope", "SEM12": None, "../x": None, "MED3000": None})

    told = added[["id", "name", "context_id", "label", "title", "added"]].astype(object).fillna("-")
    assert told.values.tolist() == [
        ["BIO101", "Bio", "af6e21977b6ae98e", "BIO101", "Introduction to Cell Biology", True],
        ["NOPE", "Nope", "-", "-", "-", False],
        ["SEM12", "-", "-", "-", "-", False],
        ["../x", "-", "-", "-", "-", False],
        ["MED3000", "MED3000", "8f8453ea49d419e3", "MED3000", "Medicine for the First Year", True],
    ]
    assert added["reason"].isna().tolist() == [True, False, False, False, True]
    assert added["reason"][1] == "The platform knows no such course, or the tool is not in it."
    assert session.courses()["name"].tolist() == ["SEM12", "Bio", "MED3000"]


def test_a_list_of_none_has_the_same_columns_and_types(practice):
    session = only(practice, ALONE)
    practice.requests.clear()

    none = session.add_courses(ALONE, [])

    assert_frame_equal(none, frames.added_courses([]))
    assert none.dtypes.equals(session.add_courses(ALONE, ["BIO101"]).dtypes)
    assert list(none) == ["id", "name", "context_id", "label", "title", "added", "reason"]


def test_a_course_that_is_known_already_is_updated_and_not_doubled(practice):
    session = only(practice, ALONE)
    practice.registration.remember(KnownCourse("my bio", context_id="af6e21977b6ae98e", label="old"))

    added = session.add_courses(ALONE, {"BIO101": "another name"})

    assert added[["name", "added"]].values.tolist() == [["my bio", True]]
    assert session.courses().loc[1, ["name", "label"]].tolist() == ["my bio", "BIO101"]
    assert len(session.courses()) == 2


def test_adding_twice_adds_once(practice):
    session = only(practice, ALONE)

    for _ in range(2):
        session.add_courses(ALONE, ["BIO101"])

    assert session.courses()["name"].tolist() == ["SEM12", "BIO101"]


def test_they_are_stored_with_the_registration(practice, signing_key):
    known = practice.registration.courses[0]
    stored = registration.register(
        "uni",
        issuer=practice.registration.issuer,
        client_id=practice.registration.client_id,
        token_url=practice.registration.token_url,
        private_key=signing_key,
        store="none",
    )
    stored.remember(known)

    ltix.connect(stored, http=practice.http).add_courses(ALONE, ["BIO101", "MED3000"])

    assert [course.name for course in registration.load("uni").courses] == ["SEM12", "BIO101", "MED3000"]


def test_the_same_id_twice_is_read_and_added_once(practice):
    session = only(practice, ALONE)

    added = session.add_courses(ALONE, ["BIO101", " BIO101 "])

    assert added["added"].tolist() == [True, False]
    assert added["reason"][1] == "This id is given above already."


def test_without_a_token_no_course_is_to_blame(make_practice):
    session = only(make_practice(audience="https://somebody.else"), ALONE)

    with pytest.raises(errors.TokenError):
        session.add_courses(ALONE, ["BIO101"])


def test_without_the_scope_to_read_with_it_is_said_once(make_practice):
    session = only(make_practice(granted_scopes=(spec.SCOPE_LINE_ITEM,)), ALONE)

    with pytest.raises(errors.ScopeError):
        session.add_courses(ALONE, ["BIO101"])
    assert len(session.courses()) == 1


# --- Sheets ---------------------------------------------------------------------------------------


def numbered(*ids: str) -> Script:
    """Return a platform that has the courses *ids*, and a course “1” that was launched."""
    script = platform_of("/c/{}/members", *ids)
    script.registration.remember(at("1", "/c/{}/members"))
    return script


def platform_of(path: str, *ids: str) -> Script:
    """Return a platform that has a roster at *path* for each of *ids*, and no course that was launched."""
    script = Script(KEY)
    for known in ids:
        script.on(path.format(known), says(roster(known)))
    return script


def at(known: str, path: str, *, context: str | None = None) -> KnownCourse:
    """Return the course *known* as a launch describes it."""
    return KnownCourse(
        known, context_id=context or f"ctx-{known}", memberships_url=HOST + path.format(known), scopes=SCOPES
    )


def roster(known: str, *people: object, **context: object) -> dict[str, object]:
    told = {"id": f"ctx-{known}", "label": f"L{known}", "title": f"Course {known}"} | context
    shown = {key: value for key, value in told.items() if value is not None}
    return {"id": "x", "context": shown, "members": list(people) or [person()]}


def session_of(script: Script) -> ltix.Session:
    return ltix.connect(script.registration, http=script.http())


def test_ids_in_a_csv_keep_their_zeros_and_digits(tmp_path):
    script = numbered("00123", "9007199254740993", "7")
    path = tmp_path / "courses.csv"
    path.write_text("Term;Course ID;Name;Title\nA;00123;;\nA;9007199254740993;Physics;\nA;;No id;\nA;7;;Mine\n")

    added = session_of(script).add_courses("1", path=path)

    assert added["id"].fillna("-").tolist() == ["00123", "9007199254740993", "-", "7"]
    assert added["name"].tolist() == ["L00123", "Physics", "No id", "L7"]
    assert added["added"].tolist() == [True, True, False, True]
    assert added["reason"][2] == "There is no id."
    assert "Not read: “Term”." in added.attrs["notes"]
    assert "The ids are those of the column “Course ID”." in added.attrs["notes"]


def test_ids_in_a_workbook_are_read_as_they_show(tmp_path):
    book = Workbook()
    for row in (["id", "name"], ["00123", "Kept"], [7, "Seven"], [1.23456789012345e15, "Rounded"]):
        book.active.append(row)
    book.save(tmp_path / "courses.xlsx")

    added = session_of(numbered("00123", "7")).add_courses("1", path=tmp_path / "courses.xlsx")

    assert added["id"].fillna("-").tolist() == ["00123", "7", "-"]
    assert added["added"].tolist() == [True, True, False]
    assert "rounded this id" in added["reason"][2]


@pytest.mark.parametrize(
    ("columns", "used"),
    [
        (["canvas_course_id", "course_id", "short_name"], "canvas_course_id"),
        (["Context-ID", "x"], "Context-ID"),
        (["course_id", "id"], "id"),
        (["ORG UNIT ID"], "ORG UNIT ID"),
    ],
)
def test_the_column_of_ids_is_known_by_its_name(columns, used):
    sheet = pd.DataFrame({column: ["7" if column == used else "?"] for column in columns})

    added = session_of(numbered("7")).add_courses("1", path=sheet)

    assert added["id"].tolist() == ["7"]
    assert added["added"].all()


def test_a_sheet_without_a_column_of_ids_says_which_were_looked_for():
    with pytest.raises(errors.UsageError, match=r"no column of course ids.*id, course_id, context_id"):
        session_of(numbered()).add_courses("1", path=pd.DataFrame({"number": ["7"]}))


def test_what_the_platform_does_not_say_the_sheet_does():
    script = numbered()
    script.on("/c/7/members", says(roster("7", label=None, title=None)))
    sheet = pd.DataFrame({"id": ["7"], "label": ["PHY"], "title": ["Physics"]})

    added = session_of(script).add_courses("1", path=sheet)

    assert added[["name", "label", "title"]].values.tolist() == [["PHY", "PHY", "Physics"]]


@pytest.mark.parametrize("lists", [{}, {"ids": ["7"], "path": "x.csv"}, {"ids": 7}, {"ids": b"7"}])
def test_what_is_no_list_is_refused(lists):
    with pytest.raises(errors.UsageError, match="ids"):
        session_of(numbered()).add_courses("1", **lists)


def test_one_id_as_text_is_one_id():
    assert session_of(numbered("71")).add_courses("1", "71")["id"].tolist() == ["71"]


# --- Answers that prove nothing -------------------------------------------------------------------

REFUSALS = {
    "404": (Reply(404), "knows no such course"),
    "410": (Reply(410), "knows no such course"),
    "403": (Reply(403), "does not let this tool into it"),
    "401": (Reply(401), "does not let this tool into it"),
    "500": (Reply(500), "status 500"),
    "a web page": (text("<html>Log in</html>"), "lms.example.edu"),
    "an empty body": (Reply(200), "roster is empty"),
    "nobody": (says(roster("7") | {"members": []}), "roster is empty"),
    "no members": (says({"context": {"id": "ctx-7"}}), "no roster of a course"),
    "no context": (says({"members": [person()]}), "no roster of a course"),
    "no context id": (says(roster("7", id=None)), "does not say which course"),
    "a list": (says([1]), "not a JSON object"),
    "an id that is no text": (says(roster("7", id=["x"])), "is not text"),
    "the captured course": (says(roster("1")), "another course, “1”"),
    "a course that is known": (says(roster("2")), "another course, “two”"),
}


@pytest.mark.parametrize(("answer", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_nothing_is_stored_of_a_course_that_did_not_prove_itself(answer, reason):
    script = numbered("8")
    script.on("/c/7/members", answer)
    script.registration.remember(KnownCourse("two", context_id="ctx-2", memberships_url=f"{HOST}/c/2/members"))

    added = session_of(script).add_courses("1", ["7", "8"])

    assert added["added"].tolist() == [False, True]
    assert reason in added["reason"][0]
    assert [course.name for course in script.registration.courses] == ["1", "two", "L8"]


def test_a_platform_that_ignores_the_id_adds_nothing():
    script = numbered()
    for known in ("7", "8"):
        script.on(f"/c/{known}/members", says(roster("5")))

    added = session_of(script).add_courses("1", ["7", "8"])

    assert added["reason"].tolist() == ["The platform gave the same course for another id too."] * 2
    assert len(script.registration.courses) == 1


def test_that_is_noticed_also_where_the_captured_course_was_added_by_hand():
    """Nobody said its context id: its own roster does."""
    script = platform_of("/c/{}/members", "1")
    script.registration.remember(KnownCourse("mine", memberships_url=f"{HOST}/c/1/members"))
    script.on("/c/7/members", says(roster("1")))

    added = session_of(script).add_courses("mine", ["7"])

    assert added["reason"].tolist() == ["The platform gave another course, “mine”."]


def test_where_the_id_is_the_context_id_the_answer_must_bear_it():
    """Moodle takes “043” for course 43."""
    script = platform_of("/c/{}/members")
    script.registration.remember(at("42", "/c/{}/members", context="42"))
    script.on("/c/043/members", says(roster("43", id="43")))
    script.on("/c/44/members", says(roster("44", id="44")))

    added = session_of(script).add_courses("42", ["043", "44"])

    assert added["reason"].fillna("").tolist() == ["The platform gave another course.", ""]
    assert added["context_id"].fillna("").tolist() == ["", "44"]


def test_without_a_roster_the_line_items_are_read_as_they_are():
    """Moodle answers 404 to a limit, and a tool that was never launched there has no line items."""
    script = platform_of("/x")
    captured = KnownCourse("42", context_id="42", lineitems_url=f"{HOST}/c/42/items?type_id=7", scopes=SCOPES)
    script.registration.remember(captured)
    script.on("/c/43/items", says([]))

    added = session_of(script).add_courses("42", {"43": "Che", "44": "Phy"})

    assert added["added"].tolist() == [True, False]
    assert f"GET {HOST}/c/43/items?type_id=7" in script.asked
    assert script.registration.courses[1] == KnownCourse(
        "Che", context_id="43", lineitems_url=f"{HOST}/c/43/items?type_id=7", scopes=SCOPES
    )


def test_line_items_that_are_no_list_prove_nothing():
    script = platform_of("/x")
    script.registration.remember(KnownCourse("42", lineitems_url=f"{HOST}/c/42/items", scopes=SCOPES))
    script.on("/c/43/items", says({"error": "x"}))

    assert session_of(script).add_courses("42", ["43"])["added"].tolist() == [False]


def test_unverified_courses_are_kept_only_on_request_and_it_is_said():
    script = numbered()

    added = session_of(script).add_courses("1", {"7": "Seven", "../8": None}, verify=False)

    assert script.seen == []
    assert added["added"].tolist() == [True, False]
    assert "not verified" in added.attrs["notes"][-1]
    assert script.registration.courses[1] == KnownCourse("Seven", memberships_url=f"{HOST}/c/7/members", scopes=SCOPES)


def test_a_launch_later_names_a_course_that_was_added_unverified():
    script = numbered()
    session_of(script).add_courses("1", {"7": "Seven"}, verify=False)

    captured = script.registration.capture(at("7", "/c/{}/members"))

    assert (captured.course.name, captured.course.context_id) == ("Seven", "ctx-7")


def test_two_courses_of_one_label_get_names_of_their_own():
    script = numbered("7", "8")
    script.on("/c/8/members", says(roster("8", label="L7")))

    added = session_of(script).add_courses("1", ["7", "8"])

    assert added["name"].tolist() == ["L7", "L7 (ctx-8)"]


# --- Hostile ids ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile", ["..", "../../admin", "1?x=", "1#", "%2e%2e", "1\r\nX: y", "\ud800", "1;x", 1.5, True]
)
def test_an_id_that_could_lead_elsewhere_is_never_sent(hostile):
    script = numbered()

    added = session_of(script).add_courses("1", [hostile])

    assert added["added"].tolist() == [False]
    assert added["reason"].notna().all()
    assert script.service_requests == []


def test_the_token_goes_to_the_platforms_host_alone():
    script = numbered("7")

    session_of(script).add_courses("1", ["7", "@evil.example", "evil.example:443", "x@evil.example"])

    assert {seen.url.split("/")[2] for seen in script.seen} == {"lms.example.edu"}


def test_many_are_read_at_once_and_come_in_their_order():
    ids = [str(number) for number in range(100, 160)]
    script = numbered(*ids)

    added = session_of(script).add_courses("1", ids)

    assert added["id"].tolist() == ids
    assert added["name"].tolist() == [f"L{known}" for known in ids]
    assert len(script.token_requests) == 1


def test_an_unknown_course_to_be_like_is_suggested():
    with pytest.raises(errors.UnknownNameError):
        session_of(numbered()).add_courses("BIO", ["7"])


def test_a_dead_token_is_renewed_on_the_way():
    """Open edX and Sakai answer 403 for it."""
    script = numbered()
    script.on("/token", grant(access_token="old"), grant(access_token="new"))

    def answer(seen: Seen) -> Reply:
        known = seen.url.split("/")[4]
        return Reply(401) if "old" in json.dumps(seen.headers) else says(roster(known))

    for known in ("7", "8", "9"):
        script.on(f"/c/{known}/members", answer)

    assert session_of(script).add_courses("1", ["7", "8", "9"])["added"].all()
