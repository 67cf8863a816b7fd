"""Which cluster gets a server: a pure function over what the clusters say they have.

Capacity facts lag behind what was promised to servers still being built, so those are packed
into the nodes first. Filters and weighers are named in the settings; a new one is a function here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from typing import Final

from shared.contracts.gateway import Cluster, ClusterState, Node
from shared.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of a node a server takes. Memory and disk in MiB."""

    vcpus: int
    memory: int
    disk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """A size given to servers that the capacity facts do not show yet."""

    size: Size
    node: str | None = None
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a server needs of the place it goes to."""

    size: Size
    zone: str | None = None
    node: str | None = None
    tried: frozenset[str] = frozenset()  # clusters that had no room after all
    only_on: tuple[str, str | None] | None = None  # cluster and node of the group's members
    apart_from: frozenset[tuple[str, str]] = frozenset()  # (cluster, node) of the group's members
    among: frozenset[tuple[str, str]] | None = None  # (cluster, node) it must be on; None: any
    cluster: str | None = None  # where its volumes are
    beside: frozenset[str] = frozenset()  # clusters with volumes it might be given later
    needs_node: bool = False  # to keep a group apart, a node must be named


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A node with what is left of it."""

    node: Node
    memory: int
    disk: int
    vcpus: float

    def takes(self, size: Size) -> bool:
        """Whether the size fits."""
        return self.memory >= size.memory and self.disk >= size.disk and self.vcpus >= size.vcpus

    def after(self, size: Size, count: int = 1) -> "Room":
        """Return what is left once the size is taken, so many times."""
        return Room(
            node=self.node,
            memory=self.memory - size.memory * count,
            disk=self.disk - size.disk * count,
            vcpus=self.vcpus - size.vcpus * count,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A cluster with the room that is left in it."""

    cluster: Cluster
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where a server goes; without a node the cluster's own allocator finds one."""

    cluster: Cluster
    node: str | None = None


Filter = Callable[[Candidate, Wish], bool]
Weigher = Callable[[Candidate, Wish], float]


class KnownRooms:
    """What is left of clusters, worked out anew only where something changed."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Cluster, list[Promised], tuple[Room, ...]]] = {}

    def of(self, cluster: Cluster, promised: Sequence[Promised]) -> tuple[Room, ...]:
        """Return what ``rooms_of`` does."""
        known = self._known.get(cluster.name)
        if known is not None and known[0] is cluster and known[1] == promised:
            return known[2]
        rooms = rooms_of(cluster, promised)
        self._known[cluster.name] = cluster, list(promised), rooms
        return rooms


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The filters and weighers in use."""

    filters: Sequence[str] = ("enabled", "healthy", "zone", "untried", "together", "capacity")
    weighers: Sequence[str] = ("free_memory", "free_vcpus", "volumes")
    promised: Mapping[str, Sequence[Promised]] = field(default_factory=dict)
    rooms: KnownRooms = field(default_factory=KnownRooms)


def rooms_of(cluster: Cluster, promised: Sequence[Promised]) -> tuple[Room, ...]:
    """Return what is left of each usable node after what was promised, biggest first."""
    rooms = {
        node.name: Room(
            node=node,
            memory=node.memory_free,
            disk=node.disk_free,
            vcpus=_vcpus_left(cluster, node),
        )
        for node in cluster.nodes
        if node.vm_capable and not (node.offline or node.drained or node.disabled)
    }
    anywhere = []
    for each in promised:
        if each.node in rooms:
            rooms[each.node] = rooms[each.node].after(each.size, each.count)
        else:
            anywhere.append(each)
    _pack(rooms, anywhere)
    return tuple(sorted(rooms.values(), key=lambda room: room.memory, reverse=True))


def _pack(rooms: dict[str, Room], promised: Sequence[Promised]) -> None:
    """Take each promise, the biggest first, from the node that has most memory by then."""
    for each in sorted(promised, key=lambda one: one.size.memory, reverse=True):
        free = {name: room.memory for name, room in rooms.items()}
        for name, count in shares(free, each.size.memory, each.count).items():
            rooms[name] = rooms[name].after(each.size, count)


def shares(free: Mapping[str, int], size: int, count: int) -> dict[str, int]:
    """Return how many of equal servers each node gets when the freest always gets the next.

    Args:
        free: memory by node.
        size: memory of each server.
        count: how many there are.
    """
    if not free:
        return {}
    level = _level(sorted(free.values(), reverse=True), size * count)
    taken = {
        name: (memory - level) // size if size and memory > level else 0
        for name, memory in free.items()
    }
    freest = [(taken[name] * size - memory, name) for name, memory in free.items()]
    heapify(freest)
    for _one in range(count - sum(taken.values())):  # what is less than one each
        left, name = freest[0]
        taken[name] += 1
        heapreplace(freest, (left + size, name))
    return {name: times for name, times in taken.items() if times}


def _level(memories: Sequence[int], wanted: int) -> int:
    """Return down to what all nodes are filled, at least, by what is wanted of them in all.

    Args:
        memories: of the nodes, the freest first.
        wanted: of memory.
    """
    level = total = 0
    for count, memory in enumerate(memories, 1):
        if count > 1 and level >= memory:
            break
        total += memory
        level = -((wanted - total) // count)  # rounded up
    return level


def _vcpus_left(cluster: Cluster, node: Node) -> float:
    """Ganeti tells no vCPUs in use per node here; its own policy refuses what is too much."""
    return node.vcpus * cluster.vcpu_ratio


def fitting(candidate: Candidate, wish: Wish) -> list[Room]:
    """Return the rooms that take the wish, its node and its group's wishes heeded."""
    name = candidate.cluster.name
    only_node = wish.only_on[1] if wish.only_on else None
    return [
        room
        for room in candidate.rooms
        if room.takes(wish.size)
        and (wish.node is None or room.node.name == wish.node)
        and (only_node is None or room.node.name == only_node)
        and (name, room.node.name) not in wish.apart_from
        and (wish.among is None or (name, room.node.name) in wish.among)
    ]


FILTERS: Final[Mapping[str, Filter]] = {
    "enabled": lambda here, _wish: here.cluster.state is ClusterState.ENABLED,
    "healthy": lambda here, _wish: here.cluster.health in {"up", "degraded"},
    "zone": lambda here, wish: wish.zone in {None, here.cluster.availability_zone},
    "untried": lambda here, wish: here.cluster.name not in wish.tried,
    "together": lambda here, wish: wish.only_on is None or here.cluster.name == wish.only_on[0],
    "capacity": lambda here, wish: bool(fitting(here, wish)),
}


def _share(parts: float, whole: float) -> float:
    return parts / whole if whole else 0.0


WEIGHERS: Final[Mapping[str, Weigher]] = {
    "free_memory": lambda here, _wish: _share(
        sum(room.memory for room in here.rooms), sum(room.node.memory for room in here.rooms)
    ),
    "free_vcpus": lambda here, _wish: _share(
        sum(room.vcpus for room in here.rooms),
        sum(room.node.vcpus * here.cluster.vcpu_ratio for room in here.rooms),
    ),
    "free_disk": lambda here, _wish: _share(
        sum(room.disk for room in here.rooms), sum(room.node.disk for room in here.rooms)
    ),
    # As much as half a cluster's memory: no reason to fill one while another is empty.
    "volumes": lambda here, wish: 0.5 if here.cluster.name in wish.beside else 0.0,
}


def choose(wish: Wish, clusters: Sequence[Cluster], policy: Policy) -> Choice | None:
    """Return the best place for the wish, or None when there is none.

    Args:
        wish: what the server needs.
        clusters: with their capacity.
        policy: filters, weighers, and what is promised already.
    """
    filters = [FILTERS[name] for name in policy.filters]
    weighers = [WEIGHERS[name] for name in policy.weighers]
    candidates = [
        Candidate(
            cluster=cluster,
            rooms=policy.rooms.of(cluster, policy.promised.get(cluster.name, [])),
        )
        for cluster in clusters
        if wish.cluster in {None, cluster.name}  # no setting lets a disk be elsewhere
    ]
    left = [here for here in candidates if all(passes(here, wish) for passes in filters)]
    if not left:
        return None
    best = max(
        left, key=lambda here: (sum(weigh(here, wish) for weigh in weighers), here.cluster.name)
    )
    return Choice(cluster=best.cluster, node=_node_in(best, wish))


def _node_in(candidate: Candidate, wish: Wish) -> str | None:
    # Ganeti's own allocator does not know which nodes are switched off in the cloud.
    avoiding = any(node.disabled for node in candidate.cluster.nodes)
    named = wish.node is not None or wish.needs_node or avoiding
    if not named and not (wish.only_on and wish.only_on[1]):
        return None
    rooms = fitting(candidate, wish)
    return rooms[0].node.name if rooms else wish.node


def zone_and_node(
    asked: str | None, clusters: Sequence[Cluster], default: str | None
) -> tuple[str | None, str | None]:
    """Read ``zone``, ``zone:node`` or ``zone::node`` as Nova does; return zone and node.

    Raises:
        BadInput: there is no such zone, or it is written in no known way.
    """
    if asked is None:
        return default, None
    parts = asked.split(":")
    if len(parts) > 3:
        raise BadInput("Unable to parse availability_zone.")
    zone = parts[0] or default
    named = [part for part in parts[1:] if part]
    if zone is not None and zone not in {cluster.availability_zone for cluster in clusters}:
        raise BadInput("The requested availability zone is not available")
    return zone, named[-1] if named else None
