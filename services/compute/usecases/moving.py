"""Moves servers to other nodes: off, while they run, or away from a node that is dead."""

from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from services.compute.domain.lifecycle import Action, VmState
from services.compute.domain.moving import NO_HOST, TELLING, Move, targets
from services.compute.domain.server import Server
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases.acting import Actor, begin, require
from services.compute.usecases.neighbours import Jobs
from services.compute.usecases.resizing import a_move
from shared.clock import utcnow
from shared.contracts.gateway import Cluster, Node
from shared.errors import BadInput, Kind, NotSupported

MIGRATE: Final = "compute.migrate_server"
LIVE_MIGRATE: Final = "compute.live_migrate_server"
EVACUATE: Final = "compute.evacuate_server"
SAGAS: Final = {
    Action.MIGRATE: MIGRATE,
    Action.LIVE_MIGRATE: LIVE_MIGRATE,
    Action.EVACUATE: EVACUATE,
}


class NotCancellable(NotSupported):
    """The move has begun: Ganeti does not let go of it."""

    kind = Kind.BAD_INPUT
    code = "compute.migration.not_cancellable"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRequest:
    """How a server is to move."""

    action: Action
    node: str | None = None  # None: any that has room
    ends_stopped: bool = False  # of an evacuation: its user is to start it (2.95)


async def move(
    transaction: Transaction, server_id: UUID, actor: Actor, wanted: MoveRequest
) -> None:
    """Begin to move a server.

    Raises:
        NotFound: absent, deleted, or another project's.
        BadInput: there is no such node, or none with room.
        NotMovable: its disks are on its own node only.
        Conflict: the server's state, or its lock, does not allow it.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        require(server, wanted.action, actor)
        target = await _target(stores, server, wanted)
        notes: dict[str, Any] = {
            "action": wanted.action.value,
            "cluster": server.cluster,
            "source": server.node,
            "target": target,
            "ends_stopped": wanted.ends_stopped,
            "ran": server.vm_state is not VmState.STOPPED,
        }
        if wanted.action is Action.MIGRATE:
            server = replace(server, other_flavor=server.flavor, kept={"node": server.node})
        begun = await begin(stores, server, wanted.action, actor, SAGAS[wanted.action], notes)
        await stores.moves.add(a_move(begun, wanted.action, actor, target))


async def _target(stores: Stores, server: Server, wanted: MoveRequest) -> str:
    cluster = await stores.capacity.cluster(server.cluster) if server.cluster else None
    if cluster is None or server.cluster is None:
        raise BadInput(NO_HOST)
    if wanted.node is not None and wanted.node not in {node.name for node in cluster.nodes}:
        raise BadInput(f"Compute host {wanted.node} could not be found.")
    if wanted.action is Action.EVACUATE:
        _require_dead(server, cluster)
    seen = await stores.projections.observation_of(server.cluster, server.id)
    found = targets(server, cluster, seen.secondaries if seen else ())
    fit = [node.name for node in found if _takes(node, server, wanted)]
    if not fit:
        raise BadInput(NO_HOST)
    return fit[0]


def _takes(node: Node, server: Server, wanted: MoveRequest) -> bool:
    return wanted.node in {None, node.name} and node.memory_free >= server.flavor.ram


def _require_dead(server: Server, cluster: Cluster) -> None:
    alive = {node.name for node in cluster.nodes if not node.offline}
    if server.node in alive:
        raise BadInput(f"Compute service of {server.node} is still in use.")


async def remember_job(transaction: Transaction, server_id: UUID, job: list[Any]) -> None:
    """Remember the job of a move, so that it can be canceled."""
    async with transaction() as stores:
        status = TELLING[Action.LIVE_MIGRATE].begun
        await stores.moves.mark(server_id, status, utcnow(), job=job)


async def abort(transaction: Transaction, jobs: Jobs, found: Move) -> None:
    """Cancel a move whose job has not begun; its saga then leaves the server as it was.

    Raises:
        NotCancellable: it has begun, or is over.
    """
    if found.job is None:
        raise NotCancellable("The live migration cannot be aborted now.")
    cluster, epoch, job_id = found.job
    cancelled = await jobs.cancel(cluster, epoch, job_id)
    if not cancelled.canceled:
        raise NotCancellable("The live migration has begun, and Ganeti does not abort it.")
    async with transaction() as stores:
        await stores.moves.mark(found.server_id, "cancelled", utcnow())
