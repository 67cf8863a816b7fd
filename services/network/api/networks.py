"""Handlers of /v2.0/networks."""

from typing import Final

from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import Collection, list_resources, show_resource
from services.network.api.paths import id_in, revision_in
from services.network.api.schemas.networks import NETWORK
from services.network.api.writing import changes_in, created, drafts_in, updated
from services.network.domain.errors import NetworkNotFound
from services.network.store.listings import NETWORKS
from services.network.usecases import networks
from shared.web.answers import answer_nothing

WHAT: Final = Collection(
    singular="network", plural="networks", listing=NETWORKS, missing=NetworkNotFound
)


async def list_networks(request: web.Request) -> web.Response:
    """List networks the caller may see."""
    return await list_resources(request, WHAT)


async def show_network(request: web.Request) -> web.Response:
    """Show a network."""
    return await show_resource(request, WHAT)


async def create_networks(request: web.Request) -> web.Response:
    """Create a network, or several."""
    drafts, is_bulk = await drafts_in(request, NETWORK)
    deps = request.app[DEPS]
    made = await networks.create(deps.transaction, deps.rules, drafts)
    return created(request, NETWORK, made, is_bulk=is_bulk)


async def update_network(request: web.Request) -> web.Response:
    """Change a network."""
    network_id = id_in(request, NetworkNotFound)
    changes = await changes_in(request, NETWORK)
    saved = await networks.update(
        request.app[DEPS].transaction,
        view_of(request),
        network_id,
        changes,
        revision_in(request),
    )
    return updated(request, NETWORK, saved)


async def delete_network(request: web.Request) -> web.Response:
    """Remove a network."""
    require(request, "delete_network")
    network_id = id_in(request, NetworkNotFound)
    await networks.delete(
        request.app[DEPS].transaction, view_of(request), network_id, revision_in(request)
    )
    return answer_nothing()
