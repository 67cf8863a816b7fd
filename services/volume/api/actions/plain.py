"""Actions that change what a volume says of itself."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from services.volume.api.actions.known import Known, set_values
from services.volume.api.deps import DEPS
from services.volume.api.policy import scope
from services.volume.api.schemas.base import Nothing
from services.volume.api.schemas.volumes import (
    Extend,
    ImageMetadata,
    ReadOnly,
    ResetStatus,
    Retype,
    SetBootable,
    UnsetImageMetadata,
)
from services.volume.domain.lifecycle import Status
from services.volume.domain.volume import Volume, WrongStatus
from services.volume.store import listing
from services.volume.usecases import volumes
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.microversion import at_least

RESETTABLE: Final = frozenset(
    {
        Status.CREATING,
        Status.AVAILABLE,
        Status.DELETING,
        Status.ERROR,
        Status.ERROR_DELETING,
        Status.ERROR_DETACHING,
        Status.ERROR_EXTENDING,
        Status.IN_USE,
        Status.ATTACHING,
        Status.DETACHING,
        Status.RESERVED,
        Status.MAINTENANCE,
    }
)


async def extend(request: web.Request, volume_id: UUID, given: Extend) -> web.Response:
    """Grow the volume; one that a server uses since 3.42."""
    await volumes.extend(
        request.app[DEPS].transaction,
        volume_id,
        scope(request),
        given.new_size,
        even_in_use=at_least(request, 3, 42),
    )
    return web.Response(status=202)


async def set_bootable(request: web.Request, volume_id: UUID, given: SetBootable) -> web.Response:
    """Say whether servers may boot from it."""
    await set_values(request, volume_id, bootable=given.bootable)
    return web.Response(status=200)


async def set_readonly(request: web.Request, volume_id: UUID, given: ReadOnly) -> web.Response:
    """Say whether servers may only read it."""

    def how(volume: Volume, now: datetime) -> Volume:
        if volume.status is not Status.AVAILABLE:
            raise WrongStatus(
                f"Invalid volume: Volume {volume.id} status must be available to update readonly "
                f"flag, but current status is: {volume.status}."
            )
        return replace(volume, readonly=given.readonly, updated_at=now)

    await volumes.change(request.app[DEPS].transaction, volume_id, scope(request), how)
    return web.Response(status=202)


async def reset_status(request: web.Request, volume_id: UUID, given: ResetStatus) -> web.Response:
    """Write another status down, whatever is so."""
    changes: dict[str, Any] = {}
    if given.attach_status == "detached":
        changes["attachments"] = ()
    if given.status is not None:
        wanted = given.status.lower()
        if wanted not in {each.value for each in RESETTABLE}:
            raise BadInput(f"Must specify a valid status, not '{wanted[:60]}'.")
        changes |= {"status": Status(wanted), "growing_to": None}
    if changes:
        await set_values(request, volume_id, **changes)
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


ACTIONS: Final[Mapping[str, Known]] = {
    "os-extend": Known(Extend, "volume:extend", extend),
    "os-set_bootable": Known(
        SetBootable, "volume_extension:volume_actions:set_bootable", set_bootable
    ),
    "os-update_readonly_flag": Known(ReadOnly, "volume:update_readonly_flag", set_readonly),
    "os-reset_status": Known(
        ResetStatus, "volume_extension:volume_admin_actions:reset_status", reset_status
    ),
    "os-retype": Known(Retype, "volume:retype", retype),
    "os-force_delete": Known(Nothing, "volume:force_delete", force_delete),
    "os-set_image_metadata": Known(
        ImageMetadata, "volume_extension:volume_image_metadata:set", set_image_metadata
    ),
    "os-show_image_metadata": Known(Nothing, "volume:get", show_image_metadata),
    "os-unset_image_metadata": Known(
        UnsetImageMetadata, "volume_extension:volume_image_metadata:set", unset_image_metadata
    ),
}
