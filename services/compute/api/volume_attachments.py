"""Volumes of a server: attached, listed, kept or not, detached."""

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from services.compute.api.actions.known import actor_of
from services.compute.api.deps import DEPS
from services.compute.api.looking import server_in
from services.compute.api.paths import server_id_in
from services.compute.api.schemas.devices import (
    ATTACH_SINCE,
    UPDATE_SINCE,
    AttachVolume,
    ChangedAttachment,
    UpdateAttachment,
)
from services.compute.api.schemas.fields import require_known_in
from services.compute.api.servers import minor_of
from services.compute.domain.devices import BlockDevice, DeviceState, find_volume
from services.compute.domain.server import Server
from services.compute.usecases import attaching
from services.compute.usecases.attaching import AttachWish
from shared.errors import BadInput, Conflict, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.body import read
from shared.web.microversion import at_least
from shared.web.paging import nova_page

RULE: Final = "os_compute_api:os-volumes-attachments:"
QUERY: Final = frozenset({"limit", "offset"})


def _require(request: web.Request, rule: str) -> None:
    request.app[DEPS].policy.require(request[CALLER], RULE + rule)


def view_of(request: web.Request, server_id: object, device: BlockDevice) -> dict[str, Any]:
    """Return an attachment as this request's microversion shows it."""
    shown: dict[str, Any] = {"serverId": str(server_id), "volumeId": device.volume_id}
    if device.device is not None or at_least(request, 2, 89):
        shown["device"] = device.device
    if at_least(request, 2, 70):
        shown["tag"] = device.tag
    if at_least(request, 2, 79):
        shown["delete_on_termination"] = device.delete_on_termination
    if at_least(request, 2, 89):
        shown["attachment_id"] = device.attachment_id
        shown["bdm_uuid"] = device.id
    else:
        shown["id"] = device.volume_id
    return shown


def _shown(server: Server) -> Sequence[BlockDevice]:
    return [device for device in server.volumes if device.volume_id is not None]


async def list_attachments(request: web.Request) -> web.Response:
    """Return the volumes of a server."""
    _require(request, "index")
    if at_least(request, 2, 75) and (unknown := sorted(set(request.query) - QUERY)):
        raise BadInput(f"Additional properties are not allowed ('{unknown[0]}' was unexpected)")
    page = nova_page(request, max_limit=request.app[DEPS].settings.max_limit)
    server = await server_in(request)
    limit = page.limit or request.app[DEPS].settings.max_limit
    devices = _shown(server)[page.offset : page.offset + limit]
    return answer({"volumeAttachments": [view_of(request, server.id, one) for one in devices]})


async def show_attachment(request: web.Request) -> web.Response:
    """Return one volume of a server."""
    _require(request, "show")
    server = await server_in(request)
    device = find_volume(server.volumes, request.match_info["volume_id"], server.id)
    return answer({"volumeAttachment": view_of(request, server.id, device)})


async def attach_volume(request: web.Request) -> web.Response:
    """Begin to attach a volume."""
    _require(request, "create")
    given = (await read(request, AttachVolume)).attachment
    require_known_in(given, minor_of(request), ATTACH_SINCE)
    server = await server_in(request)
    wish = AttachWish(
        volume_id=given.volume_id,
        device=given.device,
        tag=given.tag,
        delete_on_termination=given.delete_on_termination,
        may_be_shared=at_least(request, 2, 60),
        may_be_away=at_least(request, 2, 20),
    )
    deps, caller = request.app[DEPS], request[CALLER]
    device = await attaching.attach(
        deps.transaction,
        deps.neighbours.volumes,
        server.id,
        actor_of(request),
        caller.token,
        wish,
    )
    shown = view_of(request, server.id, device)
    for later in ("attachment_id", "bdm_uuid"):  # told by those who look, not by who attaches
        shown.pop(later, None)
    return answer({"volumeAttachment": shown | {"id": device.volume_id}})


async def update_attachment(request: web.Request) -> web.Response:
    """Keep a volume when its server goes, or do not; another volume in its place: never."""
    given = (await read(request, UpdateAttachment)).attachment
    require_known_in(given, minor_of(request), UPDATE_SINCE)
    volume_id = request.match_info["volume_id"]
    swaps = given.volume_id != volume_id or not at_least(request, 2, 85)
    _require(request, "swap" if swaps else "update")
    server = await server_in(request)
    device = find_volume(server.volumes, volume_id, server.id)
    if swaps:
        await _refuse_swap(request, given)
    _require_same(given, server, device)
    if given.delete_on_termination is not None:
        await attaching.keep_or_not(
            request.app[DEPS].transaction,
            server.id,
            actor_of(request),
            volume_id,
            delete_on_termination=given.delete_on_termination,
        )
    return answer_nothing(status=202)


async def _refuse_swap(request: web.Request, given: ChangedAttachment) -> None:
    volumes = request.app[DEPS].neighbours.volumes
    try:
        await volumes.volume(given.volume_id, request[CALLER].token)
    except (NotFound, BadInput) as absent:
        raise BadInput(f"Volume {given.volume_id} could not be found.") from absent
    raise Conflict(
        "Volumes are swapped for the volume service alone, which moves none between servers here."
    )


def _require_same(given: ChangedAttachment, server: Server, device: BlockDevice) -> None:
    """Let nothing be changed but what can be.

    Raises:
        BadInput: something else would.
    """
    same = {
        "id": given.id in {None, device.volume_id, device.attachment_id},
        "serverId": given.server_id in {None, str(server.id)},
        "device": given.device in {None, device.device},
        "tag": given.tag in {None, device.tag},
    }
    for name, unchanged in same.items():
        if not unchanged:
            raise BadInput(f"The {name} of a volume attachment cannot be changed.")
    if device.state is DeviceState.DETACHING:
        raise BadInput(f"Volume {device.volume_id} is being detached.")


async def detach_volume(request: web.Request) -> web.Response:
    """Begin to detach a volume."""
    _require(request, "delete")
    await attaching.detach(
        request.app[DEPS].transaction,
        server_id_in(request),
        actor_of(request),
        request.match_info["volume_id"],
    )
    return answer_nothing(status=202)


ALL: Final = "/servers/{server_id}/os-volume_attachments"
ONE: Final = f"{ALL}/{{volume_id}}"
ROUTES: Final = [
    web.get(ALL, list_attachments),
    web.post(ALL, attach_volume),
    web.get(ONE, show_attachment),
    web.put(ONE, update_attachment),
    web.delete(ONE, detach_volume),
]
