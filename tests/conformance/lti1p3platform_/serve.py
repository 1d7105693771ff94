"""A small LMS on lti1p3platform, in a process of its own and under its own interpreter.

The library decides about tokens, scopes, parameters, links and statuses. Here are the data, the HTTP
binding (its FastAPI request class is commented out in 0.1.8) and what it leaves to whoever uses it:
paging, filters, and when a score is too old. Prints one line of JSON when it listens; ends on SIGTERM or
when its standard input closes.
"""

from __future__ import annotations

import argparse
import json
import logging
import secrets
import socket
import sys
import threading
import time
from datetime import datetime
from urllib.parse import parse_qsl

import jwt
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from jwcrypto.jwk import JWK
from lti1p3platform import exceptions
from lti1p3platform.framework.fastapi.message_launch import FastapiMessageLaunch
from lti1p3platform.framework.fastapi.oidc_login import FastAPIOIDCLogin
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.membership import Context
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request as LtiRequest
from lti1p3platform.response import generate_next_link
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService, NamesRoleProvisioningService

CLIENT_ID = "lti1p3platform-tool"
DEPLOYMENT_ID = "deployment-1"
RESOURCE_LINK = "link-1"
ITEMS_A_PAGE, RESULTS_A_PAGE, MEMBERS_A_PAGE = 4, 10, 10

_LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
_ROLES = {
    "Learner": [f"{_LIS}membership#Learner"],
    "Instructor": [f"{_LIS}membership#Instructor", f"{_LIS}institution/person#Faculty"],
    "TeachingAssistant": [f"{_LIS}membership#Instructor", f"{_LIS}membership/Instructor#TeachingAssistant"],
    "ContentDeveloper": ["ContentDeveloper"],
    "Mentor": [f"{_LIS}membership#Mentor"],
}

# role, user_id, given name, family name, e-mail; blank is not sent
_PEOPLE = [
    ("Instructor", "instructor-1", "Ağça", "İnönü-Işık", "agca@lms.example"),
    ("Learner", "00000017", "Seán", "Mac Giolla Phádraig", "sean.mac@lms.example"),
    ("Learner", "17", "Sean", "Mac Giolla Phadraig", "sean.mac2@lms.example"),
    ("Learner", "18014398509481985", "Nguyễn", "Thị Ánh", "anh@lms.example"),
    ("Learner", "f.last@lms.example", "Þórdís", "Æsudóttir", "thordis@lms.example"),
    ("Learner", "a+b&c=d/é%2F?#", "Renée", 'de "La" Cruz; y/o Ω', "renee+lti@lms.example"),
    ("Learner", "6e3", "6e3", "1,000.50", "6e3@lms.example"),
    ("Learner", "null", "Null", "None", "null@lms.example"),
    ("Learner", "true", "True", "NaN", "true@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f01", "", "Suharto", "suharto@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f02", "X Æ", "", "x.ae@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f03", "", "", ""),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f04", "花子", "山田", "hanako@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f05", "فاطمة", "الزهراء بنت محمد", "fatima@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f06", "רות", "בן־דוד", "rut@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f07", "Ame\u0301lie", "Bjo\u0308rk", "amelie@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f08", "Am\u00e9lie", "Bj\u00f6rk", "amelie2@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f09", "🧑🏽‍🚀", "Stella", "stella@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f10", "=1+1", "@SUM(A1)", "formula@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f11", "<b>Bo</b>", "O&#39;Neil &amp; Sons", "bo@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f12", "Chris", "Lee", "chris.lee@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f13", "Chris", "Lee", "Chris.Lee.2@LMS.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f14", "Zero\u200bWidth", "Joiner", "zero@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f15", "O", "U", "ou@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f16", "Straße", "ẞ-Maß", "strasse@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f17", "Hubert " * 20, "Wolfe" * 20, "hubert@lms.example"),
    ("Learner", "0b41f7a2-52d5-4f5c-9f35-6f2f5e4e6f18", "Ole", "van 't Hoff", ""),
    ("TeachingAssistant", "assistant-1", "Łukasz", "Żółć", "lukasz@lms.example"),
    ("ContentDeveloper", "developer-1", "Dev", "Eloper", "dev@lms.example"),
    ("Mentor", "mentor-1", "Gone", "Away", "gone@lms.example"),
    ("Instructor", "instructor-2", "Second", "Teacher", "second@lms.example"),
]


