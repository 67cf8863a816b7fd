"""Every URL of the image service; each handler file names its own."""

from typing import Final

from aiohttp import web

from services.image.api import (
    actions,
    image_data,
    image_list,
    images,
    imports,
    info,
    json_schemas,
    members,
    metadef_items,
    metadef_namespaces,
    metadef_schemas,
    metadef_tags,
    tags,
    tasks,
    tickets,
    uploads,
    versions,
)

ROUTES: Final = (
    *versions.ROUTES,
    *image_list.ROUTES,
    *images.ROUTES,
    *image_data.ROUTES,
    *uploads.ROUTES,
    *imports.ROUTES,
    *tasks.ROUTES,
    *tags.ROUTES,
    *actions.ROUTES,
    *members.ROUTES,
    *json_schemas.ROUTES,
    *info.ROUTES,
    *tickets.ROUTES,
    *metadef_namespaces.ROUTES,
    *metadef_items.ROUTES,
    *metadef_tags.ROUTES,
    *metadef_schemas.ROUTES,
)


def is_public(request: web.Request) -> bool:
    """Whether the request needs no token: version documents, and signed addresses."""
    signed = image_data.is_signed(request) or uploads.is_signed(request)
    return signed or request.path in versions.PATHS
