"""What the actor asks of Ganeti, through the gateway."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, Literal, Protocol

from services.ganeti_watcher.domain import jobs, progress
from services.ganeti_watcher.domain.jobs import JobResult, JobRow
from services.ganeti_watcher.domain.progress import Progress
from services.ganeti_watcher.domain.seen import Row
from shared.contracts import instance_rows
from shared.contracts.ganeti import FINAL
from shared.contracts.gateway import AcceptedJob, Cluster, Query, Rows

BATCH: Final = 100  # exact ids or names asked for at once
Lane = Literal["read", "watch"]


class Gateway(Protocol):
    """The part of the gateway's client the watcher uses."""

    async def clusters(self) -> list[Cluster]:
        """Return all clusters."""

    async def last_job(self, cluster: str) -> tuple[int, int]:
        """Return the epoch and the highest job id of its live queue."""

    async def accepted(self, cluster: str, epoch: int, after: int) -> list[AcceptedJob]:
        """Return the jobs that submissions got in an epoch."""

    async def break_history(self, cluster: str, after: int, reason: str) -> tuple[int, int]:
        """Say that the job history of an epoch broke."""

    async def heartbeat(self, cluster: str) -> tuple[int, int]:
        """Send a job that changes nothing through the queue."""

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

    async def accepted(self, epoch: int, after: int) -> list[AcceptedJob]:
        """Return the jobs that submissions got in an epoch, from some id on."""
        return await self._gateway.accepted(self._cluster, epoch, after)

    async def break_history(self, after: int, reason: str) -> tuple[int, int]:
        """Say that the job history of an epoch broke; return what it is now."""
        return await self._gateway.break_history(self._cluster, after, reason)

    async def heartbeat(self) -> int:
        """Send a job that changes nothing through the queue; return its id."""
        _epoch, job_id = await self._gateway.heartbeat(self._cluster)
        return job_id

    async def lowest_live(self) -> int | None:
        """Return the lowest id that is not archived; Ganeti loads no job for this."""
        rows = await self._ask("job", ("id",), [">", "id", 0])
        return min((int(row[0][1]) for row in rows if row[0][1] is not None), default=None)

    async def jobs(self, which: Sequence[Any]) -> list[JobRow]:
        """Return the jobs a filter lets through."""
        return [jobs.row_of(row) for row in await self._ask("job", jobs.FIELDS, which)]

    async def jobs_with_results(
        self, which: Sequence[Any]
    ) -> tuple[list[JobRow], dict[int, JobResult]]:
        """Return the jobs a filter lets through, and what those that ended came to, by id."""
        ident, *more = jobs.RESULT_FIELDS
        cells = await self._ask("job", (*jobs.FIELDS, *more), which)
        split, place = len(jobs.FIELDS), jobs.FIELDS.index(ident)
        rows = [jobs.row_of(row[:split]) for row in cells]
        results = (jobs.result_of([row[place], *row[split:]]) for row in cells)
        over = {row.job_id for row in rows if row.status in FINAL}
        return rows, {job_id: result for job_id, result in results if job_id in over}

    async def exactly(self, ids: Iterable[int]) -> list[JobRow]:
        """Return these jobs, archived or not; one that Ganeti does not know has no status."""
        return [jobs.row_of(row) for row in await self._by("job", jobs.FIELDS, "id", ids)]

    async def results(self, ids: Iterable[int]) -> dict[int, JobResult]:
        """Return what ended jobs came to, by id."""
        rows = await self._by("job", jobs.RESULT_FIELDS, "id", ids, "read")
        return dict(jobs.result_of(row) for row in rows)

    async def progress(self, ids: Iterable[int]) -> dict[int, Progress]:
        """Return what running jobs logged last, by id."""
        rows = await self._by("job", progress.FIELDS, "id", ids, "read")
        return dict(progress.progress_of(row) for row in rows)

    async def named(self, names: Collection[str]) -> list[Row]:
        """Return the instances of these names that are there."""
        return await self._by("instance", instance_rows.FIELDS, "name", names, "read")

    async def everyone(self) -> list[Row]:
        """Return all instances."""
        return await self._ask("instance", instance_rows.FIELDS, None, "read")

    async def _by(
        self,
        resource: str,
        fields: Sequence[str],
        what: str,
        wanted: Iterable[Any],
        lane: Lane = "watch",
    ) -> list[Row]:
        found: list[Row] = []
        each = sorted(set(wanted))
        for start in range(0, len(each), BATCH):
            which = ["|", *(["=", what, one] for one in each[start : start + BATCH])]
            found += await self._ask(resource, fields, which, lane)
        return found

    async def _ask(
        self,
        resource: str,
        fields: Sequence[str],
        which: Sequence[Any] | None,
        lane: Lane = "watch",
    ) -> list[Row]:
        query = Query(fields=list(fields), filter=None if which is None else list(which), lane=lane)
        answer = await self._gateway.query(self._cluster, resource, query)
        return list(answer.rows)
