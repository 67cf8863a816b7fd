"""The version documents: what every client asks first, without a token."""

from typing import Any, Final

from aiohttp import web

from shared.web.answers import answer
from shared.web.links import base_url
from shared.web.microversion import compute_microversions

SPOKEN: Final = compute_microversions()
UPDATED: Final = "2013-07-23T11:33:21Z"  # when v2.1 itself was settled, as Nova says
OLD_UPDATED: Final = "2011-01-21T11:33:21Z"
DOCUMENTATION: Final = {
    "rel": "describedby",
    "type": "text/html",
    "href": "http://docs.openstack.org/",
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


def _old_version(request: web.Request) -> dict[str, Any]:
    """Return what clients of old look for: the same API, without microversions."""
    return {
        "id": "v2.0",
        "status": "SUPPORTED",
        "version": "",
        "min_version": "",
        "updated": OLD_UPDATED,
        "links": [{"rel": "self", "href": f"{base_url(request)}/v2/"}],
    }


async def list_versions(request: web.Request) -> web.Response:
    """Say which versions there are, and which microversions are spoken."""
    return answer({"versions": [_old_version(request), _version(request)]})


async def show_version(request: web.Request) -> web.Response:
    """Show the version there is."""
    return _shown(_version(request), "2.1")


async def show_old_version(request: web.Request) -> web.Response:
    """Show the version clients of old ask for."""
    return _shown(_old_version(request), "2")


def _shown(version: dict[str, Any], number: str) -> web.Response:
    version["links"].append(DOCUMENTATION)
    media_type = f"application/vnd.openstack.compute+json;version={number}"
    version["media-types"] = [{"base": "application/json", "type": media_type}]
    return answer({"version": version})


ROUTES: Final = [
    web.get("/", list_versions),
    web.get("/v2.1", show_version),
    web.get("/v2.1/", show_version),
    web.get("/v2", show_old_version),
    web.get("/v2/", show_old_version),
]
