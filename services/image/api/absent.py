"""What Glance has and this service has not: it says so, rather than nothing."""

from typing import Final, NoReturn

from aiohttp import web

from shared.errors import NotFound


async def refuse_metadefs(_request: web.Request) -> NoReturn:
    """Know of no metadata definitions."""
    raise NotFound("Metadata definitions are not available in this cloud.")


ROUTES: Final = (
    web.route("*", "/v2/metadefs/{rest:.*}", refuse_metadefs),
    web.route("*", "/v2/schemas/metadefs/{rest:.*}", refuse_metadefs),
)
