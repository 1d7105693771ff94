"""Larger pages are asked for only where the platform itself has shown that nobody is lost by them. [NRPS §2.4.2]"""

from __future__ import annotations

import threading

import pytest
from scripted import HOST, Reply, Script, members, person, says

from ltix_data import errors, pace, presets
from ltix_data.paging import Sizes, sizes

from .servers import Courses, Service, people

#: As `sizes.LIMIT` is 1000: small enough for tests.
LIMIT = 20


@pytest.fixture
def make(signing_key):
    def make(*services: Service, **facts) -> Courses:
        courses = Courses(signing_key, *services, **facts)
        courses.client.page_sizes = Sizes(LIMIT)
        return courses

    return make


def term(*counts: int, **how) -> list[Service]:
    return [Service(people(count), **how) for count in counts]


def read(courses: Courses, number: int, **how) -> int:
    """Return how many people are in a roster, after looking that they are the right ones."""
    found = [member.user_id for member in courses.course(number).roster(ahead=False, **how).members]
    assert found == [f"u{place:05}" for place in range(len(found))]
    return len(found)


def limits(courses: Courses, number: int) -> list[str]:
    """Return the limits that a course was asked for by; "" is none."""
    urls = [url for url in courses.asked if url.startswith(f"/c/{number}/")]
    return [url.partition("limit=")[2].partition("&")[0] for url in urls]


# --- Where a limit is honoured ----------------------------------------------------------------------


def test_a_roster_in_pages_is_read_on_in_larger_ones(make):
    courses = make(*term(70))

    assert (read(courses, 0), courses.asked) == (
        70,
        [
            "/c/0/memberships",
            "/c/0/memberships?limit=20",
            "/c/0/memberships?limit=20&start=20",
            "/c/0/memberships?limit=20&start=40",
            "/c/0/memberships?limit=20&start=60",
        ],
    )


def test_later_rosters_are_asked_for_with_the_limit_at_once(make):
    courses = make(*term(70, 30, 12))

    assert [read(courses, number) for number in range(3)] == [70, 30, 12]
    assert (limits(courses, 1), limits(courses, 2)) == (["20", "20"], ["20"])


def test_a_roster_in_one_page_is_asked_for_once(make):
    courses = make(*term(5, 0))

    assert [read(courses, number) for number in range(2)] == [5, 0]
    assert courses.asked == ["/c/0/memberships", "/c/1/memberships"]


def test_the_first_page_is_used_before_anything_else_is_asked(make):
    courses = make(*term(70))
    pages = courses.client.pages(
        f"{HOST}/c/0/memberships", "it", scopes=(), accept="*/*", key="members", section="", larger=True
    )
    first = next(pages)
    pages.close()

    assert (len(first.data["members"]), len(courses.asked)) == (5, 1)


def test_a_maximum_of_the_platforms_is_learned(make):
    courses = make(*term(40, 40, limit="capped", most=13))

    assert (read(courses, 0), read(courses, 1)) == (40, 40)
    assert (limits(courses, 0), limits(courses, 1)) == (["", "20", "13", *["13"] * 3], ["13"] * 4)


def test_a_link_that_lost_the_limit_loses_nobody(make):
    courses = make(*term(70, 70, limit="dropped"))

    assert (read(courses, 0), read(courses, 1)) == (70, 70)


def test_columns_hold_what_the_roster_does(make):
    courses = make(*term(70))

    assert courses.course(0).columns()[0]["user_id"] == [f"u{number:05}" for number in range(70)]


# --- Where it is not --------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["ignored", "refused", "fails", "no json", "in total", "other order"])
def test_a_platform_without_limits_is_asked_once_in_a_session(make, limit):
    courses = make(*term(12, 12, limit=limit))

    assert (read(courses, 0), read(courses, 1)) == (12, 12)
    assert [url for url in courses.asked if "limit=" in url] == ["/c/0/memberships?limit=20"]


def test_the_roster_is_read_on_where_the_question_failed(make):
    courses = make(*term(12, limit="refused"))
    read(courses, 0)

    assert courses.asked == [f"/c/0/memberships{more}" for more in ("", "?limit=20", "?start=5", "?start=10")]


