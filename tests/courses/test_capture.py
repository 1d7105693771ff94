"""What a launch makes known of a course, and what later ones change of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

import ltix_data
from ltix_data import registration, spec
from ltix_data.courses import KnownCourse
from ltix_data.registration import Registration

from .launched import HOST, SERVICE, claims, launch

FACTS = {"issuer": HOST, "client_id": "c1", "token_url": f"{HOST}/token"}


@pytest.fixture
def known() -> Registration:
    return Registration(name="uni", **FACTS)


@pytest.fixture
def stored(signing_key) -> Registration:
    return registration.register("uni", **FACTS, private_key=signing_key, store="none")


def test_a_launch_stores_its_course(stored):
    captured = stored.capture(launch(lineitem=f"{HOST}/c/ctx-1/items/1"))

    assert captured.change == "new"
    assert registration.load("uni").courses == (captured.course,)
    assert captured.course == KnownCourse(
        name="BIO101",
        context_id="ctx-1",
        label="BIO101",
        title="Biology",
        memberships_url=f"{HOST}/c/ctx-1/members",
        lineitems_url=f"{HOST}/c/ctx-1/items",
        lineitem_url=f"{HOST}/c/ctx-1/items/1",
        resource_link_id="link-1",
        scopes=(spec.SCOPE_LINE_ITEM, spec.SCOPE_SCORE),
        links={"link-1": f"{HOST}/c/ctx-1/items/1"},
    )


def test_the_same_launch_again_changes_nothing(known):
    before = known.capture(launch()).course

    again = known.capture(launch())

    assert (again.course, again.change, again.moved, again.missing) == (before, "same", (), ())
    assert len(known.courses) == 1


def test_an_endpoint_that_moved_is_followed_and_said(known):
    known.capture(launch())
    roster = {"context_memberships_url": "https://new.example.edu/c/ctx-1/members"}

    captured = known.capture(launch(**{spec.CLAIM_MEMBERSHIPS: roster}))

    assert (captured.change, captured.moved) == ("moved", ("memberships_url",))
    assert known.courses[0].memberships_url == roster["context_memberships_url"]


def test_a_renamed_course_keeps_the_name_somebody_calls_it_by(known):
    known.capture(launch(name="Bio, my group"))

    captured = known.capture(launch(context_claim={"label": "BIO102", "title": "Biology II"}))

    assert captured.moved == ("label", "title")
    assert [(c.name, c.label, c.title) for c in known.courses] == [("Bio, my group", "BIO102", "Biology II")]


def test_scopes_that_the_platform_no_longer_offers_are_not_asked_for(known):
    known.capture(launch())
    grades = {"lineitems": f"{HOST}/c/ctx-1/items", "scope": [spec.SCOPE_SCORE]}

    captured = known.capture(launch(**{spec.CLAIM_GRADES: grades}))

    assert captured.moved == ("scopes",)
    assert known.courses[0].scopes == (spec.SCOPE_SCORE,)


@pytest.mark.parametrize(
    ("claim", "field"),
    [
        (spec.CLAIM_MEMBERSHIPS, "memberships_url"),
        (spec.CLAIM_GRADES, "lineitems_url"),
        (SERVICE, "services"),
    ],
)
def test_a_service_that_is_switched_off_is_noticed_and_its_address_kept(known, claim, field):
    before = known.capture(launch(**{SERVICE: {"url": f"{HOST}/attendance"}})).course
    without = claims(**{SERVICE: {"url": f"{HOST}/attendance"}})
    del without[claim]

    captured = known.capture(KnownCourse.from_claims(without))

    assert captured.course == before
    assert captured.change == "same"
    assert captured.missing == ((SERVICE,) if field == "services" else (field,))
    assert len(captured.notes) == 1
    assert "did not offer" in captured.notes[0]


def test_a_link_without_a_column_does_not_unmark_that_of_another(known):
    known.capture(launch(link="quiz", lineitem=f"{HOST}/i/1"))

    captured = known.capture(launch(link="reading"))

    assert captured.change == "same"
    assert (captured.course.resource_link_id, captured.course.lineitem_url) == ("quiz", f"{HOST}/i/1")
    assert captured.course.links == {"quiz": f"{HOST}/i/1", "reading": None}


def test_every_link_keeps_its_column(known):
    for number in range(3):
        known.capture(launch(link=f"quiz-{number}", lineitem=f"{HOST}/i/{number}"))

    assert known.courses[0].coupled_urls == {f"{HOST}/i/0", f"{HOST}/i/1", f"{HOST}/i/2"}
    assert known.courses[0].lineitem_url == f"{HOST}/i/2"


def test_a_column_that_moved_is_said_of_its_own_link_alone(known):
    known.capture(launch(link="quiz", lineitem=f"{HOST}/i/1"))
    other = known.capture(launch(link="essay", lineitem=f"{HOST}/i/2"))

    moved = known.capture(launch(link="quiz", lineitem=f"{HOST}/new/1"))

    assert (other.change, moved.change, moved.moved) == ("same", "moved", ("lineitem_url",))
    assert moved.course.coupled_urls == {f"{HOST}/new/1", f"{HOST}/i/2"}


def test_two_sections_of_one_label_get_names_of_their_own(known):
    names = [known.capture(launch(context)).course.name for context in ("ctx-1", "ctx-2", "ctx-2", "ctx-1")]

    assert names == ["BIO101", "BIO101 (ctx-2)", "BIO101 (ctx-2)", "BIO101"]
    assert [course.context_id for course in known.courses] == ["ctx-1", "ctx-2"]


def test_a_name_that_is_taken_in_every_form_is_counted_on(known):
    known.remember(KnownCourse("BIO101"), KnownCourse("BIO101 (ctx-1)"))

    assert known.capture(launch()).course.name == "BIO101 (3)"


def test_without_a_context_id_a_course_is_told_by_its_addresses(known):
    first = known.capture(launch(None))
    again = known.capture(launch(None, context_claim={"label": "BIO102"}))
    other = known.capture(launch(None, **{spec.CLAIM_MEMBERSHIPS: None, spec.CLAIM_GRADES: {"lineitems": f"{HOST}/x"}}))

    assert [captured.change for captured in (first, again, other)] == ["new", "moved", "new"]
    assert [course.name for course in known.courses] == ["BIO101", "BIO101 (2)"]


def test_a_course_added_by_hand_is_the_one_that_is_launched_from_its_address(known):
    known.remember(KnownCourse("my course", memberships_url=f"{HOST}/c/ctx-1/members"))

    captured = known.capture(launch())

    assert captured.course.name == "my course"
    assert captured.course.context_id == "ctx-1"


def test_an_address_taken_over_by_another_course_does_not_make_the_two_one(known):
    known.capture(launch("ctx-1"))
    roster = {"context_memberships_url": f"{HOST}/c/ctx-1/members"}

    captured = known.capture(launch("ctx-2", **{spec.CLAIM_MEMBERSHIPS: roster}))

    assert captured.change == "new"


def test_a_file_from_before_links_were_remembered_still_loads(stored):
    stored.capture(launch(lineitem=f"{HOST}/i/1"))
    path = Path(os.environ["LTIX_DATA_DIR"]) / "registrations" / "uni.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["courses"][0]["links"]
    path.write_text(json.dumps(document), encoding="utf-8")

    assert registration.load("uni").courses[0].links == {"link-1": f"{HOST}/i/1"}


def test_half_a_character_in_a_launch_does_not_keep_its_course_from_being_stored(stored):
    torn = "\ud83d"
    services = {SERVICE: {"url": f"{HOST}/{torn}", "more": [{torn: torn}]}}

    course = stored.capture(launch(link=torn, context_claim={"label": f"Bio {torn}", "title": torn}, **services)).course

    assert course.name == "Bio \ufffd"
    assert registration.load("uni").courses == (course,)
    assert ltix_data.connect(stored).courses()["label"].tolist() == ["Bio \ufffd"]


def test_a_deep_linking_request_brings_no_address_for_the_token(known):
    """Its return address is the browser's, and may be anywhere."""
    settings = {"deep_link_return_url": "https://elsewhere.example/return"}

    captured = known.capture(launch(link=None, **{spec.CLAIM_DEEP_LINKING_SETTINGS: settings}))

    assert captured.course.services == {}
    assert all(url.startswith(HOST) for url in captured.course.service_urls)


