"""One answer: its JSON, its links, its errors; and nothing a platform wrote freely in a message."""

from __future__ import annotations

import json
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltix_data import errors
from ltix_data.answers import Answer

URL = "https://lms.example.edu/c/1/lineitems?page=1"
NOW = 1_750_000_000.0
PRIVATE = "Ann-Private"


def answer(status: int = 200, body: bytes | str = b"", **headers: str) -> Answer:
    data = body.encode() if isinstance(body, str) else body
    return Answer(status, {key.replace("_", "-"): value for key, value in headers.items()}, data, URL)


def shortened(value: object) -> str:
    return repr(value)[:60]


# --- JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": "\xc3\xbc"}', {"a": "ü"}),
        (b" \r\n[]", []),
        (b"null", None),
        (b'"text"', "text"),
    ],
)
def test_json_is_read_whatever_it_is_labelled(body, data):
    """Moodle calls its JSON text/html."""
    assert answer(body=body, content_type="text/html").json("the roster") == data


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "with an empty body"),
        (b" \n", "with an empty body"),
        (b"<!DOCTYPE html><title>Ann-Private</title>", "with a web page instead of JSON"),
        (b"\xef\xbb\xbf\n <html>", "with a web page instead of JSON"),
        (b'{"name": "Ann-Private", ', "with JSON that is broken or cut short"),
        (b'{"name": "Ann-Private"} trailing', "with JSON that is broken or cut short"),
        (b'{"resultScore": NaN}', "with JSON that is broken or cut short"),
        (b"[-Infinity]", "with JSON that is broken or cut short"),
        (b'{"name": "Ann-Private \xe9"}', "with JSON that is broken or cut short"),
        (b"[" * 10_000, "with JSON that is broken or cut short"),
        (b"[" * 10_000 + b"]" * 10_000, "with JSON that is broken or cut short"),
        (b"[" + b"9" * 5000 + b"]", "with JSON that is broken or cut short"),
        (b"Ann-Private", "with JSON that is broken or cut short"),
    ],
    ids=shortened,
)
def test_a_body_that_is_no_json_is_an_error_that_does_not_carry_it_along(body, says):
    with pytest.raises(errors.MalformedResponseError) as caught:
        answer(body=body).json("the roster", spec="NRPS §2.1")

    seen = caught.value
    assert str(seen) == (
        f"lms.example.edu answered the roster {says} (status 200, {len(body)} bytes). Check that the URL is the "
        "service's own; if it is, the fault is the platform's. [NRPS §2.1]"
    )
    assert (seen.__cause__, seen.__context__) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "123456789012345678901234567890",  # an id as a number, beyond 64 bits
        "[18446744073709551616, -9223372036854775809, 9007199254740993]",
        "[0.1, 1e22, 1e23, 5e-324, 2.2250738585072011e-308, 0.1e-400, -0.0, -0, 1E5]",
        "[1e999, -1e999]",
        '"\\ud83d\\ude00"',
        '"\\ud800 and \\udc00x"',  # half of a character
        '{"a": 1, "b": 2, "a": 3}',
        '"\x7f\\u0000\\/"',
        "[" * 800 + "]" * 800,
    ],
    ids=shortened,
)
def test_json_is_read_as_pythons_own_reader_does(text):
    """To the last bit, and of the same types."""
    assert repr(answer(body=text).json("the roster")) == repr(json.loads(text))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(data=ANY, ascii_only=st.booleans())
def test_any_json_is_read_as_pythons_own_reader_does(data, ascii_only):
    text = json.dumps(data, ensure_ascii=ascii_only)

    assert repr(answer(body=text).json("the roster")) == repr(json.loads(text))


def test_the_repr_of_an_answer_shows_no_body_and_no_path():
    assert repr(answer(body=PRIVATE)) == "<Answer 200 from lms.example.edu, 11 bytes>"


# --- Links ----------------------------------------------------------------------------------------

HOST = "https://lms.example.edu"


@pytest.mark.parametrize(
    ("header", "following"),
    [
        (f'<{HOST}/p?page=2>; rel="next"', f"{HOST}/p?page=2"),
        (f"<{HOST}/p?page=2>; rel=next", f"{HOST}/p?page=2"),  # lti1p3platform
        (f"<{HOST}/p?page=2>;rel=next;title=x", f"{HOST}/p?page=2"),
        (f"<{HOST}/p?a=1&amp;b=2>; rel=“next”", f"{HOST}/p?a=1&b=2"),  # Moodle, decoded by httpx
        (f"<{HOST}/p?a=1&amp;b=2>; rel=“next”".encode().decode("latin-1"), f"{HOST}/p?a=1&b=2"),
        (f"<{HOST}/p?page=2>; rel=&quot;next&quot;", f"{HOST}/p?page=2"),
        (f"<{HOST}/p?page=2>; REL='NEXT'", f"{HOST}/p?page=2"),
        (f'<{HOST}/p?page=2> ; rel = "prev next"', f"{HOST}/p?page=2"),
        (f'<{HOST}/p?1>; rel="prev", <{HOST}/p?2>; rel="next", <{HOST}/p?3>; rel="last"', f"{HOST}/p?2"),
        (f"<{HOST}/p?1>; rel=first,<{HOST}/p?2>; rel=next", f"{HOST}/p?2"),
        (f'<{HOST}/p?ids=1,2;3,4>; rel="next"', f"{HOST}/p?ids=1,2;3,4"),
        (f'<{HOST}/p?from=1&timestamp=5&copy=1&lt=3>; rel="next"', f"{HOST}/p?from=1&timestamp=5&copy=1&lt=3"),
        (f'<{HOST}/P/Ab%2Fc?Key=vAL>; rel="next"', f"{HOST}/P/Ab%2Fc?Key=vAL"),
        ('<?page=2>; rel="next"', f"{HOST}/c/1/lineitems?page=2"),
        ('</p#x>; rel="next"', f"{HOST}/p"),
        (f'<{HOST}/p>; title="a; b"; rel="next"', f"{HOST}/p"),
        (f'<{HOST}/p>; rel="prev"; title="rel=next"', None),
        (f'<{HOST}/p>; data-rel="next"', None),
        (f'<{HOST}/p>; rel="nextish"', None),
        (f'<{HOST}/p>; rev="next"', None),
        ('<>; rel="next"', None),
        (f"{HOST}/p; rel=next", None),
        ("<" * 50_000, None),
        ("", None),
    ],
    ids=shortened,
)
def test_a_next_link_is_found_however_it_is_written_and_kept_as_it_is(header, following):
    assert answer(link=header).link("next") == following


