"""Whoever is in a course: nothing of who they are occurs in anything that a pseudonymous session shows."""

from __future__ import annotations

import json
import re
import tempfile
import traceback
from pathlib import Path

import hypothesis.strategies as st
import pandas as pd
from hypothesis import HealthCheck, given, settings
from keyring_backends import key
from scripted import ITEMS_URL, ROSTER_URL, Reply, Script, Seen, members, says, text

import ltix_data as ltix
from ltix_data.errors import LtixError

from .conftest import KEY, shown

#: What is in every text that tells who somebody is; escaping leaves it as it is, and no pseudonym has a hyphen.
MARK = re.compile(r"zq-\d+-qz")
ITEM_URL = f"{ITEMS_URL}/7"
FIELDS = (
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "email",
    "picture",
    "lis_person_sourcedid",
    "lti11_legacy_user_id",
    "ext_user_username",
    "preferred_username",
    "username",
    "phone",
)
_WORDS = st.text(max_size=8)
_KNOWN_ROLES = st.sampled_from(["Learner", "Instructor", "urn:lti:role:ims/lis/Learner"])


@st.composite
def people(draw):
    """Return entries of a roster whose every text about a person bears the mark."""
    entries = []
    for number in range(draw(st.integers(1, 6))):

        def marked(before=_WORDS, after=_WORDS, number=number):
            return f"{draw(before)}zq-{number}-qz{draw(after)}"

        fields = {name: marked() for name in FIELDS if draw(st.booleans())}
        message = {"custom": {"name": marked()}} if draw(st.booleans()) else None
        roles = draw(st.lists(_KNOWN_ROLES, min_size=1, max_size=2))
        status = draw(st.sampled_from(["Active", "Active", "Inactive"]))
        entries.append({"user_id": marked(), "roles": roles, "status": status, "message": message, **fields})
    return entries


def results_of(entries, numbers):
    return [
        {
            "id": f"{ITEM_URL}/results/{number}?{entry['user_id']}",
            "scoreOf": f"{ITEM_URL}?{entry['user_id']}",
            "userId": entry["user_id"],
            "scoringUserId": entries[0]["user_id"],
            "resultScore": number,
            "resultMaximum": 10,
            "comment": f"Well done, {entry['user_id']}",
            "https://lms.example.edu/extension": entry["user_id"],
        }
        for entry, number in zip(entries, numbers, strict=False)
    ]


def refusing(seen: Seen) -> Reply:
    """Refuse a score with its own words."""
    return Reply(409, json.dumps({"error": seen.body.decode()}).encode(), reason=seen.body[:200])


def deeds(session, course, entries, place):
    """Yield everything one does with a course, as functions."""
    mails = [entry.get("email", entry["user_id"]) for entry in entries]

    def sheet():
        learners = list(course.roster()["user_id"])
        keys = [*learners, *mails, *(entry["user_id"] for entry in entries)]
        texts = [*range(len(learners)), *mails, *(entry["user_id"] for entry in entries)]
        return pd.DataFrame({"user_id": keys, "points": texts}, dtype="object")

    def planned():
        return course.plan_grades(sheet(), "Quiz", "user_id", "points")

    def saved():
        return [planned().save(place).read_text(), *plan_shown(session.load_plan(place))]

    def plan_shown(plan):
        return [plan, plan.problems, plan.changes, *plan.rows, *plan.notes]

    yield lambda: [session, course, course.roster(), list(course.members()), course.line_items()]
    yield lambda: [course.results(), course.gradebook(), course.gradebook(values="percent"), session.rosters()]
    yield lambda: plan_shown(planned())
    yield saved
    yield lambda: [(report := planned().send()), report.outcomes, report.failures, report.resume().outcomes]
    yield lambda: [session.undo(ltix.uploads()["upload_id"].iloc[0]).outcomes, ltix.uploads()]
    yield lambda: [course.upload_grades(sheet(), "Quiz", "user_id", "points")]
    yield lambda: [
        course.plan_grades(sheet(), "Quiz", dict.fromkeys(mails, mails[0]), "points", key="user_id").problems
    ]
    yield lambda: [course.plan_grades(sheet(), "Quiz", "email", "points")]
    for entry in entries:
        yield lambda entry=entry: [course.results("Quiz", entry["user_id"])]
        yield lambda entry=entry: [course.post_score("Quiz", entry["user_id"], 1)]
    yield lambda: [course.post_score("Quiz", course.roster().iloc[0], 1)]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    entries=people(),
    numbers=st.lists(st.integers(0, 10), max_size=6),
    takes=st.booleans(),
    fails=st.sampled_from([None, "/c/1/memberships", "/c/1/lineitems/7/results"]),
)
def test_nothing_of_a_roster_occurs_in_anything_that_is_shown(entries, numbers, takes, fails):
    lms = Script(key())
    lms.on("/c/1/memberships", says(members(*entries)))
    lms.on("/c/1/lineitems", says([{"id": ITEM_URL, "label": "Quiz", "scoreMaximum": 10}]))
    lms.on("/c/1/lineitems/7", says({"id": ITEM_URL, "label": "Quiz", "scoreMaximum": 10}))
    lms.on("/c/1/lineitems/7/results", says(results_of(entries, numbers)))
    lms.on("/c/1/lineitems/7/scores", text("", 204) if takes else refusing)
    if fails:
        lms.on(fails, text(json.dumps(entries), 400))
    session = ltix.connect(lms.registration, http=lms.http(), pseudonyms=KEY)
    course = session.add_course("BIO101", memberships_url=ROSTER_URL, lineitems_url=ITEMS_URL)
    told = []

    with tempfile.TemporaryDirectory() as folder:
        for number, deed in enumerate(deeds(session, course, entries, Path(folder, "quiz.plan"))):
            try:
                told.append((number, shown(*deed())))
            except (LtixError, IndexError) as error:  # IndexError: nothing was uploaded, so there is nothing to undo
                told.append((number, "".join(traceback.format_exception(error)) + repr(vars(error))))

    assert [(number, MARK.search(said)[0]) for number, said in told if MARK.search(said)] == []
