"""Handlers for /snapshots/{id}/metadata."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.paths import snapshot_id_in
from services.volume.api.policy import require, scope
from services.volume.api.schemas.volumes import MetaBody, MetadataBody
from services.volume.domain.snapshot import Snapshot
from services.volume.store import snapshot_listing as listing
from services.volume.usecases import snapshots
from shared.errors import BadInput, NotFound
from shared.web.answers import answer
from shared.web.body import read


async def _items(request: web.Request) -> dict[str, str]:
    require(request, "volume:get_snapshot_metadata")
    found = await listing.show_snapshot(
        request.app[DEPS].reads, snapshot_id_in(request), scope(request)
    )
    return dict(found.metadata)


def _missing(key: str) -> NotFound:
    return NotFound(f"Snapshot has no metadata with key {key}.")


async def show_metadata(request: web.Request) -> web.Response:
    """Show all items."""
    return answer({"metadata": await _items(request)})


async def add_metadata(request: web.Request) -> web.Response:
    """Add items, keeping the others."""
    given = (await read(request, MetadataBody)).metadata
    return answer({"metadata": await _change(request, given, keep=True)})


async def replace_metadata(request: web.Request) -> web.Response:
    """Have these items and no others."""
    given = (await read(request, MetadataBody)).metadata
    return answer({"metadata": await _change(request, given, keep=False)})


async def _change(request: web.Request, given: dict[str, str], *, keep: bool) -> dict[str, str]:
    require(request, "volume:update_snapshot_metadata")

    def how(snapshot: Snapshot, now: datetime) -> Snapshot:
        items = {**snapshot.metadata, **given} if keep else given
        return replace(snapshot, metadata=items, updated_at=now)

    deps = request.app[DEPS]
    changed = await snapshots.change(deps.transaction, snapshot_id_in(request), scope(request), how)
    return dict(changed.metadata)


async def show_item(request: web.Request) -> web.Response:
    """Show one item."""
    key, items = request.match_info["key"], await _items(request)
    if key not in items:
        raise _missing(key)
    return answer({"meta": {key: items[key]}})


async def put_item(request: web.Request) -> web.Response:
    """Have one item."""
    key = request.match_info["key"]
    meta = (await read(request, MetaBody)).meta
    if key not in meta:
        raise BadInput("Request body and URI mismatch.")
    await _change(request, meta, keep=True)
    return answer({"meta": meta})


async def delete_item(request: web.Request) -> web.Response:
    """Have no such item."""
    require(request, "volume:delete_snapshot_metadata")
    key = request.match_info["key"]

    def how(snapshot: Snapshot, now: datetime) -> Snapshot:
        if key not in snapshot.metadata:
            raise _missing(key)
        items = {name: value for name, value in snapshot.metadata.items() if name != key}
        return replace(snapshot, metadata=items, updated_at=now)

    deps = request.app[DEPS]
    await snapshots.change(deps.transaction, snapshot_id_in(request), scope(request), how)
    return web.Response(status=200)


ROUTES: Final = [
    web.get("/snapshots/{snapshot_id}/metadata", show_metadata),
    web.post("/snapshots/{snapshot_id}/metadata", add_metadata),
    web.put("/snapshots/{snapshot_id}/metadata", replace_metadata),
    web.get("/snapshots/{snapshot_id}/metadata/{key}", show_item),
    web.put("/snapshots/{snapshot_id}/metadata/{key}", put_item),
    web.delete("/snapshots/{snapshot_id}/metadata/{key}", delete_item),
]
