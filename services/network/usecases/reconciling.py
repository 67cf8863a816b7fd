"""Compares Ganeti's networks with our subnets, and puts right what lasts."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from services.network.domain.binding import ClusterSubnet, Realisation
from services.network.domain.ganeti_networks import (
    Disagreement,
    GanetiNetwork,
    Reservations,
    Trouble,
    disagreements,
    reserved_otherwise,
)
from services.network.store.reservations import Reserved
from services.network.store.stores import Stores, Transaction
from services.network.usecases.bindings import Ganeti, materialise
from services.network.usecases.observations import uuid_in
from services.network.usecases.subnets import DISSOLVE
from shared.db.drifts import Difference, Drift

log = structlog.get_logger(__name__)

# What is put right; a network of a subnet that nobody knows is told.
HEALED: Final = frozenset(Trouble) - {Trouble.ORPHAN}


async def compare(
    transaction: Transaction,
    ganeti: Ganeti,
    cluster: str,
    there: Sequence[GanetiNetwork],
    apart: timedelta = timedelta(0),
) -> list[Disagreement]:
    """Compare a cluster's networks with our records; return what has lasted.

    What a saga is at work on is left out: it is found again after that.

    Args:
        transaction: of the service.
        ganeti: how our things are called.
        cluster: which.
        there: its networks, as they are in this moment.
        apart: time between two looks that count.
    """
    async with transaction() as stores:
        facts = await stores.clusters.find(cluster)
        if facts is None or facts.removed:
            return []
        found = await _found(stores, ganeti, cluster, there, facts.groups)
        busy = await stores.sagas.live({_subject(each, cluster) for each in found})
        idle = {
            (str(each.subnet_id), each.trouble.value, each.what or each.network): each
            for each in found
            if _subject(each, cluster) not in busy
        }
        kept = await stores.drifts.keep(
            cluster,
            [
                Difference(cluster=cluster, subject=subject, kind=kind, what=what)
                for subject, kind, what in idle
            ],
            apart=apart,
        )
    _tell(kept)
    return [idle[each.key] for each in kept if each.lasts]


def _tell(kept: Sequence[Drift]) -> None:
    for each in kept:
        if each.begins_to_last:
            found = each.difference
            log.warning(
                "a subnet and its cluster disagree",
                subnet=found.subject, cluster=found.cluster, kind=found.kind, what=found.what,
            )  # fmt: skip


async def _found(
    stores: Stores,
    ganeti: Ganeti,
    cluster: str,
    there: Sequence[GanetiNetwork],
    groups: Collection[str],
) -> list[Disagreement]:
    ours = {
        each.name: subnet_id
        for each in there
        if each.name.startswith(ganeti.prefix)
        and (subnet_id := uuid_in(each.name.removeprefix(ganeti.prefix))) is not None
    }
    realised = await stores.cluster_subnets.recorded(cluster)
    alive = await stores.cluster_subnets.living(list(ours.values()))
    known = Reservations(
        recorded=await stores.reservations.on(cluster),
        usual=await stores.reservations.usual([each.subnet_id for each in realised]),
    )
    found = list(disagreements(realised, there, groups, ours, alive))
    found += reserved_otherwise(realised, there, known)
    return await _with_left_over(stores, cluster, found)


async def _with_left_over(
    stores: Stores, cluster: str, found: Sequence[Disagreement]
) -> list[Disagreement]:
    """Tell networks of subnets that we deleted from those that were never ours."""
    strange = {_subject(each, cluster): each for each in found if each.trouble is Trouble.ORPHAN}
    ours = await stores.cluster_subnets.dissolved(DISSOLVE, strange) if strange else set()
    left = {strange[subject] for subject in ours}
    return [
        Disagreement(trouble=Trouble.LEFT_OVER, network=each.network, subnet_id=each.subnet_id)
        if each in left
        else each
        for each in found
    ]


def _subject(found: Disagreement, cluster: str) -> UUID:
    return _wanted(found, cluster).subject


def _wanted(found: Disagreement, cluster: str) -> ClusterSubnet:
    return ClusterSubnet(
        subnet_id=found.subnet_id,
        cluster=cluster,
        state=Realisation.WANTED,
        ganeti_network=found.network,
    )


async def heal(transaction: Transaction, cluster: str, found: Disagreement) -> bool:
    """Put a disagreement right; return whether anything was done."""
    if found.trouble not in HEALED:
        return False
    async with transaction() as stores:
        is_alive = bool(await stores.cluster_subnets.living([found.subnet_id]))
        if is_alive is (found.trouble is Trouble.LEFT_OVER):
            return False  # it was made or deleted meanwhile
        return await HEALERS[found.trouble](stores, cluster, found)


async def _realise(stores: Stores, cluster: str, found: Disagreement) -> bool:
    """Have a saga that makes the subnet be on the cluster as it should be."""
    realised, _new = await stores.cluster_subnets.want(_wanted(found, cluster))
    await materialise(stores, realised)
    return True


async def _dissolve(stores: Stores, cluster: str, found: Disagreement) -> bool:
    """Have a saga that removes what was left of a subnet, or was restored."""
    notes = {
        "subnet_id": str(found.subnet_id),
        "cluster": cluster,
        "ganeti_network": found.network,
    }
    await stores.sagas.start_unless_live(DISSOLVE, _subject(found, cluster), notes)
    return True


def _reserved(found: Disagreement, cluster: str) -> Reserved:
    return Reserved(subnet_id=found.subnet_id, address=found.what, cluster=cluster)


async def _reserve(stores: Stores, cluster: str, found: Disagreement) -> bool:
    """Give the address to no port; one that a port has stays told."""
    return await stores.reservations.add(_reserved(found, cluster))


async def _release(stores: Stores, cluster: str, found: Disagreement) -> bool:
    await stores.reservations.drop(_reserved(found, cluster))
    return True


HEALERS: Final[Mapping[Trouble, Callable[[Stores, str, Disagreement], Awaitable[bool]]]] = {
    Trouble.MISSING: _realise,
    Trouble.HANGING: _realise,
    Trouble.UNSYNCED: _realise,
    Trouble.PARTED: _realise,
    Trouble.LEFT_OVER: _dissolve,
    Trouble.RESERVED: _reserve,
    Trouble.RELEASED: _release,
}


async def forget(transaction: Transaction, clusters: Collection[str]) -> None:
    """Keep nothing of clusters that are not there any more.

    Args:
        transaction: of the service.
        clusters: those that are.
    """
    async with transaction() as stores:
        await stores.drifts.forget_clusters(clusters)
        for each in await stores.reservations.elsewhere(clusters):
            await stores.reservations.drop(each)


async def drifting(transaction: Transaction) -> list[Drift]:
    """Return what drifts now and has lasted."""
    async with transaction() as stores:
        return [each for each in await stores.drifts.known() if each.lasts]
