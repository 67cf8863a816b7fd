"""Start, stop and reboot."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from services.compute.api.actions.known import Asked, Handler, Known
from services.compute.api.schemas.servers import Reboot
from services.compute.domain.lifecycle import Action
from services.compute.usecases import acting
from shared.web.answers import answer_nothing


def _beginning(action: Action) -> Handler:
    async def begin(asked: Asked) -> web.StreamResponse:
        await acting.act(asked.deps.transaction, asked.server_id, action, asked.actor)
        return answer_nothing(status=202)

    return begin


async def reboot(asked: Asked) -> web.StreamResponse:
    """Reboot by asking the guest, or by pulling the plug."""
    hard = asked.arguments.type.upper() == "HARD"
    return await _beginning(Action.HARD_REBOOT if hard else Action.SOFT_REBOOT)(asked)


ACTIONS: Final[Mapping[str, Known]] = {
    "os-start": Known("os_compute_api:servers:start", _beginning(Action.START)),
    "os-stop": Known("os_compute_api:servers:stop", _beginning(Action.STOP)),
    "reboot": Known("os_compute_api:servers:reboot", reboot, Reboot),
}
