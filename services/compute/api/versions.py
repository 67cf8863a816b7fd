"""The version documents: what every client asks first, without a token."""

from typing import Any, Final

from aiohttp import web

from shared.web.answers import answer
from shared.web.links import base_url
from shared.web.microversion import compute_microversions

SPOKEN: Final = compute_microversions()
UPDATED: Final = "2013-07-23T11:33:21Z"  # when v2.1 itself was settled, as Nova says
DOCUMENTATION: Final = {
    "rel": "describedby",
    "type": "text/html",
    "href": "http://docs.openstack.org/",
}
MEDIA_TYPE: Final = {
    "base": "application/json",
    "type": "application/vnd.openstack.compute+json;version=2.1",
}


def _version(request: web.Request) -> dict[str, Any]:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": SPOKEN.maximum.text,
        "min_version": SPOKEN.minimum.text,
        "updated": UPDATED,
        "links": [{"rel": "self", "href": f"{base_url(request)}/v2.1/"}],
    }


async def list_versions(request: web.Request) -> web.Response:
    """Say which versions there are, and which microversions are spoken."""
    return answer({"versions": [_version(request)]})


async def show_version(request: web.Request) -> web.Response:
    """Show the one version there is."""
    version = _version(request)
    version["links"].append(DOCUMENTATION)
    version["media-types"] = [MEDIA_TYPE]
    return answer({"version": version})


ROUTES: Final = [
    web.get("/", list_versions),
    web.get("/v2.1", show_version),
    web.get("/v2.1/", show_version),
]
