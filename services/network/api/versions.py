"""The version documents."""

from aiohttp import web

from shared.web.answers import answer
from shared.web.links import base_url

RESOURCES = (
    ("network", "networks"),
    ("subnet", "subnets"),
    ("subnetpool", "subnetpools"),
    ("port", "ports"),
)


async def list_versions(request: web.Request) -> web.Response:
    """Say which versions of the API there are; nobody needs a token for that."""
    href = f"{base_url(request)}/v2.0/"
    version = {"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": href}]}
    return answer({"versions": [version]})


async def show_version(request: web.Request) -> web.Response:
    """Say which resources the version has."""
    base = f"{base_url(request)}/v2.0"
    return answer(
        {
            "resources": [
                {
                    "links": [{"rel": "self", "href": f"{base}/{collection}"}],
                    "name": name,
                    "collection": collection,
                }
                for name, collection in RESOURCES
            ]
        }
    )
