"""What sagas write as they go: where a server goes, how far it is, how it ended.

A server that a delete took over is not theirs any more: then these change nothing, and say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from services.compute.domain.lifecycle import Action, Task, VmState
from services.compute.domain.moving import TELLING
from services.compute.domain.reconcile import reconcile
from services.compute.domain.server import Fault, FixedIp, Nic, Server
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases import guests
from services.compute.usecases.create_servers import group_of, unplaced
from services.compute.usecases.placing import Places, Placing, hinted, placed
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.contracts.gateway import Cluster
from shared.contracts.resources import NetworkChanged, PortChanged
from shared.saga.definition import TakenOver
from shared.secrets_box import SecretBox


class Away(Exception):
    """There is a place for a server, on a cluster that does not answer for the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a Ganeti job of ours ended."""

    job: int | None = None
    node: str | None = None


async def read(transaction: Transaction, server_id: UUID) -> Server:
    """Return the server as it is now.

    Raises:
        TakenOver: it is gone.
    """
    async with transaction() as stores:
        found = await stores.servers.look(server_id)
    if found is None:
        raise TakenOver
    return found


async def _during(stores: Stores, server_id: UUID, *actions: Action | None) -> Server:
    server = await stores.servers.find(server_id)
    if server is None or server.action not in actions:
        raise TakenOver
    return server


async def cluster_of(transaction: Transaction, name: str) -> Cluster | None:
    """Return a cluster as we know it."""
    async with transaction() as stores:
        return await stores.capacity.cluster(name)


async def network_name(transaction: Transaction, network_id: str) -> str | None:
    """Return a network's name, if its owner told us of it."""
    async with transaction() as stores:
        told = await stores.projections.documents(NetworkChanged.resource, [network_id])
    return str(told[network_id].get("name", "")) if network_id in told else None


async def group_policy(transaction: Transaction, group_id: UUID | None) -> str | None:
    """Return the policy of a server group, if there is one."""
    if group_id is None:
        return None
    async with transaction() as stores:
        return await stores.capacity.group_policy(group_id)


async def place(
    transaction: Transaction, server_id: UUID, tried: frozenset[str], placing: Placing
) -> str | None:
    """Return the cluster the server goes to, which is found now if it was not at once.

    Raises:
        TakenOver: the server is being deleted.
        Away: there is one, and it does not answer.
    """
    async with transaction() as stores:
        server = await _during(stores, server_id, Action.CREATE)
        if server.cluster is None or server.cluster in tried:
            places = await Places.read(stores.capacity, placing, server.project_id)
            policy, members = await group_of(stores.capacity, server.group_id)
            near = await hinted(stores.capacity, server)
            take = partial(
                places.take, server, tried=tried, group=policy, members=members, near=near
            )
            choice = take()
            if choice is None and take(even_away=True) is not None:
                raise Away
            server = placed(server, choice)
        phase = Task.NETWORKING if server.cluster else None
        saved = await save(stores, replace(server, phase=phase, updated_at=utcnow()))
        return saved.cluster


async def give_place_back(transaction: Transaction, server_id: UUID) -> None:
    """Let go of the place and of the NICs, unless a delete took the server over."""
    async with transaction() as stores:
        server = await stores.servers.find(server_id)
        if server is None or server.action is not Action.CREATE or server.cluster is None:
            return
        await save(stores, replace(unplaced(server), phase=None, updated_at=utcnow()))


async def plug(transaction: Transaction, server_id: UUID, nics: Sequence[Nic]) -> None:
    """Give the server its NICs, with what their owner said of them meanwhile.

    Raises:
        TakenOver: the server is being deleted.
    """
    async with transaction() as stores:
        server = await _during(stores, server_id, Action.CREATE)
        told = await stores.projections.documents(
            PortChanged.resource, [nic.port_id for nic in nics]
        )
        plugged = tuple(as_told(nic, told.get(nic.port_id, {})) for nic in nics)
        await save(stores, replace(server, nics=plugged).enter(Task.SPAWNING, utcnow()))


async def change_volume(
    transaction: Transaction, server_id: UUID, device_id: str, **fields: Any
) -> None:
    """Change a volume of a server that is being made.

    Raises:
        TakenOver: the server is being deleted.
    """
    async with transaction() as stores:
        server = await _during(stores, server_id, Action.CREATE, None)
        volumes = tuple(
            replace(each, **fields) if each.id == device_id else each for each in server.volumes
        )
        if volumes != server.volumes:
            await save(stores, replace(server, volumes=volumes, updated_at=utcnow()))


