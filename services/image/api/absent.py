"""What Glance has and this service has not: it says so, rather than nothing."""

from typing import Final, NoReturn

from aiohttp import web

from services.image.api.paths import image_of
from shared.errors import NotFound, NotSupported


class ImportNotSupported(NotSupported):
    """Images come by upload alone."""

    code = "image.import_not_supported"


async def refuse_import(request: web.Request) -> NoReturn:
    """Refuse to stage or import the bytes of an image."""
    await image_of(request, "upload_image")
    raise ImportNotSupported(
        "Image import is not available in this cloud: PUT the data to /v2/images/{id}/file."
    )


async def refuse_tasks(_request: web.Request) -> NoReturn:
    """Know of no tasks."""
    raise NotFound("Tasks are not available in this cloud.")


async def refuse_metadefs(_request: web.Request) -> NoReturn:
    """Know of no metadata definitions."""
    raise NotFound("Metadata definitions are not available in this cloud.")


ROUTES: Final = (
    web.put("/v2/images/{image_id}/stage", refuse_import),
    web.post("/v2/images/{image_id}/import", refuse_import),
    web.route("*", "/v2/images/{image_id}/tasks", refuse_tasks),
    web.route("*", "/v2/tasks", refuse_tasks),
    web.route("*", "/v2/tasks/{rest:.*}", refuse_tasks),
    web.route("*", "/v2/metadefs/{rest:.*}", refuse_metadefs),
    web.route("*", "/v2/schemas/metadefs/{rest:.*}", refuse_metadefs),
)
