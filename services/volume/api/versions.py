"""Version documents (Block Storage API v3), which need no token."""

from typing import Any, Final

from aiohttp import web

from shared.web.answers import answer
from shared.web.links import base_url
from shared.web.microversion import volume_microversions

SPOKEN: Final = volume_microversions()


def _document(request: web.Request) -> dict[str, Any]:
    newest = SPOKEN.maximum
    version = {
        "id": "v3.0",
        "status": "CURRENT",
        "version": f"{newest.major}.{newest.minor}",
        "min_version": "3.0",
        "updated": "2023-08-31T00:00:00Z",
        "links": [
            {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
            {"rel": "self", "href": f"{base_url(request)}/v3/"},
        ],
        "media-types": [
            {"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}
        ],
    }
    return {"versions": [version]}


async def list_versions(request: web.Request) -> web.Response:
    """Answer which versions there are: 300, as Cinder does."""
    return answer(_document(request), status=300)


async def show_version(request: web.Request) -> web.Response:
    """Answer the same below the version itself: 200."""
    return answer(_document(request))


ROUTES: Final = [
    web.get("/", list_versions),
    web.get("/v3", show_version),
    web.get("/v3/", show_version),
]