def as_told(nic: Nic, document: dict[str, object]) -> Nic:
    """Return the NIC as its port's owner tells of it."""
    if not document:
        return nic
    fixed = document.get("fixed_ips")
    addresses = fixed if isinstance(fixed, list) else []
    return replace(
        nic,
        mac=str(document.get("mac_address") or nic.mac),
        status=str(document.get("status") or nic.status),
        fixed_ips=tuple(
            FixedIp(address=each["ip_address"], subnet_id=each.get("subnet_id"))
            for each in addresses
        ),
    )


async def enter(
    transaction: Transaction, server_id: UUID, action: Action, phase: Task | None
) -> Server:
    """Say how far an action is; return the server, which may be settled already.

    Raises:
        TakenOver: something else is being done to it.
    """
    async with transaction() as stores:
        server = await _during(stores, server_id, action, None)
        if server.action is None or phase is None or server.phase is phase:
            return server
        return await save(stores, server.enter(phase, utcnow()))


async def stand(
    transaction: Transaction, server_id: UUID, action: Action, vm_state: VmState
) -> None:
    """Say where a server is to stand when its action is over.

    Raises:
        TakenOver: something else is being done to it.
    """
    async with transaction() as stores:
        server = await _during(stores, server_id, action)
        if server.stood is not vm_state:
            await save(stores, replace(server, stood=vm_state, updated_at=utcnow()))


async def spoil(
    transaction: Transaction, server_id: UUID, action: Action, fault: str, details: str
) -> None:
    """Say that what an action did could not be taken back: the server is in error."""
    async with transaction() as stores:
        server = await stores.servers.find(server_id)
        if server is None or server.action is not action:
            return
        now = utcnow()
        why = Fault(message=fault, created=now, details=details)
        await save(
            stores,
            replace(server, vm_state=VmState.ERROR, stood=None, fault=why, updated_at=now),
        )


async def settle(
    transaction: Transaction,
    server_id: UUID,
    action: Action,
    ended: Ended,
    told: SecretBox | None = None,
) -> None:
    """Say that an action is done; then see what was observed of the instance meanwhile.

    Args:
        transaction: of the service.
        server_id: whose action.
        action: which.
        ended: how its job ended.
        told: opens what the guest was told, if it was told all there is to tell it.

    Raises:
        TakenOver: something else is being done to the server.
    """
    async with transaction() as stores:
        server = await _during(stores, server_id, action, None)
        if server.action is None:  # said before, by a step that ran twice
            return
        now = utcnow()
        settled = server.settle(now, succeeded=True, job=ended.job)
        if telling := TELLING.get(action):
            await stores.moves.mark(server_id, telling.done, now)
        if ended.node is not None:
            settled = replace(settled, node=ended.node)
        if action is Action.CREATE and settled.cluster is not None:
            counted = await stores.capacity.version(settled.cluster)
            settled = replace(settled, counted_from=counted + 1)
        await save(stores, await as_observed(stores, settled))
        if told is not None:
            await guests.forget_told(stores, told, server_id)


async def settle_failed(
    transaction: Transaction,
    server_id: UUID,
    action: Action,
    fault: str,
    request_id: str | None,
    details: str = "",
) -> None:
    """Say that an action failed; nothing when something else is being done to the server."""
    async with transaction() as stores:
        server = await stores.servers.find(server_id)
        if server is None or server.action is not action:
            return
        now = utcnow()
        failed = server.settle(
            now, succeeded=False, fault=Fault(message=fault, created=now, details=details)
        )
        if action is Action.CREATE:  # they were given back
            failed = replace(failed, volumes=())
        await save(stores, await as_observed(stores, failed))
        if telling := TELLING.get(action):
            await stores.moves.mark(server_id, telling.failed, now)
        if request_id is not None:
            await stores.actions.fail(server_id, request_id, now)


async def settle_deleted(transaction: Transaction, server_id: UUID, job: int | None) -> None:
    """Say that nothing of the server is left."""
    async with transaction() as stores:
        server = await stores.servers.find(server_id)
        if server is None or server.deleted_at is not None:
            return
        await save(stores, server.settle_deleted(utcnow(), job))
        await stores.secrets.forget(server_id)


async def as_observed(stores: Stores, server: Server) -> Server:
    """Return an idle server as its instance was last observed, if that is newer than its action."""
    if server.cluster is None:
        return server
    seen = await stores.projections.observation_of(server.cluster, server.id)
    if seen is None or (seen.job_id is None and server.last_job is not None):
        return server  # who looked without a reason may have looked before the action ended
    return reconcile(server, seen, utcnow())
