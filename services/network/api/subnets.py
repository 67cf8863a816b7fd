"""Handlers of /v2.0/subnets."""

from typing import Final

from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import Collection, list_resources, show_resource
from services.network.api.paths import id_in, revision_in
from services.network.api.schemas.subnets import SUBNET
from services.network.api.writing import changes_in, created, drafts_in, updated
from services.network.domain.errors import SubnetNotFound
from services.network.store.listings import SUBNETS
from services.network.usecases import subnets
from shared.web.answers import answer_nothing

WHAT: Final = Collection(
    singular="subnet", plural="subnets", listing=SUBNETS, missing=SubnetNotFound
)


async def list_subnets(request: web.Request) -> web.Response:
    """List subnets the caller may see."""
    return await list_resources(request, WHAT)


async def show_subnet(request: web.Request) -> web.Response:
    """Show a subnet."""
    return await show_resource(request, WHAT)


async def create_subnets(request: web.Request) -> web.Response:
    """Create a subnet, or several."""
    drafts, is_bulk = await drafts_in(request, SUBNET)
    made = await subnets.create(request.app[DEPS].transaction, view_of(request), drafts)
    return created(request, SUBNET, made, is_bulk=is_bulk)


async def update_subnet(request: web.Request) -> web.Response:
    """Change a subnet."""
    subnet_id = id_in(request, SubnetNotFound)
    changes = await changes_in(request, SUBNET)
    saved = await subnets.update(
        request.app[DEPS].transaction, view_of(request), subnet_id, changes, revision_in(request)
    )
    return updated(request, SUBNET, saved)


async def delete_subnet(request: web.Request) -> web.Response:
    """Remove a subnet."""
    require(request, "delete_subnet")
    subnet_id = id_in(request, SubnetNotFound)
    await subnets.delete(
        request.app[DEPS].transaction, view_of(request), subnet_id, revision_in(request)
    )
    return answer_nothing()
