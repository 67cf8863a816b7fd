"""Handlers for /volume-transfers (3.55), and for /os-volume-transfer as it was called before."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from services.volume.api.cutting import cut
from services.volume.api.deps import DEPS
from services.volume.api.filters import is_yes
from services.volume.api.paths import uuid_in
from services.volume.api.policy import require, scope
from services.volume.api.schemas.transfers import AcceptTransfer, CreateTransfer
from services.volume.domain import transfer as domain
from services.volume.domain import volume
from services.volume.domain.transfer import Transfer
from services.volume.store.transfers import list_transfers, show_transfer
from services.volume.usecases import transfers
from shared.clock import micros
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import read
from shared.web.links import base_url
from shared.web.microversion import at_least
from shared.web.paging import cinder_page, next_links
from shared.web.projects import project_prefix

KEYS: Final[Mapping[str, Callable[[Transfer], str]]] = {
    "name": lambda transfer: transfer.name or "",
    "volume_id": lambda transfer: str(transfer.volume_id),
}
SORTABLE: Final = frozenset({"id", "created_at", *KEYS})


def brief(request: web.Request, transfer: Transfer) -> dict[str, Any]:
    """Return a transfer in a list without details."""
    own = f"{project_prefix(request)}/os-volume-transfer/{transfer.id}"
    return {
        "id": str(transfer.id),
        "name": transfer.name,
        "volume_id": str(transfer.volume_id),
        "links": [
            {"rel": "self", "href": f"{base_url(request)}/v3{own}"},
            {"rel": "bookmark", "href": f"{base_url(request)}{own}"},
        ],
    }


def detail(request: web.Request, transfer: Transfer) -> dict[str, Any]:
    """Return a transfer whole, but for its key."""
    shown = brief(request, transfer) | {"created_at": micros(transfer.created_at)}
    if at_least(request, 3, 55):
        shown["no_snapshots"] = transfer.no_snapshots
    if at_least(request, 3, 57):
        shown |= {
            "source_project_id": transfer.project_id,
            "destination_project_id": None,
            "accepted": False,
        }
    return shown


def transfer_id_in(request: web.Request) -> UUID:
    """Return the transfer the URL is about."""
    return uuid_in(request, "transfer_id", domain.not_found)


async def list_briefly(request: web.Request) -> web.Response:
    """List transfers, briefly."""
    return await _list(request, brief)


async def list_whole(request: web.Request) -> web.Response:
    """List transfers, whole."""
    return await _list(request, detail)


async def _list(
    request: web.Request, view: Callable[[web.Request, Transfer], dict[str, Any]]
) -> web.Response:
    require(request, "volume:get_all_transfers")
    deps, caller = request.app[DEPS], request[CALLER]
    page = cinder_page(request, max_limit=deps.settings.max_limit, sortable=SORTABLE)
    everybody = caller.is_admin and is_yes(request, "all_tenants")
    every = await list_transfers(deps.reads, None if everybody else caller.project_id)
    wanted = [each for each in every if request.query.get("name", each.name) == each.name]
    found = cut(wanted, page, KEYS, domain.not_found)
    shown: dict[str, Any] = {"transfers": [view(request, each) for each in found]}
    if links := next_links(request, page, [str(each.id) for each in found]):
        shown["transfers_links"] = links
    return answer(shown)


async def show(request: web.Request) -> web.Response:
    """Show a transfer."""
    require(request, "volume:get_transfer")
    found = await show_transfer(request.app[DEPS].reads, transfer_id_in(request), scope(request))
    return answer({"transfer": detail(request, found)})


async def create(request: web.Request) -> web.Response:
    """Offer a volume to whoever has the key, which is told only now."""
    require(request, "volume:create_transfer")
    asked = (await read(request, CreateTransfer)).transfer
    if asked.no_snapshots is not None and not at_least(request, 3, 55):
        raise BadInput("Additional properties are not allowed ('no_snapshots' was unexpected)")
    made, key = await transfers.offer(
        request.app[DEPS].transaction,
        _volume_id(asked.volume_id),
        scope(request),
        name=asked.name,
        no_snapshots=asked.no_snapshots or False,
    )
    return answer({"transfer": detail(request, made) | {"auth_key": key}}, status=202)


def _volume_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise volume.not_found(text) from wrong


async def accept(request: web.Request) -> web.Response:
    """Make the volume on offer the caller's project's."""
    require(request, "volume:accept_transfer")
    key = (await read(request, AcceptTransfer)).accept.auth_key
    taken = await transfers.accept(
        request.app[DEPS].transaction, request[CALLER], transfer_id_in(request), key
    )
    return answer({"transfer": brief(request, taken)}, status=202)


async def delete(request: web.Request) -> web.Response:
    """Offer a volume no more."""
    require(request, "volume:delete_transfer")
    await transfers.withdraw(request.app[DEPS].transaction, transfer_id_in(request), scope(request))
    return web.Response(status=202)


ROUTES: Final = [
    route
    for path in ("/os-volume-transfer", "/volume-transfers")
    for route in (
        web.get(path, list_briefly),
        web.post(path, create),
        web.get(f"{path}/detail", list_whole),
        web.get(f"{path}/{{transfer_id}}", show),
        web.delete(f"{path}/{{transfer_id}}", delete),
        web.post(f"{path}/{{transfer_id}}/accept", accept),
    )
]
