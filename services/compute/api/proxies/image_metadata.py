"""Metadata of images, which could be changed here until 2.38."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.proxies.asking import PATCH, Json, id_in, images, require_until
from services.compute.api.schemas.servers import MetaBody, MetadataBody
from services.compute.api.views.images import detailed
from services.compute.domain.quota import UNLIMITED, QuotaExceeded
from services.compute.store import quotas
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.body import read

METADATA_LAST: Final = 38


async def _image(request: web.Request) -> Json:
    ident = id_in(request, "image_id", "Image")
    try:
        return await images(request, "GET", f"/images/{ident}")
    except NotFound as absent:
        raise NotFound("Image not found.") from absent


async def _metadata(request: web.Request) -> dict[str, str]:
    found: dict[str, str] = detailed(request, await _image(request))["metadata"]
    return found


async def merge_metadata(request: web.Request) -> web.Response:
    """Add to an image's metadata."""
    require_until(request, METADATA_LAST)
    given = (await read(request, MetadataBody)).metadata
    known = await _metadata(request)
    return answer({"metadata": await _have(request, known, {**known, **given})})


async def replace_metadata(request: web.Request) -> web.Response:
    """Have this metadata of an image and no other."""
    require_until(request, METADATA_LAST)
    given = (await read(request, MetadataBody)).metadata
    known = await _metadata(request)
    return answer({"metadata": await _have(request, known, given)})


async def show_item(request: web.Request) -> web.Response:
    """Return one item of an image's metadata."""
    require_until(request, METADATA_LAST)
    key, known = request.match_info["key"], await _metadata(request)
    if key not in known:
        raise NotFound("Metadata item was not found")
    return answer({"meta": {key: known[key]}})


async def put_item(request: web.Request) -> web.Response:
    """Set one item of an image's metadata."""
    require_until(request, METADATA_LAST)
    given, key = (await read(request, MetaBody)).meta, request.match_info["key"]
    if key not in given:
        raise BadInput("Request body and URI mismatch")
    known = await _metadata(request)
    await _have(request, known, {**known, **given})
    return answer({"meta": given})


async def drop_item(request: web.Request) -> web.Response:
    """Drop one item of an image's metadata."""
    require_until(request, METADATA_LAST)
    key, known = request.match_info["key"], await _metadata(request)
    if key not in known:
        raise NotFound("Invalid metadata key")
    await _have(request, known, {name: each for name, each in known.items() if name != key})
    return answer_nothing()


async def _have(
    request: web.Request, known: Mapping[str, str], wanted: Mapping[str, str]
) -> Mapping[str, str]:
    await _require_room(request, wanted)
    changes: list[dict[str, Any]] = [
        {"op": "remove", "path": f"/{_pointer(name)}"} for name in known.keys() - wanted.keys()
    ]
    changes += [
        {
            "op": "replace" if name in known else "add",
            "path": f"/{_pointer(name)}",
            "value": value,
        }
        for name, value in wanted.items()
        if known.get(name) != value
    ]
    if changes:
        path = f"/images/{id_in(request, 'image_id', 'Image')}"
        await images(request, "PATCH", path, json=changes, headers=PATCH)
    return wanted


async def _require_room(request: web.Request, wanted: Mapping[str, str]) -> None:
    found = await quotas.quota_set(request.app[DEPS].reads, request[CALLER].project_id)
    most = found.limits["metadata_items"]
    if UNLIMITED != most < len(wanted):
        raise QuotaExceeded("Image metadata limit exceeded")


def _pointer(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


ALL: Final = "/images/{image_id}/metadata"
ROUTES: Final = [
    web.post(ALL, merge_metadata),
    web.put(ALL, replace_metadata),
    web.get(f"{ALL}/{{key}}", show_item),
    web.put(f"{ALL}/{{key}}", put_item),
    web.delete(f"{ALL}/{{key}}", drop_item),
]
