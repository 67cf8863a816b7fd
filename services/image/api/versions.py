"""Which versions of the Image API there are; Glance's numbers stand for features."""

from typing import Final

from aiohttp import web

from shared.web.answers import answer
from shared.web.links import base_url

CURRENT: Final = "v2.16"
# 2.8 and 2.10 to 2.13 came with several stores, 2.14 with the cache: what is asked of these
# answers 404, as it does in a Glance that has one store and no cache.
SUPPORTED: Final = (
    "v2.15", "v2.13", "v2.12", "v2.11", "v2.10", "v2.9", "v2.8", "v2.7", "v2.6", "v2.5", "v2.4",
    "v2.3", "v2.2", "v2.1", "v2.0",
)  # fmt: skip
PATHS: Final = ("/", "/versions", "/versions/")


async def choices(request: web.Request) -> web.Response:
    """``GET /``: several versions, hence 300."""
    return answer(_document(request), status=300)


async def versions(request: web.Request) -> web.Response:
    """``GET /versions``."""
    return answer(_document(request))


def _document(request: web.Request) -> dict[str, object]:
    links = [{"rel": "self", "href": f"{base_url(request)}/v2/"}]
    return {
        "versions": [
            {"id": name, "status": "CURRENT" if name == CURRENT else "SUPPORTED", "links": links}
            for name in (CURRENT, *SUPPORTED)
        ]
    }


ROUTES: Final = (
    web.get("/", choices, allow_head=False),
    web.get("/versions", versions, allow_head=False),
    web.get("/versions/", versions, allow_head=False),
)
