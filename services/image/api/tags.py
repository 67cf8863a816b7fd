"""Tags of images, one at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.paths import image_id_of, image_of
from services.image.domain.attributes import LONGEST
from services.image.domain.image import Image
from services.image.usecases.images import change_image
from shared.errors import BadInput, NotFound
from shared.web.answers import answer_nothing
from shared.web.context import request_id_of


class TagNotFound(NotFound):
    """The image has no such tag."""

    code = "image.tag_not_found"


async def add(request: web.Request) -> web.Response:
    """``PUT /v2/images/{image_id}/tags/{tag}``."""
    tag = _tag_of(request)

    def change(image: Image) -> Image:
        return image if tag in image.tags else replace(image, tags=(*image.tags, tag))

    return await _change(request, change)


async def remove(request: web.Request) -> web.Response:
    """``DELETE /v2/images/{image_id}/tags/{tag}``."""
    tag = _tag_of(request)

    def change(image: Image) -> Image:
        if tag not in image.tags:
            raise TagNotFound(f"Image {image.id} has no tag '{tag}'.")
        return replace(image, tags=tuple(each for each in image.tags if each != tag))

    return await _change(request, change)


async def _change(request: web.Request, change: Callable[[Image], Image]) -> web.Response:
    deps = request.app[DEPS]
    await image_of(request, "modify_image")
    await change_image(
        deps.transaction,
        image_id_of(request),
        change,
        deps.limits,
        request_id=request_id_of(request),
    )
    return answer_nothing()


def _tag_of(request: web.Request) -> str:
    tag = request.match_info["tag"]
    if len(tag) > LONGEST or "\0" in tag:
        raise BadInput(
            f"Provided object does not match schema 'image': {tag[:LONGEST]} is too long"
        )
    return tag


ROUTES: Final = (
    web.put("/v2/images/{image_id}/tags/{tag}", add),
    web.delete("/v2/images/{image_id}/tags/{tag}", remove),
)
