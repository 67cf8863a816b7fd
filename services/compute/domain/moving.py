"""Where a server may move to, and how its moves are told: Nova's migrations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from services.compute.domain.lifecycle import Action
from services.compute.domain.placement import Size
from services.compute.domain.server import FlavorSnapshot, Server
from shared.contracts.gateway import Cluster, Node
from shared.errors import BadInput, Kind, NotSupported
from shared.ids import new_uuid

DRBD: Final = "drbd"
# Templates whose disks every node of a group can use.
SHARED: Final = frozenset({"diskless", "ext", "gluster", "rbd", "blockdev", "sharedfile"})
LOCAL: Final = frozenset({"plain", DRBD})  # what fills a node's own volume group
NO_HOST: Final = "No valid host was found. There are not enough hosts available."


class NotMovable(NotSupported):
    """The disks of the server cannot be used on another node: 400."""

    kind = Kind.BAD_INPUT
    code = "compute.server.not_movable"


@dataclass(frozen=True, slots=True)
class Telling:
    """How a move is told while it lasts, and after."""

    kind: str  # as Nova calls it
    begun: str
    done: str
    failed: str = "error"


TELLING: Final[Mapping[Action, Telling]] = {
    Action.RESIZE: Telling("resize", "migrating", "finished"),
    Action.MIGRATE: Telling("migration", "migrating", "finished"),
    Action.REVERT_RESIZE: Telling("", "reverting", "reverted", "finished"),
    Action.CONFIRM_RESIZE: Telling("", "confirming", "confirmed"),
    Action.LIVE_MIGRATE: Telling("live-migration", "running", "completed"),
    Action.EVACUATE: Telling("evacuation", "accepted", "done"),
}
OVER: Final = frozenset(
    {"reverted", "confirmed", "completed", "done", "error", "cancelled", "failed"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A server's way from one node or size to another."""

    server_id: UUID
    project_id: str
    user_id: str
    kind: str
    status: str
    created_at: datetime
    updated_at: datetime
    uuid: UUID = field(default_factory=new_uuid)
    id: int = 0  # given by the database
    source: str | None = None
    target: str | None = None
    cluster: str | None = None
    old_flavor: str | None = None
    new_flavor: str | None = None
    job: tuple[str, int, int] | None = None  # cluster, epoch, job id


def template_of(flavor: FlavorSnapshot, cluster: Cluster) -> str:
    """Return the disk template of a server's root disk."""
    return flavor.extra_specs.get("ganeti:disk_template") or cluster.disk_template


def size_of(flavor: FlavorSnapshot) -> Size:
    """Return how much of a node a flavor takes."""
    return Size(vcpus=flavor.vcpus, memory=flavor.ram, disk=flavor.disk * 1024)


def targets(server: Server, cluster: Cluster, secondaries: Sequence[str]) -> list[Node]:
    """Return the nodes the server's disks can be used on besides its own, the freest first.

    Raises:
        NotMovable: they are on one node only.
    """
    template = template_of(server.flavor, cluster)
    if template != DRBD and template not in SHARED:
        raise NotMovable(
            f"Servers with disks of template {template} cannot be moved to another node."
        )
    groups = {node.group for node in cluster.nodes if node.name == server.node}
    found = [
        node
        for node in cluster.nodes
        if node.name != server.node
        and node.vm_capable
        and not (node.offline or node.drained or node.disabled)
        and (node.name in secondaries if template == DRBD else node.group in groups or not groups)
    ]
    return sorted(found, key=lambda node: node.memory_free, reverse=True)


def place_for(
    server: Server, wanted: FlavorSnapshot, cluster: Cluster, secondaries: Sequence[str]
) -> str | None:
    """Return the node the server must move to for a flavor; None: it may stay.

    Raises:
        BadInput: no node has room.
    """
    here = next((node for node in cluster.nodes if node.name == server.node), None)
    if here is None or _has_room(here, server, wanted, cluster):
        return None
    try:
        others = targets(server, cluster, secondaries)
    except NotMovable as stuck:
        raise BadInput(NO_HOST) from stuck
    fits = [node for node in others if node.memory_free >= wanted.ram]
    if not fits:
        raise BadInput(NO_HOST)
    return fits[0].name


def _has_room(node: Node, server: Server, wanted: FlavorSnapshot, cluster: Cluster) -> bool:
    old, new = size_of(server.flavor), size_of(wanted)
    local = template_of(server.flavor, cluster) in LOCAL
    more_disk = max(0, new.disk - old.disk) if local else 0
    more_memory = max(0, new.memory - old.memory)
    return (not more_memory or node.memory_free >= more_memory) and (
        not more_disk or node.disk_free >= more_disk
    )
