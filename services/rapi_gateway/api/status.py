"""Handlers for ``/v1/status`` and ``/v1/clusters/{cluster}/status``."""

from aiohttp import web

from services.rapi_gateway.api.deps import DEPS
from services.rapi_gateway.api.paths import cluster_in
from shared.web.answers import answer


async def show_statuses(request: web.Request) -> web.Response:
    """Return how all clusters are served."""
    found = await request.app[DEPS].overview.all()
    return answer({"clusters": [each.model_dump(mode="json") for each in found]})


async def show_status(request: web.Request) -> web.Response:
    """Return how one cluster is served."""
    found = await request.app[DEPS].overview.one(cluster_in(request))
    return answer(found.model_dump(mode="json"))
