"""Handlers for /volumes/{id}/metadata."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.paths import volume_id_in
from services.volume.api.policy import require, scope
from services.volume.api.schemas.volumes import MetaBody, MetadataBody
from services.volume.domain.volume import Volume
from services.volume.store import listing
from services.volume.usecases import volumes
from shared.errors import BadInput, NotFound
from shared.web.answers import answer
from shared.web.body import read


async def _volume(request: web.Request) -> Volume:
    return await listing.show_volume(request.app[DEPS].reads, volume_id_in(request), scope(request))


def _missing(key: str) -> NotFound:
    return NotFound(f"Volume metadata with key {key} could not be found.")


async def show_metadata(request: web.Request) -> web.Response:
    """Show all items."""
    require(request, "volume:get_volume_metadata")
    return answer({"metadata": dict((await _volume(request)).metadata)})


async def add_metadata(request: web.Request) -> web.Response:
    """Add items, keeping the others."""
    require(request, "volume:create_volume_metadata")
    given = (await read(request, MetadataBody)).metadata
    return answer({"metadata": await _change(request, given, keep=True)})


async def replace_metadata(request: web.Request) -> web.Response:
    """Have these items and no others."""
    require(request, "volume:update_volume_metadata")
    given = (await read(request, MetadataBody)).metadata
    return answer({"metadata": await _change(request, given, keep=False)})


async def _change(request: web.Request, given: dict[str, str], *, keep: bool) -> dict[str, str]:
    def how(volume: Volume, now: datetime) -> Volume:
        items = {**volume.metadata, **given} if keep else given
        return replace(volume, metadata=items, updated_at=now)

    deps = request.app[DEPS]
    changed = await volumes.change(deps.transaction, volume_id_in(request), scope(request), how)
    return dict(changed.metadata)


async def show_item(request: web.Request) -> web.Response:
    """Show one item."""
    require(request, "volume:get_volume_metadata")
    key = request.match_info["key"]
    items = (await _volume(request)).metadata
    if key not in items:
        raise _missing(key)
    return answer({"meta": {key: items[key]}})


async def put_item(request: web.Request) -> web.Response:
    """Have one item."""
    require(request, "volume:update_volume_metadata")
    key = request.match_info["key"]
    meta = (await read(request, MetaBody)).meta
    if key not in meta:
        raise BadInput("Request body and URI mismatch.")
    await _change(request, meta, keep=True)
    return answer({"meta": meta})


async def delete_item(request: web.Request) -> web.Response:
    """Have no such item."""
    require(request, "volume:delete_volume_metadata")
    key = request.match_info["key"]

    def how(volume: Volume, now: datetime) -> Volume:
        if key not in volume.metadata:
            raise _missing(key)
        items = {name: value for name, value in volume.metadata.items() if name != key}
        return replace(volume, metadata=items, updated_at=now)

    deps = request.app[DEPS]
    await volumes.change(deps.transaction, volume_id_in(request), scope(request), how)
    return web.Response(status=200)


ROUTES: Final = [
    web.get("/volumes/{volume_id}/metadata", show_metadata),
    web.post("/volumes/{volume_id}/metadata", add_metadata),
    web.put("/volumes/{volume_id}/metadata", replace_metadata),
    web.get("/volumes/{volume_id}/metadata/{key}", show_item),
    web.put("/volumes/{volume_id}/metadata/{key}", put_item),
    web.delete("/volumes/{volume_id}/metadata/{key}", delete_item),
]
