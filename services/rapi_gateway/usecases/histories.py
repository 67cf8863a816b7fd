"""Keeps job histories whole, together with the watcher, which sees every job."""

from dataclasses import dataclass
from typing import Final

from services.rapi_gateway.domain.observation import at_master
from services.rapi_gateway.ganeti.client import Call
from services.rapi_gateway.ganeti.errors import RapiTrouble
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.asking import Asking
from services.rapi_gateway.usecases.registry import record_change
from services.rapi_gateway.usecases.trouble import told
from shared.contracts.gateway import AcceptedJob

# A job that checks that a tag could be set, and sets none.
HEARTBEAT: Final = Call(
    method="PUT",
    path="/2/tags",
    query=(
        ("tag", "cyclades:heartbeat"),
        ("dry-run", "1"),
        ("reason", "cyclades:heartbeat"),
    ),
)
JOBS: Final = Call(method="GET", path="/2/jobs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """What the watcher asks and says of histories."""

    transaction: Transaction
    quietly: Transaction
    asking: Asking

    async def accepted(self, name: str, epoch: int, after: int) -> list[AcceptedJob]:
        """Return the jobs that submissions got in an epoch, from some id on.

        Raises:
            ClusterUnknown: there is no such cluster.
        """
        async with self.quietly() as stores:
            await stores.clusters.get(name)
            return await stores.submissions.accepted(name, epoch, after)

    async def break_off(self, name: str, after: int, reason: str) -> tuple[int, int]:
        """Begin a new epoch, unless that was done; return it and the highest job id now.

        Args:
            name: the cluster.
            after: the epoch whose history broke.
            reason: what was seen.

        Raises:
            ClusterUnknown: there is no such cluster.
            ClusterSilent: it does not answer.
        """
        cluster = await self.asking.cluster(name)
        link = self.asking.refresher.links.to(cluster)
        try:
            last = max((int(job["id"]) for job in await link.ask(JOBS)), default=0)
        except RapiTrouble as trouble:
            raise told(name, trouble) from trouble
        async with self.transaction() as stores:
            held = await stores.clusters.hold(name)
            if held.view.epoch == after:
                new, _why = at_master(held, held.view.master, last, same=False)
                held = await record_change(stores, held, new, reason)
        link.remember(held.view.epoch, last)
        return held.view.epoch, last

    async def beat(self, name: str) -> tuple[int, int]:
        """Send a job that changes nothing through the queue; return its epoch and id.

        Raises:
            ClusterUnknown: there is no such cluster.
            ClusterSilent: it takes no jobs now.
        """
        cluster = await self.asking.cluster(name)
        link = self.asking.refresher.links.to(cluster)
        try:
            async with link.sending():
                job = await link.send(HEARTBEAT)
        except RapiTrouble as trouble:
            raise told(name, trouble) from trouble
        return cluster.view.epoch, job
