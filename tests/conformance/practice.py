"""The practice platform, strict or like another, as platforms of the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from target import Target

import ltix_data as ltix
from ltix_data import spec
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.like import NAMES
from ltix_data.sandbox.model import Membership
from ltix_data.sandbox.server import serve

#: The personalities that there are: values of ``like``.
LIKE = NAMES
COURSE = "SEM12"
_AUDIENCES = {"brightspace": "https://api.brightspace.com/auth/token"}
_ACTIVE_ONLY = ("canvas", "sakai", "openedx")

#: What each does otherwise than the specifications say: clause -> one sentence with its source.
DEVIATIONS: dict[str, dict[str, str]] = {
    "strict": {},
    "canvas": {
        "NRPS §2.4.1": "“role” is taken as a whole URI only; a short name filters everybody out. (Canvas source)",
        "NRPS §2.4.2": "A page holds 50 at most, whatever “limit” says. (Canvas documentation)",
        "AGS §3.2": "Deleting the coupled line item is answered by 401. (Canvas documentation)",
        "AGS §3.3": "Only users with a result that the tool made are told. (Canvas documentation)",
        "AGS §3.3.4.6": "resultMaximum is the score's own maximum, not the line item's. (Canvas source)",
        "AGS §3.4": "Each score is a new submission, and its comment one more comment; without one the earlier stays. "
        "(Canvas documentation)",
        "AGS §3.4.8": "A partial grade, but PendingManual, takes the earlier one away. (Canvas documentation)",
        "AGS §3.4.9": "An older timestamp is answered by 400, an equal one is taken again. (Canvas documentation)",
    },
    "moodle": {
        "Security §4.1.1": "Token answers are labelled text/html, and a refusal can be invalid JSON; an assertion of "
        "one second ahead is refused. (Moodle 4.5.5, observed)",
        "RFC 6750 §3.1": "A missing scope is answered by 401, as a dead token is. (Moodle 4.5.5, observed)",
        "NRPS §2.3": "Suspended members are Active. (Moodle 4.5.5, observed)",
        "NRPS §2.4.1": "The second page has lost “role”, and an unknown one lets all through. (Moodle 4.5.5, observed)",
        "AGS §3.2": "The coupled line item can be deleted. (Moodle 4.5.5, observed)",
        "AGS §3.2.4": "Link has curly quotes and &amp;. (Moodle 4.5.5, observed)",
        "AGS §3.2.5": "What was sent comes back, not what is kept: dates and extensions are dropped; an over-long tag "
        "is 502 and leaves an orphan column. (Moodle 4.5.5, observed)",
        "AGS §3.2.6": "PUT answers what it was sent, not what is kept. (Moodle 4.5.5, observed)",
        "AGS §3.3": "“limit” is answered by 404 and HTML. (Moodle 4.5.5, observed)",
        "AGS §3.3.4": "A cleared result has id and userId only. (Moodle 4.5.5, observed)",
        "AGS §3.4": "A refused score has [] for a body, and the score in the reason phrase; JSON with line breaks is "
        "200 and kept nowhere; more than the maximum is cut. (Moodle 4.5.5, observed)",
        "AGS §3.4.8": "Whatever is not FullyGraded wipes the grade. (Moodle 4.5.5, observed)",
        "AGS §3.4.9": "Times are compared in whole seconds, for coupled items with the time of receipt; an equal one "
        "is 409. (Moodle 4.5.5, observed)",
    },
    "blackboard": {
        "NRPS §2.4.2": "A next link is sent behind the last page too, to empty ones. (Blackboard documentation)",
        "AGS §3.3": "“user_id” drops the comment. (Blackboard documentation)",
        "AGS §3.4": "A score without scoreGiven deletes the result. (Blackboard documentation)",
    },
    "brightspace": {
        "Security §4.1.1": "The audience is one fixed address, not the token URL; a list is 500. (Brightspace "
        "documentation)",
        "AGS §3.4": "A score over the maximum is cut silently. (Brightspace documentation)",
    },
    "sakai": {
        "RFC 6749 §3.3": "One scope that is not allowed refuses all. (Sakai source)",
        "RFC 6750 §3.1": "A dead token is answered by 403 without WWW-Authenticate. (Sakai source)",
        "NRPS §2.4.1": "“role” is ignored. (Sakai source)",
        "NRPS §2.4.2": "Behind the last page the body is empty. (Sakai source)",
        "AGS §3.2.4": "The filter for a resource link is “lti_link_id”. (Sakai source)",
        "AGS §3.3": "“user_id” is ignored; every member has a row, null when ungraded. (Sakai source)",
    },
    "openedx": {
        "RFC 6749 §3.3": "Unknown scopes alone are answered by 200 and “scope”: “”. (Open edX, observed)",
        "RFC 6750 §3": "A dead token is answered by 403 without WWW-Authenticate. (Open edX, observed)",
        "NRPS §2.4.1": "“role” is ignored. (Open edX, observed)",
        "NRPS §2.4.2": "Over 1000 members there is no roster, with or without “limit”. (Open edX source)",
        "NRPS §3": "“rlid” is ignored. (Open edX, observed)",
        "AGS §3.2": "DELETE is always answered by 403. (Open edX, observed)",
        "AGS §3.2.4": "“limit” is ignored on line items. (Open edX, observed)",
        "AGS §3.2.5": "A line item needs resourceId or resourceLinkId. (Open edX, observed)",
        "AGS §3.2.6": "PUT keeps the fields it is not sent, and refuses the nulls that GET shows. (Open edX, observed)",
        "AGS §3.2.7": "A label is at most 100 characters long, a tag 50. (Open edX, observed)",
        "AGS §3.2.8": "scoreMaximum must be a whole number. (Open edX, observed)",
        "AGS §3.3": "“user_id” is ignored, “limit” cuts without a link, cleared results are left out, and one userId "
        "with a dot makes it 500. (Open edX, observed)",
        "AGS §3.3.4.6": "resultMaximum is the score's own maximum, not the line item's. (Open edX, observed)",
        "AGS §3.4": "A score without a comment keeps the earlier one; a negative score is 500. (Open edX, observed)",
        "AGS §3.4.8": "A partial grade is a result. (Open edX source)",
        "AGS §3.4.9": "An equal or older timestamp is answered by 400. (Open edX, observed)",
    },
}


@contextmanager
def running(key: SigningKey, like: str = "strict") -> Iterator[tuple[Platform, ltix.Session, ltix.Course]]:
    """Serve a practice platform that knows *key* as its tool's; yield it, a session and a course."""
    platform = Platform(Options(like=like))
    tool = platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
    with serve(platform) as url:
        registration = ltix.Registration(
            name=f"practice-{like}",
            issuer=url,
            client_id=tool.client_id,
            token_url=f"{url}/token",
            audience=_AUDIENCES.get(like),
            private_key=key,
        )
        claims = platform.course_claims(COURSE, tool, url)
        grades = claims[spec.CLAIM_GRADES]
        with ltix.connect(registration) as session:
            course = session.add_course(
                COURSE,
                claims[spec.CLAIM_CONTEXT]["id"],
                memberships_url=claims[spec.CLAIM_MEMBERSHIPS]["context_memberships_url"],
                lineitems_url=grades["lineitems"],
                lineitem_url=grades["lineitem"],
                resource_link_id=claims[spec.CLAIM_RESOURCE_LINK]["id"],
                scopes=grades["scope"],
            )
            yield platform, session, course


@contextmanager
def target(key: SigningKey, like: str = "strict") -> Iterator[Target]:
    """Start a practice platform that is like another, and connect to it; both end with the block."""
    with running(key, like) as (platform, session, course):
        yield Target(
            name="practice platform" if like == "strict" else f"practice platform, like {like}",
            session=session,
            course=course,
            members=_members(platform, like),
            expire_tokens=platform.revoke_tokens,
            deviations=dict(DEVIATIONS[like]),
        )


def _members(platform: Platform, like: str) -> dict[str, str]:
    """Return whom this platform tells of; those whom nobody may grade come last."""
    told = [
        member
        for member in platform.course(COURSE).members.values()
        if member.status == "Active" or like not in _ACTIVE_ONLY
    ]
    return {member.person.user_id: _word(member, like) for member in sorted(told, key=_cannot_be_graded)}


def _word(member: Membership, like: str) -> str:
    if any("#TeachingAssistant" in role for role in member.roles):
        return "Learner" if like == "moodle" else "TeachingAssistant"
    return "Instructor" if member.has("Instructor") else "Learner"


def _cannot_be_graded(member: Membership) -> bool:
    return not member.has("Learner") or member.status != "Active" or spec.TEST_USER in member.roles
