"""Compares Ganeti's networks with our subnets, and puts right what lasts."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.network.domain.binding import ClusterSubnet, Realisation
from services.network.domain.ganeti_networks import (
    Disagreement,
    GanetiNetwork,
    Trouble,
    disagreements,
)
from services.network.store.stores import Transaction
from services.network.usecases.bindings import Ganeti, materialise
from services.network.usecases.observations import uuid_in

# What is put right by making the subnet be there; the rest is told.
HEALED: Final = frozenset({Trouble.MISSING, Trouble.HANGING, Trouble.UNSYNCED, Trouble.PARTED})


async def compare(
    transaction: Transaction, ganeti: Ganeti, cluster: str, there: Sequence[GanetiNetwork]
) -> list[Disagreement]:
    """Return what a cluster's networks and our records disagree on.

    What a saga is at work on is left out.
    """
    ours = {
        each.name: subnet_id
        for each in there
        if each.name.startswith(ganeti.prefix)
        and (subnet_id := uuid_in(each.name.removeprefix(ganeti.prefix))) is not None
    }
    async with transaction() as stores:
        facts = await stores.clusters.find(cluster)
        if facts is None or facts.removed:
            return []
        realised = await stores.cluster_subnets.recorded(cluster)
        alive = await stores.cluster_subnets.living(list(ours.values()))
        found = list(disagreements(realised, there, facts.groups, ours, alive))
        subjects = {each: _subject(each, cluster) for each in found}
        busy = await stores.sagas.live(subjects.values())
    return [each for each in found if subjects[each] not in busy]


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
    """Have a saga that makes the subnet be on the cluster as it should be."""
    if found.trouble not in HEALED:
        return False
    async with transaction() as stores:
        if not await stores.cluster_subnets.living([found.subnet_id]):
            return False  # it was deleted meanwhile
        realised, _new = await stores.cluster_subnets.want(_wanted(found, cluster))
        await materialise(stores, realised)
    return True