def test_other_relations_are_found_too():
    header = f'<{HOST}/d?since=5>; rel="differences", <{HOST}/p?2>; rel="next"'

    assert answer(link=header).link("differences") == f"{HOST}/d?since=5"


def test_a_link_nobody_can_read_is_given_back_for_the_caller_to_refuse():
    assert answer(link='<https://[bad>; rel="next"').link("next") == "https://[bad"


# --- Retry-After ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        (" 2.5 ", 2.5),
        ("0", 0.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("Mon, 99 Foo 2026", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("", None),
    ],
)
def test_a_wait_is_given_in_seconds_or_as_a_date(value, seconds):
    assert answer(429, retry_after=value).retry_after(NOW) == seconds


# --- Failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.RefusedError),
        (401, errors.AccessError),
        (403, errors.AccessError),
        (404, errors.NotFoundError),
        (409, errors.RefusedError),
        (410, errors.NotFoundError),
        (422, errors.RefusedError),
        (429, errors.RateLimitError),
        (500, errors.UnavailableError),
        (503, errors.UnavailableError),
        (304, errors.MalformedResponseError),
    ],
)
def test_a_status_is_one_class_of_error(status, kind):
    error = answer(status).failure("a score", spec="AGS §3.4")

    assert (type(error), error.status, "lms.example.edu" in str(error), str(error).endswith("[AGS §3.4]")) == (
        kind,
        status,
        True,
        True,
    )


def test_canvas_older_rate_limit_is_a_403():
    error = answer(403, b"403 Forbidden (Rate Limit Exceeded)\n").failure("the roster")

    assert (type(error), error.retry_after) == (errors.RateLimitError, None)


def test_a_rate_limit_says_how_long_to_wait():
    error = answer(429, retry_after="300").failure("the roster", now=NOW)

    assert (error.retry_after, "It asks to wait 300 s." in str(error)) == (300.0, True)


def test_moodles_maintenance_is_named_with_its_wait():
    error = answer(503, "<h1>Site is in maintenance mode</h1>", retry_after="300").failure("the roster", now=NOW)

    assert error.hint == "The platform is under maintenance. It asks to wait 300 s."


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ('{"errors": {"message": "User not found in course or is not a student"}}', "(Canvas)"),
        ('{"message": "This role cannot be graded"}', "(Brightspace)"),
        ("The user is Not Enrolled", "not enrolled"),
        ("", "will not do it"),
    ],
)
def test_known_words_of_a_refusal_are_explained(body, hint):
    assert hint in str(answer(422, body).failure("a score"))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"error": "above_response_limit"}', "above_response_limit"),
        ('{"error": "invalid_scope", "error_description": "Ann-Private"}', "invalid_scope"),
        ('{"error" : "invalid_scope", "broken": }', "invalid_scope"),
        ('{"error": "Ann-Private"}', None),
        ('{"error": "ann_private 8"}', None),
        ('{"error": "invalid_scope\\n"}', None),
        ('{"error": ["invalid_scope"]}', None),
        ('{"error": "Ann-Private", "code": 8}', None),
        ("[]", None),
        ("[" * 10_000, None),
        ("", None),
    ],
    ids=shortened,
)
def test_only_a_machine_word_is_taken_for_a_code(body, code):
    """Moodle's error JSON can be invalid."""
    assert answer(400, body).code() == code


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 415, 422, 429, 500, 502, 503])
@pytest.mark.parametrize("shape", ['{"error": "%s", "detail": "%s"}', "<html>%s %s</html>", '["%s", "%s"]', "%s %s"])
def test_nothing_of_what_a_platform_echoes_is_in_the_error(status, shape):
    """Moodle and Open edX repeat the posted score, comment and user id."""
    error = answer(status, shape % (PRIVATE, "87.125"), x_note=PRIVATE).failure("a score")

    said = str(error) + repr(error) + repr(error.args) + str(vars(error))
    assert not {word for word in (PRIVATE, "87.125") if word in said}


@pytest.mark.parametrize(
    "title",
    ['"5\\" wide"', '"5" wide"', '"a<b>c"', '"rel=next"', '"a, b; rel=prev"'],
    ids=["escaped", "stray", "angles", "rel", "comma"],
)
def test_no_title_hides_or_makes_a_link(title):
    """A link that is swallowed cuts a roster short in silence."""
    header = f'<https://lms.example/1>; title={title}; rel="prev", <https://lms.example/2>; title={title}; rel="next"'
    answer = Answer(200, {"link": header}, b"", "https://lms.example/0")

    assert (answer.link("prev"), answer.link("next")) == ("https://lms.example/1", "https://lms.example/2")