@pytest.mark.parametrize(
    "strange",
    [
        says(members(*people(20)), link=f'<{HOST}:8443/c/0/memberships?p=2>; rel="next"'),
        says(members(*people(20)), link='<https://evil.example/p2>; rel="next"'),
        says(members(*people(20)), link='<https://[bad>; rel="next"'),
        says(members(*people(20)), link=f'<{HOST}/c/0/memberships?limit=20>; rel="next"'),
        says(
            members(*people(20)), link=f'<{HOST}/c/0/memberships?start=5>; rel="next"'
        ),  # where the first page's leads
        says(members(*people(21)), link=f'<{HOST}/c/0/memberships?start=20>; rel="next"'),  # more than were asked for
        says(members(*people(12)[::-1])),
        says(members(*people(40)[20:]), link=f'<{HOST}/c/0/memberships?start=20>; rel="next"'),
        says(
            members(*people(20)), link=f'<{HOST}/c/0/memberships?start=20>; rel="next", <{HOST}/d>; rel="differences"'
        ),
        says({"members": {}}),
        Reply(200),
        Reply(302, headers={"location": "https://evil.example/"}),
    ],
)
def test_a_strange_answer_to_a_limit_is_no_error_and_not_used(make, strange):
    service = term(12)[0]
    courses = make(service)
    courses.script.on("/c/0/memberships", lambda seen: strange if "limit=" in seen.url else service(seen))

    assert (read(courses, 0), limits(courses, 0)) == (12, ["", "20", "", ""])


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_limit_costs_no_token(make, status):
    service = term(12)[0]
    courses = make(service)
    courses.script.on("/c/0/memberships", lambda seen: Reply(status) if "limit=" in seen.url else service(seen))

    assert (read(courses, 0), len(courses.script.token_requests)) == (12, 1)


def test_a_hostile_link_is_refused_before_anything_else_is_asked(make):
    courses = make(*term(12))
    courses.script.on("/c/0/memberships", says(members(person("u1")), link='<https://evil.example/>; rel="next"'))

    with pytest.raises(errors.ForeignHostError):
        courses.course(0).roster()

    assert len(courses.asked) == 1


def test_being_stopped_is_an_error_and_no_word_on_limits(make):
    courses = make(*term(70))
    service = term(70)[0]
    stop = threading.Event()

    def stopping(seen):
        stop.set()
        return service(seen)

    courses.script.on("/c/0/memberships", stopping)
    with pace.stoppable(stop), pytest.raises(errors.StoppedError):
        courses.course(0).roster()

    assert (len(courses.asked), read(courses, 0), limits(courses, 0)[2]) == (1, 70, "20")


# --- Where believing it would lose people -------------------------------------------------------------


def test_a_page_that_is_cut_off_without_a_word_is_not_believed(make):
    """As Open edX cuts results: no link, however many there are."""
    courses = make(*term(12, 40, 40, limit="cut", most=30))

    assert [read(courses, number) for number in range(3)] == [12, 40, 40]
    assert (limits(courses, 1)[:2], limits(courses, 2)[0]) == (["20", ""], "")


def test_a_page_as_long_as_the_limit_without_a_link_is_never_believed(make):
    """Twenty people came whole, and were all there were: the next twenty may not be."""
    courses = make(*term(20, 40, limit="cut", most=30))

    assert [read(courses, number) for number in range(2)] == [20, 40]


def test_only_what_is_shorter_than_a_page_that_was_whole_is_believed(make):
    """The platform cuts at ten, and names no next page because fewer came than were asked for."""
    courses = make(*term(8, 7, 10, 9, 30, 30, limit="cut when it asks for more", most=10))

    assert [read(courses, number) for number in range(6)] == [8, 7, 10, 9, 30, 30]
    assert [limits(courses, number) for number in (0, 1, 2, 3)] == [["", "20", ""], ["20"], ["20", "", ""], ["20"]]
    assert ("20" in limits(courses, 4), "20" in limits(courses, 5)) == (True, False)


@pytest.mark.parametrize("other", [people(13), [*people(11), person("u99999")]])
def test_a_page_that_the_small_ones_do_not_confirm_is_not_believed(make, other):
    """It has somebody more, or somebody else: perhaps it is a page of another list, or the roster just changed."""
    services = term(12, 12)
    courses = make(*services)
    courses.script.on(
        "/c/0/memberships", lambda seen: says(members(*other)) if "limit=" in seen.url else services[0](seen)
    )

    assert (read(courses, 0), read(courses, 1), limits(courses, 1)) == (12, 12, ["", "", ""])


def test_a_link_that_counts_by_what_was_asked_for_is_not_followed_past_people(make):
    """The platform gives 13 of 20, and goes on with the twenty-first."""
    courses = make(*term(60, 60, limit="counted past", most=13))

    assert (read(courses, 0), read(courses, 1)) == (60, 60)
    assert "/c/0/memberships?limit=20&start=20" not in courses.asked


def test_a_platform_that_always_gives_fewer_than_asked_for_is_not_believed(make):
    service = term(60)[0]
    service._page_size = lambda limit: 5 if limit is None else max(6, limit - 7)
    service.limit = "counted past"
    courses = make(service)

    assert (read(courses, 0), limits(courses, 0)) == (60, ["", "20", "13", *[""] * 11])


def test_a_page_that_is_larger_than_learned_or_shorter_with_a_link_is_read_again(make):
    """It gave twenty and a link; now it gives thirteen and a link, which may lead past seven people."""
    courses = make(*term(60), *term(60, limit="counted past", most=13))

    assert (read(courses, 0), read(courses, 1)) == (60, 60)