def test_threads_that_capture_at_once_lose_nothing(known):
    launches = [
        launch(f"ctx-{number % 10}", link=f"link-{number}", lineitem=f"{HOST}/i/{number}") for number in range(40)
    ]
    threads = [threading.Thread(target=known.capture, args=(course,)) for course in launches]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(known.courses) == 10
    assert all(len(course.coupled_urls) == 4 for course in known.courses)


@pytest.mark.process
def test_notebooks_that_capture_at_once_lose_nothing(stored):
    script = textwrap.dedent("""
        import sys
        from ltix_data import registration
        from courses.launched import HOST, launch
        known = registration.load("uni")
        for number in range(8):
            link = f"{sys.argv[1]}-{number}"
            known.capture(launch(f"ctx-{number}", link=link, lineitem=f"{HOST}/i/{link}"))
    """)
    places = [str(Path(ltix_data.__file__).parents[1]), str(Path(__file__).parents[1])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    running = [subprocess.Popen([sys.executable, "-c", script, str(n)], env=environment) for n in range(3)]

    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len({course.context_id for course in stored.courses}) == len(stored.courses) == 8
    assert all(len(course.coupled_urls) == 3 for course in stored.courses)


def test_a_running_session_finds_what_was_captured_elsewhere(stored):
    """The page of a receiver says session.course('BIO101'), and the session may be older than the launch."""
    session = ltix_data.connect(stored)
    registration.load("uni").capture(launch())

    assert session.course("BIO101").name == "BIO101"
    assert spec.SCOPE_MEMBERSHIPS in session._derive()[1]


def test_a_registration_forgotten_or_damaged_meanwhile_leaves_a_running_session_its_courses(stored):
    stored.capture(launch())
    path = Path(os.environ["LTIX_DATA_DIR"]) / "registrations" / "uni.json"

    path.write_text("{", encoding="utf-8")
    assert [course.name for course in stored.courses] == ["BIO101"]
    path.unlink()
    assert [course.name for course in stored.courses] == ["BIO101"]
