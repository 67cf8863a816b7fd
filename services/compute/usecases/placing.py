"""Finds a place for a server, inside the transaction that promises it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from services.compute.domain.placement import (
    Choice,
    KnownRooms,
    Policy,
    Promised,
    Size,
    Wish,
    choose,
)
from services.compute.domain.server import Server
from services.compute.store.capacity import CapacityStore, Member
from shared.contracts.gateway import Cluster

APART: Final = frozenset({"anti-affinity", "soft-anti-affinity"})
HEALTHY: Final = "healthy"  # the filter of clusters that do not answer
SOFT: Final = frozenset({"soft-affinity", "soft-anti-affinity"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """How places are chosen."""

    filters: Sequence[str]
    weighers: Sequence[str]
    group_tag_prefix: str  # clusters that know it keep a group apart by themselves
    rooms: KnownRooms = field(default_factory=KnownRooms)  # of the process


@dataclass(frozen=True, slots=True, kw_only=True)
class Hinted:
    """Where the servers are that hints of the user's name."""

    among: frozenset[tuple[str, str]] | None = None  # None: no such hint
    apart: frozenset[tuple[str, str]] = frozenset()


NOT_HINTED: Final = Hinted()


async def hinted(capacity: CapacityStore, server: Server) -> Hinted:
    """Return where a server is to go, or not to go, by the hints of its user."""
    if not server.hints:
        return NOT_HINTED
    same = {UUID(each) for each in server.hints.get("same_host", ())}
    apart = {UUID(each) for each in server.hints.get("different_host", ())}
    known = await capacity.places_of(same | apart, server.project_id)
    return Hinted(
        among=frozenset(known[each] for each in same if each in known) if same else None,
        apart=frozenset(known[each] for each in apart if each in known),
    )


class Places:
    """What there is, as read once for all servers of a transaction."""

    def __init__(
        self,
        placing: Placing,
        clusters: Sequence[Cluster],
        promised: Mapping[str, Sequence[Promised]],
        with_volumes: frozenset[str] = frozenset(),
    ) -> None:
        self.clusters = clusters
        self._with_volumes = with_volumes
        self._placing = placing
        self._promised = {name: list(each) for name, each in promised.items()}

    @classmethod
    async def read(cls, capacity: CapacityStore, placing: Placing, project_id: str) -> "Places":
        """Return what there is for a project; nobody else places servers until the commit."""
        await capacity.lock()
        clusters, promised = await capacity.clusters(), await capacity.promised()
        return cls(placing, clusters, promised, await capacity.with_volumes(project_id))

    def take(
        self,
        server: Server,
        *,
        tried: frozenset[str] = frozenset(),
        group: str | None = None,
        members: Sequence[Member] = (),
        near: Hinted = NOT_HINTED,
        even_away: bool = False,
    ) -> Choice | None:
        """Return the best place for the server and count it as taken; None when there is none.

        Args:
            server: what is to be placed.
            tried: clusters it was tried on in vain.
            group: policy of its server group.
            members: where the group's other members are.
            near: where the servers are that its user named.
            even_away: whether a cluster that does not answer will do.
        """
        policy = self._policy(even_away=even_away)
        wish = self._wish(server, tried, group, members)
        wish = replace(
            wish,
            among=near.among,
            apart_from=wish.apart_from | near.apart,
            needs_node=wish.needs_node or near != NOT_HINTED,
        )
        choice = choose(wish, self.clusters, policy)
        if choice is None and group in SOFT:
            wish = replace(wish, only_on=None, apart_from=near.apart, needs_node=near != NOT_HINTED)
            choice = choose(wish, self.clusters, policy)
        if choice is None:
            return None
        if (
            wish.needs_node
            and near == NOT_HINTED
            and self._placing.group_tag_prefix in choice.cluster.exclusion_prefixes
        ):
            choice = replace(choice, node=wish.node)
        taken = Promised(size=wish.size, node=choice.node)
        self._promised.setdefault(choice.cluster.name, []).append(taken)
        return choice

    def _policy(self, *, even_away: bool) -> Policy:
        filters = self._placing.filters
        return Policy(
            filters=[name for name in filters if name != HEALTHY] if even_away else filters,
            weighers=self._placing.weighers,
            promised=self._promised,
            rooms=self._placing.rooms,
        )

    def _wish(
        self,
        server: Server,
        tried: frozenset[str],
        group: str | None,
        members: Sequence[Member],
    ) -> Wish:
        flavor = server.flavor
        local = flavor.disk * 1024 if server.image_id is not None else 0
        local += sum(disk.size for disk in server.local_disks)
        together = group in {"affinity", "soft-affinity"} and members
        return Wish(
            size=Size(vcpus=flavor.vcpus, memory=flavor.ram, disk=local),
            zone=server.pinned_zone,
            node=server.pinned_node,
            cluster=next((each.cluster for each in server.volumes if each.cluster), None),
            tried=tried,
            only_on=(members[0].cluster, members[0].node) if together else None,
            apart_from=frozenset(
                (each.cluster, each.node) for each in members if group in APART and each.node
            ),
            beside=self._with_volumes,
            needs_node=group in APART,
        )


def placed(server: Server, choice: Choice | None) -> Server:
    """Return the server at its place, or at none."""
    if choice is None:
        return replace(server, cluster=None, node=None, counted_from=None)
    return replace(
        server,
        cluster=choice.cluster.name,
        node=choice.node,
        availability_zone=choice.cluster.availability_zone,
        counted_from=None,
    )
