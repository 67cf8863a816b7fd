"""What URLs and tokens say: which image, and who is looking."""

from typing import Final
from uuid import UUID

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.domain.image import ImageNotFound
from services.image.domain.query import Viewer
from services.image.store.showing import Shown, show_image
from shared.identity.caller import CALLER
from shared.ids import ImageId

UUID_LENGTH: Final = 36


def viewer_of(request: web.Request) -> Viewer:
    """Return who is looking. Our services see all, but not when they act for a user."""
    caller = request[CALLER]
    return Viewer(caller.project_id, sees_all=caller.is_admin or "service" in caller.roles)


def image_id_of(request: web.Request) -> ImageId:
    """Return the image the URL names.

    Raises:
        ImageNotFound: that cannot be the id of one.
    """
    text = request.match_info["image_id"]
    image_id = parse_id(text)
    if image_id is None:
        raise ImageNotFound(text)
    return image_id


def parse_id(text: str) -> ImageId | None:
    """Return the id a text is, or None."""
    if len(text) != UUID_LENGTH:
        return None
    try:
        return ImageId(UUID(text))
    except ValueError:
        return None


async def image_of(request: web.Request, rule: str) -> Shown:
    """Return the image the URL names, for somebody who may do this to it.

    Raises:
        ImageNotFound: it is not there, or not for the caller.
        NotAllowed: the caller sees it, but may not do that.
    """
    deps = request.app[DEPS]
    image = await show_image(deps.reads, image_id_of(request), viewer_of(request))
    deps.policy.require(request[CALLER], rule, image.target)
    return image
