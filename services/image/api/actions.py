"""Takes the bytes of images out of reach, and puts them back."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.paths import image_id_of, image_of
from services.image.domain.image import Image
from services.image.usecases.images import change_image
from shared.web.answers import answer_nothing
from shared.web.context import request_id_of


async def deactivate(request: web.Request) -> web.Response:
    """``POST /v2/images/{image_id}/actions/deactivate``."""
    return await _act(request, "deactivate", Image.deactivate)


async def reactivate(request: web.Request) -> web.Response:
    """``POST /v2/images/{image_id}/actions/reactivate``."""
    return await _act(request, "reactivate", Image.reactivate)


async def _act(request: web.Request, rule: str, act: Callable[[Image], Image]) -> web.Response:
    deps = request.app[DEPS]
    await image_of(request, rule)
    await change_image(
        deps.transaction, image_id_of(request), act, deps.limits, request_id=request_id_of(request)
    )
    return answer_nothing()


ROUTES: Final = (
    web.post("/v2/images/{image_id}/actions/deactivate", deactivate),
    web.post("/v2/images/{image_id}/actions/reactivate", reactivate),
)
