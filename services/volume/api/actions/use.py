"""Actions by which servers come to use a volume, or no longer do."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from aiohttp import web

from services.volume.api.actions.known import Known
from services.volume.api.deps import DEPS
from services.volume.api.paths import uuid_of
from services.volume.api.policy import scope
from services.volume.api.schemas.base import Nothing
from services.volume.api.schemas.volumes import Attach, Detach
from services.volume.domain import attachment
from services.volume.domain.lifecycle import Action
from services.volume.usecases import legacy_attaching, volumes
from services.volume.usecases.legacy_attaching import Attached
from shared.identity.caller import CALLER


async def reserve(request: web.Request, volume_id: UUID, _given: Nothing) -> web.Response:
    """Keep the volume for somebody who is about to attach it."""
    await legacy_attaching.reserve(request.app[DEPS].transaction, volume_id, scope(request))
    return web.Response(status=202)


async def unreserve(request: web.Request, volume_id: UUID, _given: Nothing) -> web.Response:
    """Keep the volume for nobody any more."""
    await legacy_attaching.unreserve(request.app[DEPS].transaction, volume_id, scope(request))
    return web.Response(status=202)


async def begin_detaching(request: web.Request, volume_id: UUID, _given: Nothing) -> web.Response:
    """Show that it is being detached."""
    how = volumes.doing(Action.BEGIN_DETACHING)
    await volumes.change(request.app[DEPS].transaction, volume_id, scope(request), how)
    return web.Response(status=202)


async def roll_detaching(request: web.Request, volume_id: UUID, _given: Nothing) -> web.Response:
    """Show that it could not be detached."""
    how = volumes.doing(Action.ROLL_DETACHING)
    await volumes.change(request.app[DEPS].transaction, volume_id, scope(request), how)
    return web.Response(status=202)


async def attach(request: web.Request, volume_id: UUID, given: Attach) -> web.Response:
    """Note that a server, or a host, has the volume."""
    who = Attached(
        server_id=given.instance_uuid,
        host=given.host_name,
        mountpoint=given.mountpoint,
        mode=given.mode,
    )
    await legacy_attaching.attach(request.app[DEPS].transaction, volume_id, scope(request), who)
    return web.Response(status=202)


async def detach(request: web.Request, volume_id: UUID, given: Detach) -> web.Response:
    """Note that a server no longer has the volume."""
    return await _detach(request, volume_id, given, force=False)


async def force_detach(request: web.Request, volume_id: UUID, given: Detach) -> web.Response:
    """Note that a server no longer has the volume, whatever it is doing."""
    return await _detach(request, volume_id, given, force=True)


async def _detach(
    request: web.Request, volume_id: UUID, given: Detach, *, force: bool
) -> web.Response:
    which = uuid_of(given.attachment_id, attachment.not_found) if given.attachment_id else None
    await legacy_attaching.detach(
        request.app[DEPS].transaction,
        request[CALLER],
        volume_id,
        scope(request),
        which,
        force=force,
    )
    return web.Response(status=202)


RULE: Final = "volume_extension:volume_actions:"
ACTIONS: Final[Mapping[str, Known]] = {
    "os-reserve": Known(Nothing, f"{RULE}reserve", reserve),
    "os-unreserve": Known(Nothing, f"{RULE}unreserve", unreserve),
    "os-begin_detaching": Known(Nothing, f"{RULE}begin_detaching", begin_detaching),
    "os-roll_detaching": Known(Nothing, f"{RULE}roll_detaching", roll_detaching),
    "os-attach": Known(Attach, f"{RULE}attach", attach),
    "os-detach": Known(Detach, f"{RULE}detach", detach),
    "os-force_detach": Known(
        Detach, "volume_extension:volume_admin_actions:force_detach", force_detach
    ),
}