def test_comparisons_that_teach_nothing_are_given_up(make):
    """Each of these courses would be read twice."""
    courses = make(*term(*[12] * 6))

    assert [read(courses, number) for number in range(6)] == [12] * 6
    assert [limits(courses, number)[0] for number in range(6)] == ["", "20", "20", "", "", ""]


def test_a_limit_that_is_refused_later_is_forgotten_and_found_out_anew(make):
    services = term(70, 12, 70)
    services[1].limit = "refused"
    courses = make(*services)

    assert [read(courses, number) for number in range(3)] == [70, 12, 70]
    assert (limits(courses, 1), limits(courses, 2)[:3]) == (["20", "", "", ""], ["", "20", "20"])


def test_a_course_that_fails_anyway_tells_nothing_of_limits(make):
    courses = make(*term(70, 1, 30))
    courses.script.on("/c/1/memberships", Reply(404))
    read(courses, 0)

    with pytest.raises(errors.NotFoundError):
        courses.course(1).roster()

    assert (read(courses, 2), limits(courses, 2)) == (30, ["20", "20"])


# --- Where nobody asks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "platform", ["Canvas", "canvas", "Moodle", "Blackboard", "BlackboardLearn", "Sakai", "Open edX", "edx"]
)
def test_platforms_whose_pages_are_known_are_not_asked(make, platform):
    courses = make(*term(12), platform=platform)

    assert (read(courses, 0), limits(courses, 0)) == (12, ["", "", ""])


def test_every_reason_belongs_to_a_platform():
    assert set(sizes.NEVER) <= {preset.key for preset in presets.PRESETS}


@pytest.mark.parametrize("query", ["limit=5", "role=Learner", "rlid=r1", "x=1&limit="])
def test_an_address_that_narrows_its_list_is_left_as_it_is(make, query):
    courses = make(*term(12))
    service = courses.course(0)
    service.endpoint = {"context_memberships_url": f"{HOST}/c/0/memberships?{query}"}
    courses.script.on("/c/0/memberships", lambda seen: says(members(person("u1"))))
    service.roster()

    assert courses.asked == [f"/c/0/memberships?{query}"]


def test_a_filtered_roster_is_asked_for_without_a_limit(make):
    courses = make(*term(70))
    read(courses, 0)
    courses.course(0).roster(role="Learner")

    assert courses.asked[5].endswith("Learner")
    assert not [url for url in courses.asked[5:] if "limit=" in url]


def test_a_roster_that_is_streamed_is_read_in_the_platforms_own_pages(make):
    courses = make(*term(70))

    assert (len(list(courses.course(0).members())), set(limits(courses, 0))) == (70, {""})


def test_line_items_and_results_are_never_asked_for_by_a_limit(signing_key):
    """Open edX cuts them off silently, Moodle breaks."""
    lms = Script(signing_key)
    item = {"id": f"{HOST}/c/1/lineitems/1", "label": "Quiz", "scoreMaximum": 10}
    lms.on("/c/1/lineitems", says([item], link=f'<{HOST}/c/1/lineitems?p=2>; rel="next"'), says([]))
    lms.on("/c/1/lineitems/1/results", says([{"userId": "u1"}], link=f'<{HOST}/r?p=2>; rel="next"'))
    lms.on("/r", says([]))
    grades = lms.grades()
    grades.result_columns(grades.line_items()[0])

    assert (len(lms.asked), [url for url in lms.asked if "limit=" in url]) == (4, [])


def test_a_platform_that_tells_differences_is_not_asked(make):
    """Their address would keep the limit, and be asked for with it a week later."""
    service = term(12)[0]

    def telling(seen):
        reply = service(seen)
        differences = f'<{HOST}/diff>; rel="differences"'
        return Reply(200, reply.body, {"link": ", ".join(filter(None, [reply.headers.get("link"), differences]))})

    courses = make(service)
    courses.script.on("/c/0/memberships", telling)

    assert (read(courses, 0), limits(courses, 0)) == (12, ["", "", ""])


def test_only_one_thread_finds_out(make):
    """Courses that are read meanwhile go on as if nothing could be known."""
    services = term(*[70] * 4)
    everybody = threading.Barrier(4, timeout=30)
    courses = make(*services)

    def met(service):
        def answer(seen):
            if "?" not in seen.url:
                everybody.wait()
            return service(seen)

        return answer

    for number, service in enumerate(services):
        courses.script.on(f"/c/{number}/memberships", met(service))
    threads = [threading.Thread(target=read, args=(courses, number)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum("20" in limits(courses, number) for number in range(4)) == 1


def test_a_reader_that_leaves_before_the_end_lets_another_find_out(make):
    courses = make(*term(12, 70))
    service = courses.course(0)
    with pytest.raises(errors.TooLargeError):
        service.roster(max_members=7, ahead=False)

    assert (read(courses, 1), limits(courses, 1)[:3]) == (70, ["", "20", "20"])
