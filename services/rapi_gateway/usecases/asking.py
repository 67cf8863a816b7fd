"""Questions to a cluster on behalf of other services."""

from dataclasses import dataclass
from typing import Any, Final

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.ganeti.errors import OddAnswer, RapiTrouble, Refused
from services.rapi_gateway.ganeti.lanes import Lane
from services.rapi_gateway.ganeti.queries import query_call
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.refresh import Refresher
from shared.contracts.gateway import ClusterState, Query
from shared.errors import BadInput, NotFound, Unavailable

RESOURCES: Final = frozenset({"instance", "node", "group", "network", "job", "lock"})
LANES: Final = {"read": Lane.READ, "watch": Lane.WATCH}


class ClusterSilent(Unavailable):
    """The cluster does not answer now."""

    code = "gateway.cluster.silent"


class QueryRefused(BadInput):
    """Ganeti does not take the query."""

    code = "gateway.query.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What asking clusters needs."""

    quietly: Transaction
    refresher: Refresher

    async def query(self, name: str, resource: str, query: Query) -> list[Any]:
        """Return the rows of a query.

        Raises:
            ClusterUnknown: there is no such cluster.
            QueryRefused: Ganeti does not take it.
            ClusterSilent: the cluster does not answer.
        """
        if resource not in RESOURCES:
            raise NotFound(f"Nothing is known of {resource}.")
        cluster = await self._cluster(name)
        call = query_call(resource, query.fields, query.filter)
        try:
            answer = await self.refresher.links.to(cluster).ask(call, LANES[query.lane])
        except RapiTrouble as trouble:
            raise _told(name, trouble) from trouble
        rows: list[Any] = answer["data"]
        return rows

    async def info(self, name: str) -> dict[str, Any]:
        """Return ``/2/info``, asked now, with the epoch.

        Raises:
            ClusterUnknown: there is no such cluster.
            ClusterSilent: the cluster does not answer.
        """
        cluster = await self._cluster(name)
        try:
            return await self.refresher.info(cluster)
        except RapiTrouble as trouble:
            raise _told(name, trouble) from trouble

    async def last_job(self, name: str) -> tuple[int, int]:
        """Return (epoch, highest job id), asked now.

        Raises:
            ClusterUnknown: there is no such cluster.
            ClusterSilent: the cluster does not answer.
        """
        cluster = await self._cluster(name)
        try:
            return await self.refresher.last_job(cluster)
        except RapiTrouble as trouble:
            raise _told(name, trouble) from trouble

    async def _cluster(self, name: str) -> Registered:
        async with self.quietly() as stores:
            cluster = await stores.clusters.get(name)
        if cluster.view.state is ClusterState.OFFLINE:
            raise ClusterSilent(f"Cluster {name} is set offline.")
        return cluster


def _told(name: str, trouble: RapiTrouble) -> Exception:
    refused = isinstance(trouble, Refused) and trouble.status in {400, 404}
    if refused or isinstance(trouble, OddAnswer):
        return QueryRefused(f"Cluster {name} refuses the query: {trouble}")
    return ClusterSilent(f"Cluster {name}: {trouble}", retry_after=1)
