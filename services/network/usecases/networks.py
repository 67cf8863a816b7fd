"""What the service does with networks. Each function is one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.network.domain.errors import InvalidInput, InvalidSharedSetting, NoNetworkAvailable
from services.network.domain.network import Network
from services.network.domain.physical import PhysicalNetwork
from services.network.domain.rbac import NETWORK
from services.network.domain.resource import View
from services.network.domain.router_errors import ExternalNetworkInUse
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access, floating_ips, sharing, subnets
from services.network.usecases.news import again, check_revision, tell
from shared.clock import utcnow
from shared.contracts.resources import CREATED, DELETED, UPDATED
from shared.ids import new_uuid

Place = tuple[str, str, int | None]  # network type, physical network, VLAN
PROVIDER = ("network_type", "physical_network", "segmentation_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What an administrator decided about networks."""

    pools: tuple[PhysicalNetwork, ...]
    mtu: int = 1500

    def pool(self, name: str) -> PhysicalNetwork | None:
        """Return the physical network of that name."""
        return next((pool for pool in self.pools if pool.name == name), None)


async def create(
    transaction: Transaction, rules: Rules, drafts: Sequence[Mapping[str, Any]]
) -> list[Network]:
    """Create networks, all or none.

    Args:
        transaction: of the service.
        rules: of the administrator.
        drafts: fields of ``Network``, checked one by one; unset ones have no key.

    Raises:
        OverQuota: a project may not have so many.
        InvalidInput: a place on the wire that is not there.
        VlanIdInUse, FlatNetworkInUse: it is another network's.
        NoNetworkAvailable: every VLAN is given out.
    """

    async def work() -> list[Network]:
        async with transaction() as stores:
            for project in sorted({draft["project_id"] for draft in drafts}):
                more = sum(draft["project_id"] == project for draft in drafts)
                await stores.quotas.reserve(project, "network", more)
            return [await make(stores, rules, draft) for draft in drafts]

    return await again(work)


async def make(stores: Stores, rules: Rules, draft: Mapping[str, Any]) -> Network:
    """Make one network inside a transaction, and tell of it."""
    network = await _placed(stores, rules, draft)
    await stores.networks.add(network)
    await sharing.mirror(stores, NETWORK, network)
    await tell(stores, CREATED, [network])
    return network


async def _placed(stores: Stores, rules: Rules, draft: Mapping[str, Any]) -> Network:
    kind, physical, tag = await _place(stores, rules, *(draft.get(name) for name in PROVIDER))
    now = utcnow()
    given: dict[str, Any] = {"id": new_uuid(), "mtu": rules.mtu}
    given |= {name: value for name, value in draft.items() if name not in PROVIDER}
    return Network(
        created_at=now,
        updated_at=now,
        network_type=kind,
        physical_network=physical,
        segmentation_id=tag,
        is_placed=any(draft.get(name) is not None for name in PROVIDER),
        **given,
    )


async def _place(
    stores: Stores, rules: Rules, kind: str | None, physical: str | None, tag: int | None
) -> Place:
    if kind == "flat":
        return kind, _flat(rules, physical, tag), None
    if kind == "vlan":
        return kind, *await _vlan(stores, rules, physical, tag)
    if physical or tag:
        raise InvalidInput("network_type required")
    return await _any_place(stores, rules)


async def _any_place(stores: Stores, rules: Rules) -> Place:
    if place := await stores.networks.free_vlan(rules.pools):
        return "vlan", *place
    if physical := await stores.networks.free_flat(rules.pools):
        return "flat", physical, None
    raise NoNetworkAvailable


def _flat(rules: Rules, physical: str | None, tag: int | None) -> str:
    if not physical:
        raise InvalidInput("physical_network required for flat provider network")
    if tag is not None:
        raise InvalidInput("segmentation_id prohibited for flat provider network")
    pool = rules.pool(physical)
    if pool is None or not pool.flat:
        raise InvalidInput(f"physical_network '{physical}' unknown for flat provider network")
    return physical


async def _vlan(
    stores: Stores, rules: Rules, physical: str | None, tag: int | None
) -> tuple[str, int]:
    if not physical and tag is not None:
        raise InvalidInput("segmentation_id requires physical_network for VLAN provider network")
    pools = rules.pools
    if physical:
        pool = rules.pool(physical)
        if pool is None:
            raise InvalidInput(f"physical_network '{physical}' unknown for VLAN provider network")
        if tag is not None:
            return physical, tag
        pools = (pool,)
    place = await stores.networks.free_vlan(pools)
    if place is None:
        raise NoNetworkAvailable
    return place


async def update(
    transaction: Transaction,
    view: View,
    network_id: UUID,
    changes: Mapping[str, Any],
    revision: int | None = None,
) -> Network:
    """Change a network.

    Raises:
        NetworkNotFound: absent, or another project's.
        InvalidSharedSetting: others use what shall no longer be shared.
        ExternalNetworkInUse: routers and floating IPs use what shall no longer be external.
    """

    async def work() -> Network:
        async with transaction() as stores:
            network = await access.own_network(stores, view, network_id, "update_network")
            check_revision(network, revision)
            changed = replace(network, **changes)
            if network.external and not changed.external:
                await _check_nobody_reaches_through(stores, network)
            await sharing.mirror(stores, NETWORK, changed, network)
            unshared = network.shared and not changed.shared
            if unshared and await sharing.stranded(stores, NETWORK, network):
                raise InvalidSharedSetting(network_id)
            saved = await stores.networks.save(changed)
            await tell(stores, UPDATED, [saved])
            return saved

    return await again(work)


async def delete(
    transaction: Transaction, view: View, network_id: UUID, revision: int | None = None
) -> None:
    """Remove a network with its subnets.

    Raises:
        NetworkNotFound: absent, or another project's.
        NetworkInUse: ports are left on it.
    """

    async def work() -> None:
        async with transaction() as stores:
            network = await access.own_network(stores, view, network_id, "delete_network")
            check_revision(network, revision)
            await remove(stores, network)

    await again(work)


async def remove(stores: Stores, network: Network) -> None:
    """Remove a network inside a transaction, with its subnets."""
    await _drop_floating_ips(stores, network)
    if await stores.networks.has_ports(network.id):
        await stores.networks.delete(network)  # says who is in the way
    for subnet in await stores.subnets.of(network.id):
        await subnets.remove(stores, subnet)
    await stores.rbac.drop(network.id)
    await stores.networks.delete(network)
    await tell(stores, DELETED, [network])


async def _drop_floating_ips(stores: Stores, network: Network) -> None:
    """Remove the network's floating IPs, unless one of them leads somewhere."""
    if not network.external:
        return
    floating = await stores.floating_ips.of_network(network.id)
    if all(each.port_id is None for each in floating):
        for each in floating:
            await floating_ips.remove(stores, each)


async def _check_nobody_reaches_through(stores: Stores, network: Network) -> None:
    gateways = await stores.routers.through(network.id)
    if gateways or await stores.floating_ips.of_network(network.id):
        raise ExternalNetworkInUse(network.id)
