"""What a report lacks is noted while the rest is read, and told at its end."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

from ltix_data import reports
from ltix_data.errors import LtixError, LtixWarning, PartialDataError, RefusedError, UsageError


@pytest.fixture
def gaps():
    return reports.Gaps()


def test_an_error_ends_the_block_and_is_told_at_the_end(gaps):
    with gaps.noting("the results of Quiz 1"):
        raise RefusedError("The platform refused.", spec="AGS §3.3")

    with pytest.raises(
        PartialDataError, match=r"not complete\. It lacks:\nthe results of Quiz 1: The platform refused"
    ):
        gaps.check()


def test_a_warning_of_the_package_counts_as_a_lack_and_what_came_is_not_used(gaps):
    used = False

    with gaps.noting("the roster"):
        warnings.warn("A page came twice.", LtixWarning, stacklevel=1)
        used = True

    assert (used, gaps.found) == (False, [("the roster", "A page came twice.")])


def test_where_there_is_no_report_without_it_a_warning_is_noted_and_what_came_is_used(gaps):
    used = False

    with gaps.needing("the roster"):
        warnings.warn("A page came twice.", LtixWarning, stacklevel=1)
        used = True

    assert (used, gaps.found) == (True, [("the roster", "A page came twice.")])


def test_where_there_is_no_report_without_it_an_error_ends_it(gaps):
    with pytest.raises(UsageError), gaps.needing("the roster"):
        raise UsageError("No such course.")


@pytest.mark.parametrize("block", ["noting", "needing"])
def test_warnings_of_others_are_shown_as_ever(gaps, block):
    with pytest.warns(DeprecationWarning, match="old"), getattr(gaps, block)("the roster"):
        warnings.warn("old", DeprecationWarning, stacklevel=1)

    assert not gaps


def test_a_mistake_in_the_notebook_is_no_lack(gaps):
    with pytest.raises(KeyError), gaps.noting("the results"):
        raise KeyError("percent")


def test_courses_that_a_frame_lacks_are_noted_one_by_one_and_once(gaps):
    frame = pd.DataFrame()
    frame.attrs["errors"] = [{"course": "BIO101", "error": "RefusedError", "message": "No."}]

    with gaps.needing("the rosters"):
        warnings.warn("1 course could not be read; see .attrs['errors'].", LtixWarning, stacklevel=1)
    names = [gaps.courses(frame, "the roster") for _ in range(2)]

    assert (names, gaps.found) == ([["BIO101"]] * 2, [("the roster of BIO101", "No.")])


def test_a_report_that_lacks_nothing_says_so(gaps):
    assert "Everything was read." in gaps.check()._repr_html_()


def test_it_is_one_of_the_errors_of_the_package():
    assert issubclass(PartialDataError, LtixError)
