"""Every URL of the watcher, in one screen."""

from aiohttp import web

from services.ganeti_watcher.api.hints import take_hints
from services.ganeti_watcher.store.status import clusters_status, replicas_status
from shared.db.reads import Reads
from shared.errors import NotAllowed
from shared.identity.caller import CALLER
from shared.web.answers import answer

READS = web.AppKey("reads", Reads)


async def list_clusters(request: web.Request) -> web.Response:
    """Answer how well each cluster is followed, and by whom."""
    caller = request[CALLER]
    if not (caller.is_admin or caller.is_service):
        raise NotAllowed("Only administrators may ask how clusters are watched.")
    reads = request.app[READS]
    return answer(
        {"clusters": await clusters_status(reads), "replicas": await replicas_status(reads)}
    )


ROUTES = [
    web.get("/v1/clusters", list_clusters),
    web.post("/v1/clusters/{cluster}/hints", take_hints),
]
