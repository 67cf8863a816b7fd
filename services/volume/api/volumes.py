"""Handlers for /volumes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import orjson
from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.filters import filters_in, is_yes
from services.volume.api.paths import uuid_of, volume_id_in
from services.volume.api.policy import require, scope
from services.volume.api.schemas import volumes as schemas
from services.volume.api.schemas.volumes import (
    ENVELOPE,
    FOR_COMPUTE,
    CreateVolume,
    NewVolume,
    UpdateVolume,
    known_keys,
)
from services.volume.api.views.volumes import answered, brief, detail, from_stored, is_stored
from services.volume.domain import group, snapshot
from services.volume.domain.volume import CannotYet, not_found
from services.volume.store import listing
from services.volume.store.listing import SORTABLE
from services.volume.store.pages import Window
from services.volume.store.rendering import id_of
from services.volume.usecases import create_volumes, volumes
from services.volume.usecases.create_volumes import Defaults, Wish
from services.volume.usecases.images import find_image
from services.volume.usecases.placing import Hints
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER, Caller
from shared.ids import ProjectId, UserId
from shared.web.answers import answer, answer_bytes
from shared.web.body import parsed, read, read_json
from shared.web.microversion import MICROVERSION, at_least
from shared.web.paging import cinder_page, links_after, next_links

# Asked for, known to Cinder, and not here.
NOT_HERE: Final[Mapping[str, str]] = {
    "backup_id": "There is no backup service.",
    "consistencygroup_id": "Consistency groups are not supported; Cinder itself dropped them.",
}


async def create_volume(request: web.Request) -> web.Response:
    """Have a volume."""
    require(request, "volume:create")
    asked, hints = await _wanted(request)
    _refuse_what_is_not_here(asked)
    deps, caller = request.app[DEPS], _for_whom(request, asked)
    wish = Wish(
        size=asked.size,
        name=asked.name,
        description=asked.description,
        volume_type=asked.volume_type or None,
        zone=asked.availability_zone or None,
        cluster=asked.cluster,
        metadata=asked.metadata or {},
        hints=_hints(hints),
        group_id=uuid_of(asked.group_id, group.not_found) if asked.group_id else None,
        **await _source(request, asked),
    )
    usual = Defaults(
        volume_type=deps.settings.default_volume_type, zone=deps.settings.availability_zone
    )
    made = await create_volumes.create(deps.transaction, caller, wish, usual)
    return answer({"volume": answered(request, made)}, status=202)


def _for_whom(request: web.Request, asked: NewVolume) -> Caller:
    """Return who is to have the volume: compute makes some for its users."""
    caller = request[CALLER]
    if not caller.is_service:
        for name in FOR_COMPUTE:
            if getattr(asked, name) is not None:
                raise BadInput(f"Additional properties are not allowed ('{name}' was unexpected)")
        return caller
    return replace(
        caller,
        project_id=ProjectId(asked.project_id or caller.project_id),
        user_id=UserId(asked.user_id or caller.user_id),
    )


async def _source(request: web.Request, asked: NewVolume) -> dict[str, Any]:
    """Return what the volume is to be made from, if anything."""
    image = asked.image_ref or asked.image_id
    given = [each for each in (asked.snapshot_id, asked.source_volid, image) if each]
    if len(given) > 1:
        raise BadInput(
            "Invalid input received: A volume is made from one of a snapshot, a volume and an "
            "image."
        )
    if asked.snapshot_id:
        return {"snapshot_id": uuid_of(asked.snapshot_id, snapshot.not_found)}
    if asked.source_volid:
        return {"source_id": uuid_of(asked.source_volid, not_found)}
    if not image:
        return {}
    deps = request.app[DEPS]
    return {"image": await find_image(deps.reads, deps.images, request[CALLER], image)}


async def _wanted(request: web.Request) -> tuple[NewVolume, schemas.Hints | None]:
    """Read the body. Before 3.53 Cinder left out what it did not know of a volume."""
    body = await read_json(request)
    if not at_least(request, 3, 53) and isinstance(body, dict):
        volume = body.get(ENVELOPE)
        if isinstance(volume, dict):
            known = known_keys(request[MICROVERSION].minor)
            body[ENVELOPE] = {key: value for key, value in volume.items() if key in known}
    wanted = parsed(body, CreateVolume)
    return wanted.volume, wanted.scheduler_hints


def _hints(given: schemas.Hints | None) -> Hints | None:
    if given is None:
        return None
    return Hints(
        beside=_uuids(given.same_host),
        apart_from=_uuids(given.different_host),
        server_id=given.local_to_instance,
    )


def _uuids(given: str | list[str] | None) -> frozenset[UUID]:
    return frozenset(UUID(each) for each in ([given] if isinstance(given, str) else given or []))


def _refuse_what_is_not_here(asked: NewVolume) -> None:
    for field, sentence in NOT_HERE.items():
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
        marker=uuid_of(page.marker, not_found) if page.marker is not None else None,
        offset=page.offset,
    )
    count = None
    if at_least(request, 3, 45) and is_yes(request, "with_count"):
        count = await listing.count_volumes(deps.reads, filters)
    if detailed and is_stored(request):
        stored = await listing.list_stored(deps.reads, filters, window)
        listed = from_stored(request, b",".join(stored))
        links = links_after(request, page, len(stored), id_of(stored[-1]) if stored else "")
    else:
        found = await listing.list_volumes(deps.reads, filters, window)
        view = detail if detailed else brief
        listed = orjson.dumps([view(request, each) for each in found])[1:-1]
        links = next_links(request, page, [str(each.id) for each in found])
    more: dict[str, Any] = {"volumes_links": links} if links else {}
    if count is not None:
        more["count"] = count
    rest = b"," + orjson.dumps(more)[1:] if more else b"}"
    return answer_bytes(b"".join((b'{"volumes":[', listed, b"]", rest)))


async def show_volume(request: web.Request) -> web.Response:
    """Show a volume."""
    require(request, "volume:get")
    reads, volume_id = request.app[DEPS].reads, volume_id_in(request)
    if is_stored(request):
        stored = await listing.show_stored(reads, volume_id, scope(request))
        return answer_bytes(from_stored(request, b'{"volume":' + stored + b"}"))
    volume = await listing.show_volume(reads, volume_id, scope(request))
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
    return answer({"volume": answered(request, changed)})


async def delete_volume(request: web.Request) -> web.Response:
    """Have no such volume."""
    force = at_least(request, 3, 23) and is_yes(request, "force")
    require(request, "volume:force_delete" if force else "volume:delete")
    await volumes.delete(
        request.app[DEPS].transaction,
        volume_id_in(request),
        scope(request),
        force=force,
        cascade=is_yes(request, "cascade"),
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