def people() -> list[dict]:
    """Return everybody as the roster tells them; what is blank is absent."""
    found = []
    for role, user_id, given, family, email in _PEOPLE:
        name = f"{given} {family}".strip()
        shared = {"name": name, "given_name": given, "family_name": family, "email": email}
        status = {"status": "Inactive"} if role == "Mentor" else {}  # the library fills in Active
        kept = {key: value for key, value in shared.items() if value}
        found.append({"user_id": user_id, "roles": _ROLES[role], **kept, **status})
    return found


class Campus:
    """What the platform remembers: one course, its gradebook, and the tokens it gave out."""

    def __init__(self, base: str, tool_keys: dict) -> None:
        self.base = base
        self.lineitems_url = f"{base}/course/lineitems"
        self.memberships_url = f"{base}/course/memberships"
        self.memberships_asked_url = f"{self.memberships_url}?limit={MEMBERS_A_PAGE}"  # the library pages only if asked
        self.items: dict[str, dict] = {}
        self.scores: dict[str, dict[str, dict]] = {}  # the latest of each person
        self.grades: dict[str, dict[str, dict]] = {}  # the latest that counts
        self.issued: set[str] = set()
        self.revoked: set[str] = set()
        self.requests: list[list] = []
        self.content_items: list[dict] = []  # what deep linking brought
        key = JWK.generate(kty="RSA", size=2048)
        self.registration = (
            Registration()
            .set_iss(base)
            .set_client_id(CLIENT_ID)
            .set_deployment_id(DEPLOYMENT_ID)
            .set_tool_key_set(tool_keys)
            .set_platform_public_key(key.export_to_pem().decode())
            .set_platform_private_key(key.export_to_pem(private_key=True, password=None).decode())
        )
        self.add_item({"label": "Final “paper” & talk", "scoreMaximum": 100, "resourceLinkId": RESOURCE_LINK})
        self.add_item({"label": "Quiz 1", "scoreMaximum": 10, "tag": "quiz", "resourceId": "quiz/1"})
        dates = {"startDateTime": "2026-03-01T08:00:00+01:00", "endDateTime": "2026-04-01T23:59:59.5Z"}
        self.add_item({"label": "Essay", "scoreMaximum": 7.5, "tag": "essay", **dates})
        self.add_item({"label": "Esej – „próba”", "scoreMaximum": 20, "gradesReleased": False})
        self.add_item({"label": "Participation", "scoreMaximum": 1})

    def item_url(self, number: str) -> str:
        return f"{self.lineitems_url}/{number}"

    def add_item(self, fields: dict) -> dict:
        number = str(len(self.scores) + 1)
        self.scores[number], self.grades[number] = {}, {}
        return self.set_item(number, fields)

    def set_item(self, number: str, fields: dict) -> dict:
        maximum = fields.get("scoreMaximum")
        if not fields.get("label") or not isinstance(maximum, (int, float)) or maximum <= 0:
            raise exceptions.LtiServiceException("label and a positive scoreMaximum are needed", 400)
        self.items[number] = {**fields, "id": self.item_url(number)}
        return dict(self.items[number])

    def item(self, number: str) -> dict:
        if number not in self.items:
            raise exceptions.LineItemNotFoundException
        return dict(self.items[number])


def page_of(entries: list, page: int, limit: int | None) -> dict:
    begin, size = (page - 1) * (limit or 0), limit or len(entries)
    return {"content": entries[begin : begin + size], "has_next": len(entries) > begin + size}


# --- The library's abstract classes -----------------------------------------------------------------


class Platform(LTI1P3PlatformConfAbstract):
    def init_platform_config(self, campus: Campus) -> None:
        self.campus = campus
        self._registration = campus.registration

    def get_registration_by_params(self, **_: object) -> Registration:
        return self.campus.registration

    def get_access_token(self, token_request_data: dict) -> dict:
        given = super().get_access_token(token_request_data)
        self.campus.issued.add(given["access_token"])
        self.campus.revoked.discard(given["access_token"])  # two of one second are the same
        return given

    def validate_token(self, token: str, *args: object, **kwargs: object) -> bool:
        return token not in self.campus.revoked and super().validate_token(token, *args, **kwargs)


