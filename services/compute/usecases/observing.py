"""Takes in what others tell: Ganeti's jobs and instances, clusters, and neighbours' resources.

Each function handles a batch in one transaction. News that came before changes nothing, and a
server that something is being done to is left to that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import structlog

from services.compute.domain.devices import DeviceState
from services.compute.domain.drift import strange_disks
from services.compute.domain.lifecycle import Action
from services.compute.domain.reconcile import reconcile
from services.compute.domain.server import Group, Nic, Server
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases.interfaces import begin_unplug, readdress
from services.compute.usecases.progress import as_observed, as_told
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.contracts.ganeti import EpochChanged, InstanceObserved, JobObserved
from shared.contracts.gateway import ClusterChanged
from shared.contracts.resources import (
    ImageChanged,
    NetworkChanged,
    PortChanged,
    ResourceChanged,
    SecurityGroupChanged,
)

log = structlog.get_logger(__name__)

Documents = Mapping[str, Mapping[str, Any]]  # by id, what owners told of their resources

PORT: Final = PortChanged.resource
NETWORK: Final = NetworkChanged.resource
IMAGE: Final = ImageChanged.resource
GROUP: Final = SecurityGroupChanged.resource


def server_named(name: str, prefix: str) -> UUID | None:
    """Return the server whose instance has this name; None when it is none of ours."""
    if not name.startswith(prefix):
        return None
    try:
        return UUID(name.removeprefix(prefix))
    except ValueError:
        return None


async def record_jobs(transaction: Transaction, facts: Sequence[JobObserved]) -> None:
    """Take in news of jobs, and wake the sagas that wait for them."""
    async with transaction() as stores:
        await stores.sagas.wake_waiting(await stores.jobs.record(facts))


async def record_instances(
    transaction: Transaction, facts: Sequence[InstanceObserved], prefix: str
) -> None:
    """Take in observations of instances; an idle server becomes what its instance is."""
    ours: dict[UUID, list[InstanceObserved]] = {}
    for fact in facts:
        if (server_id := server_named(fact.name, prefix)) is not None:
            ours.setdefault(server_id, []).append(fact)
    if not ours:
        return
    async with transaction() as stores:
        await stores.projections.record_instances(ours)
        newest = await stores.projections.observations(list(ours))
        now = utcnow()
        for server in await stores.servers.with_ids(list(ours)):
            found = server
            for seen in newest.get(server.id, ()):
                found = reconcile(found, seen, now)
                if strange := strange_disks(server, seen):
                    log.warning(
                        "instance has disks of nobody's", server=str(server.id), disks=strange
                    )
            if found is not server:
                await save(stores, found)


async def record_epochs(transaction: Transaction, facts: Sequence[EpochChanged]) -> None:
    """Take in that clusters began a new history of jobs: old job ids mean nothing any more."""
    async with transaction() as stores:
        for cluster in sorted({fact.cluster for fact in facts}):
            await stores.servers.forget_jobs(cluster)


async def record_clusters(transaction: Transaction, facts: Sequence[ClusterChanged]) -> None:
    """Take in news of clusters and their capacity."""
    async with transaction() as stores:
        await stores.projections.record_clusters(facts)


async def record_resources(transaction: Transaction, facts: Sequence[ResourceChanged]) -> None:
    """Take in news of images, networks, subnets, ports, security groups and volumes."""
    async with transaction() as stores:
        news = await stores.projections.record_resources(facts)
        if ports := sorted(ident for kind, ident in news if kind == PORT):
            await tell_ports(stores, ports)
        if images := sorted(ident for kind, ident in news if kind == IMAGE):
            await _tell_images(stores, images)
        if networks := sorted(ident for kind, ident in news if kind == NETWORK):
            await _tell_networks(stores, networks)


async def tell_ports(stores: Stores, ids: Sequence[str]) -> None:
    """Change the servers that have these ports, and wake what waits for one to be wired."""
    told = await stores.projections.documents(PORT, ids)
    named = {*ids, *(str(document.get("device_id") or "") for document in told.values())}
    waiting = {subject for each in named if (subject := server_named(each, "")) is not None}
    await stores.sagas.wake_all(waiting)  # of the servers, and of their interfaces
    servers = await stores.servers.with_ports(ids)
    others = {nic.port_id for server in servers for nic in server.nics} - set(ids)
    all_told = told | await stores.projections.documents(PORT, others)
    known_groups = await _groups_of(stores, servers, all_told)
    for server in servers:
        gone = [nic for nic in server.nics if not _is_plugged(nic, server, ids, told)]
        nics = tuple(
            as_told(nic, all_told.get(nic.port_id, {})) for nic in server.nics if nic not in gone
        )
        groups = _groups(nics, all_told, known_groups)
        if groups is None:
            groups = server.security_groups
        if (nics, groups) != (server.nics, server.security_groups):
            told_of = replace(server, nics=nics, security_groups=groups, updated_at=utcnow())
            await save(stores, told_of)
            await readdress(stores, server, told_of)
        for nic in gone if _may_change(server) else ():  # its owner took the port away
            await begin_unplug(stores, server.id, nic.port_id, made=False)


def _may_change(server: Server) -> bool:
    """Whether its instance is there, and nobody is at making or unmaking it."""
    return server.cluster is not None and server.action not in {Action.CREATE, Action.DELETE}


def _is_plugged(nic: Nic, server: Server, news: Sequence[str], told: Documents) -> bool:
    """Whether the port is still the server's, as far as the news goes.

    One on its way in or out is left to the saga that is at it.
    """
    if nic.port_id not in news or nic.state is not DeviceState.ATTACHED:
        return True
    return told.get(nic.port_id, {}).get("device_id") == str(server.id)


def _group_ids(nics: Iterable[Nic], told: Documents) -> dict[str, None]:
    """Return the ids of the security groups of NICs, each once, in their order."""
    return dict.fromkeys(
        ident for nic in nics for ident in told.get(nic.port_id, {}).get("security_groups") or ()
    )


async def _groups_of(stores: Stores, servers: Iterable[Server], told: Documents) -> Documents:
    """Return what is known of the security groups of servers."""
    ids = _group_ids((nic for server in servers for nic in server.nics), told)
    return await stores.projections.documents(GROUP, ids)


def _groups(nics: Sequence[Nic], told: Documents, known: Documents) -> tuple[Group, ...] | None:
    """Return the security groups of the NICs; None when not all is known of them."""
    ids = _group_ids(nics, told)
    if not known.keys() >= ids.keys() or any(nic.port_id not in told for nic in nics):
        return None
    return tuple(Group(id=ident, name=str(known[ident].get("name", ""))) for ident in ids)


async def _tell_images(stores: Stores, ids: Sequence[str]) -> None:
    """Be done with a server once the image made of it is there.

    Its owner sees the image as soon as the bytes are stored, and goes on with the server; what is
    left to do (Ganeti ends its job and forgets the address) does not concern them.
    """
    for ident, document in (await stores.projections.documents(IMAGE, ids)).items():
        server_id = server_named(str(document.get("instance_uuid") or ""), "")
        if server_id is None or document.get("status") != "active":
            continue
        server = await stores.servers.find(server_id)
        if server is None or server.action is not Action.CREATE_IMAGE:
            continue
        if server.kept.get("image") == ident:
            done = server.settle(utcnow(), succeeded=True, job=server.last_job)
            await save(stores, await as_observed(stores, done))


async def _tell_networks(stores: Stores, ids: Sequence[str]) -> None:
    """Addresses are shown under the name of their network: follow a change of it."""
    told = await stores.projections.documents(NETWORK, ids)
    for network_id, document in told.items():
        name = str(document.get("name", ""))
        for server in await stores.servers.on_network(network_id):
            nics = tuple(
                replace(nic, network_name=name) if nic.network_id == network_id else nic
                for nic in server.nics
            )
            if nics != server.nics:
                await save(stores, replace(server, nics=nics, updated_at=utcnow()))
