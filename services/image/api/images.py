"""Creates, shows, changes and deletes images."""

from typing import Any, Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.paths import image_id_of, image_of
from services.image.api.schemas.image import checked, read_attributes
from services.image.domain.attributes import check_writable
from services.image.domain.change import changed
from services.image.domain.document import rendered
from services.image.domain.image import Image, Visibility
from services.image.domain.patch import MEDIA_TYPES, Change, parse
from services.image.usecases.images import change_image, create_image, delete_image
from shared.clock import utcnow
from shared.errors import BadInput, NotAllowed, WrongMediaType
from shared.identity.caller import CALLER
from shared.ids import ImageId, new_uuid
from shared.web.answers import answer_bytes, answer_nothing
from shared.web.body import read_json
from shared.web.context import context_of, request_id_of
from shared.web.idempotency import claim_of, stored_form
from shared.web.links import base_url

ACCEPTED: Final = ", ".join(MEDIA_TYPES)
VISIBILITY_RULES: Final = {
    Visibility.PUBLIC: "publicize_image",
    Visibility.COMMUNITY: "communitize_image",
}


async def create(request: web.Request) -> web.Response:
    """``POST /v2/images``."""
    deps = request.app[DEPS]
    caller = request[CALLER]
    deps.policy.require(caller, "add_image")
    payload = await read_json(request)
    image = _new_image(payload, caller.project_id)
    if image.owner != caller.project_id and not deps.policy.allows(caller, "set_image_owner"):
        raise NotAllowed(f"You are not permitted to create images owned by '{image.owner}'.")
    _check_visibility(request, image)
    response = answer_bytes(
        rendered(image),
        status=201,
        headers={
            "Location": f"{base_url(request)}/v2/images/{image.id}",
            "OpenStack-image-import-methods": ",".join(deps.settings.import_methods),
        },
    )
    claim = claim_of(request)
    await create_image(
        deps.transaction,
        image,
        deps.limits,
        request_id=request_id_of(request),
        id_was_drawn="id" not in payload,
        repeatable=(claim, stored_form(response)) if claim is not None else None,
    )
    return response


async def show(request: web.Request) -> web.Response:
    """``GET /v2/images/{image_id}``."""
    return answer_bytes((await image_of(request, "get_image")).document)


async def update(request: web.Request) -> web.Response:
    """``PATCH /v2/images/{image_id}``."""
    deps = request.app[DEPS]
    changes = await _read_changes(request)
    await image_of(request, "modify_image")

    def change(image: Image) -> Image:
        after = changed(image, changes, checked)
        if after.owner != image.owner and not deps.policy.allows(
            request[CALLER], "set_image_owner"
        ):
            raise NotAllowed(f"You are not permitted to modify 'owner' on image {image.id}.")
        if after.visibility != image.visibility:
            _check_visibility(request, after)
        return after

    image = await change_image(
        deps.transaction,
        image_id_of(request),
        change,
        deps.limits,
        request_id=request_id_of(request),
    )
    return answer_bytes(rendered(image))


async def delete(request: web.Request) -> web.Response:
    """``DELETE /v2/images/{image_id}``."""
    deps = request.app[DEPS]
    image = await image_of(request, "delete_image")
    await delete_image(deps.transaction, deps.blobs, image.id, request_id=request_id_of(request))
    return answer_nothing()


def _new_image(payload: Any, project: str) -> Image:
    if not isinstance(payload, dict):
        raise BadInput("Provided object does not match schema 'image': it is not an object")
    for name in payload:
        check_writable(name)
    attributes = read_attributes(payload)
    now = utcnow()
    return Image(
        id=ImageId(attributes.id or new_uuid()),
        **{"owner": project, **attributes.given},
        properties=attributes.properties,
        created_at=now,
        updated_at=now,
    )


def _check_visibility(request: web.Request, image: Image) -> None:
    rule = VISIBILITY_RULES.get(image.visibility)
    if rule is not None:
        target = {"project_id": image.owner}
        request.app[DEPS].policy.require(request[CALLER], rule, target)


async def _read_changes(request: web.Request) -> list[Change]:
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        context_of(request).extra_headers = {"Accept-Patch": ACCEPTED}
        raise WrongMediaType(f"Unsupported Content-Type {media_type}. Supported: {ACCEPTED}.")
    return parse(await read_json(request, media_types=frozenset(MEDIA_TYPES)), media_type)


ROUTES: Final = (
    web.post("/v2/images", create),
    web.get("/v2/images/{image_id}", show, allow_head=False),
    web.patch("/v2/images/{image_id}", update),
    web.delete("/v2/images/{image_id}", delete),
)