class Names(NamesRoleProvisioningService):
    def __init__(self, request: LtiRequest, campus: Campus) -> None:
        super().__init__(request, Platform(campus=campus), campus.memberships_url)

    def get_context_by_id(self) -> Context:
        return Context("course-1", "DATA 1", "Data, grades & people")

    def is_resource_link_valid(self, context_id: str, resource_link_id: str) -> bool:
        return resource_link_id == RESOURCE_LINK

    def get_member_data_page(
        self, page: int = 1, limit: int | None = None, role: str | None = None, since: str | None = None
    ) -> dict:
        wanted = {role, role.rpartition("#")[2]} if role else set()
        fitting = [one for one in people() if role is None or wanted.intersection(one["roles"])]
        return page_of(fitting, page, limit)


class Grades(AssignmentsGradesService):
    def __init__(self, request: LtiRequest, campus: Campus, number: str | None = None) -> None:
        item_url = campus.item_url(number) if number else None
        super().__init__(request, Platform(campus=campus), campus.lineitems_url, item_url)
        self.campus = campus

    def find_lineitems(
        self,
        page: int = 1,
        limit: int | None = None,
        line_item_id: str | None = None,
        resource_link_id: str | None = None,
        resource_id: str | None = None,
        tag: str | None = None,
    ) -> dict:
        wanted = {"id": line_item_id, "resourceLinkId": resource_link_id, "resourceId": resource_id, "tag": tag}
        named = {key: value for key, value in wanted.items() if value is not None}
        found = [item for item in self.campus.items.values() if named.items() <= item.items()]
        return page_of(found, page, limit or ITEMS_A_PAGE)

    def find_lineitem(self, line_item_id: str) -> dict:
        return self.campus.item(line_item_id)

    def create_lineitem(self, creation_data: dict) -> dict:
        return self.campus.add_item(creation_data)

    def update_lineitem(self, update_data: dict) -> dict:
        self.campus.item(update_data["id"])
        return self.campus.set_item(update_data["id"], update_data)

    def delete_lineitem(self, line_item_id: str) -> None:
        self.campus.item(line_item_id)
        del self.campus.items[line_item_id]

    def update_score(self, line_item_id: str, score: dict) -> UpdateScoreStatus:
        self.campus.item(line_item_id)
        if score["userId"] not in {user_id for role, user_id, *_ in _PEOPLE if role == "Learner"}:
            return UpdateScoreStatus.NOTAPPLIED
        held = self.campus.scores[line_item_id]
        before = held.get(score["userId"])
        if before and moment(score) <= moment(before):
            return UpdateScoreStatus.OLD_TIMESTAMP
        held[score["userId"]] = score
        if score["gradingProgress"] == "FullyGraded" or score.get("scoreGiven") is None:
            self.campus.grades[line_item_id][score["userId"]] = score
        return UpdateScoreStatus.SUCCESS if before else UpdateScoreStatus.CREATED

    def get_results(
        self, line_item_id: str, page: int = 1, limit: int | None = None, user_id: str | None = None
    ) -> dict:
        item = self.campus.item(line_item_id)
        grades = self.campus.grades[line_item_id].values()
        told = [result(item, number, score) for number, score in enumerate(grades)]
        found = [one for one in told if user_id in (None, one["userId"])]
        return page_of(found, page, limit or RESULTS_A_PAGE)


class Login(FastAPIOIDCLogin):
    """The login initiation. Its hint says which message is meant: "link" or "choose"."""

    def set_lti_message_hint(self, message: str) -> None:
        self._lti_message_hint = message


