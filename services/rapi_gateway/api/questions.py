"""Handlers that ask a cluster something now."""

from aiohttp import web

from services.rapi_gateway.api.deps import DEPS
from services.rapi_gateway.api.paths import cluster_in, number_in
from shared.contracts.gateway import Query
from shared.web.answers import answer
from shared.web.body import read


async def query_resource(request: web.Request) -> web.Response:
    """Return the rows of a query, as Ganeti gives them."""
    query = await read(request, Query)
    resource = request.match_info["resource"]
    rows = await request.app[DEPS].asking.query(cluster_in(request), resource, query)
    return answer({"rows": rows})


async def show_info(request: web.Request) -> web.Response:
    """Return Ganeti's ``/2/info`` with the epoch."""
    return answer(await request.app[DEPS].asking.info(cluster_in(request)))


async def show_last_job(request: web.Request) -> web.Response:
    """Return the highest job id and its epoch."""
    epoch, job_id = await request.app[DEPS].asking.last_job(cluster_in(request))
    return answer({"epoch": epoch, "job_id": job_id})


async def cancel_job(request: web.Request) -> web.Response:
    """Cancel a job that has not begun."""
    epoch, job = number_in(request, "epoch"), number_in(request, "job")
    cancelled = await request.app[DEPS].asking.cancel(cluster_in(request), epoch, job)
    return answer(cancelled.model_dump(mode="json"))
