"""What the service does with subnets. Each public verb is one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Final
from uuid import UUID

from services.network.domain.addressing import (
    IpAddress,
    IpNetwork,
    check_gateway,
    check_pools,
    first_host,
    overlap,
    pools_without,
)
from services.network.domain.errors import InvalidInput
from services.network.domain.network import Network
from services.network.domain.resource import View
from services.network.domain.router_errors import GatewayIpInUse
from services.network.domain.subnet import Subnet
from services.network.domain.subnet_check import check_modes, check_range
from services.network.domain.subnet_pool import SubnetPool
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access, allocation, automatic
from services.network.usecases.news import again, check_revision, tell
from shared.clock import utcnow
from shared.contracts.resources import CREATED, DELETED, UPDATED
from shared.ids import new_uuid

DISSOLVE: Final = "network.dissolve_subnet"


async def create(
    transaction: Transaction, view: View, drafts: Sequence[Mapping[str, Any]]
) -> list[Subnet]:
    """Create subnets, all or none.

    Args:
        transaction: of the service.
        view: who asks.
        drafts: fields of ``Subnet``; without ``gateway_ip`` the first host is the gateway,
            without ``allocation_pools`` every other host is given out.

    Raises:
        NetworkNotFound: absent, or another project's.
        InvalidInput: ranges that cannot be meant, or that the network has already.
        OverQuota: the project may not have so many.
    """

    async def work() -> list[Subnet]:
        async with transaction() as stores:
            for project in sorted({draft["project_id"] for draft in drafts}):
                more = sum(draft["project_id"] == project for draft in drafts)
                await stores.quotas.reserve(project, "subnet", more)
            return [await make(stores, view, draft) for draft in drafts]

    return await again(work)


async def make(stores: Stores, view: View, draft: Mapping[str, Any]) -> Subnet:
    """Make one subnet inside a transaction, and tell of it."""
    network = await access.own_network(stores, view, draft["network_id"], "create_subnet")
    cidr, pool = await allocation.range_for(stores, view, draft)
    subnet = _drafted(draft, cidr, pool)
    others = await stores.subnets.of(network.id)
    _check_overlap(others, subnet)
    allocation.check_affinity(others, subnet.ip_version, pool)
    await stores.subnets.add(subnet)
    if subnet.is_automatic:
        await automatic.give_to_ports(stores, subnet)
    else:
        await stores.addresses.open(subnet)
    changed = replace(network, subnet_ids=(*network.subnet_ids, subnet.id))
    if pool is not None:
        changed = _scoped(changed, subnet.ip_version, pool.address_scope_id)
    saved = await stores.networks.save(changed)
    await tell(stores, CREATED, [subnet])
    await tell(stores, UPDATED, [saved])
    return subnet


def _scoped(network: Network, version: int, scope_id: UUID | None) -> Network:
    if version == 4:
        return replace(network, ipv4_address_scope=scope_id)
    return replace(network, ipv6_address_scope=scope_id)


def _drafted(draft: Mapping[str, Any], cidr: IpNetwork, pool: SubnetPool | None) -> Subnet:
    given = {name: value for name, value in draft.items() if name not in allocation.FROM_POOLS}
    check_range(cidr, given["ip_version"], enable_dhcp=given.get("enable_dhcp", True))
    gateway = _gateway(given["gateway_ip"]) if "gateway_ip" in given else first_host(cidr)
    pools = given.get("allocation_pools")
    if pools is None:
        pools = pools_without(gateway, cidr)
    check_pools(pools, cidr)
    check_gateway(gateway, pools, cidr)
    now = utcnow()
    given |= {
        "cidr": str(cidr),
        "subnetpool_id": None if pool is None else pool.id,
        "gateway_ip": None if gateway is None else str(gateway),
        "allocation_pools": tuple(pools),
    }
    subnet = Subnet(id=new_uuid(), created_at=now, updated_at=now, **given)
    check_modes(subnet)
    return subnet


def _gateway(given: str | None) -> IpAddress | None:
    return None if given is None else ip_address(given)


def _check_overlap(others: Sequence[Subnet], subnet: Subnet) -> None:
    """Refuse addresses the network has already; its row is locked."""
    for other in others:
        if overlap(other.range, subnet.range):
            raise InvalidInput(
                f"Requested subnet with cidr: {subnet.cidr} for network: {subnet.network_id} "
                "overlaps with another subnet"
            )


async def update(
    transaction: Transaction,
    view: View,
    subnet_id: UUID,
    changes: Mapping[str, Any],
    revision: int | None = None,
) -> Subnet:
    """Change a subnet.

    Raises:
        SubnetNotFound: absent, or another project's.
        GatewayConflictWithAllocationPools: the pools would give the gateway out.
        GatewayIpInUse: a router is the gateway.
    """

    async def work() -> Subnet:
        async with transaction() as stores:
            subnet, network = await access.own_subnet(stores, view, subnet_id, "update_subnet")
            check_revision(subnet, revision)
            changed = replace(subnet, **changes)
            await _check_gateway_moves(stores, subnet, changed)
            check_pools(changed.allocation_pools, subnet.range)
            check_gateway(_gateway(changed.gateway_ip), changed.allocation_pools, subnet.range)
            check_modes(changed)
            saved = await stores.subnets.save(changed)
            if saved.allocation_pools != subnet.allocation_pools and not saved.is_automatic:
                await stores.addresses.reopen(saved)
            touched = await stores.networks.save(network)
            await tell(stores, UPDATED, [saved, touched])
            return saved

    return await again(work)


async def _check_gateway_moves(stores: Stores, subnet: Subnet, changed: Subnet) -> None:
    if subnet.gateway_ip is None or subnet.gateway_ip == changed.gateway_ip:
        return
    port_id = await stores.ports.router_port_at(subnet.id, subnet.gateway_ip)
    if port_id is not None:
        raise GatewayIpInUse(subnet.gateway_ip, port_id)


async def delete(
    transaction: Transaction, view: View, subnet_id: UUID, revision: int | None = None
) -> None:
    """Remove a subnet, from Ganeti too.

    Raises:
        SubnetNotFound: absent, or another project's.
        SubnetInUse: ports have addresses of it.
    """

    async def work() -> None:
        async with transaction() as stores:
            subnet, network = await access.own_subnet(stores, view, subnet_id, "delete_subnet")
            check_revision(subnet, revision)
            await remove(stores, subnet)
            left = tuple(each for each in network.subnet_ids if each != subnet_id)
            changed = replace(network, subnet_ids=left)
            if subnet.subnetpool_id and not await _has_more_of_its_pool(stores, subnet):
                changed = _scoped(changed, subnet.ip_version, None)
            saved = await stores.networks.save(changed)
            await tell(stores, UPDATED, [saved])

    await again(work)


async def _has_more_of_its_pool(stores: Stores, subnet: Subnet) -> bool:
    others = await stores.subnets.of(subnet.network_id)
    return any(each.subnetpool_id == subnet.subnetpool_id for each in others)


async def remove(stores: Stores, subnet: Subnet) -> None:
    """Remove a subnet inside a transaction, and have its Ganeti networks dissolved."""
    if subnet.is_automatic:
        await automatic.take_from_ports(stores, subnet)
    await stores.subnets.delete(subnet)
    for realised in await stores.cluster_subnets.of(subnet.id):
        await stores.sagas.supersede(realised.subject)
        notes = {
            "subnet_id": str(subnet.id),
            "cluster": realised.cluster,
            "ganeti_network": realised.ganeti_network,
        }
        await stores.sagas.start(DISSOLVE, realised.subject, notes)
    await tell(stores, DELETED, [subnet])
