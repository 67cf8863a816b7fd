"""Volumes that grow while servers have them: the volume service has Ganeti do it, and tells."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from services.compute.domain.devices import BlockDevice, replaced
from services.compute.domain.server import Server
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases.saving import save
from shared.clock import micros, utcnow
from shared.contracts.resources import ResourceChanged
from shared.ids import derived

ACTION: Final = "extend_volume"
EVENT: Final = "compute_extend_volume"


async def record_volumes(transaction: Transaction, facts: Sequence[ResourceChanged]) -> None:
    """Take in how large the volumes of servers are; of one that grew, say so at its server."""
    sizes = {fact.id: fact.document.get("size") for fact in facts if not fact.gone}
    ids = {ident for fact in facts for ident in _servers_in(fact.document)}
    if not ids:
        return
    async with transaction() as stores:
        for server in await stores.servers.with_ids(ids):
            changed = server
            for device in server.volumes:
                size = sizes.get(device.volume_id or "")
                if isinstance(size, int) and size > (device.size or 0):
                    await _record_growth(stores, server, device, size)
                    grown = replaced(changed.volumes, replace(device, size=size))
                    changed = replace(changed, volumes=grown, updated_at=utcnow())
            if changed is not server:
                await save(stores, changed)


def _servers_in(document: dict[str, Any]) -> Iterable[UUID]:
    for each in document.get("attachments") or ():
        try:
            yield UUID(str(each.get("server_id")))
        except ValueError:
            continue


async def _record_growth(stores: Stores, server: Server, device: BlockDevice, size: int) -> None:
    if device.size is None:  # how large it was before, nobody knows
        return
    request_id = f"req-{derived(server.id, ACTION, device.id, size)}"
    await record(stores, server, request_id, str(device.volume_id))


async def record(stores: Stores, server: Server, request_id: str, volume_id: str) -> None:
    """Record that a volume of a server grew; once per request."""
    now = utcnow()
    await stores.actions.begin(
        [
            {
                "server_id": server.id,
                "request_id": request_id,
                "action": ACTION,
                "user_id": server.user_id,
                "project_id": server.project_id,
                "started_at": now,
                "updated_at": now,
            }
        ]
    )
    event = {
        "key": f"{ACTION}:{volume_id}",
        "event": EVENT,
        "start_time": micros(now),
        "finish_time": micros(now),
        "result": "Success",
        "details": None,
        "host": server.cluster or "",
    }
    await stores.actions.record_event(server.id, request_id, event, now)


async def hear(
    transaction: Transaction, told: Sequence[tuple[UUID, str | None]], request_id: str
) -> None:
    """Take in who says that volumes grew: server and volume of each.

    It is recorded at servers that have the volume; how large it is, its owner tells by itself.
    """
    async with transaction() as stores:
        for server in await stores.servers.with_ids([server_id for server_id, _ in told]):
            had = {each.volume_id for each in server.volumes if each.volume_id is not None}
            for volume_id in had & {ident for of, ident in told if of == server.id}:
                await record(stores, server, request_id, str(volume_id))
