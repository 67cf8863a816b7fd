"""Rescue and unrescue."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from aiohttp import web

from services.compute.api.actions.known import Asked, Known
from services.compute.api.schemas.actions import Rescue
from services.compute.domain.password import new_password
from services.compute.usecases import rescuing
from services.compute.usecases.references import Asker
from shared.web.answers import answer, answer_nothing

OF_VOLUMES: Final = 87  # minor of the microversion that knows root disks that are volumes


async def rescue(asked: Asked) -> web.StreamResponse:
    """Boot a server from an image."""
    given: Rescue = asked.arguments
    deps, caller = asked.deps, asked.caller
    asker = Asker(
        project_id=caller.project_id,
        user_id=caller.user_id,
        token=caller.token,
        is_admin=caller.is_admin,
    )
    image = None if given.rescue_image_ref is None else UUID(given.rescue_image_ref)
    await rescuing.rescue(
        deps.acceptance,
        asker,
        asked.server_id,
        asked.actor,
        image,
        may_be_volume=asked.minor >= OF_VOLUMES,
    )
    if not deps.settings.instance_passwords:
        return answer({})
    return answer({"adminPass": given.admin_pass or new_password()})


async def unrescue(asked: Asked) -> web.StreamResponse:
    """Boot a server from its disk again."""
    await rescuing.unrescue(asked.deps.transaction, asked.server_id, asked.actor)
    return answer_nothing(status=202)


ACTIONS: Final[Mapping[str, Known]] = {
    "rescue": Known("os_compute_api:os-rescue", rescue, Rescue),
    "unrescue": Known("os_compute_api:os-unrescue", unrescue),
}
