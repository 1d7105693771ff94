"""What travels to the workers: names, and nothing that opens anything."""

from __future__ import annotations

import pickle

import cloudpickle
import pytest

import ltix_data as ltix
from ltix_data import errors, fleet, keyforms
from ltix_data.errors import UsageError


def pickled(frame) -> bytes:
    """Return everything of a frame that could travel: as it is, optimised, and its graph."""
    optimised = frame.optimize()
    graphs = [dict(some.__dask_graph__()) for some in (frame, optimised)]
    return b"".join(cloudpickle.dumps(some) for some in (frame, optimised, *graphs))


@pytest.mark.parametrize("read", [fleet.rosters, fleet.results])
def test_a_graph_holds_no_key_no_token_and_nobody(uni, read, signing_key):
    """Also after its session has been used in this process."""
    frame = read(uni.name)
    frame.compute(scheduler="synchronous")
    travels = pickled(frame)
    numbers = signing_key.private.private_numbers()
    secret = [numbers.p, numbers.q, numbers.d]
    bodies = [line for line in signing_key.private_pem().splitlines() if not line.startswith("-")]
    tokens = list(uni.platform.access_tokens)
    people = [member.person for course in uni.platform.courses.values() for member in course.members.values()]
    told = {text for person in people for text in (person.user_id, person.name, person.email) if text}
    assert tokens
    assert len(told) > 12
    forbidden = [*map(keyforms.encode, secret), *bodies, *tokens, *told, uni.url]
    assert [text for text in forbidden if text.encode() in travels] == []
    assert [number for number in secret if number.to_bytes(256, "big").lstrip(b"\0") in travels] == []
    assert all(name.encode() in travels for name in (uni.name, "C00", "C07"))


def test_each_frame_is_read_anew(uni):
    """Dask takes what it holds under a name for what is asked under the same: yesterday's roster is not today's."""
    one, other = fleet.rosters(uni.name), fleet.rosters(uni.name)
    assert one._name != other._name
    assert pickle.loads(cloudpickle.dumps(one))._name == one._name


def test_courses_are_cut_into_partitions_in_their_order(uni):
    frame = fleet.rosters(uni.name, reversed(uni.courses), per_partition=3)
    parts = [part.compute(scheduler="synchronous")["course"].unique().tolist() for part in frame.partitions]
    assert parts == [["C07", "C06", "C05"], ["C04", "C03", "C02"], ["C01", "C00"]]


def test_no_course_is_a_frame_without_rows(uni):
    empty = fleet.rosters(uni.name, []).compute(scheduler="synchronous")
    assert len(empty) == 0
    assert empty.columns.tolist()[:2] == ["course", "user_id"]


@pytest.mark.parametrize("read", ["rosters", "results"])
def test_the_columns_are_those_of_a_session_and_the_error(uni, read):
    with ltix.connect(uni.name) as session:
        expected = getattr(session, read)()
    frame = getattr(fleet, read)(uni.name)
    assert frame.columns.tolist() == [*expected.columns, "error"]


@pytest.mark.parametrize("given", [ltix.connect, ltix.registration.load])
def test_what_holds_a_key_is_refused(uni, given):
    with pytest.raises(UsageError, match="takes a registration's name"):
        fleet.rosters(given(uni.name))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"at_once": 0}, "at_once"),
        ({"at_once": True}, "at_once"),
        ({"per_partition": 1.5}, "per_partition"),
        ({"courses": ["C00", None]}, "which courses"),
        ({"courses": " "}, "which courses"),
        ({"pseudonyms": b"a key of sixteen bytes"}, "a key would travel"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused_before_anything_is_read(uni, arguments, said):
    with pytest.raises(UsageError, match=said):
        fleet.rosters(uni.name, **arguments)
    assert not uni.tokens


def test_an_unknown_registration_is_told_at_once_where_its_courses_are_asked_for(environment):
    with pytest.raises(errors.UnknownNameError, match="“elsewhere”"):
        fleet.rosters("elsewhere")


def _every(kind: type) -> list[type]:
    return [kind, *(one for child in kind.__subclasses__() for one in _every(child))]


def _made(kind: type) -> errors.LtixError:
    more = {"problems": None} if kind is errors.GradeProblemsError else {"spec": "AGS §3.4.9"}
    if kind is errors.ScopeError:
        more |= {"scopes": ("a",), "granted": frozenset({"b"})}
    if issubclass(kind, errors._AnsweredError) and kind is not errors.ScopeError:
        more |= {"status": 503, "code": "busy"}
    return kind("It failed.", hint="Try again.", **more)


@pytest.mark.parametrize("kind", dict.fromkeys(_every(errors.LtixError)))
def test_every_error_comes_back_from_a_worker_whole(kind):
    error = _made(kind)
    back = pickle.loads(cloudpickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (kind, str(error), vars(error))
