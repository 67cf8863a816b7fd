"""Questions to a cluster on behalf of other services."""

from dataclasses import dataclass
from typing import Any, Final

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.ganeti.client import Call
from services.rapi_gateway.ganeti.errors import RapiTrouble
from services.rapi_gateway.ganeti.lanes import Lane, Urgency
from services.rapi_gateway.ganeti.queries import query_call
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.refresh import Refresher
from services.rapi_gateway.usecases.trouble import ClusterSilent, told
from shared.contracts.gateway import Cancelled, ClusterState, Query
from shared.errors import NotFound

RESOURCES: Final = frozenset({"instance", "node", "group", "network", "job", "lock"})
CANCEL_WITHIN: Final = 60.0  # seconds: Ganeti waits up to 44 for a job that is starting
LANES: Final = {"read": Lane.READ, "watch": Lane.WATCH}


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
        cluster = await self.cluster(name)
        call = query_call(resource, query.fields, query.filter)
        try:
            answer = await self.refresher.links.to(cluster).ask(call, LANES[query.lane])
        except RapiTrouble as trouble:
            raise told(name, trouble) from trouble
        rows: list[Any] = answer["data"]
        return rows

    async def info(self, name: str) -> dict[str, Any]:
        """Return ``/2/info``, asked now, with the epoch.

        Raises:
            ClusterUnknown: there is no such cluster.
            ClusterSilent: the cluster does not answer.
        """
        cluster = await self.cluster(name)
        try:
            return await self.refresher.info(cluster)
        except RapiTrouble as trouble:
            raise told(name, trouble) from trouble

    async def last_job(self, name: str) -> tuple[int, int]:
        """Return (epoch, highest job id), asked now.

        Raises:
            ClusterUnknown: there is no such cluster.
            ClusterSilent: the cluster does not answer.
        """
        cluster = await self.cluster(name)
        try:
            return await self.refresher.last_job(cluster)
        except RapiTrouble as trouble:
            raise told(name, trouble) from trouble

    async def cancel(self, name: str, epoch: int, job: int) -> Cancelled:
        """Ask Ganeti to cancel a job; one that runs goes on.

        Raises:
            ClusterUnknown: there is no such cluster.
            ClusterSilent: the cluster does not answer.
        """
        cluster = await self.cluster(name)
        if cluster.view.epoch != epoch:
            return Cancelled(canceled=False, message="The job is of another history.")
        call = Call(method="DELETE", path=f"/2/jobs/{job}", deadline=CANCEL_WITHIN)
        link = self.refresher.links.to(cluster)
        try:
            canceled, message = await link.ask(call, Lane.MUTATION, Urgency.INTERACTIVE)
        except RapiTrouble as trouble:
            raise told(name, trouble) from trouble
        return Cancelled(canceled=canceled, message=message)

    async def cluster(self, name: str) -> Registered:
        """Return a cluster that may be asked.

        Raises:
            ClusterUnknown: there is no such cluster.
            ClusterSilent: it is set offline.
        """
        async with self.quietly() as stores:
            cluster = await stores.clusters.get(name)
        if cluster.view.state is ClusterState.OFFLINE:
            raise ClusterSilent(f"Cluster {name} is set offline.")
        return cluster
