"""What an administrator does on each platform: where to click, which value goes where, what comes back.

Data only, as plain text: the page escapes it. A value is named by its key on the page, such as ``login_url``.
"""

from __future__ import annotations

from dataclasses import dataclass

_LAUNCH = "Open the tool once from each course: that launch brings the course's addresses here."


@dataclass(frozen=True, slots=True)
class Entry:
    """One value and the field of the platform that it goes into.

    Args:
        value: the key of the value on the page.
        label: what the platform calls the field.
        note: what to choose with it.
    """

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One value that the platform gives, and the field of the page that it goes into.

    Args:
        label: what the platform calls it, and where it shows it.
        field: the name of the field on the page.
    """

    label: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The way to connect with one platform.

    Args:
        key: the key of its preset.
        name: what it is called.
        dynamic: what to do where the tool registers itself, in order; empty where it cannot.
        registration_label: what the field for the registration URL is called then.
        by_hand: what to do where values are typed in, in order.
        entries: which value goes into which field.
        answers: what the platform gives for it.
        pastes_key: how a key is pasted instead of its address; empty where it cannot be.
        mind: what to mind.
    """

    key: str
    name: str
    dynamic: tuple[str, ...] = ()
    registration_label: str = ""
    by_hand: tuple[str, ...]
    entries: tuple[Entry, ...]
    answers: tuple[Answer, ...]
    pastes_key: str = ""
    mind: tuple[str, ...] = ()


CANVAS = Steps(
    key="canvas",
    name="Canvas",
    dynamic=(
        "Admin → your account → Developer Keys → + Developer Key → + LTI Registration.",
        "Enter the registration URL, and continue.",
        "Confirm what the tool asks for, and turn its key on (State: On).",
        "Install it where it shall be used: Settings → Apps → View App Configurations → + App → By Client ID.",
        _LAUNCH,
    ),
    registration_label="Registration URL",
    by_hand=(
        "Admin → your account → Developer Keys → + Developer Key → + LTI Key; Method: Manual Entry.",
        "Enter the values. Under LTI Advantage Services turn on line items, results, scores and names and roles.",
        "Under Additional Settings choose Privacy Level: Public. Under Placements choose Course Navigation; "
        "Assignment Selection and Link Selection if the tool shall place content.",
        "Save, turn the key on (State: On), and copy the number from its Details column: the client id.",
        "Settings → Apps → View App Configurations → + App → By Client ID.",
        _LAUNCH,
    ),
    entries=(
        Entry("tool_name", "Key Name, Title"),
        Entry("redirect_url", "Redirect URIs"),
        Entry("target_link_url", "Target Link URI"),
        Entry("login_url", "OpenID Connect Initiation Url"),
        Entry("jwks_url", "Public JWK URL", "JWK Method: Public JWK URL"),
    ),
    answers=(
        Answer("the number in the Details column of Developer Keys", "client_id"),
        Answer("the host in your browser's address, such as uni.instructure.com", "host"),
        Answer(
            "Settings → Apps → View App Configurations → the tool's wheel → Deployment Id (may be left out)",
            "deployment_id",
        ),
    ),
    pastes_key="JWK Method: Public JWK, and paste the public key as JWK (by hand only).",
    mind=(
        "Without Privacy Level: Public, rosters name nobody.",
        "A Canvas that you run yourself has its own issuer (lti_iss in security.yml): enter it as issuer.",
    ),
)

