"""Three thousand people and a large notebook: read once, whatever the number of people."""

from __future__ import annotations

import json
import time
from itertools import islice
from random import Random

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ltix_data import frames, scrubbing
from ltix_data.records import Member
from ltix_data.sandbox.people import Person, generate
from ltix_data.scrubbing.texts import Place, Scrubber


def university(size: int) -> tuple[list[Person], pd.DataFrame]:
    people = list(islice(generate(Random(1), 1), size))
    fields = ("name", "given_name", "family_name", "email", "sourcedid", "username")
    members = [Member(one.user_id, **{field: getattr(one, field) or None for field in fields}) for one in people]
    return people, frames.roster(members)


def test_three_thousand_people_in_five_megabytes_take_seconds(tmp_path):
    people, roster = university(3000)
    table = roster.to_html()
    outputs = [{"output_type": "display_data", "metadata": {}, "data": {"text/html": table}} for _ in range(4)]
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "source": "", "outputs": outputs}
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    assert path.stat().st_size > 4_500_000

    began = time.process_time()
    done = scrubbing.scrub(path, roster)
    took = time.process_time() - began

    left = path.read_text(encoding="utf-8")
    assert not [one.user_id for one in people if one.user_id in left or one.username in left or one.sourcedid in left]
    assert done.removed > 4 * 3000 * 5
    assert took < 40  # about six on the machine it was written on; a loop over people would take an hour


PEOPLE, ROSTER = university(60)
NEEDLES = scrubbing.looked_for(ROSTER)
TELLING = st.sampled_from(
    [text for one in PEOPLE for text in (one.name, one.email, one.user_id, one.sourcedid, one.username) if text]
)
NOISE = st.text(st.sampled_from(list("ab <>&;\\/\"'%\n@.,-_é0[]")), max_size=12)


@given(parts=st.lists(st.tuples(NOISE, TELLING), max_size=5), markup=st.booleans(), end=NOISE)
@settings(max_examples=300, deadline=None)
def test_whatever_stands_around_it_everything_is_found_and_once_is_enough(parts, markup, end):
    text = "".join(f"{noise} {telling} " for noise, telling in parts) + end
    scrubber = Scrubber(NEEDLES)

    once = scrubber.text(text, Place(1, "x"), everything=True, markup=markup)

    words = f" {once} "
    assert not [telling for _, telling in parts if f" {telling} " in words and "=" not in words]
    assert scrubber.text(once, Place(1, "x"), everything=True, markup=markup) == once
