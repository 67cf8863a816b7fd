"""What the service learns from Ganeti and from compute, and what follows for ports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.network.domain.binding import Realisation
from services.network.domain.physical import ClusterFacts
from services.network.domain.port import ACTIVE, DOWN, Port
from services.network.store.stores import Transaction
from services.network.usecases import bindings, following, ports
from services.network.usecases.bindings import Ganeti
from services.network.usecases.news import again, tell
from shared.contracts.ganeti import InstanceObserved, JobObserved
from shared.contracts.resources import UPDATED

RUNNING = "running"


async def record_jobs(transaction: Transaction, facts: Sequence[JobObserved]) -> None:
    """Take in news of jobs, and wake whoever waits for them."""
    async with transaction() as stores:
        keys = await stores.jobs.record(facts)
        await stores.sagas.wake_waiting(keys)


async def record_clusters(transaction: Transaction, facts: Sequence[ClusterFacts]) -> None:
    """Take in news of clusters; subnets are connected to node groups that are new there."""

    async def work() -> None:
        async with transaction() as stores:
            for cluster in facts:
                if not await stores.clusters.record(cluster) or cluster.removed:
                    continue
                for realised in await stores.cluster_subnets.on(cluster.name, Realisation.READY):
                    if not set(cluster.groups) <= set(realised.groups):
                        await bindings.materialise(stores, realised)

    await again(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What a batch of news says of NICs: who is up, whose NICs are all told."""

    up: frozenset[UUID]
    told: frozenset[UUID]  # NICs that were named
    servers: frozenset[str]  # whose other ports have no NIC any more

    def status_of(self, port: Port) -> str:
        """Return the status that the news gives the port."""
        return ACTIVE if port.id in self.up else DOWN


async def record_instances(
    transaction: Transaction, ganeti: Ganeti, facts: Sequence[InstanceObserved]
) -> None:
    """Set ports ACTIVE whose NICs are in running instances, and DOWN those that are not.

    Args:
        transaction: of the service.
        ganeti: what the names of our instances begin with.
        facts: news, in any order; older news than is known is dropped.
    """
    newest: dict[tuple[str, str], InstanceObserved] = {}
    for fact in facts:
        key = (fact.cluster, fact.name)
        if key not in newest or fact.sequence > newest[key].sequence:
            newest[key] = fact

    async def work() -> None:
        async with transaction() as stores:
            fresh = await stores.clusters.fresh_instances(
                {key: fact.sequence for key, fact in newest.items()}
            )
            seen = _seen(ganeti.prefix, {key: newest[key] for key in fresh})
            if not (seen.servers or seen.told):
                return
            found = await stores.ports.seen(seen.servers, seen.told)
            changed = [
                replace(port, status=seen.status_of(port))
                for port in found
                if port.status != seen.status_of(port)
            ]
            saved = await stores.ports.save_all(changed)
            await tell(stores, UPDATED, saved)
            await following.follow(stores, ganeti, saved)

    await again(work)


def _seen(prefix: str, facts: Mapping[tuple[str, str], InstanceObserved]) -> _Seen:
    up: set[UUID] = set()
    told: set[UUID] = set()
    servers: set[str] = set()
    for fact in facts.values():
        server = uuid_in(fact.name.removeprefix(prefix))
        if server is not None and fact.name.startswith(prefix):
            servers.add(str(server))
        nics = {nic for each in fact.nics if (nic := uuid_in(each.name)) is not None}
        told |= nics
        if fact.present and fact.status == RUNNING:
            up |= nics
    return _Seen(up=frozenset(up), told=frozenset(told), servers=frozenset(servers))


def uuid_in(text: str | None) -> UUID | None:
    """Return the UUID a name is, or None."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


async def release_ports(
    transaction: Transaction, ganeti: Ganeti, server_ids: Sequence[str]
) -> None:
    """Let go of the ports of servers that are gone, should compute have left any.

    What compute made goes; what users made is theirs, and only unplugged.
    """

    async def work() -> None:
        async with transaction() as stores:
            for server_id in server_ids:
                unplugged = []
                for port in await stores.ports.of_device(server_id):
                    if port.made_by_service:
                        await following.let_go(stores, ganeti, port)
                        await ports.remove(stores, port)
                    else:
                        unplugged.append(port.unplugged())
                saved = await stores.ports.save_all(unplugged)
                await tell(stores, UPDATED, saved)
                await following.follow(stores, ganeti, saved)

    await again(work)
