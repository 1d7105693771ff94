"""pylti1p3 with pandas, through its documented services, one request after another: it has no other way."""

from __future__ import annotations

import time
from typing import Any

from . import Mark, Scene, Work

_SCOPES = [
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
]


def _connector(scene: Scene) -> Any:
    from pylti1p3.registration import Registration
    from pylti1p3.service_connector import ServiceConnector

    registration = Registration()
    registration.set_issuer(scene.origin).set_client_id("benchmark")
    registration.set_auth_token_url(f"{scene.origin}/token").set_tool_private_key(scene.pem)
    return ServiceConnector(registration)


def _members(connector: Any, scene: Scene, course: int = 0) -> Any:
    from pylti1p3.names_roles import NamesRolesProvisioningService

    service = NamesRolesProvisioningService(connector, {"context_memberships_url": scene.members_url(course)})
    return service.get_members()


def _grades(connector: Any, scene: Scene) -> Any:
    from pylti1p3.assignments_grades import AssignmentsGradesService

    return AssignmentsGradesService(connector, {"scope": _SCOPES, "lineitems": scene.items_url()})


def _loaded() -> None:
    """Import what is not to be measured; make sure that it is what it says: niquests replaces urllib3 silently."""
    from importlib import metadata

    import pandas  # noqa: F401
    import pylti1p3.assignments_grades
    import pylti1p3.names_roles  # noqa: F401
    import requests
    import urllib3

    names = {(found.metadata["Name"] or "").lower() for found in metadata.distributions()}
    strange = names & {"niquests", "urllib3-future", "urllib3.future"}
    if strange or requests.__title__ != "requests" or urllib3.__version__ != metadata.version("urllib3"):
        raise RuntimeError(f"What requests uses is not urllib3: {strange or urllib3.__version__}")


def roster(scene: Scene) -> Work:
    _loaded()
    from . import frames

    return Work(lambda _: frames.roster(_members(_connector(scene), scene)), frames.roster_facts)


def rosters(scene: Scene) -> Work:
    """A connector for each course is what the documented way, by its launch, makes; or one for all."""
    _loaded()
    from . import frames

    def act(_: Mark) -> Any:
        connector = _connector(scene)
        found = []
        for number in range(scene.courses):
            own = connector if scene.shared else _connector(scene)
            found.append(frames.roster(_members(own, scene, number)))
        return frames.stacked(found)

    return Work(act, frames.rosters_facts)


def scores(scene: Scene) -> Work:
    """The line item is read before: then there is a token and a connection, as the others have."""
    _loaded()
    from datetime import UTC, datetime

    from pylti1p3.grade import Grade

    from ..platform import world

    service = _grades(_connector(scene), scene)
    item = service.get_lineitem(f"{scene.items_url()}/0")

    def act(_: Mark) -> Any:
        for number in range(scene.scores):
            grade = Grade()
            grade.set_score_given(world.score(number)).set_score_maximum(world.OUT_OF)
            grade.set_timestamp(datetime.now(UTC).isoformat(timespec="milliseconds"))
            grade.set_activity_progress("Completed").set_grading_progress("FullyGraded")
            service.put_grade(grade.set_user_id(world.learner(number)), item)
        return scene.scores

    return Work(act, lambda sent: {"confirmed": sent})


def gradebook(scene: Scene) -> Work:
    _loaded()
    from pylti1p3.lineitem import LineItem

    from . import frames

    def act(mark: Mark) -> Any:
        connector = _connector(scene)
        people = frames.roster(_members(connector, scene))
        service = _grades(connector, scene)
        answers = [(item["label"], service.get_grades(LineItem(item))) for item in service.get_lineitems()]
        began = time.perf_counter()
        frame = frames.gradebook(answers, people)
        mark("building", time.perf_counter() - began)
        return frame

    return Work(act, frames.gradebook_facts)


def first_frame(scene: Scene) -> Work:
    """From nothing imported to a frame."""

    def act(mark: Mark) -> Any:
        import pandas  # noqa: F401
        import pylti1p3.names_roles
        import pylti1p3.service_connector  # noqa: F401

        mark("import")
        connector = _connector(scene)
        mark("connect")
        from . import frames

        return frames.roster(_members(connector, scene))

    def facts(frame: Any) -> dict[str, Any]:
        from . import frames

        return frames.roster_facts(frame)

    return Work(act, facts)
