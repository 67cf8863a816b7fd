"""Handlers of /v2.0/address-groups."""

from typing import Final

from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import Collection, list_resources, show_resource
from services.network.api.paths import id_in, revision_in
from services.network.api.schemas.address_groups import ADDRESS_GROUP, addresses_in
from services.network.api.writing import changes_in, created, drafts_in, updated
from services.network.domain.address_group import AddressGroupNotFound
from services.network.store.pool_listings import ADDRESS_GROUPS
from services.network.usecases import address_groups
from shared.web.answers import answer_nothing
from shared.web.body import read_json

WHAT: Final = Collection(
    singular="address_group",
    plural="address_groups",
    listing=ADDRESS_GROUPS,
    missing=AddressGroupNotFound,
)


async def list_address_groups(request: web.Request) -> web.Response:
    """List address groups the caller may use."""
    return await list_resources(request, WHAT)


async def show_address_group(request: web.Request) -> web.Response:
    """Show an address group."""
    return await show_resource(request, WHAT)


async def create_address_groups(request: web.Request) -> web.Response:
    """Create an address group, or several."""
    drafts, is_bulk = await drafts_in(request, ADDRESS_GROUP)
    made = await address_groups.create(request.app[DEPS].transaction, drafts)
    return created(request, ADDRESS_GROUP, made, is_bulk=is_bulk)


async def update_address_group(request: web.Request) -> web.Response:
    """Change an address group."""
    group_id = id_in(request, AddressGroupNotFound)
    changes = await changes_in(request, ADDRESS_GROUP)
    saved = await address_groups.update(
        request.app[DEPS].transaction, view_of(request), group_id, changes, revision_in(request)
    )
    return updated(request, ADDRESS_GROUP, saved)


async def delete_address_group(request: web.Request) -> web.Response:
    """Remove an address group."""
    require(request, "delete_address_group")
    group_id = id_in(request, AddressGroupNotFound)
    await address_groups.delete(
        request.app[DEPS].transaction, view_of(request), group_id, revision_in(request)
    )
    return answer_nothing()


async def add_addresses(request: web.Request) -> web.Response:
    """Have more addresses in a group."""
    require(request, "add_addresses")
    group_id = id_in(request, AddressGroupNotFound)
    addresses = addresses_in(await read_json(request))
    saved = await address_groups.add_addresses(
        request.app[DEPS].transaction, view_of(request), group_id, addresses
    )
    return updated(request, ADDRESS_GROUP, saved)


async def remove_addresses(request: web.Request) -> web.Response:
    """Have some addresses in a group no longer."""
    require(request, "remove_addresses")
    group_id = id_in(request, AddressGroupNotFound)
    addresses = addresses_in(await read_json(request))
    saved = await address_groups.remove_addresses(
        request.app[DEPS].transaction, view_of(request), group_id, addresses
    )
    return updated(request, ADDRESS_GROUP, saved)
