"""Every URL of the compute service; each handler file names its own."""

from typing import Final

from aiohttp import web

from services.compute.api import servers
from shared.web.projects import in_both_forms

# Version documents: what needs no token, and no version in its path.
UNVERSIONED: Final[list[web.RouteDef]] = []

ROUTES: Final = [*UNVERSIONED, *in_both_forms("/v2.1", [*servers.ROUTES])]


def is_public(request: web.Request) -> bool:
    """Whether a request needs no token: version documents do not."""
    return request.path.rstrip("/") in {"", "/v2.1"}
