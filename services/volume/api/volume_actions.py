"""``POST /volumes/{id}/action``: one table of what Cinder knows."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from services.volume.api.actions import content, plain, use
from services.volume.api.actions.known import Known
from services.volume.api.paths import volume_id_in
from services.volume.api.policy import require
from services.volume.api.schemas.base import ActionBody
from services.volume.domain.volume import CannotYet
from shared.errors import BadInput
from shared.web.body import parsed, read
from shared.web.microversion import at_least

ACTIONS: Final[Mapping[str, Known]] = {**plain.ACTIONS, **content.ACTIONS, **use.ACTIONS}
# Known to Cinder, and why not here.
NOT_HERE: Final[Mapping[str, str]] = {
    "os-initialize_connection": "Ganeti maps disks itself; there is no target to connect to.",
    "os-terminate_connection": "Ganeti maps disks itself; there is no target to connect to.",
    "os-migrate_volume": "Volumes move with their servers; they cannot be migrated alone.",
    "os-migrate_volume_completion": "Volumes move with their servers.",
    "os-unmanage": "Disks cannot be taken out of management.",
}


async def act_on_volume(request: web.Request) -> web.Response:
    """Do the one action the body names."""
    body = (await read(request, ActionBody)).root
    if len(body) != 1:
        raise BadInput("The request body must hold exactly one action.")
    ((name, arguments),) = body.items()
    if name in NOT_HERE:
        raise CannotYet(NOT_HERE[name])
    known = ACTIONS.get(name)
    if known is None or not at_least(request, 3, known.since):
        raise BadInput(f"There is no such action: {name[:60]}")
    require(request, known.rule)
    given = parsed({} if arguments is None else arguments, known.schema)
    return await known.act(request, volume_id_in(request), given)


ROUTES: Final = [web.post("/volumes/{volume_id}/action", act_on_volume)]
