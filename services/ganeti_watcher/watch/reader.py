"""What the actor asks of Ganeti, through the gateway's watch lane."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from services.ganeti_watcher.domain import instances, jobs
from services.ganeti_watcher.domain.cursor import OpenJob
from services.ganeti_watcher.domain.jobs import JobResult, JobRow
from shared.contracts.ganeti import InstanceObserved
from shared.contracts.gateway import Cluster, Query, Rows

BATCH = 100  # exact ids asked for at once


class Gateway(Protocol):
    """The part of the gateway's client the watcher uses."""

    async def clusters(self) -> list[Cluster]:
        """Return all clusters."""

    async def last_job(self, cluster: str) -> tuple[int, int]:
        """Return the epoch and the highest job id of its live queue."""

    async def query(self, cluster: str, resource: str, query: Query) -> Rows:
        """Ask Ganeti by query2."""


class Reader:
    """Reads one cluster."""

    def __init__(self, gateway: Gateway, cluster: str) -> None:
        self._gateway = gateway
        self._cluster = cluster

    async def last_job(self) -> tuple[int, int]:
        """Return the epoch and the highest job id of its live queue."""
        return await self._gateway.last_job(self._cluster)

    async def jobs(self, which: Sequence[Any]) -> list[JobRow]:
        """Return the jobs a filter lets through."""
        rows = await self._ask("job", jobs.FIELDS, which)
        return [jobs.row_of(row) for row in rows.rows]

    async def exactly(self, which: Sequence[OpenJob]) -> list[JobRow]:
        """Return these jobs, archived or not; one that Ganeti does not know has no status."""
        found: list[JobRow] = []
        for start in range(0, len(which), BATCH):
            part = which[start : start + BATCH]
            found += await self.jobs(["|", *(["=", "id", each.job_id] for each in part)])
        return found

    async def results(self, job_ids: Sequence[int]) -> dict[int, JobResult]:
        """Return what ended jobs came to, by id."""
        found: dict[int, JobResult] = {}
        for start in range(0, len(job_ids), BATCH):
            which = ["|", *(["=", "id", each] for each in job_ids[start : start + BATCH])]
            rows = await self._ask("job", jobs.RESULT_FIELDS, which)
            found.update(jobs.result_of(row) for row in rows.rows)
        return found

    async def instances(self, names: Iterable[str] | None = None) -> list[InstanceObserved]:
        """Return the instances of these names, or their absence; all there are without names."""
        if names is None:
            rows = await self._ask("instance", instances.FIELDS, None)
            return [instances.observed(self._cluster, row) for row in rows.rows]
        wanted = sorted(set(names))
        found: dict[str, InstanceObserved] = {}
        for start in range(0, len(wanted), BATCH):
            part = wanted[start : start + BATCH]
            rows = await self._ask(
                "instance", instances.FIELDS, ["|", *(["=", "name", each] for each in part)]
            )
            for row in rows.rows:
                seen = instances.observed(self._cluster, row)
                found[seen.name] = seen
        return [found.get(name) or instances.absent(self._cluster, name) for name in wanted]

    async def _ask(self, resource: str, fields: Sequence[str], which: Sequence[Any] | None) -> Rows:
        query = Query(
            fields=list(fields), filter=None if which is None else list(which), lane="watch"
        )
        return await self._gateway.query(self._cluster, resource, query)
