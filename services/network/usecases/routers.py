"""What the service does with routers. Each public verb is one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.network.domain.resource import Json, View
from services.network.domain.router import Router, check_routes
from services.network.domain.router_errors import RouterInUse
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access, connections, gateways
from services.network.usecases.news import again, check_revision
from services.network.usecases.ports import Surroundings
from shared.clock import utcnow
from shared.ids import new_uuid

GATEWAY = "gateway"


async def create(
    transaction: Transaction,
    around: Surroundings,
    view: View,
    drafts: Sequence[Mapping[str, Any]],
) -> list[Router]:
    """Create routers, all or none.

    Args:
        transaction: of the service.
        around: the cloud.
        view: who asks.
        drafts: fields of ``Router``; ``gateway`` is what was asked for.

    Raises:
        NetworkNotFound, BadRequest: the gateway's network is not there, or not external.
        OverQuota: the project may not have so many.
    """

    async def work() -> list[Router]:
        async with transaction() as stores:
            for project in sorted({draft["project_id"] for draft in drafts}):
                more = sum(draft["project_id"] == project for draft in drafts)
                await stores.quotas.reserve(project, "router", more)
            return [await make(stores, around, view, draft) for draft in drafts]

    return await again(work)


async def make(
    stores: Stores, around: Surroundings, view: View, draft: Mapping[str, Any]
) -> Router:
    """Make one router inside a transaction."""
    now = utcnow()
    given = {name: value for name, value in draft.items() if name != GATEWAY}
    router = Router(created_at=now, updated_at=now, **({"id": new_uuid()} | given))
    router = await gateways.changed(
        stores, around, view, router, draft.get(GATEWAY), "create_router"
    )
    await stores.routers.add(router)
    return router


async def update(
    transaction: Transaction,
    around: Surroundings,
    view: View,
    router_id: UUID,
    changes: Mapping[str, Any],
    revision: int | None = None,
) -> Router:
    """Change a router.

    Raises:
        RouterNotFound: absent, or another project's.
        InvalidRoutes: they lead nowhere.
        RouterExternalGatewayInUseByFloatingIp: the gateway must stay.
    """

    async def work() -> Router:
        async with transaction() as stores:
            router = await access.own_router(stores, view, router_id)
            check_revision(router, revision)
            plain = {name: value for name, value in changes.items() if name != GATEWAY}
            changed = replace(router, **plain)
            if GATEWAY in changes:
                changed = await gateways.changed(
                    stores, around, view, changed, changes[GATEWAY], "update_router"
                )
            if "routes" in changes:
                await check_reach(stores, changed)
            saved = await stores.routers.save(changed)
            await gateways.drop_old(stores, router, saved)
            return saved

    return await again(work)


async def check_reach(stores: Stores, router: Router) -> None:
    """Refuse routes to next hops that are not neighbours of the router.

    Raises:
        InvalidRoutes, RoutesExhausted: it has such routes.
    """
    given = await connections.connected(stores, router)
    subnets = [await stores.subnets.get(each.subnet_id) for each in given]
    own = [each.ip_address for each in given]
    check_routes(router.routes, [each.range for each in subnets], own, router.id)


async def add_routes(
    transaction: Transaction, view: View, router_id: UUID, routes: Sequence[Json]
) -> Router:
    """Give a router more routes; those it has already stay.

    Raises:
        RouterNotFound: absent, or another project's.
        InvalidRoutes: they lead nowhere.
    """

    async def work() -> Router:
        async with transaction() as stores:
            router = await access.own_router(stores, view, router_id)
            new = [each for each in routes if each not in router.routes]
            changed = replace(router, routes=(*router.routes, *new))
            await check_reach(stores, changed)
            return await stores.routers.save(changed)

    return await again(work)


async def remove_routes(
    transaction: Transaction, view: View, router_id: UUID, routes: Sequence[Json]
) -> Router:
    """Take routes from a router; those it has not are none to take.

    Raises:
        RouterNotFound: absent, or another project's.
    """

    async def work() -> Router:
        async with transaction() as stores:
            router = await access.own_router(stores, view, router_id)
            left = tuple(each for each in router.routes if each not in routes)
            return await stores.routers.save(replace(router, routes=left))

    return await again(work)


async def delete(
    transaction: Transaction, view: View, router_id: UUID, revision: int | None = None
) -> None:
    """Remove a router, and its way to the world.

    Raises:
        RouterNotFound: absent, or another project's.
        RouterInUse: it has interfaces.
    """

    async def work() -> None:
        async with transaction() as stores:
            router = await access.own_router(stores, view, router_id)
            check_revision(router, revision)
            if await stores.ports.interfaces_of(router_id):
                raise RouterInUse(router_id)
            await stores.routers.delete(router)
            await gateways.drop_old(stores, router, None)

    await again(work)