class Launch(FastapiMessageLaunch, LTIAdvantageMessageLaunchAbstract):
    """The answer to an authentication request: who, where, and the services."""

    def __init__(self, request: Request, campus: Campus) -> None:
        super().__init__(request, Platform(campus=campus))
        self.campus = campus

    def prepare_launch(self, preflight_response: dict) -> None:
        person = next(one for one in people() if one["user_id"] == preflight_response["login_hint"])
        self.set_user_data(person["user_id"], person["roles"], person.get("name"), person.get("email"))
        self.set_launch_context_claim("course-1", [f"{_LIS}course#CourseSection"], "Data, grades & people", "DATA 1")
        self.set_custom_parameters_claim({"unit": "3"})
        self.set_launch_presentation_claim("window", f"{self.campus.base}/course")
        self.set_ags(self.campus.lineitems_url, self.campus.item_url("1"))
        self.set_nrps(self.campus.memberships_asked_url)
        if preflight_response["lti_message_hint"] == "choose":
            self.set_dl(f"{self.campus.base}/content", "Choose", "What shall it be?", extra_data={"place": "week 3"})
        else:
            self.set_resource_link_claim(RESOURCE_LINK, title="The tool")


def moment(score: dict) -> datetime:
    return datetime.fromisoformat(score["timestamp"])


def result(item: dict, number: int, score: dict) -> dict:
    told = {"id": f"{item['id']}/results/{number}", "scoreOf": item["id"], "userId": score["userId"]}
    if score.get("scoreGiven") is not None:
        told |= {"resultScore": score["scoreGiven"] / score["scoreMaximum"] * item["scoreMaximum"]}
        told |= {"resultMaximum": item["scoreMaximum"]}
    return told | ({"comment": score["comment"]} if score.get("comment") else {})


# --- The HTTP binding -------------------------------------------------------------------------------


class Asked(LtiRequest):
    """A request as the library wants it: page and limit as numbers, for it counts with them."""

    def build_metadata(self, request: tuple[Request, bytes]) -> dict:
        http, body = request
        kind = http.headers.get("content-type", "")
        numbers = {"page", "limit"}
        return {
            "method": http.method,
            "path": http.url.path,
            "headers": http.headers,
            "content_type": kind,
            "get_data": {k: int(v) if k in numbers else v for k, v in http.query_params.items()},
            "form_data": dict(parse_qsl(body.decode())) if "form" in kind else {},
            "json": json.loads(body) if body and "json" in kind else None,
        }


def answer(given: object) -> Response:
    """Return the library's response as HTTP: a page is its content, with a link to the next."""
    if given.code == 204:
        return Response(status_code=204)
    if given.code >= 400:
        return JSONResponse({"error": given.message}, given.code, media_type=given.media_type)
    result = given.result if isinstance(given.result, dict) else {}
    link = {"Link": generate_next_link(result["next"])} if result.get("next") else {}
    return JSONResponse(result.get("content", given.result), given.code, link, given.media_type)


