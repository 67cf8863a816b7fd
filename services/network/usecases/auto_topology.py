"""A network with a way to the world, for projects that do not care how: made when first asked for.

Its ids follow from the project's, so that it is found again, and is made once.
"""

from typing import Any, Final
from uuid import UUID

from services.network.domain.errors import NetworkInUse
from services.network.domain.network import Network
from services.network.domain.pool_errors import (
    AutoAllocatedTopologyNotFound,
    AutoAllocationFailure,
)
from services.network.domain.resource import View
from services.network.domain.subnet_pool import SubnetPool
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access, gateways, interfaces, networks, routers, subnets
from services.network.usecases.networks import Rules
from services.network.usecases.news import again
from services.network.usecases.ports import Surroundings, remove
from services.network.usecases.routers import GATEWAY
from shared.ids import derived

NAMESPACE: Final = UUID("6f1e8b52-9b0a-4d0c-8f4e-2f6c4b1f7a10")
NAME: Final = "auto_allocated_{}"


def _id(project_id: str, what: str) -> UUID:
    return derived(NAMESPACE, "auto-topology", project_id, what)


async def have(
    transaction: Transaction, rules: Rules, around: Surroundings, project_id: str
) -> UUID:
    """Return the project's network; it is made if it is not there.

    Raises:
        AutoAllocationFailure: there is no default external network, or no default pool.
        OverQuota: the project may not have so many.
    """

    async def work() -> UUID:
        async with transaction() as stores:
            network_id = _id(project_id, "network")
            if await stores.networks.find(network_id) is not None:
                return network_id
            await stores.quotas.reserve(project_id, "network")
            if await stores.networks.find(network_id) is None:  # nobody else makes it now
                await _make(stores, rules, around, project_id)
            return network_id

    return await again(work)


async def check(transaction: Transaction, project_id: str) -> None:
    """Say whether the network could be had.

    Raises:
        AutoAllocationFailure: there is no default external network, or no default pool.
    """
    async with transaction() as stores:
        await _ground(stores, _view(project_id))


def _view(project_id: str) -> View:
    return View(project_id=project_id, everything=False)


async def _ground(stores: Stores, view: View) -> tuple[Network, list[SubnetPool]]:
    external = await stores.networks.default_external()
    if external is None:
        raise AutoAllocationFailure("No default router:external network")
    found = [await stores.subnet_pools.default(version) for version in (4, 6)]
    pools = [each for each in found if each is not None and access.shares(view, each)]
    if not pools:
        raise AutoAllocationFailure("No default pools defined")
    return external, pools


async def _make(stores: Stores, rules: Rules, around: Surroundings, project_id: str) -> None:
    view = _view(project_id)
    external, pools = await _ground(stores, view)
    await stores.quotas.reserve(project_id, "subnet", len(pools))
    await stores.quotas.reserve(project_id, "router")
    common: dict[str, Any] = {"project_id": project_id}
    network_id = _id(project_id, "network")
    await networks.make(stores, rules, {**common, "id": network_id, "name": NAME.format("network")})
    made = [
        await subnets.make(
            stores,
            view,
            {
                **common,
                "network_id": network_id,
                "name": NAME.format(f"subnet_v{pool.ip_version}"),
                "ip_version": pool.ip_version,
                "subnetpool_id": pool.id,
            },
        )
        for pool in pools
    ]
    router = await routers.make(
        stores,
        around,
        view,
        {
            **common,
            "id": _id(project_id, "router"),
            "name": NAME.format("router"),
            GATEWAY: {"network_id": external.id},
        },
    )
    for subnet in made:
        await interfaces.join(stores, around, view, router, subnet.id)


async def forget(transaction: Transaction, project_id: str) -> None:
    """Remove the project's network and its router.

    Raises:
        AutoAllocatedTopologyNotFound: there is none.
        NetworkInUse: something is on it.
    """

    async def work() -> None:
        async with transaction() as stores:
            network_id = _id(project_id, "network")
            network = await stores.networks.find(network_id, lock=True)
            if network is None:
                raise AutoAllocatedTopologyNotFound(project_id)
            router = await stores.routers.find(_id(project_id, "router"), lock=True)
            if router is not None:
                if await stores.floating_ips.through(router.id):
                    raise NetworkInUse(network_id)
                for port in await stores.ports.interfaces_of(router.id):
                    await remove(stores, port)
                await stores.routers.delete(router)
                await gateways.drop_old(stores, router, None)
            await networks.remove(stores, network)

    await again(work)
