"""Handlers of /v2.0/subnetpools and /v2.0/address-scopes."""

from typing import Final

from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import Collection, list_resources, show_resource
from services.network.api.paths import id_in, revision_in
from services.network.api.schemas.subnet_pools import ADDRESS_SCOPE, SUBNET_POOL, prefixes_in
from services.network.api.writing import changes_in, created, drafts_in, updated
from services.network.domain.errors import SubnetPoolNotFound
from services.network.domain.pool_errors import AddressScopeNotFound
from services.network.store.pool_listings import ADDRESS_SCOPES, SUBNET_POOLS
from services.network.usecases import address_scopes, subnet_pools
from shared.web.answers import answer, answer_nothing
from shared.web.body import read_json

POOLS: Final = Collection(
    singular="subnetpool",
    plural="subnetpools",
    listing=SUBNET_POOLS,
    missing=SubnetPoolNotFound,
)
SCOPES: Final = Collection(
    singular="address_scope",
    plural="address_scopes",
    listing=ADDRESS_SCOPES,
    missing=AddressScopeNotFound,
)


async def list_subnet_pools(request: web.Request) -> web.Response:
    """List subnet pools the caller may use."""
    return await list_resources(request, POOLS)


async def show_subnet_pool(request: web.Request) -> web.Response:
    """Show a subnet pool."""
    return await show_resource(request, POOLS)


async def create_subnet_pools(request: web.Request) -> web.Response:
    """Create a subnet pool, or several."""
    drafts, is_bulk = await drafts_in(request, SUBNET_POOL)
    made = await subnet_pools.create(request.app[DEPS].transaction, view_of(request), drafts)
    return created(request, SUBNET_POOL, made, is_bulk=is_bulk)


async def update_subnet_pool(request: web.Request) -> web.Response:
    """Change a subnet pool."""
    pool_id = id_in(request, SubnetPoolNotFound)
    changes = await changes_in(request, SUBNET_POOL)
    saved = await subnet_pools.update(
        request.app[DEPS].transaction, view_of(request), pool_id, changes, revision_in(request)
    )
    return updated(request, SUBNET_POOL, saved)


async def delete_subnet_pool(request: web.Request) -> web.Response:
    """Remove a subnet pool."""
    require(request, "delete_subnetpool")
    pool_id = id_in(request, SubnetPoolNotFound)
    await subnet_pools.delete(
        request.app[DEPS].transaction, view_of(request), pool_id, revision_in(request)
    )
    return answer_nothing()


async def add_prefixes(request: web.Request) -> web.Response:
    """Give a subnet pool more addresses."""
    require(request, "add_prefixes")
    pool_id = id_in(request, SubnetPoolNotFound)
    prefixes = prefixes_in(await read_json(request))
    saved = await subnet_pools.add_prefixes(
        request.app[DEPS].transaction, view_of(request), pool_id, prefixes
    )
    return answer({"prefixes": list(saved.prefixes)})


async def remove_prefixes(request: web.Request) -> web.Response:
    """Take addresses from a subnet pool."""
    require(request, "remove_prefixes")
    pool_id = id_in(request, SubnetPoolNotFound)
    prefixes = prefixes_in(await read_json(request))
    saved = await subnet_pools.remove_prefixes(
        request.app[DEPS].transaction, view_of(request), pool_id, prefixes
    )
    return answer({"prefixes": list(saved.prefixes)})


async def list_address_scopes(request: web.Request) -> web.Response:
    """List address scopes the caller may use."""
    return await list_resources(request, SCOPES)


async def show_address_scope(request: web.Request) -> web.Response:
    """Show an address scope."""
    return await show_resource(request, SCOPES)


async def create_address_scopes(request: web.Request) -> web.Response:
    """Create an address scope, or several."""
    drafts, is_bulk = await drafts_in(request, ADDRESS_SCOPE)
    made = await address_scopes.create(request.app[DEPS].transaction, drafts)
    return created(request, ADDRESS_SCOPE, made, is_bulk=is_bulk)


async def update_address_scope(request: web.Request) -> web.Response:
    """Change an address scope."""
    scope_id = id_in(request, AddressScopeNotFound)
    changes = await changes_in(request, ADDRESS_SCOPE)
    saved = await address_scopes.update(
        request.app[DEPS].transaction, view_of(request), scope_id, changes
    )
    return updated(request, ADDRESS_SCOPE, saved)


async def delete_address_scope(request: web.Request) -> web.Response:
    """Remove an address scope."""
    require(request, "delete_address_scope")
    scope_id = id_in(request, AddressScopeNotFound)
    await address_scopes.delete(request.app[DEPS].transaction, view_of(request), scope_id)
    return answer_nothing()
