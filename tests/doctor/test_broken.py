"""Each thing broken on purpose, one at a time: the cause, who must mend it, and that the other checks still ran."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import httpx
import pytest
from keyring_backends import MemoryKeyring, installed
from keyring_backends import key as another_key

import ltix_data as ltix
from ltix_data import doctor, registry, spec
from ltix_data.courses import KnownCourse
from ltix_data.sandbox.claims import service_claims

from .conftest import BASE, bad, rows, verdicts

YOU, ADMINISTRATOR, TEACHER = "you", "the platform's administrator", "the teacher"
VENDOR, NETWORK, NOBODY = "the platform's vendor", "your network's administrator", "nobody"
COURSE_CHECKS = {"roster", "names", "line items", "results", "scores", "own column"}


def answers(path: str, response: httpx.Response | Exception, method: str | None = None):
    """Return what answers requests whose path ends so."""

    def meet(request: httpx.Request):
        fits = request.url.path.endswith(path) and method in (None, request.method)
        return response if fits else None

    return meet


# --- The registration itself ------------------------------------------------------------------------


def test_a_damaged_file_is_the_one_problem_and_all_else_is_skipped(patient):
    folder = registry.data_dir() / "registrations"
    folder.mkdir(parents=True)
    (folder / "uni.json").write_text("{")

    found = doctor.examine("uni")

    assert bad(found) == {("registration", "uni"): ("problem", YOU)}
    assert set(verdicts(found).values()) == {"problem", "skipped"}


def test_a_canvas_token_url_with_a_final_slash_is_named(patient):
    patient.facts |= {"platform": "Canvas", "token_url": f"{BASE}/login/oauth2/token/"}

    found = rows(patient.examine())["addresses", "token_url"]

    assert (found.verdict, found.who) == ("problem", YOU)
    assert "ends with “/”" in found.message


def test_an_address_unlike_the_platforms_is_a_warning_that_shows_the_usual_one(patient):
    patient.facts |= {"auth_url": f"{BASE}/elsewhere"}

    found = rows(patient.examine())["addresses", "auth_url"]

    assert (found.verdict, found.who, found.hint) == ("warning", YOU, f"Usual is {BASE}/auth.")


def test_the_wrong_audience_is_the_cause_of_a_refused_token(patient):
    """Practice, as Brightspace, wants another; ours was set by hand."""
    patient.facts["audience"] = "https://wrong.example/token"

    found = patient.examine()

    assert rows(found)["token", "practice"].who == YOU
    assert "audience" in rows(found)["token", "practice"].message
    assert {check: verdicts(found)[check] for check in ("network", "clock", "platform keys")} == {
        "network": "ok",
        "clock": "ok",
        "platform keys": "ok",
    }


def test_an_audience_that_only_the_platform_knows_is_among_the_causes(make_patient):
    found = rows(make_patient(audience="https://other.example").examine())["token", "practice"]

    assert (found.verdict, found.who) == ("problem", ADMINISTRATOR)
    assert "audience" in found.message


# --- The key ----------------------------------------------------------------------------------------


def test_a_key_the_platform_does_not_have_is_its_administrators_to_take(patient):
    patient.facts["private_key"] = another_key(1)

    found = patient.examine()

    row = rows(found)["token", "practice"]
    assert (row.verdict, row.who) == ("problem", ADMINISTRATOR)
    assert "does not have this key" in row.message
    assert "public key" in row.hint
    assert {verdicts(found)[check] for check in COURSE_CHECKS} == {"skipped"}
    assert {verdicts(found)[check] for check in ("key", "network", "clock", "platform keys", "courses")} == {"ok"}


@pytest.mark.parametrize("like", ["moodle", "canvas", "openedx", "sakai", "blackboard", "brightspace"])
def test_a_wrong_key_is_told_on_every_platform(make_patient, like):
    patient = make_patient(like=like)
    patient.facts["private_key"] = another_key(1)

    row = rows(patient.examine())["token", "practice"]

    assert (row.verdict, row.who) == ("problem", ADMINISTRATOR)


def test_a_key_set_that_moodle_cannot_read_is_told_from_its_404(make_patient):
    patient = make_patient(like="moodle")
    patient.facts["platform"] = "Moodle"
    patient.tool.jwks, patient.tool.jwks_uri = None, "http://127.0.0.1:9/jwks"

    row = rows(patient.examine())["token", "practice"]

    assert (row.verdict, row.who) == ("problem", ADMINISTRATOR)
    assert "key set" in row.message


def test_a_key_that_is_nowhere_is_yours_and_the_platform_is_looked_at_all_the_same(patient):
    del patient.facts["private_key"]

    found = patient.examine()

    assert (rows(found)["key", "practice"].verdict, rows(found)["key", "practice"].who) == ("problem", YOU)
    assert verdicts(found)["token"] == "skipped"
    assert {verdicts(found)[check] for check in ("network", "clock", "platform keys")} == {"ok"}
    assert ("POST", "/token") not in patient.requests


def test_a_keyring_that_waits_for_somebody_does_not_hold_up_the_examination(patient, monkeypatch):
    """It may wait for a prompt that nobody sees."""
    monkeypatch.setenv("LTIX_KEYRING_TIMEOUT", "0.05")
    facts = {key: value for key, value in patient.facts.items() if key not in ("name", "private_key")}
    released = threading.Event()

    class Waiting(MemoryKeyring):
        priority = 5

        def get_password(self, service: str, username: str) -> str | None:
            released.wait(20)
            return None

    with installed(MemoryKeyring(priority=5)):
        ltix.register("uni", **facts, private_key=patient.key)
    with installed(Waiting(priority=5)):
        found = patient.examine(registration=ltix.registration.load("uni"), courses=None)
        released.set()

    row = rows(found)["key", "uni"]
    assert (row.verdict, row.who) == ("problem", YOU)
    assert {verdicts(found)[check] for check in ("published keys", "token")} == {"skipped"}
    assert verdicts(found)["network"] == "ok"


def test_a_key_that_is_not_the_registered_one_is_yours_to_change(patient, monkeypatch):
    facts = {key: value for key, value in patient.facts.items() if key not in ("name", "private_key")}
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", patient.key.private_pem())
    ltix.register("uni", **facts, store="none")
    monkeypatch.setenv("LTIX_DATA_KEY_UNI", another_key(1).private_pem())

    found = patient.examine(registration=ltix.registration.load("uni"), courses=None)

    row = rows(found)["key", "uni"]
    assert (row.verdict, row.who) == ("problem", YOU)
    assert "not the one registered" in row.message


def test_a_second_published_key_is_a_warning_until_it_is_retired(patient):
    facts = {key: value for key, value in patient.facts.items() if key not in ("name", "private_key")}
    with installed(MemoryKeyring(priority=5)):
        registered = ltix.register("uni", **facts, private_key=patient.key)
        registered.rotate_key(private_key=another_key(1))

        found = patient.examine(registration=registered, courses=None)

    row = rows(found)["published keys", "uni"]
    assert (row.verdict, row.who) == ("warning", YOU)
    assert patient.key.kid in row.hint
    assert "keyring_backends.MemoryKeyring" in rows(found)["key", "uni"].message


# --- The network and the clock ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "who", "words"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), NETWORK, "cannot be reached"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), YOU, "No host is called"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), NETWORK, "certificate"),
        (httpx.ConnectTimeout("timed out"), NETWORK, "cannot be reached"),
    ],
)
def test_a_host_that_is_not_there_is_told_once_with_its_cause(patient, error, who, words):
    patient.meet = lambda request: error

    found = patient.examine()

    row = rows(found)["network", "practice.example"]
    assert (row.verdict, row.who) == ("problem", who)
    assert words in row.message
    assert {verdicts(found)[check] for check in ("clock", "token", *COURSE_CHECKS)} == {"skipped"}
    assert {verdicts(found)[check] for check in ("key", "addresses", "launch address")} == {"ok"}


@pytest.mark.parametrize(("off", "verdict"), [(90, "problem"), (-90, "problem"), (20, "warning"), (3, "ok")])
def test_a_clock_that_is_off_is_yours_to_set_and_all_else_goes_on(patient, off, verdict):
    found = patient.examine(now=lambda: time.time() + off)

    row = rows(found)["clock", "practice.example"]
    assert row.verdict == verdict
    assert verdict == "ok" or (row.who == YOU and f"{abs(off)} s {'ahead' if off > 0 else 'behind'}" in row.message)
    assert {verdicts(found)[check] for check in ("token", *COURSE_CHECKS)} == {"ok"}


def test_a_clock_days_off_is_the_cause_of_the_refused_token(patient):
    found = patient.examine(now=lambda: time.time() + 3 * 86_400)

    row = rows(found)["token", "practice"]
    assert (row.verdict, row.who) == ("problem", YOU)
    assert "clock" in row.message


def test_a_platform_that_does_not_tell_its_time_is_not_called_well(patient):
    patient.meet = answers("/token", httpx.Response(405), "GET")

    assert verdicts(patient.examine())["clock"] == "skipped"


def test_maintenance_is_nobodys_to_mend(make_patient):
    patient = make_patient(like="moodle")
    patient.platform.under_maintenance = True

    found = patient.examine()

    row = rows(found)["token", "practice"]
    assert (row.verdict, row.who) == ("problem", NOBODY)
    assert "maintenance" in row.message
    assert verdicts(found)["platform keys"] == "ok"


# --- Tokens and scopes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "who", "words"),
    [
        (httpx.Response(401, json={"error": "unauthorized_client"}), ADMINISTRATOR, "does not let it ask"),
        (httpx.Response(400, json={"error": "unsupported_grant_type"}), YOU, "another kind of token"),
        (httpx.Response(404), YOU, "no token endpoint"),
        (httpx.Response(500), ADMINISTRATOR, "fails"),
        (httpx.Response(429), NOBODY, "busy"),
        (httpx.Response(200, html="<html>Log in</html>"), YOU, "no token endpoint"),
        (httpx.Response(403, text="no"), ADMINISTRATOR, "does not say why"),
    ],
)
def test_a_refused_token_is_explained(patient, answer, who, words):
    patient.meet = answers("/token", answer, "POST")

    found = patient.examine()

    row = rows(found)["token", "practice"]
    assert (row.verdict, row.who) == ("problem", who)
    assert words in row.message
    assert verdicts(found)["scope"] == "skipped"


@pytest.mark.parametrize(
    ("lost", "want", "skipped"),
    [
        (spec.SCOPE_MEMBERSHIPS, "rosters", {"roster", "names"}),
        (spec.SCOPE_RESULT_READONLY, "results", {"results"}),
        (spec.SCOPE_SCORE, "scores", {"scores"}),
    ],
)
@pytest.mark.parametrize("like", ["strict", "moodle", "sakai", "openedx"])
def test_a_scope_that_was_revoked_is_the_administrators_to_allow(make_patient, like, lost, want, skipped):
    patient = make_patient(like=like, granted_scopes=tuple(scope for scope in spec.ALL_SCOPES if scope != lost))

    found = patient.examine()

    assert bad(found) == {("scope", want): ("problem", ADMINISTRATOR)}
    assert patient.tool.client_id in rows(found)["scope", want].hint
    assert {check for check, verdict in verdicts(found).items() if verdict == "skipped"} == skipped


def test_a_tool_that_may_only_read_line_items_is_well(make_patient):
    allowed = tuple(scope for scope in spec.ALL_SCOPES if scope != spec.SCOPE_LINE_ITEM)

    found = make_patient(granted_scopes=allowed).examine()

    assert "reading alone" in rows(found)["scope", "line items"].message
    assert found.verdict == "ok"


def test_no_scope_at_all_is_the_administrators_to_enable(make_patient):
    found = make_patient(granted_scopes=()).examine()

    row = rows(found)["token", "practice"]
    assert (row.verdict, row.who) == ("problem", ADMINISTRATOR)
    assert "services" in row.hint


def test_a_token_that_dies_at_once_is_a_warning(make_patient):
    found = make_patient(token_lifetime=30).examine()

    assert bad(found) == {("token", "practice"): ("warning", ADMINISTRATOR)}


# --- Launches ---------------------------------------------------------------------------------------


def test_a_registration_without_launch_addresses_is_told_what_it_cannot_do(patient):
    patient.facts |= {"auth_url": None, "jwks_url": None}

    found = patient.examine()

    assert bad(found) == {
        ("platform keys", "practice"): ("warning", YOU),
        ("launch address", "practice"): ("warning", YOU),
    }


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={"keys": []}),
        httpx.Response(200, json={"keys": [{"kty": "EC"}, 7]}),
        httpx.Response(200, html="<p>"),
        httpx.Response(404),
        httpx.ConnectError("refused"),
    ],
)
def test_a_key_set_without_a_usable_key_is_a_problem_for_launches_alone(patient, answer):
    patient.meet = answers("/jwks", answer)

    found = patient.examine()

    assert [place[0] for place in bad(found)] == ["platform keys"]
    assert {verdicts(found)[check] for check in ("token", *COURSE_CHECKS)} == {"ok"}


# --- Courses ----------------------------------------------------------------------------------------


def test_withheld_names_are_a_privacy_setting_of_the_administrators(make_patient):
    found = make_patient(withhold_names=True).examine()

    assert bad(found) == {("names", "SEM12"): ("warning", ADMINISTRATOR)}
    assert "privacy" in rows(found)["names", "SEM12"].hint


@pytest.mark.parametrize("like", ["strict", "moodle", "canvas", "sakai", "openedx"])
def test_a_course_that_is_gone_is_the_teachers_and_hides_no_other(make_patient, like):
    patient = make_patient(like=like)
    del patient.platform.courses["BIO101"]

    found = patient.examine(courses=["BIO101", "SEM12"])

    assert bad(found) == {("roster", "BIO101"): ("problem", TEACHER), ("line items", "BIO101"): ("problem", TEACHER)}
    assert {row.verdict for (_, subject), row in rows(found).items() if subject == "SEM12"} == {"ok"}
    assert rows(found)["results", "BIO101"].verdict == "skipped"


def test_a_service_that_is_forbidden_leaves_the_others_readable(patient):
    patient.meet = answers("memberships", httpx.Response(403))

    found = patient.examine()

    assert bad(found) == {("roster", "SEM12"): ("problem", TEACHER)}
    assert verdicts(found)["line items"] == "ok"


@pytest.mark.parametrize(
    ("answer", "who"),
    [
        (httpx.Response(200, html="<p>"), VENDOR),
        (httpx.Response(200, json={"people": []}), VENDOR),
        (httpx.Response(429), NOBODY),
        (httpx.Response(503), NOBODY),
        (httpx.Response(500), ADMINISTRATOR),
        (httpx.Response(401), ADMINISTRATOR),
        (httpx.Response(302, headers={"Location": "https://login.example/"}), VENDOR),
        (httpx.Response(403, json={"error": "above_response_limit"}), ADMINISTRATOR),
        (httpx.ReadTimeout("slow"), NETWORK),
    ],
)
def test_a_roster_that_fails_is_explained(patient, answer, who):
    def meet(request: httpx.Request):
        if not request.url.path.endswith("memberships"):
            return None
        return (
            answer
            if isinstance(answer, Exception)
            else httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        )

    patient.meet = meet

    found = patient.examine()

    assert bad(found) == {("roster", "SEM12"): ("problem", who)}
    assert rows(found)["names", "SEM12"].verdict == "skipped"


def test_a_deleted_own_column_is_told(patient):
    course = patient.platform.courses["SEM12"]
    for number in [number for number, item in course.items.items() if item.coupled]:
        del course.items[number]

    found = patient.examine()

    assert bad(found) == {("own column", "SEM12"): ("warning", TEACHER)}
    assert rows(found)["results", "SEM12"].verdict == "skipped"


def test_an_empty_roster_is_a_warning(patient):
    patient.platform.courses["SEM12"].members.clear()

    found = patient.examine()

    assert bad(found) == {("roster", "SEM12"): ("warning", TEACHER)}


def test_a_course_that_offers_no_roster_and_no_scores_says_what_to_enable(patient):
    claims = service_claims(patient.platform.courses["SEM12"], patient.tool, BASE)
    del claims[spec.CLAIM_MEMBERSHIPS]
    claims[spec.CLAIM_GRADES]["scope"] = [spec.SCOPE_LINE_ITEM_READONLY, spec.SCOPE_RESULT_READONLY]
    patient.courses = [KnownCourse.from_claims(claims)]

    found = patient.examine()

    assert bad(found) == {
        ("scope", "rosters"): ("warning", ADMINISTRATOR),
        ("scope", "scores"): ("warning", ADMINISTRATOR),
        ("roster", "SEM12"): ("warning", ADMINISTRATOR),
        ("scores", "SEM12"): ("warning", ADMINISTRATOR),
    }
    assert found.ok


def test_a_registration_without_courses_is_asked_for_a_token_all_the_same(patient):
    patient.courses = []

    found = patient.examine(courses=None)

    assert bad(found) == {("courses", "practice"): ("warning", YOU)}
    assert verdicts(found)["token"] == "ok"


def test_names_that_several_courses_share_are_told(patient):
    one = next(course for course in patient.courses if course.name == "SEM12")
    patient.courses = [one, replace(one, name="SEM12-copy", context_id="other", title="another")]

    found = patient.examine(courses=None)

    assert bad(found) == {("courses", "label"): ("warning", YOU)}


def test_a_course_on_a_host_that_the_registration_does_not_name_is_told(patient):
    stranger = KnownCourse(name="X", memberships_url="https://elsewhere.example/memberships")
    patient.courses = [*patient.courses, stranger]

    found = patient.examine(courses=["X", "SEM12"])

    assert rows(found)["courses", "X"].verdict == "warning"
    assert "elsewhere.example" in rows(found)["courses", "X"].message
    assert rows(found)["roster", "SEM12"].verdict == "ok"


def test_a_check_that_fails_by_itself_hides_no_other(patient):
    """Whatever a platform sends that nobody thought of."""

    def meet(request: httpx.Request):
        if request.url.path.endswith("memberships"):
            raise ZeroDivisionError
        return

    patient.meet = meet

    found = patient.examine()

    assert rows(found)["roster", "SEM12"].message == "This check failed by itself (ZeroDivisionError)."
    assert verdicts(found)["line items"] == "ok"
