"""Handlers of /v2.0/ports."""

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import Collection, list_resources, show_resource
from services.network.api.paths import id_in, revision_in
from services.network.api.schemas.ports import PORT
from services.network.api.writing import changes_in, created, drafts_in, updated
from services.network.domain.errors import PortNotFound
from services.network.domain.port import Port
from services.network.store.listings import PORTS
from services.network.usecases import ports
from shared.db.idempotency import Answer
from shared.identity.caller import CALLER
from shared.web.answers import answer_nothing
from shared.web.idempotency import KEPT, claim_of, stored_form

WHAT: Final = Collection(singular="port", plural="ports", listing=PORTS, missing=PortNotFound)


async def list_ports(request: web.Request) -> web.Response:
    """List ports the caller may see."""
    return await list_resources(request, WHAT)


async def show_port(request: web.Request) -> web.Response:
    """Show a port."""
    return await show_resource(request, WHAT)


async def create_ports(request: web.Request) -> web.Response:
    """Create a port, or several; the answer is kept for repetitions with the ports themselves."""
    drafts, is_bulk = await drafts_in(request, PORT)

    def kept(made: Sequence[Port]) -> Answer:
        return stored_form(created(request, PORT, made, is_bulk=is_bulk))

    claim = claim_of(request)
    deps = request.app[DEPS]
    made = await ports.create(
        deps.transaction,
        deps.around,
        view_of(request),
        [_marked(request, draft) for draft in drafts],
        keeping=None if claim is None else ports.Keeping(claim=claim, answer=kept),
    )
    request[KEPT] = claim is not None
    return created(request, PORT, made, is_bulk=is_bulk)


def _marked(request: web.Request, draft: dict[str, Any]) -> dict[str, Any]:
    """Mark a port that one of our services makes for a server: it goes with it."""
    by_service = request[CALLER].is_service and bool(draft.get("device_id"))
    return draft | {"made_by_service": by_service}


async def update_port(request: web.Request) -> web.Response:
    """Change a port."""
    port_id = id_in(request, PortNotFound)
    changes = await changes_in(request, PORT)
    deps = request.app[DEPS]
    saved = await ports.update(
        deps.transaction, deps.around, view_of(request), port_id, changes, revision_in(request)
    )
    return updated(request, PORT, saved)


async def delete_port(request: web.Request) -> web.Response:
    """Remove a port."""
    require(request, "delete_port")
    port_id = id_in(request, PortNotFound)
    deps = request.app[DEPS]
    await ports.delete(
        deps.transaction, deps.around, view_of(request), port_id, revision_in(request)
    )
    return answer_nothing()
