"""Resize, and what follows it."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from services.compute.api.actions.known import Asked, Known
from services.compute.api.schemas.actions import Resize
from services.compute.usecases import resizing
from services.compute.usecases.resizing import ResizeRequest
from shared.web.answers import answer_nothing


async def resize(asked: Asked) -> web.StreamResponse:
    """Give a server another flavor."""
    wanted = ResizeRequest(
        flavor_id=asked.arguments.flavor_ref, disk_config=asked.arguments.disk_config
    )
    deps = asked.deps
    await resizing.resize(deps.transaction, deps.reads, asked.server_id, asked.actor, wanted)
    return answer_nothing(status=202)


async def confirm_resize(asked: Asked) -> web.StreamResponse:
    """Keep what a resize or a move made."""
    await resizing.confirm(asked.deps.transaction, asked.server_id, asked.actor)
    return answer_nothing(status=204)


async def revert_resize(asked: Asked) -> web.StreamResponse:
    """Take a resize or a move back."""
    await resizing.revert(asked.deps.transaction, asked.server_id, asked.actor)
    return answer_nothing(status=202)


ACTIONS: Final[Mapping[str, Known]] = {
    "resize": Known("os_compute_api:servers:resize", resize, Resize),
    "confirmResize": Known("os_compute_api:servers:confirm_resize", confirm_resize),
    "revertResize": Known("os_compute_api:servers:revert_resize", revert_resize),
}
