"""Shelves servers: off, and their memory free for others; their disks stay where they are."""

from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from services.compute.domain.lifecycle import Action
from services.compute.domain.moving import NotMovable, targets
from services.compute.domain.server import Server
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases.acting import Actor, begin, require
from shared.errors import BadInput, Conflict

SHELVE: Final = "compute.shelve_server"
UNSHELVE: Final = "compute.unshelve_server"


class ElsewhereImpossible(Conflict):
    """The disks of the server are not where it is wanted."""

    code = "compute.server.elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnshelveRequest:
    """Where a server is to be once it is taken from the shelf."""

    zone: str | None = None
    unpin: bool = False  # from its zone
    node: str | None = None


async def shelve(transaction: Transaction, server_id: UUID, actor: Actor, action: Action) -> None:
    """Begin to shelve a server, or to let go of what a shelved one still holds.

    Raises:
        NotFound: absent, deleted, or another project's.
        Conflict: the server's state, or its lock, does not allow it.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        notes = {"action": action.value, "cluster": server.cluster}
        await begin(stores, server, action, actor, SHELVE, notes)


async def unshelve(
    transaction: Transaction, server_id: UUID, actor: Actor, wanted: UnshelveRequest
) -> None:
    """Begin to take a server from the shelf.

    Raises:
        NotFound: absent, deleted, or another project's.
        BadInput: there is no such zone or node.
        Conflict: the server's state, its lock, or where its disks are does not allow it.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        require(server, Action.UNSHELVE, actor)
        await _require_zone(stores, server, wanted)
        notes: dict[str, Any] = {
            "action": Action.UNSHELVE.value,
            "cluster": server.cluster,
            "source": server.node,
            "target": await _target(stores, server, wanted.node),
        }
        if wanted.zone is not None or wanted.unpin:
            server = replace(server, pinned_zone=wanted.zone)
        await begin(stores, server, Action.UNSHELVE, actor, UNSHELVE, notes)


async def _require_zone(stores: Stores, server: Server, wanted: UnshelveRequest) -> None:
    if wanted.zone is None or wanted.zone == server.availability_zone:
        return
    clusters = await stores.capacity.clusters()
    if wanted.zone not in {cluster.availability_zone for cluster in clusters}:
        raise BadInput("The requested availability zone is not available")
    raise ElsewhereImpossible(
        f"The disks of instance {server.id} are in availability zone {server.availability_zone}: "
        "it cannot be unshelved in another one."
    )


async def _target(stores: Stores, server: Server, node: str | None) -> str | None:
    """Return the node the server must move to; None: it may stay."""
    if node is None or node == server.node or server.cluster is None:
        return None
    cluster = await stores.capacity.cluster(server.cluster)
    known = {each.name for each in cluster.nodes} if cluster else set()
    if cluster is None or node not in known:
        raise BadInput(f"Compute host {node} could not be found.")
    seen = await stores.projections.observation_of(server.cluster, server.id)
    try:
        fit = {each.name for each in targets(server, cluster, seen.secondaries if seen else ())}
    except NotMovable as stuck:
        raise ElsewhereImpossible(stuck.message) from stuck
    if node not in fit:
        raise ElsewhereImpossible(f"Instance {server.id} cannot be unshelved on {node}.")
    return node
