"""A launch that was checked, as a Python user reads it. [Core §5.3, §5.4]

What the specification leaves open is taken as it comes: an optional claim of the wrong kind is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from .. import deeplinking, roles, spec
from ..courses import KnownCourse
from ..errors import UsageError
from ..registration import Registration
from ..session import Session, connect
from .parts import CourseContext, Lis, PlatformInstance, Presentation, ResourceLink, custom, text, texts

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class LaunchContext:
    """Who opened what, where, and from which platform. Its repr shows the course and the role, no person.

    Args:
        registration: the registration it belongs to.
        claims: everything the launch said.
        message_type: ``LtiResourceLinkRequest`` or ``LtiDeepLinkingRequest``.
        deployment_id: the deployment of the tool.
        user_id: the person's id, None in an anonymous launch.
        target_link_uri: where the link leads; a deep linking request may leave it out.
        roles: the person's roles, as the platform wrote them.
        context: the course, None where the launch is from none.
        resource_link: the link that was opened, None in a deep linking request.
        platform: the platform's own names.
        presentation: how the platform shows the tool.
        lis: ids of the student information system.
        custom: the tool's custom parameters.
        mentor_scope: the ids of the people this person is a mentor of.
        deep_linking: what the platform takes, None where this is no deep linking request.
        parsed: claim URI -> what its parser made of it.
    """

    registration: Registration
    claims: Mapping[str, Any]
    message_type: str
    deployment_id: str
    user_id: str | None
    target_link_uri: str | None
    roles: tuple[str, ...]
    context: CourseContext | None
    resource_link: ResourceLink | None
    platform: PlatformInstance
    presentation: Presentation
    lis: Lis
    custom: Mapping[str, str]
    mentor_scope: tuple[str, ...]
    name: str | None
    given_name: str | None
    family_name: str | None
    email: str | None
    picture: str | None
    locale: str | None
    deep_linking: deeplinking.Request | None
    parsed: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_claims(
        cls, registration: Registration, claims: Mapping[str, Any], *, parsed: Mapping[str, Any] | None = None
    ) -> Self:
        """Read a launch that was checked.

        Raises:
            LaunchError: it is a deep linking request whose settings cannot be used. [DL §4.4.1]
        """
        kind = claims[spec.CLAIM_MESSAGE_TYPE]
        held = texts(claims.get(spec.CLAIM_ROLES))
        is_mentor = "Mentor" in roles.words(held)  # nobody else may bring a list. [Core §5.4.3]
        return cls(
            registration=registration,
            claims=claims,
            message_type=kind,
            deployment_id=claims[spec.CLAIM_DEPLOYMENT_ID],
            user_id=claims.get("sub"),
            target_link_uri=claims.get(spec.CLAIM_TARGET_LINK_URI),
            roles=held,
            context=CourseContext.from_claim(claims.get(spec.CLAIM_CONTEXT)),
            resource_link=ResourceLink.from_claim(claims.get(spec.CLAIM_RESOURCE_LINK)),
            platform=PlatformInstance.from_claim(claims.get(spec.CLAIM_TOOL_PLATFORM)),
            presentation=Presentation.from_claim(claims.get(spec.CLAIM_LAUNCH_PRESENTATION)),
            lis=Lis.from_claim(claims.get(spec.CLAIM_LIS)),
            custom=custom(claims.get(spec.CLAIM_CUSTOM)),
            mentor_scope=texts(claims.get(spec.CLAIM_ROLE_SCOPE_MENTOR)) if is_mentor else (),
            deep_linking=deeplinking.Request.from_claims(claims) if kind == spec.DEEP_LINKING_REQUEST else None,
            parsed=dict(parsed or {}),
            **{key: text(claims, key) for key in _PERSONAL},
        )

    @property
    def course(self) -> KnownCourse | None:
        """Return the course with its services; None where the launch offers none that can be used.

        `KnownCourse.from_claims` says why not.
        """
        with suppress(UsageError, RecursionError):
            return KnownCourse.from_claims(self.claims)
        return None

    def session(self) -> Session:
        """Open a session with the platform; see `ltix_data.connect`."""
        return connect(self.registration)

    @property
    def role(self) -> str | None:
        """Return the most privileged role in the course as one of `ltix_data.roles.WORDS`, None without any."""
        return roles.main_role(self.roles)

    def has_role(self, role: str) -> bool:
        """Return whether the person has *role*; a role also fits its sub-roles. [Core §A.2]

        Args:
            role: a word such as ``"Instructor"``, a sub-role such as ``"Instructor#Grader"``, or a URI.

        Raises:
            UsageError: *role* is neither a word of the LTI vocabulary nor a URI.
        """
        return roles.matcher(role)(self.roles)

    @property
    def is_instructor(self) -> bool:
        """Return whether the person teaches the course; who only assists does not."""
        return self._is("Instructor")

    @property
    def is_teaching_assistant(self) -> bool:
        """Return whether the person only assists in teaching: a teaching assistant or grader."""
        return self._is("TeachingAssistant")

    @property
    def is_learner(self) -> bool:
        """Return whether the person learns in the course."""
        return self._is("Learner")

    @property
    def is_content_developer(self) -> bool:
        """Return whether the person makes the course's content."""
        return self._is("ContentDeveloper")

    @property
    def is_administrator(self) -> bool:
        """Return whether the person administers the course; an institution's administrator need not."""
        return self._is("Administrator")

    @property
    def is_mentor(self) -> bool:
        """Return whether the person is a mentor; `mentor_scope` says whose."""
        return self._is("Mentor")

    @property
    def is_test_user(self) -> bool:
        """Return whether this is the platform's own test student. [Core §A.2.4]"""
        return roles.is_test_user(self.roles)

    def _is(self, word: str) -> bool:
        return word in roles.words(self.roles)

    def __repr__(self) -> str:
        kind = "Deep linking" if self.deep_linking else "Launch"
        called = self.context and (self.context.label or self.context.title)
        where = f" in “{' '.join(called.split())[:_LONGEST_SHOWN]}”" if called else ""
        return f"<{kind}{where} as {self.role or 'nobody in particular'}>"


_PERSONAL = ("name", "given_name", "family_name", "email", "picture", "locale")
