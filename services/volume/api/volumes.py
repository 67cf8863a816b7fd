"""Handlers for /volumes."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.filters import filters_in, is_yes
from services.volume.api.paths import volume_id_in
from services.volume.api.policy import require, scope
from services.volume.api.schemas.volumes import (
    ENVELOPE,
    CreateVolume,
    NewVolume,
    UpdateVolume,
    known_keys,
)
from services.volume.api.views.volumes import brief, detail
from services.volume.domain.volume import CannotYet, not_found
from services.volume.store import listing
from services.volume.store.listing import SORTABLE, Window
from services.volume.usecases import volumes
from services.volume.usecases.volumes import Wish
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import parsed, read, read_json
from shared.web.microversion import MICROVERSION, at_least
from shared.web.paging import cinder_page, next_links

# Asked for, known to Cinder, and not built yet.
NOT_YET: Final[Mapping[str, str]] = {
    "snapshot_id": "Volumes cannot be made from snapshots yet.",
    "source_volid": "Volumes cannot be cloned yet.",
    "image_ref": "Volumes cannot be made from images yet.",
    "image_id": "Volumes cannot be made from images yet.",
    "backup_id": "There is no backup service.",
    "group_id": "Volumes cannot be grouped yet.",
    "consistencygroup_id": "Consistency groups are not supported; Cinder itself dropped them.",
}


async def create_volume(request: web.Request) -> web.Response:
    """Have a volume."""
    require(request, "volume:create")
    asked = await _wanted(request)
    _refuse_what_is_not_built(asked)
    if asked.size is None:
        raise BadInput("Invalid input received: Volume size must be an integer and greater than 0.")
    deps = request.app[DEPS]
    wish = Wish(
        size=asked.size,
        name=asked.name,
        description=asked.description,
        volume_type=asked.volume_type or None,
        availability_zone=_zone(deps.settings.availability_zone, asked.availability_zone),
        metadata=asked.metadata or {},
    )
    made = await volumes.create(
        deps.transaction, request[CALLER], wish, deps.settings.default_volume_type
    )
    return answer({"volume": detail(request, made)}, status=202)


async def _wanted(request: web.Request) -> NewVolume:
    """Read the body. Before 3.53 Cinder left out what it did not know of a volume."""
    body = await read_json(request)
    if not at_least(request, 3, 53) and isinstance(body, dict):
        volume = body.get(ENVELOPE)
        if isinstance(volume, dict):
            known = known_keys(request[MICROVERSION].minor)
            body[ENVELOPE] = {key: value for key, value in volume.items() if key in known}
    return parsed(body, CreateVolume).volume


def _zone(ours: str, asked: str | None) -> str:
    if asked and asked != ours:
        raise BadInput(f"Invalid input received: Availability zone '{asked}' is invalid.")
    return ours


def _refuse_what_is_not_built(asked: NewVolume) -> None:
    for field, sentence in NOT_YET.items():
        if getattr(asked, field):
            raise CannotYet(sentence)
    if asked.multiattach:
        raise BadInput("multiattach parameter has been removed. Use a volume type with it instead.")


async def list_volumes(request: web.Request) -> web.Response:
    """List volumes, briefly."""
    return await _list(request, detailed=False)


async def list_volumes_detail(request: web.Request) -> web.Response:
    """List volumes, whole."""
    return await _list(request, detailed=True)


async def _list(request: web.Request, *, detailed: bool) -> web.Response:
    require(request, "volume:get_all")
    deps = request.app[DEPS]
    page = cinder_page(request, max_limit=deps.settings.max_limit, sortable=SORTABLE)
    filters = filters_in(request)
    window = Window(
        order=[(sort.key, sort.descending) for sort in page.sorts],
        limit=page.limit,
        marker=_marker(page.marker),
        offset=page.offset,
    )
    found = await listing.list_volumes(deps.reads, filters, window)
    view = detail if detailed else brief
    body: dict[str, Any] = {"volumes": [view(request, each) for each in found]}
    if links := next_links(request, page, [str(each.id) for each in found]):
        body["volumes_links"] = links
    if at_least(request, 3, 45) and is_yes(request, "with_count"):
        body["count"] = await listing.count_volumes(deps.reads, filters)
    return answer(body)


def _marker(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as wrong:
        raise not_found(text[:60]) from wrong


async def show_volume(request: web.Request) -> web.Response:
    """Show a volume."""
    require(request, "volume:get")
    volume = await listing.show_volume(
        request.app[DEPS].reads, volume_id_in(request), scope(request)
    )
    return answer({"volume": detail(request, volume)})


async def update_volume(request: web.Request) -> web.Response:
    """Name a volume, or give it other metadata."""
    require(request, "volume:update")
    changes = (await read(request, UpdateVolume)).volume.changes()
    if not changes and at_least(request, 3, 53):
        raise BadInput("Invalid input for field/attribute volume. At least one key is needed.")
    changed = await volumes.change(
        request.app[DEPS].transaction,
        volume_id_in(request),
        scope(request),
        volumes.with_values(**changes),
    )
    return answer({"volume": detail(request, changed)})


async def delete_volume(request: web.Request) -> web.Response:
    """Have no such volume."""
    force = at_least(request, 3, 23) and is_yes(request, "force")
    require(request, "volume:force_delete" if force else "volume:delete")
    await volumes.delete(
        request.app[DEPS].transaction, volume_id_in(request), scope(request), force=force
    )
    return web.Response(status=202)


async def show_summary(request: web.Request) -> web.Response:
    """Show how many volumes there are, and how large together (3.12)."""
    if not at_least(request, 3, 12):
        raise NotFound("The resource could not be found.")
    require(request, "volume:get_all")
    caller = request[CALLER]
    everybody = caller.is_admin and is_yes(request, "all_tenants")
    found = await listing.summary(request.app[DEPS].reads, None if everybody else caller.project_id)
    shown: dict[str, Any] = {"total_count": found.count, "total_size": found.size}
    if at_least(request, 3, 36):
        shown["metadata"] = found.metadata
    return answer({"volume-summary": shown})


async def show_encryption(request: web.Request) -> web.Response:
    """Show how a volume is encrypted, which none is."""
    require(request, "volume_extension:volume_encryption_metadata")
    await listing.show_volume(request.app[DEPS].reads, volume_id_in(request), scope(request))
    return answer({"encryption_key_id": None})


ROUTES: Final = [
    web.get("/volumes", list_volumes),
    web.post("/volumes", create_volume),
    web.get("/volumes/detail", list_volumes_detail),
    web.get("/volumes/summary", show_summary),
    web.get("/volumes/{volume_id}", show_volume),
    web.put("/volumes/{volume_id}", update_volume),
    web.delete("/volumes/{volume_id}", delete_volume),
    web.get("/volumes/{volume_id}/encryption", show_encryption),
]
