"""Handlers for ``/v1/clusters``."""

import orjson
from aiohttp import web

from services.rapi_gateway.api.deps import DEPS
from services.rapi_gateway.api.paths import cluster_in
from shared.contracts.gateway import Cluster, ClusterPatch, ClusterRegistration
from shared.web.answers import answer, answer_nothing
from shared.web.body import read


async def list_clusters(request: web.Request) -> web.Response:
    """Return all clusters with their capacity."""
    documents = await request.app[DEPS].documents.all()
    return answer({"clusters": [orjson.Fragment(each) for each in documents]})


async def create_cluster(request: web.Request) -> web.Response:
    """Add a cluster, once it has proved that it is one."""
    asked = await read(request, ClusterRegistration)
    return _shown(await request.app[DEPS].registrar.add(asked), status=201)


async def show_cluster(request: web.Request) -> web.Response:
    """Return one cluster."""
    document = await request.app[DEPS].documents.one(cluster_in(request))
    return answer({"cluster": orjson.Fragment(document)})


async def update_cluster(request: web.Request) -> web.Response:
    """Drain, enable or correct a cluster."""
    patch = await read(request, ClusterPatch)
    return _shown(await request.app[DEPS].registrar.change(cluster_in(request), patch))


async def delete_cluster(request: web.Request) -> web.Response:
    """Forget a cluster."""
    await request.app[DEPS].registrar.remove(cluster_in(request))
    return answer_nothing()


def _shown(cluster: Cluster, status: int = 200) -> web.Response:
    return answer({"cluster": cluster.model_dump(mode="json")}, status=status)
