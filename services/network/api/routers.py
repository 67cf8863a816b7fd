"""Handlers of /v2.0/routers."""

from typing import Final

from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import Collection, list_resources, show_resource
from services.network.api.paths import id_in, revision_in
from services.network.api.schemas.routers import ROUTER, interface_in, routes_in
from services.network.api.writing import changes_in, created, drafts_in, updated
from services.network.domain.router_errors import RouterNotFound
from services.network.store.router_listings import ROUTERS
from services.network.usecases import interfaces, routers
from shared.web.answers import answer, answer_nothing
from shared.web.body import read_json

WHAT: Final = Collection(
    singular="router", plural="routers", listing=ROUTERS, missing=RouterNotFound
)


async def list_routers(request: web.Request) -> web.Response:
    """List routers the caller may see."""
    return await list_resources(request, WHAT)


async def show_router(request: web.Request) -> web.Response:
    """Show a router."""
    return await show_resource(request, WHAT)


async def create_routers(request: web.Request) -> web.Response:
    """Create a router, or several."""
    drafts, is_bulk = await drafts_in(request, ROUTER)
    deps = request.app[DEPS]
    made = await routers.create(deps.transaction, deps.around, view_of(request), drafts)
    return created(request, ROUTER, made, is_bulk=is_bulk)


async def update_router(request: web.Request) -> web.Response:
    """Change a router."""
    router_id = id_in(request, RouterNotFound)
    changes = await changes_in(request, ROUTER)
    deps = request.app[DEPS]
    saved = await routers.update(
        deps.transaction, deps.around, view_of(request), router_id, changes, revision_in(request)
    )
    return updated(request, ROUTER, saved)


async def delete_router(request: web.Request) -> web.Response:
    """Remove a router."""
    require(request, "delete_router")
    router_id = id_in(request, RouterNotFound)
    await routers.delete(
        request.app[DEPS].transaction, view_of(request), router_id, revision_in(request)
    )
    return answer_nothing()


async def add_interface(request: web.Request) -> web.Response:
    """Connect a router with a subnet."""
    require(request, "add_router_interface")
    router_id = id_in(request, RouterNotFound)
    wish = interface_in(await read_json(request))
    deps = request.app[DEPS]
    done = await interfaces.add(deps.transaction, deps.around, view_of(request), router_id, wish)
    return answer(done.document())


async def remove_interface(request: web.Request) -> web.Response:
    """Disconnect a router from a subnet."""
    require(request, "remove_router_interface")
    router_id = id_in(request, RouterNotFound)
    wish = interface_in(await read_json(request))
    deps = request.app[DEPS]
    done = await interfaces.remove(deps.transaction, deps.around, view_of(request), router_id, wish)
    return answer(done.document())


async def add_routes(request: web.Request) -> web.Response:
    """Give a router more routes."""
    require(request, "add_extraroutes")
    router_id = id_in(request, RouterNotFound)
    routes = routes_in(await read_json(request))
    saved = await routers.add_routes(
        request.app[DEPS].transaction, view_of(request), router_id, routes
    )
    return updated(request, ROUTER, saved)


async def remove_routes(request: web.Request) -> web.Response:
    """Take routes from a router."""
    require(request, "remove_extraroutes")
    router_id = id_in(request, RouterNotFound)
    routes = routes_in(await read_json(request))
    saved = await routers.remove_routes(
        request.app[DEPS].transaction, view_of(request), router_id, routes
    )
    return updated(request, ROUTER, saved)
