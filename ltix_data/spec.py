"""Every URI, scope, media type and word of the LTI 1.3 Advantage specifications used here.

Nothing but constants: the practice platform imports this module and no other, so that it can share
our vocabulary without sharing our bugs.
"""

from __future__ import annotations

from typing import Final

# --- OAuth 2.0 client credentials with a JWT [Security §4.1.1, RFC 7523] ---------------------------
GRANT_TYPE: Final = "client_credentials"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SIGNING_ALGORITHM: Final = "RS256"

# --- Scopes ---------------------------------------------------------------------------------------
SCOPE_MEMBERSHIPS: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPE_LINE_ITEM: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_LINE_ITEM_READONLY: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
SCOPE_RESULT_READONLY: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCOPE_SCORE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"

GRADE_SCOPES: Final = (SCOPE_LINE_ITEM, SCOPE_LINE_ITEM_READONLY, SCOPE_RESULT_READONLY, SCOPE_SCORE)
ALL_SCOPES: Final = (SCOPE_MEMBERSHIPS, *GRADE_SCOPES)

# --- Media types [NRPS §2.1, AGS §3.2.1, §3.3.4, §3.4.3] ------------------------------------------
MEMBERSHIP_CONTAINER: Final = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
LINE_ITEM: Final = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEM_CONTAINER: Final = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULT_CONTAINER: Final = "application/vnd.ims.lis.v2.resultcontainer+json"
SCORE: Final = "application/vnd.ims.lis.v1.score+json"
JSON: Final = "application/json"

# --- Launch claims [Core §5.3, §5.4] --------------------------------------------------------------
_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
CLAIM_MESSAGE_TYPE: Final = _CLAIM + "message_type"
CLAIM_VERSION: Final = _CLAIM + "version"
CLAIM_DEPLOYMENT_ID: Final = _CLAIM + "deployment_id"
CLAIM_TARGET_LINK_URI: Final = _CLAIM + "target_link_uri"
CLAIM_RESOURCE_LINK: Final = _CLAIM + "resource_link"
CLAIM_ROLES: Final = _CLAIM + "roles"
CLAIM_CONTEXT: Final = _CLAIM + "context"
CLAIM_TOOL_PLATFORM: Final = _CLAIM + "tool_platform"
CLAIM_LAUNCH_PRESENTATION: Final = _CLAIM + "launch_presentation"
CLAIM_LIS: Final = _CLAIM + "lis"
CLAIM_CUSTOM: Final = _CLAIM + "custom"
CLAIM_EXT: Final = _CLAIM + "ext"
CLAIM_MEMBERSHIPS: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
CLAIM_GRADES: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
CLAIM_ROLE_SCOPE_MENTOR: Final = _CLAIM + "role_scope_mentor"

RESOURCE_LINK_REQUEST: Final = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST: Final = "LtiDeepLinkingRequest"
DEEP_LINKING_RESPONSE: Final = "LtiDeepLinkingResponse"
LTI_VERSION: Final = "1.3.0"

# --- Deep linking claims [DL §4.4, §4.5] ----------------------------------------------------------
_DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
CLAIM_DEEP_LINKING_SETTINGS: Final = _DEEP_LINKING + "deep_linking_settings"
CLAIM_CONTENT_ITEMS: Final = _DEEP_LINKING + "content_items"
CLAIM_DATA: Final = _DEEP_LINKING + "data"
CLAIM_MESSAGE: Final = _DEEP_LINKING + "msg"
CLAIM_LOG: Final = _DEEP_LINKING + "log"
CLAIM_ERROR_MESSAGE: Final = _DEEP_LINKING + "errormsg"
CLAIM_ERROR_LOG: Final = _DEEP_LINKING + "errorlog"

# --- Dynamic registration -------------------------------------------------------------------------
TOOL_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CLOSE_MESSAGE: Final = "org.imsglobal.lti.close"

# --- Score words [AGS §3.4.7, §3.4.8] -------------------------------------------------------------
ACTIVITY_PROGRESS: Final = ("Initialized", "Started", "InProgress", "Submitted", "Completed")
GRADING_PROGRESS: Final = ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady")

# --- Membership status [NRPS §2.3] ----------------------------------------------------------------
MEMBERSHIP_STATUS: Final = ("Active", "Inactive", "Deleted")

# --- Role vocabulary [Core §A.2] ------------------------------------------------------------------
CONTEXT_ROLE: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
CONTEXT_SUB_ROLE: Final = "http://purl.imsglobal.org/vocab/lis/v2/membership/"
INSTITUTION_ROLE: Final = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
SYSTEM_ROLE: Final = "http://purl.imsglobal.org/vocab/lis/v2/system/person#"
TEST_USER: Final = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

CONTEXT_ROLES: Final = (
    "Administrator",
    "ContentDeveloper",
    "Instructor",
    "Learner",
    "Mentor",
    "Manager",
    "Member",
    "Officer",
)

# --- Canvas' score extension (Canvas documentation, "Score": submission) --------------------------
CANVAS_SUBMISSION: Final = "https://canvas.instructure.com/lti/submission"