def create_app(campus: Campus, control: str) -> FastAPI:
    app = FastAPI(openapi_url=None)

    async def asked(request: Request) -> Asked:
        return Asked((request, await request.body()))

    @app.middleware("http")
    async def noted(request: Request, following: object) -> Response:
        status = 500
        try:
            response = await following(request)
            status = response.status_code
            return response
        finally:
            if control not in request.url.path:
                campus.requests.append([request.method, request.url.path, status])

    @app.get("/jwks")
    async def jwks() -> dict:
        return Platform(campus=campus).get_jwks()

    @app.get("/course/{message}/as/{user_id:path}")
    async def opened(request: Request, message: str, user_id: str) -> Response:
        """Start a launch as somebody who is signed in would."""
        login = Login(request, Platform(campus=campus))
        login.set_lti_message_hint(message=message)
        return login.set_deeplinking_launch_url().initiate_login(user_id)

    @app.get("/auth")
    async def auth(request: Request) -> Response:
        try:
            return Launch(request, campus).lti_launch()
        except exceptions.PreflightRequestValidationException:
            return JSONResponse({"error": "invalid_request"}, 400)

    @app.post("/content")
    async def content(request: Request) -> Response:
        """Take in what the tool chose."""
        try:
            campus.content_items = Platform(campus=campus).validate_deeplinking_resp((await asked(request)).form_data)
        except (exceptions.LtiException, exceptions.LtiDeepLinkingResponseException, jwt.PyJWTError) as error:
            return JSONResponse({"error": type(error).__name__}, 400)
        return JSONResponse(campus.content_items)

    @app.post("/token")
    async def token(request: Request) -> Response:
        form = (await asked(request)).form_data
        try:
            return JSONResponse(Platform(campus=campus).get_access_token(form))
        except exceptions.MissingRequiredClaim:
            return JSONResponse({"error": "invalid_request"}, 400)
        except exceptions.UnsupportedGrantType:
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        except (exceptions.LtiException, jwt.PyJWTError):
            return JSONResponse({"error": "invalid_client"}, 400)

    @app.get("/course/memberships")
    async def memberships(request: Request) -> Response:
        service = Names(await asked(request), campus)
        return answer(service.handle_resp(service.handle_get_members))

    @app.api_route("/course/lineitems", methods=["GET", "POST"])
    async def lineitems(request: Request) -> Response:
        service = Grades(await asked(request), campus)
        handle = {"GET": service.handle_get_lineitems, "POST": service.handle_create_lineitem}
        return answer(service.handle_resp(handle[request.method]))

    @app.api_route("/course/lineitems/{number}", methods=["GET", "PUT", "DELETE"])
    async def lineitem(request: Request, number: str) -> Response:
        service = Grades(await asked(request), campus, number)
        handle = {
            "GET": service.handle_get_lineitem,
            "PUT": service.handle_update_lineitem,
            "DELETE": service.handle_delete_lineitem,
        }
        return answer(service.handle_resp(handle[request.method], line_item_id=number))

    @app.post("/course/lineitems/{number}/scores")
    async def scores(request: Request, number: str) -> Response:
        service = Grades(await asked(request), campus, number)
        return answer(service.handle_resp(service.handle_update_score, line_item_id=number))

    @app.get("/course/lineitems/{number}/results")
    async def results(request: Request, number: str) -> Response:
        service = Grades(await asked(request), campus, number)
        return answer(service.handle_resp(service.handle_get_results, line_item_id=number))

    @app.post(f"/{control}/expire-tokens")
    async def expire_tokens() -> None:
        campus.revoked |= campus.issued

    @app.post(f"/{control}/tool")
    async def tool(login_url: str, launch_url: str) -> None:
        """Take down the tool's addresses, as an administrator does; deep linking has the same as launches."""
        campus.registration.set_oidc_login_url(login_url).set_launch_url(launch_url)
        campus.registration.set_deeplink_launch_url(launch_url)

    @app.post(f"/{control}/content-items")
    async def content_items() -> list[dict]:
        return campus.content_items

    @app.post(f"/{control}/requests")
    async def requests() -> list[list]:
        """Tell what was asked since this was asked last."""
        noted, campus.requests = campus.requests, []
        return noted

    return app


class DistantLog(logging.StreamHandler):
    """Takes as long as a log on another machine: uvicorn writes it between a 500 and closing the connection."""

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        time.sleep(0.02)


class Server(uvicorn.Server):
    """Says where it listens, and ends when nobody holds its standard input any more."""

    def __init__(self, config: uvicorn.Config, greeting: dict) -> None:
        super().__init__(config)
        self.greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(json.dumps(self.greeting), flush=True)
        threading.Thread(target=self.end_with_input, daemon=True).start()

    def end_with_input(self) -> None:
        sys.stdin.buffer.read()
        self.should_exit = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool-keys", required=True, help="the tool's public key set, as JSON")
    given = parser.parse_args()
    # named as TCP, or asyncio leaves Nagle's algorithm on, and every answer takes 40 ms
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listening.getsockname()[1]}"
    campus, control = Campus(base, json.loads(given.tool_keys)), secrets.token_urlsafe()
    greeting = {
        "issuer": base,
        "client_id": CLIENT_ID,
        "token_url": f"{base}/token",
        "auth_url": f"{base}/auth",
        "jwks_url": f"{base}/jwks",
        "deployment_id": DEPLOYMENT_ID,
        "memberships_url": campus.memberships_asked_url,
        "lineitems_url": campus.lineitems_url,
        "lineitem_url": campus.item_url("1"),
        "resource_link": RESOURCE_LINK,
        "control_url": f"{base}/{control}",  # nobody else knows it
        "members": {user_id: role for role, user_id, *_ in _PEOPLE},
        "people": people(),
    }
    logging.basicConfig(level=logging.ERROR, handlers=[DistantLog()])
    config = uvicorn.Config(create_app(campus, control), log_config=None, timeout_graceful_shutdown=2)
    Server(config, greeting).run(sockets=[listening])


if __name__ == "__main__":
    main()
