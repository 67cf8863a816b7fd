"""``POST /volumes/{id}/action``: one table of what Cinder knows."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from services.volume.api.deps import DEPS
from services.volume.api.paths import volume_id_in
from services.volume.api.policy import require, scope
from services.volume.api.schemas.base import ActionBody, Nothing
from services.volume.api.schemas.volumes import (
    Extend,
    ImageMetadata,
    ResetStatus,
    Retype,
    SetBootable,
    UnsetImageMetadata,
)
from services.volume.domain.volume import CannotYet, Status, Volume
from services.volume.store import listing
from services.volume.usecases import volumes
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import parsed, read

Arguments = TypeVar("Arguments", bound=BaseModel)
RESETTABLE: Final = frozenset(
    {
        Status.CREATING,
        Status.AVAILABLE,
        Status.DELETING,
        Status.ERROR,
        Status.ERROR_DELETING,
        Status.IN_USE,
        Status.ATTACHING,
        Status.DETACHING,
        Status.MAINTENANCE,
    }
)


async def extend(request: web.Request, volume_id: UUID, given: Extend) -> web.Response:
    """Grow the volume."""
    deps = request.app[DEPS]
    await volumes.extend(deps.transaction, volume_id, scope(request), given.new_size)
    return web.Response(status=202)


async def set_bootable(request: web.Request, volume_id: UUID, given: SetBootable) -> web.Response:
    """Say whether servers may boot from it."""
    await _set(request, volume_id, bootable=given.bootable)
    return web.Response(status=200)


async def reset_status(request: web.Request, volume_id: UUID, given: ResetStatus) -> web.Response:
    """Write another status down, whatever is so."""
    if given.status is not None:
        wanted = given.status.lower()
        if wanted not in {each.value for each in RESETTABLE}:
            raise BadInput(f"Must specify a valid status, not '{wanted[:60]}'.")
        await _set(request, volume_id, status=Status(wanted))
    return web.Response(status=202)


async def retype(request: web.Request, volume_id: UUID, given: Retype) -> web.Response:
    """Give the volume another type."""
    deps, caller = request.app[DEPS], request[CALLER]
    await volumes.retype(deps.transaction, caller, volume_id, scope(request), given.new_type)
    return web.Response(status=202)


async def force_delete(request: web.Request, volume_id: UUID, _given: Nothing) -> web.Response:
    """Have no such volume, whatever its status."""
    await volumes.delete(request.app[DEPS].transaction, volume_id, scope(request), force=True)
    return web.Response(status=202)


async def set_image_metadata(
    request: web.Request, volume_id: UUID, given: ImageMetadata
) -> web.Response:
    """Add to what the volume says of the image it came from."""

    def how(volume: Volume, now: datetime) -> Volume:
        items = {**volume.image_metadata, **given.metadata}
        return replace(volume, image_metadata=items, updated_at=now)

    changed = await volumes.change(request.app[DEPS].transaction, volume_id, scope(request), how)
    return answer({"metadata": dict(changed.image_metadata)})


async def show_image_metadata(
    request: web.Request, volume_id: UUID, _given: Nothing
) -> web.Response:
    """Show what the volume says of the image it came from."""
    volume = await listing.show_volume(request.app[DEPS].reads, volume_id, scope(request))
    return answer({"metadata": dict(volume.image_metadata)})


async def unset_image_metadata(
    request: web.Request, volume_id: UUID, given: UnsetImageMetadata
) -> web.Response:
    """Drop an item of what the volume says of its image."""

    def how(volume: Volume, now: datetime) -> Volume:
        if given.key not in volume.image_metadata:
            raise NotFound(f"Volume image metadata with key {given.key} could not be found.")
        items = {k: v for k, v in volume.image_metadata.items() if k != given.key}
        return replace(volume, image_metadata=items, updated_at=now)

    await volumes.change(request.app[DEPS].transaction, volume_id, scope(request), how)
    return web.Response(status=200)


async def _set(request: web.Request, volume_id: UUID, **values: Any) -> None:
    await volumes.change(
        request.app[DEPS].transaction, volume_id, scope(request), volumes.with_values(**values)
    )


@dataclass(frozen=True, slots=True)
class _Known:
    schema: type[BaseModel]
    rule: str
    act: Callable[[web.Request, UUID, Any], Awaitable[web.Response]]


ACTIONS: Final[Mapping[str, _Known]] = {
    "os-extend": _Known(Extend, "volume:extend", extend),
    "os-set_bootable": _Known(
        SetBootable, "volume_extension:volume_actions:set_bootable", set_bootable
    ),
    "os-reset_status": _Known(
        ResetStatus, "volume_extension:volume_admin_actions:reset_status", reset_status
    ),
    "os-retype": _Known(Retype, "volume:retype", retype),
    "os-force_delete": _Known(Nothing, "volume:force_delete", force_delete),
    "os-set_image_metadata": _Known(
        ImageMetadata, "volume_extension:volume_image_metadata:set", set_image_metadata
    ),
    "os-show_image_metadata": _Known(Nothing, "volume:get", show_image_metadata),
    "os-unset_image_metadata": _Known(
        UnsetImageMetadata, "volume_extension:volume_image_metadata:set", unset_image_metadata
    ),
}
# Known to Cinder, and why not here.
NOT_HERE: Final[Mapping[str, str]] = {
    "os-reserve": "Volumes cannot be attached to servers yet.",
    "os-unreserve": "Volumes cannot be attached to servers yet.",
    "os-begin_detaching": "Volumes cannot be attached to servers yet.",
    "os-roll_detaching": "Volumes cannot be attached to servers yet.",
    "os-attach": "Volumes cannot be attached to servers yet.",
    "os-detach": "Volumes cannot be attached to servers yet.",
    "os-force_detach": "Volumes cannot be attached to servers yet.",
    "os-initialize_connection": "Ganeti maps disks itself; there is no target to connect to.",
    "os-terminate_connection": "Ganeti maps disks itself; there is no target to connect to.",
    "os-update_readonly_flag": "Volumes cannot be made read-only yet.",
    "os-volume_upload_image": "Images cannot be made from volumes yet.",
    "os-migrate_volume": "Volumes move with their servers; they cannot be migrated alone.",
    "os-migrate_volume_completion": "Volumes move with their servers.",
    "os-unmanage": "Disks cannot be taken out of management.",
    "os-reimage": "Volumes cannot be imaged again yet.",
    "revert": "Volumes cannot be reverted to snapshots yet.",
}


async def act_on_volume(request: web.Request) -> web.Response:
    """Do the one action the body names."""
    body = (await read(request, ActionBody)).root
    if len(body) != 1:
        raise BadInput("The request body must hold exactly one action.")
    ((name, arguments),) = body.items()
    if name in NOT_HERE:
        raise CannotYet(NOT_HERE[name])
    if name not in ACTIONS:
        raise BadInput(f"There is no such action: {name[:60]}")
    known = ACTIONS[name]
    require(request, known.rule)
    given = parsed({} if arguments is None else arguments, known.schema)
    return await known.act(request, volume_id_in(request), given)


ROUTES: Final = [web.post("/volumes/{volume_id}/action", act_on_volume)]
