"""The numbers of a gradebook, whichever way they are put together, are those that one by one would give."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ltix_data.columns import Book
from ltix_data.frames.grid import grid
from ltix_data.records import LineItem

PEOPLE = ["ann", "bob", "cid", "dee", "a teacher"]
LEARNERS = PEOPLE[:4]
POINTS = st.none() | st.sampled_from([0.0, 7.5, 10.0, 60.0])
MAXIMA = st.none() | st.sampled_from([0.0, 10.0, 20.0, 1e308])


def part(people: list[str], scores: list[float | None], out_of: list[float | None]) -> dict[str, list]:
    nothing = [None] * len(people)
    return {"user_id": people, "score": scores, "out_of": out_of, "comment": nothing, "scored_at": nothing}


@st.composite
def parts(draw: st.DrawFn) -> tuple[list[LineItem], list[dict[str, list]]]:
    """A few line items and their results; most name the same people, on their own maxima or on others."""
    usual = draw(st.lists(st.sampled_from(PEOPLE), unique=True))
    same, own = draw(st.booleans()), draw(st.booleans())
    items, found = [], []
    for number in range(draw(st.integers(0, 4))):
        most = draw(st.sampled_from([10.0, 20.0]))
        items.append(LineItem.from_json({"id": f"https://lms.example/{number}", "label": "x", "scoreMaximum": most}))
        people = list(usual) if same else draw(st.lists(st.sampled_from(PEOPLE), max_size=6))
        many = [draw(POINTS) for _ in people]
        found.append(part(people, many, [most if own else draw(MAXIMA) for _ in people]))
    return items, found


@st.composite
def books(draw: st.DrawFn) -> Book:
    learners = {"user_id": LEARNERS[: draw(st.integers(0, 4))]}
    learners["name"] = [None] * len(learners["user_id"])
    return Book.of(learners, *draw(parts()), known=PEOPLE[3:])


def one_by_one(book: Book, values: str) -> list[list[float]]:
    """Return a row for each person, as a loop would fill it in."""
    rows = {user_id: [math.nan] * len(book.items) for user_id in book.people["user_id"]}
    for place, (item, found) in enumerate(zip(book.items, book.results, strict=True)):
        for user_id, score, out_of in zip(found["user_id"], found["score"], found["out_of"], strict=True):
            if score is None or user_id not in rows:
                continue
            if values == "percent":
                rows[user_id][place] = score / out_of * 100 if out_of and out_of > 0 else math.nan
            elif out_of is None or out_of == item.out_of:
                rows[user_id][place] = score
            else:
                rows[user_id][place] = score * item.out_of / out_of if out_of > 0 else math.nan
    return list(rows.values())


@given(book=books(), values=st.sampled_from(["score", "percent"]))
def test_the_grid_is_what_a_loop_would_fill_in(book, values):
    expected = np.array(one_by_one(book, values)).reshape(len(book.people["user_id"]), len(book.items))

    np.testing.assert_array_equal(grid(book, values), expected)


@given(given_parts=parts())
def test_a_book_holds_what_was_found_where_its_line_items_share_their_people(given_parts):
    """Their lists may be one list; what they hold is each line item's own."""
    items, found = given_parts
    book = Book.of({"user_id": [], "name": []}, items, found)

    assert list(book.results) == found
    for before, after in zip(book.results, book.results[1:], strict=False):
        assert (before["user_id"] is after["user_id"]) == (before["user_id"] == after["user_id"])
