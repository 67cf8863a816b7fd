"""What the sagas of subnets on clusters read and write: facts to work from, and the outcome."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from uuid import UUID

from services.network.domain.binding import (
    IMPOSSIBLE,
    Binding,
    ClusterSubnet,
    NetworkLink,
    Realisation,
    through,
)
from services.network.domain.physical import link_of
from services.network.store.stores import Stores, Transaction
from services.network.usecases import following
from services.network.usecases.bindings import Ganeti, first_ipv4
from services.network.usecases.news import again, tell
from shared.contracts.ganeti import JobObserved
from shared.contracts.resources import UPDATED
from shared.db.jobs import is_final


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What a Ganeti network shall be like."""

    cidr: str
    gateway: str | None
    cidr6: str | None
    gateway6: str | None
    groups: tuple[str, ...]
    link: NetworkLink


class Ledger:
    """The saga's view of the database; each call is one transaction."""

    def __init__(self, transaction: Transaction, ganeti: Ganeti) -> None:
        self._transaction = transaction
        self._ganeti = ganeti

    async def blueprint(self, subnet_id: UUID, cluster: str) -> Blueprint | None:
        """Return what the subnet shall be on the cluster; None when it cannot be there."""
        async with self._transaction() as stores:
            subnet = await stores.subnets.find(subnet_id)
            facts = await stores.clusters.find(cluster)
            if subnet is None or facts is None:
                return None
            network = await stores.networks.get(subnet.network_id)
            link = link_of(network, facts)
            if link is None:
                return None
            known = await stores.subnets.of(network.id)
        six = next((each for each in known if each.ip_version == 6), None)
        return Blueprint(
            cidr=subnet.cidr,
            gateway=subnet.gateway_ip,
            cidr6=six.cidr if six else None,
            gateway6=_gateway6(six.cidr, six.gateway_ip) if six else None,
            groups=facts.groups,
            link=link,
        )

    async def groups(self, cluster: str) -> tuple[str, ...] | None:
        """Return the cluster's node groups; None when it is not there any more."""
        async with self._transaction() as stores:
            facts = await stores.clusters.find(cluster)
        return None if facts is None or facts.removed else facts.groups

    async def job(self, cluster: str, epoch: int, job_id: int) -> JobObserved | None:
        """Return how the job ended; None while it has not, or nobody told us."""
        async with self._transaction() as stores:
            known = await stores.jobs.expect(cluster, epoch, job_id)
        return known if is_final(known) else None

    async def ready(
        self, subnet_id: UUID, cluster: str, groups: Sequence[str], link: NetworkLink
    ) -> None:
        """Write that the subnet is there, and plug the ports that waited for it."""

        async def work() -> None:
            async with self._transaction() as stores:
                known = await stores.cluster_subnets.find(subnet_id, cluster)
                if known is None:
                    return
                now = replace(
                    known,
                    state=Realisation.READY,
                    groups=tuple(groups),
                    mode=link.mode,
                    link=link.link,
                    vlan=link.vlan,
                )
                await stores.cluster_subnets.save(now)
                await _rebind(stores, self._ganeti, now, through(now))

        await again(work)

    async def failed(self, subnet_id: UUID, cluster: str) -> None:
        """Write that the subnet cannot be there, unless it is there already."""

        async def work() -> None:
            async with self._transaction() as stores:
                known = await stores.cluster_subnets.find(subnet_id, cluster)
                if known is None or known.state is Realisation.READY:
                    return
                await stores.cluster_subnets.save(replace(known, state=Realisation.FAILED))
                await _rebind(stores, self._ganeti, known, IMPOSSIBLE)

        await again(work)

    async def forget(self, subnet_id: UUID, cluster: str) -> None:
        """Write that no trace of the subnet is left on the cluster."""
        async with self._transaction() as stores:
            await stores.cluster_subnets.forget(subnet_id, cluster)


async def _rebind(
    stores: Stores, ganeti: Ganeti, realised: ClusterSubnet, binding: Binding
) -> None:
    waiting = await stores.ports.waiting_for(realised.subnet_id, realised.cluster)
    changed = []
    for port in waiting:
        first = first_ipv4(port)
        if first is not None and first.subnet_id == realised.subnet_id:
            changed.append(
                replace(port, vif_type=binding.vif_type, vif_details=dict(binding.details))
            )
    saved = await stores.ports.save_all(changed)
    await tell(stores, UPDATED, saved)
    await following.follow(stores, ganeti, saved)


def _gateway6(cidr: str, gateway: str | None) -> str | None:
    """Return the gateway if Ganeti takes it: it wants one inside the range."""
    return gateway if gateway and ip_address(gateway) in ip_network(cidr) else None
