"""Events that Nova's neighbours tell it of; most are known here already from the bus."""

from typing import Any, Final
from uuid import UUID

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.schemas.external_events import SINCE, Event, Events
from services.compute.api.servers import minor_of
from services.compute.store import server_reads
from services.compute.usecases import extending
from shared.errors import BadInput, NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import read
from shared.web.context import request_id_of

RULE: Final = "os_compute_api:os-server-external-events:create"
GROWN: Final = "volume-extended"
NOT_FOUND: Final = 404
NOWHERE: Final = 422  # the server is on no node


async def create_events(request: web.Request) -> web.Response:
    """Answer for each event whether its server is there to hear it."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], RULE)
    events = (await read(request, Events)).events
    _require_known(events, minor_of(request))
    placed = await server_reads.placed(deps.reads, [UUID(each.server_uuid) for each in events])
    if not placed:
        raise NotFound("No instances found for any event")
    told = [_told(event, placed) for event in events]
    if grown := [event for event in events if event.name == GROWN]:
        await extending.hear(
            deps.transaction,
            [(UUID(event.server_uuid), event.tag) for event in grown],
            request_id_of(request),
        )
    mixed = any(each["code"] != 200 for each in told)
    return answer({"events": told}, status=207 if mixed else 200)


def _require_known(events: list[Event], minor: int) -> None:
    for event in events:
        if minor < SINCE.get(event.name, 1):
            raise BadInput(
                f"Invalid input for field/attribute name. Value: {event.name}. "
                f"'{event.name}' is not one of the events of this microversion"
            )


def _told(event: Event, placed: dict[UUID, bool]) -> dict[str, Any]:
    view = event.model_dump(exclude_none=True)
    on_node = placed.get(UUID(event.server_uuid))
    if on_node is None:
        return view | {"status": "failed", "code": NOT_FOUND}
    if not on_node:
        return view | {"status": "failed", "code": NOWHERE}
    return view | {"status": event.status or "completed", "code": 200}


ROUTES: Final = [web.post("/os-server-external-events", create_events)]
