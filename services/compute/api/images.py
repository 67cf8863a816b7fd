"""Images as Nova showed them until 2.35: the image service's, asked with the user's own token."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.paths import uuid_of
from services.compute.api.views.images import detailed, named
from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.microversion import at_least
from shared.web.paging import next_links, nova_page

GONE_SINCE: Final = 36
# Nova's names of filters -> the image service's.
FILTERS: Final[Mapping[str, str]] = {
    "name": "name",
    "status": "status",
    "server": "instance_uuid",
    "type": "image_type",
    "minDisk": "min_disk",
    "minRam": "min_ram",
}


def _require_old(request: web.Request) -> None:
    if at_least(request, 2, GONE_SINCE):
        raise NotFound("The resource could not be found.")


async def list_images(request: web.Request) -> web.Response:
    """Return names of images."""
    return await _listed(request, detail=False)


async def list_images_in_detail(request: web.Request) -> web.Response:
    """Return images as they are shown one by one."""
    return await _listed(request, detail=True)


async def _listed(request: web.Request, *, detail: bool) -> web.Response:
    _require_old(request)
    deps, page = request.app[DEPS], nova_page(request)
    params = {ours: request.query[name] for name, ours in FILTERS.items() if name in request.query}
    if "status" in params:
        params["status"] = params["status"].lower()
    if "instance_uuid" in params:
        params["instance_uuid"] = params["instance_uuid"].rstrip("/").rpartition("/")[2]
    if page.asked is not None:
        params["limit"] = str(page.limit)
    if page.marker is not None:
        params["marker"] = page.marker
    found = []
    if page.limit:
        found = await deps.neighbours.images.images(params, request[CALLER].token)
    view = detailed if detail else named
    body: dict[str, Any] = {"images": [view(request, each) for each in found]}
    if links := next_links(request, page, [each["id"] for each in found]):
        body["images_links"] = links
    return answer(body)


async def show_image(request: web.Request) -> web.Response:
    """Return one image."""
    return answer({"image": detailed(request, await _found(request))})


async def delete_image(request: web.Request) -> web.Response:
    """Delete an image."""
    ident = _ident(request)
    images = request.app[DEPS].neighbours.images
    await images.delete_image(ident, token=request[CALLER].token)
    return answer_nothing(status=204)


def _ident(request: web.Request) -> str:
    _require_old(request)
    found = uuid_of(request.match_info["image_id"])
    if found is None:
        raise NotFound("Image not found.")
    return str(found)


async def _found(request: web.Request) -> dict[str, Any]:
    ident = _ident(request)
    try:
        return await request.app[DEPS].neighbours.images.image(ident, request[CALLER].token)
    except NotFound as absent:
        raise NotFound("Image not found.") from absent


ROUTES: Final = [
    web.get("/images", list_images),
    web.get("/images/detail", list_images_in_detail),
    web.get("/images/{image_id}", show_image),
    web.delete("/images/{image_id}", delete_image),
]