MOODLE = Steps(
    key="moodle",
    name="Moodle",
    dynamic=(
        "Site administration → Plugins → Activity modules → External tool → Manage tools.",
        "Paste the registration URL into Tool URL… and choose Add LTI Advantage.",
        "The tool is pending then: choose Activate on its card.",
        "In a course: Add an activity → the tool (or External tool).",
        _LAUNCH,
    ),
    registration_label="Tool URL…",
    by_hand=(
        "Site administration → Plugins → Activity modules → External tool → Manage tools → Configure a tool manually.",
        "LTI version: LTI 1.3. Enter the values.",
        "Services: assignments and grades for grade sync and column management; names and roles to retrieve members.",
        "Privacy: share the launcher's name and e-mail: Always. Save.",
        "On the tool's card open View configuration details, and copy what it shows.",
        _LAUNCH,
    ),
    entries=(
        Entry("tool_name", "Tool name"),
        Entry("target_link_url", "Tool URL"),
        Entry("jwks_url", "Public keyset", "Public key type: Keyset URL"),
        Entry("login_url", "Initiate login URL"),
        Entry("redirect_url", "Redirection URI(s)"),
        Entry("deep_linking_url", "Content Selection URL", "with Supports Deep Linking"),
    ),
    answers=(
        Answer("Platform ID", "issuer"),
        Answer("Client ID", "client_id"),
        Answer("Deployment ID", "deployment_id"),
        Answer("Access token URL (its beginning is the host)", "host"),
    ),
    pastes_key="Public key type: RSA key, and paste the public key as PEM (by hand only).",
    mind=(
        "Moodle reads the key set from its own server, and refuses private addresses: from a laptop, paste the key.",
    ),
)

BLACKBOARD = Steps(
    key="blackboard",
    name="Blackboard",
    dynamic=(
        "developer.blackboard.com → LTI Dynamic Registration, and enter the registration URL.",
        "It is young there: where it fails, register by hand.",
        "Then, in Learn: Admin → LTI Tool Providers → Register LTI 1.3/Advantage Tool, with the client id.",
        _LAUNCH,
    ),
    registration_label="Registration URL",
    by_hand=(
        "developer.blackboard.com → My Applications → +, and turn on My integration supports LTI 1.3.",
        "Enter the values; Signing Algorithm: RS256. Register, and copy the Application ID: the client id.",
        "In Learn: Admin → LTI Tool Providers → Register LTI 1.3/Advantage Tool, enter the client id, submit.",
        "Tool Status: Approved. Send role, name and e-mail; allow grade service access and membership service access.",
        "Manage Placements → Create Placement → Course tool, with the target link URI.",
        _LAUNCH,
    ),
    entries=(
        Entry("tool_name", "Application Name"),
        Entry("login_url", "Login Initiation URL"),
        Entry("redirect_url", "Tool Redirect URL(s)"),
        Entry("jwks_url", "Tool JWKS URL"),
        Entry("target_link_url", "Target Link URI", "of the placement"),
    ),
    answers=(
        Answer("Application ID, in the developer portal", "client_id"),
        Answer("Deployment ID, in LTI Tool Providers", "deployment_id"),
    ),
    mind=(
        "Keys cannot be pasted: the key set must be at an address that Blackboard can read.",
        "The application belongs to the portal; each institution adds it with the same client id.",
    ),
)

BRIGHTSPACE = Steps(
    key="brightspace",
    name="Brightspace",
    dynamic=(
        "Admin Tools → Manage Extensibility → LTI Advantage → Register Tool → Dynamic.",
        "Enter the registration URL, and register.",
        "The registration is disabled at first: open it, check what it asks for, and enable it.",
        "View Deployments → New Deployment: choose the tool, its extensions, the security settings that send names and "
        "e-mail addresses, and the org units.",
        _LAUNCH,
    ),
    registration_label="Tool initiation registration endpoint",
    by_hand=(
        "Admin Tools → Manage Extensibility → LTI Advantage → Register Tool → Standard.",
        "Enter the values. Extensions: Assignment and Grade Services, Names and Role Provisioning Services, and Deep "
        "Linking if the tool shall place content. Register, and copy what it shows.",
        "View Deployments → New Deployment: choose the tool, its extensions, the security settings that send names and "
        "e-mail addresses, and the org units. Copy the deployment id.",
        _LAUNCH,
    ),
    entries=(
        Entry("tool_name", "Name"),
        Entry("target_link_url", "Domain", "its beginning, without the path"),
        Entry("redirect_url", "Redirect URLs"),
        Entry("login_url", "OpenID Connect Login URL"),
        Entry("target_link_url", "Target Link URI"),
        Entry("jwks_url", "Keyset URL"),
    ),
    answers=(
        Answer("Client Id", "client_id"),
        Answer("Issuer (its host)", "host"),
        Answer("Deployment Id, of the deployment", "deployment_id"),
    ),
    mind=(
        "Keys cannot be pasted: the key set must be at an address that Brightspace can read.",
        "A domain can be in one enabled registration only.",
    ),
)

