"""Shelve, unshelve."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from services.compute.api.actions.known import Asked, Handler, Known
from services.compute.api.schemas.actions import Unshelve
from services.compute.domain.lifecycle import Action
from services.compute.usecases import shelving
from services.compute.usecases.shelving import UnshelveRequest
from shared.errors import BadInput
from shared.web.answers import answer_nothing

SINCE: Final = {"availability_zone": 77, "host": 91}
UNPIN_SINCE: Final = 91
TO_HOST: Final = "os_compute_api:os-shelve:unshelve_to_host"


def _shelving(action: Action) -> Handler:
    async def shelve(asked: Asked) -> web.StreamResponse:
        await shelving.shelve(asked.deps.transaction, asked.server_id, asked.actor, action)
        return answer_nothing(status=202)

    return shelve


async def unshelve(asked: Asked) -> web.StreamResponse:
    """Take a server from the shelf."""
    given: Unshelve = asked.arguments
    asked.require_known(SINCE)
    names_zone = "availability_zone" in given.model_fields_set
    if names_zone and given.availability_zone is None and asked.minor < UNPIN_SINCE:
        raise BadInput(
            "Invalid input for field/attribute availability_zone. Value: None. "
            "None is not of type 'string'"
        )
    if given.host is not None:
        asked.deps.policy.require(asked.caller, TO_HOST)
    wanted = UnshelveRequest(
        zone=given.availability_zone,
        unpin=names_zone and given.availability_zone is None,
        node=given.host,
    )
    await shelving.unshelve(asked.deps.transaction, asked.server_id, asked.actor, wanted)
    return answer_nothing(status=202)


RULE: Final = "os_compute_api:os-shelve:"
ACTIONS: Final[Mapping[str, Known]] = {
    "shelve": Known(f"{RULE}shelve", _shelving(Action.SHELVE)),
    "shelveOffload": Known(f"{RULE}shelve_offload", _shelving(Action.SHELVE_OFFLOAD)),
    "unshelve": Known(f"{RULE}unshelve", unshelve, Unshelve),
}
