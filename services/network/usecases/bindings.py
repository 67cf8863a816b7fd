"""How ports get onto clusters: at once where the subnet is there already, by a saga where not."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol, TypeVar

from services.network.domain.binding import (
    IMPOSSIBLE,
    UNBOUND,
    Binding,
    ClusterSubnet,
    NetworkLink,
    Realisation,
    plugged,
    through,
)
from services.network.domain.network import Network
from services.network.domain.physical import ClusterFacts, link_of
from services.network.domain.port import FixedIp, Port
from services.network.store.stores import Stores, Transaction
from services.network.usecases.news import again
from shared.contracts.gateway import Cluster, ClusterState
from shared.errors import NotFound

Result = TypeVar("Result")
MATERIALISE: Final = "network.materialise_subnet"
CLUSTER: Final = re.compile(r"[a-z0-9-]{1,40}")  # what the gateway calls clusters


class ClusterDirectory(Protocol):
    """Whoever owns the clusters."""

    async def cluster(self, name: str) -> Cluster:
        """Return one cluster.

        Raises:
            NotFound: no such cluster.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Ganeti:
    """How our things are called in Ganeti, and who knows its clusters."""

    prefix: str
    directory: ClusterDirectory
    asks: bool = False  # whether an unknown cluster is asked after

    def network_name(self, subnet_id: object) -> str:
        """Return the name of the Ganeti network that stands for the subnet."""
        return f"{self.prefix}{subnet_id}"


def facts_of(cluster: Cluster) -> ClusterFacts:
    """Return what we keep of a cluster."""
    return ClusterFacts(
        name=cluster.name,
        version=cluster.version,
        removed=cluster.state is ClusterState.REMOVED,
        availability_zone=cluster.availability_zone,
        groups=tuple(sorted(cluster.groups)),
        links={
            name: NetworkLink(mode=link.mode, link=link.link, vlan=link.vlan)
            for name, link in cluster.links.items()
        },
    )


class _UnknownCluster(Exception):
    """Nobody told us of the cluster: its owner must be asked, outside the transaction."""

    def __init__(self, cluster: str) -> None:
        super().__init__(cluster)
        self.cluster = cluster


async def knowing(
    transaction: Transaction, ganeti: Ganeti, work: Callable[[Ganeti], Awaitable[Result]]
) -> Result:
    """Run work that binds ports; ask the owner of clusters once after one we do not know."""
    try:
        return await again(partial(work, replace(ganeti, asks=True)))
    except _UnknownCluster as unknown:
        await _ask(transaction, ganeti, unknown.cluster)
    return await again(partial(work, ganeti))


async def _ask(transaction: Transaction, ganeti: Ganeti, cluster: str) -> None:
    try:
        found = await ganeti.directory.cluster(cluster)
    except NotFound:
        return
    async with transaction() as stores:
        await stores.clusters.record(facts_of(found))


async def bound(stores: Stores, ganeti: Ganeti, port: Port, network: Network) -> Port:
    """Return the port as it is bound to its cluster now; the rest comes by a saga."""
    binding = await _binding(stores, ganeti, port, network)
    return replace(port, vif_type=binding.vif_type, vif_details=binding.details)


async def _binding(stores: Stores, ganeti: Ganeti, port: Port, network: Network) -> Binding:
    if not port.host_id:
        return UNBOUND
    facts = await stores.clusters.find(port.host_id)
    if facts is None and ganeti.asks and CLUSTER.fullmatch(port.host_id):
        raise _UnknownCluster(port.host_id)
    link = link_of(network, facts)
    if link is None:
        return IMPOSSIBLE
    first = first_ipv4(port)
    if first is None:
        return plugged(None, link)
    wanted = ClusterSubnet(
        subnet_id=first.subnet_id,
        cluster=port.host_id,
        state=Realisation.WANTED,
        ganeti_network=ganeti.network_name(first.subnet_id),
    )
    realised, _new = await stores.cluster_subnets.want(wanted)
    if realised.state is Realisation.READY:
        return through(realised)
    if realised.state is Realisation.FAILED:
        await stores.cluster_subnets.save(replace(realised, state=Realisation.WANTED))
    await materialise(stores, realised)
    return UNBOUND


async def materialise(stores: Stores, realised: ClusterSubnet) -> None:
    """Have a saga that makes the subnet exist on the cluster."""
    notes = {"subnet_id": str(realised.subnet_id), "cluster": realised.cluster}
    await stores.sagas.start_unless_live(MATERIALISE, realised.subject, notes)


def first_ipv4(port: Port) -> FixedIp | None:
    """Return the address the port's NIC has in Ganeti, which knows one, and only IPv4."""
    return next((each for each in port.fixed_ips if ":" not in each.ip_address), None)
