"""People with difficult names, the same at every run."""

from __future__ import annotations

from typing import Any

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
LEARNER = MEMBERSHIP + "Learner"
INSTRUCTOR = MEMBERSHIP + "Instructor"
ASSISTANT = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"

# given name, family name, user_id, e-mail, sourcedid
DIFFICULT = [
    ("Zoë", "O’Brien-D'Arcy", "000000000000007", "Zoe.OBrien@Example.edu", "00123"),
    ("María José", "Nuñez, Jr.", "9007199254740993", "maria+jose@example.edu", "0000000000000042"),
    ("名前", "李", "a8f3 44/π?&=#%", "li@例え.example.edu", "1e5"),
    ("NA", "Null", "NA", "na.null@example.edu", "NA"),
    ("None", "nan", "nan", "nan@example.edu", "nan"),
    ("=SUM(A1:A9)", '"Quote"', "1e5", "sum@example.edu", "-7"),
    ("  Anne ", "D&amp;D", "user.with.dots", "anne@example.edu", " 77 "),
    ("محمد", "القحطاني", "TRUE", "mohammed@example.edu", "TRUE"),
    ("Jose\u0301", "Mu\u0308ller", "0x1F", "jose@example.edu", "0x1F"),
    ("🧪", "Smith", "00042", "smith@example.edu", "42"),
    ("Anne", "Smith", "42", "smith2@example.edu", "042"),
]


def person(number: int) -> dict[str, Any]:
    """Return the learner of this number; the first eleven are difficult."""
    if number < len(DIFFICULT):
        given, family, user_id, email, sourcedid = DIFFICULT[number]
    else:
        given, family = f"Given{number}", f"O’Family-{number % 97}"
        user_id, email, sourcedid = f"{number:016d}", f"learner{number}@example.edu", f"{number:08d}"
    return {
        "user_id": user_id,
        "status": "Active",
        "name": f"{given} {family}",
        "given_name": given,
        "family_name": family,
        "email": email,
        "lis_person_sourcedid": sourcedid,
        "ext_user_username": f"u{number:05d}",
        "roles": [LEARNER],
    }


def teacher() -> dict[str, Any]:
    """Return the one teacher of every course."""
    return person(0) | {
        "user_id": "0-teacher",
        "name": "Ada Teacher",
        "given_name": "Ada",
        "family_name": "Teacher",
        "email": "ada@example.edu",
        "lis_person_sourcedid": "T-1",
        "ext_user_username": "ada",
        "roles": [INSTRUCTOR],
    }


def members(count: int) -> list[dict[str, Any]]:
    """Return *count* members: the teacher, then learners."""
    return [teacher(), *(person(number) for number in range(count - 1))][:count]
