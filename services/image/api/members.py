"""With whom images are shared."""

from typing import Any, Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.paths import image_of, viewer_of
from services.image.domain.attributes import LONGEST
from services.image.domain.member import MemberStatus
from services.image.usecases.members import (
    add_member,
    answer_sharing,
    list_members,
    remove_member,
    show_member,
)
from shared.errors import BadInput
from shared.web.answers import answer, answer_nothing
from shared.web.body import read_json


async def index(request: web.Request) -> web.Response:
    """``GET /v2/images/{image_id}/members``."""
    image = await image_of(request, "get_members")
    members = await list_members(request.app[DEPS].transaction, image, viewer_of(request))
    return answer(
        {"members": [each.as_json() for each in members], "schema": "/v2/schemas/members"}
    )


async def show(request: web.Request) -> web.Response:
    """``GET /v2/images/{image_id}/members/{member_id}``."""
    image = await image_of(request, "get_member")
    member = await show_member(
        request.app[DEPS].transaction, image, _member_of(request), viewer_of(request)
    )
    return answer(member.as_json())


async def add(request: web.Request) -> web.Response:
    """``POST /v2/images/{image_id}/members``."""
    deps = request.app[DEPS]
    body = await _body(request)
    if "member" not in body:
        raise BadInput("Member to be added not specified")
    member_id = body["member"]
    if not isinstance(member_id, str) or not 0 < len(member_id) <= LONGEST:
        raise BadInput("Member can't be empty")
    image = await image_of(request, "get_members")
    viewer = viewer_of(request)
    member = await add_member(deps.transaction, image, member_id, viewer, deps.limits)
    return answer(member.as_json())


async def update(request: web.Request) -> web.Response:
    """``PUT /v2/images/{image_id}/members/{member_id}``."""
    body = await _body(request)
    if "status" not in body:
        raise BadInput("Status not specified")
    if body["status"] not in list(MemberStatus):
        known = ", ".join(MemberStatus)
        raise BadInput(f"Incorrect request: status must be one of {known}")
    image = await image_of(request, "modify_member")
    member = await answer_sharing(
        request.app[DEPS].transaction,
        image,
        _member_of(request),
        MemberStatus(body["status"]),
        viewer_of(request),
    )
    return answer(member.as_json())


async def remove(request: web.Request) -> web.Response:
    """``DELETE /v2/images/{image_id}/members/{member_id}``."""
    image = await image_of(request, "get_members")
    await remove_member(
        request.app[DEPS].transaction, image, _member_of(request), viewer_of(request)
    )
    return answer_nothing()


async def _body(request: web.Request) -> dict[str, Any]:
    body = await read_json(request)
    if not isinstance(body, dict):
        raise BadInput("Body expected in request.")
    return body


def _member_of(request: web.Request) -> str:
    return request.match_info["member_id"].replace("\0", "")


ROUTES: Final = (
    web.get("/v2/images/{image_id}/members", index, allow_head=False),
    web.post("/v2/images/{image_id}/members", add),
    web.get("/v2/images/{image_id}/members/{member_id}", show, allow_head=False),
    web.put("/v2/images/{image_id}/members/{member_id}", update),
    web.delete("/v2/images/{image_id}/members/{member_id}", remove),
)
