"""Handlers of /v2.0/floatingips."""

from typing import Final

from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import Collection, list_resources, show_resource
from services.network.api.paths import id_in, revision_in
from services.network.api.schemas.routers import FLOATING_IP
from services.network.api.writing import changes_in, created, drafts_in, updated
from services.network.domain.router_errors import FloatingIPNotFound
from services.network.store.router_listings import FLOATING_IPS
from services.network.usecases import floating_ips
from shared.web.answers import answer_nothing

WHAT: Final = Collection(
    singular="floatingip",
    plural="floatingips",
    listing=FLOATING_IPS,
    missing=FloatingIPNotFound,
)


async def list_floating_ips(request: web.Request) -> web.Response:
    """List floating IPs the caller may see."""
    return await list_resources(request, WHAT)


async def show_floating_ip(request: web.Request) -> web.Response:
    """Show a floating IP."""
    return await show_resource(request, WHAT)


async def create_floating_ips(request: web.Request) -> web.Response:
    """Create a floating IP, or several."""
    drafts, is_bulk = await drafts_in(request, FLOATING_IP)
    deps = request.app[DEPS]
    made = await floating_ips.create(deps.transaction, deps.around, view_of(request), drafts)
    return created(request, FLOATING_IP, made, is_bulk=is_bulk)


async def update_floating_ip(request: web.Request) -> web.Response:
    """Change a floating IP, or where it leads."""
    floating_id = id_in(request, FloatingIPNotFound)
    changes = await changes_in(request, FLOATING_IP)
    deps = request.app[DEPS]
    saved = await floating_ips.update(
        deps.transaction, deps.around, view_of(request), floating_id, changes, revision_in(request)
    )
    return updated(request, FLOATING_IP, saved)


async def delete_floating_ip(request: web.Request) -> web.Response:
    """Remove a floating IP."""
    require(request, "delete_floatingip")
    floating_id = id_in(request, FloatingIPNotFound)
    await floating_ips.delete(
        request.app[DEPS].transaction, view_of(request), floating_id, revision_in(request)
    )
    return answer_nothing()