SAKAI = Steps(
    key="sakai",
    name="Sakai",
    dynamic=(
        "Administration Workspace → External Tools → LTI Advantage Auto-Provision.",
        "Enter a title and the registration URL, and continue.",
        "Edit the tool: send names and e-mail addresses, provide the roster, allow grades and grade columns. Save.",
        _LAUNCH,
    ),
    registration_label="Tool Registration URL",
    by_hand=(
        "Administration Workspace → External Tools → Install LTI 1.x Tool, and choose: Tool supports LTI 1.3.",
        "Enter the values. Send names and e-mail addresses, provide the roster, allow grades and grade columns. Save.",
        "Open the tool's page, and copy what it shows.",
        _LAUNCH,
    ),
    entries=(
        Entry("tool_name", "Tool Title"),
        Entry("target_link_url", "Launch URL"),
        Entry("login_url", "LTI 1.3 Tool OpenID Connect/Initialization Endpoint"),
        Entry("redirect_url", "LTI 1.3 Tool Redirect Endpoint(s)"),
        Entry("jwks_url", "LTI 1.3 Tool Keyset URL"),
    ),
    answers=(
        Answer("LTI 1.3 Client ID", "client_id"),
        Answer("LTI 1.3 Platform OAuth2 Bearer Token Retrieval URL; it ends with the tool's number", "token_url"),
        Answer("the host in your browser's address", "host"),
        Answer("LTI 1.3 Deployment ID (often 1)", "deployment_id"),
    ),
)

OPEN_EDX = Steps(
    key="openedx",
    name="Open edX",
    by_hand=(
        "Studio → Settings → Advanced Settings → Advanced Module List: add lti_consumer.",
        "In a unit: Add New Component → Advanced → LTI Consumer → Edit; LTI Version: LTI 1.3.",
        "Enter the values. Enable LTI NRPS; LTI Assignment and Grades Service: programmatic. Save and publish.",
        "Below the component Studio shows a client id and addresses: copy them.",
        _LAUNCH,
    ),
    entries=(
        Entry("target_link_url", "Tool Launch URL"),
        Entry("login_url", "Tool Initiate Login URL"),
        Entry("redirect_url", "Registered Redirect URIs", 'as a list: ["…"]'),
        Entry("jwks_url", "Tool Keyset URL", "Tool Public Key Mode: Keyset URL"),
        Entry("deep_linking_url", "Deep Linking Launch URL", "with Deep Linking"),
    ),
    answers=(
        Answer("Client ID", "client_id"),
        Answer("Deployment ID", "deployment_id"),
        Answer("the address of the LMS, such as https://courses.example.edu", "issuer"),
        Answer("Access Token URL", "token_url"),
        Answer("OIDC Callback URL", "auth_url"),
        Answer("Keyset URL", "jwks_url"),
    ),
    pastes_key="Tool Public Key Mode: Public Key, and paste the public key as PEM.",
    mind=("Each component has a client id and addresses of its own: one registration here for each.",),
)

SCHOOLOGY = Steps(
    key="schoology",
    name="Schoology",
    by_hand=(
        "App Center → Organization Apps (or My Developer Apps) → Add App; Type of App: LTI 1.3 App.",
        "Enter the values. Turn on Assignment and Grade Services, Names and Roles, and Deep Linking if the tool shall "
        "place content; under Privacy choose to send names and e-mail addresses. Submit.",
        "Install LTI 1.3 App → Add to Organization, and choose the courses.",
        "Options → API Info shows the client id; Organization Apps → Configure the deployment id.",
        _LAUNCH,
    ),
    entries=(
        Entry("tool_name", "App Name"),
        Entry("target_link_url", "Domain/URL"),
        Entry("jwks_url", "JWKS URL", "Public key type: Keyset URL"),
        Entry("login_url", "OIDC Login Init URL"),
        Entry("redirect_url", "Redirect URLs"),
    ),
    answers=(Answer("Client ID", "client_id"), Answer("Deployment ID", "deployment_id")),
    mind=("Schoology gives the same issuer and addresses to everybody; only the client id is yours.",),
)

STEPS = (CANVAS, MOODLE, BLACKBOARD, BRIGHTSPACE, SAKAI, OPEN_EDX, SCHOOLOGY)
