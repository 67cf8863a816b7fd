"""Handlers for /volumes."""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from aiohttp import web

from services.volume.api.deps import DEPS
from services.volume.api.paths import volume_id_in
from services.volume.api.policy import require, scope
from services.volume.api.schemas.bodies import CreateVolume, NewVolume, UpdateVolume
from services.volume.api.views.volumes import brief, detail
from services.volume.domain.volume import CannotYet
from services.volume.store import listing
from services.volume.store.listing import SORTABLE, Filters, Window
from services.volume.usecases import volumes
from services.volume.usecases.volumes import Wish
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import read
from shared.web.microversion import at_least
from shared.web.paging import cinder_page, next_links

# Query keys -> columns; what else users send is left out, as Cinder does.
EXACT: Final[Mapping[str, str]] = {
    "name": "name",
    "display_name": "name",
    "status": "status",
    "availability_zone": "availability_zone",
    "volume_type_id": "volume_type_id",
}
LIKE: Final[Mapping[str, str]] = {
    "name~": "name",
    "description~": "description",
    "status~": "status",
}
YES, NO = frozenset({"true", "1", "yes", "on", "t"}), frozenset({"false", "0", "no", "off", "f"})
# Asked for, known to Cinder, and not built yet.
NOT_YET: Final[Mapping[str, str]] = {
    "snapshot_id": "Volumes cannot be made from snapshots yet.",
    "source_volid": "Volumes cannot be cloned yet.",
    "imageRef": "Volumes cannot be made from images yet.",
    "image_id": "Volumes cannot be made from images yet.",
    "backup_id": "There is no backup service.",
    "group_id": "Volumes cannot be grouped yet.",
    "consistencygroup_id": "Consistency groups are not supported; Cinder itself dropped them.",
}


async def create_volume(request: web.Request) -> web.Response:
    """Have a volume."""
    require(request, "volume:create")
    asked = (await read(request, CreateVolume)).volume
    _refuse_what_is_not_built(asked)
    if asked.size is None:
        raise BadInput("Invalid input received: Volume size must be an integer and greater than 0.")
    deps = request.app[DEPS]
    wish = Wish(
        size=asked.size,
        name=asked.name,
        description=asked.description,
        volume_type=asked.volume_type or None,
        availability_zone=asked.availability_zone or deps.settings.availability_zone,
        metadata=asked.metadata or {},
    )
    made = await volumes.create(
        deps.transaction, request[CALLER], wish, deps.settings.default_volume_type
    )
    return answer({"volume": detail(request, made)}, status=202)


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
    filters = _filters(request)
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
    if at_least(request, 3, 45) and request.query.get("with_count", "").lower() in YES:
        body["count"] = await listing.count_volumes(deps.reads, filters)
    return answer(body)


def _marker(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as wrong:
        raise BadInput(f"marker [{text}] not found") from wrong


def _filters(request: web.Request) -> Filters:
    query, caller = request.query, request[CALLER]
    project: str | None = caller.project_id
    if caller.is_admin and query.get("all_tenants", "0").lower() in YES:
        project = query.get("project_id")
    equal: dict[str, Any] = {column: query[key] for key, column in EXACT.items() if key in query}
    if "size" in query:
        equal["size"] = _number(query["size"])
    if "bootable" in query and query["bootable"].lower() in YES | NO:
        equal["bootable"] = query["bootable"].lower() in YES
    if "volume_type_id" in equal:
        equal["volume_type_id"] = _marker(query["volume_type_id"])
    like = {column: query[key] for key, column in LIKE.items() if key in query}
    return Filters(
        project_id=project,
        equal=equal,
        like=like if at_least(request, 3, 34) else {},
        metadata=_metadata(query["metadata"]) if "metadata" in query else None,
    )


def _number(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise BadInput(f"Invalid input received: size must be a number, not '{text[:40]}'.")
    return int(text)


def _metadata(text: str) -> dict[str, str]:
    """Read the filter, which clients write as JSON or as Python's own notation."""
    try:
        asked = orjson.loads(text.replace("'", '"').replace('u"', '"'))
    except orjson.JSONDecodeError as wrong:
        raise BadInput("Invalid filter value for metadata.") from wrong
    if not isinstance(asked, dict):
        raise BadInput("Invalid filter value for metadata.")
    return {str(key): str(value) for key, value in asked.items()}


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
    asked = (await read(request, UpdateVolume)).volume
    changes = asked.model_dump(exclude_unset=True)
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
    force = at_least(request, 3, 23) and request.query.get("force", "").lower() in YES
    require(request, "volume:force_delete" if force else "volume:delete")
    await volumes.delete(
        request.app[DEPS].transaction, volume_id_in(request), scope(request), force=force
    )
    return web.Response(status=202)


async def show_summary(request: web.Request) -> web.Response:
    """Show how many volumes there are, and how large together."""
    require(request, "volume:get_all")
    caller = request[CALLER]
    everybody = caller.is_admin and request.query.get("all_tenants", "0").lower() in YES
    count, size = await listing.summary(
        request.app[DEPS].reads, None if everybody else caller.project_id
    )
    shown: dict[str, Any] = {"total_count": count, "total_size": size}
    if at_least(request, 3, 36):
        shown["metadata"] = {}
    return answer({"volume-summary": shown})


ROUTES: Final = [
    web.get("/volumes", list_volumes),
    web.post("/volumes", create_volume),
    web.get("/volumes/detail", list_volumes_detail),
    web.get("/volumes/summary", show_summary),
    web.get("/volumes/{volume_id}", show_volume),
    web.put("/volumes/{volume_id}", update_volume),
    web.delete("/volumes/{volume_id}", delete_volume),
]
