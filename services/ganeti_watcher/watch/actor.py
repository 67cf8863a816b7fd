"""Watches one cluster: a look at its jobs every second or so, a look at its instances every 30.

Source of truth is the windowed job query; a look is cheap because Ganeti evaluates the ids
before it loads any job. Every look ends in one commit of cursor, observations and facts.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from services.ganeti_watcher.domain import cursor as cursors
from services.ganeti_watcher.domain import jobs
from services.ganeti_watcher.domain.cursor import Cursor, Look, OpenJob
from services.ganeti_watcher.domain.jobs import JobResult, JobRow
from services.ganeti_watcher.publish.record import Seen, record
from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.store.stores import Transaction
from services.ganeti_watcher.watch.reader import Reader
from shared import logs
from shared.contracts.ganeti import FINAL, RANK, InstanceObserved, JobObserved
from shared.errors import CloudError, StaleWrite

log = logs.get_logger(__name__)


class Actor:
    """Follows one cluster for as long as the lease is ours."""

    def __init__(
        self,
        cluster: str,
        reader: Reader,
        transaction: Transaction,
        pace: Pace,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.cluster = cluster
        self.epoch = 1  # as the gateway counts it; the supervisor keeps it current
        self.fence = 0  # of our lease; the supervisor keeps it current
        self._reader = reader
        self._transaction = transaction
        self._pace = pace
        self._now = now
        self._cursor: Cursor | None = None
        self._looks = 0
        self._states_due = 0.0
        self._doubtful: set[str] = set()

    async def run(self) -> None:
        """Look until cancelled or until another replica takes the cluster over."""
        async with self._transaction() as stores:
            self._cursor = await stores.cursors.load(self.cluster)
        failures = 0
        while True:
            try:
                await self.look()
                failures = 0
            except StaleWrite:
                log.info("cluster taken over by another watcher", cluster=self.cluster)
                return
            except CloudError as trouble:
                failures += 1
                log.warning("cluster cannot be watched", cluster=self.cluster, why=trouble.message)
            await asyncio.sleep(self._pause(failures))

    def _pause(self, failures: int) -> float:
        if failures:
            return min(self._pace.idle * 2.0 ** min(failures, 10), self._pace.longest)
        return self._pace.busy if self._cursor and self._cursor.open else self._pace.idle

    async def look(self) -> int:
        """Take one look, at the jobs and, when due, at all instances; return the facts' number."""
        stored = self._cursor
        start = await self._start()
        self._looks += 1
        everything = self._looks % self._pace.cold_every == 0
        rows = await self._reader.jobs(cursors.ask(start, all_open=everything))
        look = cursors.compare(
            start,
            rows,
            self._now(),
            asked=cursors.asked_for(start, all_open=everything),
            gaps=stored is not None,
        )
        look = await self._make_sure(look)
        results = await self._results(look)
        facts, after = self._facts(look, results)
        seen = Seen(jobs=facts, instances=await self._touched(facts))
        if self._now() >= self._states_due:
            seen = replace(await self._everyone(), jobs=facts)
        if stored == after and not facts and seen.everyone is None:
            self._cursor = after
            return 0
        count = await record(self._transaction, self.cluster, (stored, after), self.fence, seen)
        self._cursor = after
        if seen.everyone is not None:
            self._states_due = self._now() + self._pace.states
        return count

    async def _start(self) -> Cursor:
        """Return where to look from: where we were, or where a new history begins."""
        if self._cursor is not None and self._cursor.epoch >= self.epoch:
            return self._cursor
        self._states_due = 0.0
        self.epoch, last = await self._reader.last_job()
        if self._cursor is None:
            return cursors.first(self.epoch, last)
        return cursors.next_epoch(self._cursor, self.epoch, last)

    async def _make_sure(self, look: Look) -> Look:
        """Ask for jobs that seem lost by their ids alone: that finds archived ones too."""
        if not look.lost:
            return look
        found = {row.job_id: row for row in await self._reader.exactly(look.lost)}
        there = [
            (job, row)
            for job in look.lost
            if (row := found.get(job.job_id)) and row.status and job.is_the_same(row.received)
        ]
        known = {job.job_id for job, _row in there}
        gone = [job for job in look.lost if job.job_id not in known]
        return replace(look, moved=[*look.moved, *there], lost=gone)

    async def _results(self, look: Look) -> dict[int, JobResult]:
        ended = [
            row.job_id
            for job, row in look.moved
            if row.status in FINAL and jobs.steps(row, job.rank)
        ]
        return await self._reader.results(ended)

    def _facts(self, look: Look, results: dict[int, JobResult]) -> tuple[list[JobObserved], Cursor]:
        facts = [jobs.lost(self.cluster, job.epoch, job.job_id) for job in look.lost]
        still = dict(look.cursor.open)
        for job, row in look.moved:
            facts += jobs.facts_of(
                self.cluster, job.epoch, row, job.rank, results.get(row.job_id, JobResult())
            )
            still.pop(row.job_id, None)
            if row.status not in FINAL:
                still[row.job_id] = _still_open(job, row)
        return facts, Cursor(epoch=look.cursor.epoch, high=look.cursor.high, open=still)

    async def _touched(self, facts: list[JobObserved]) -> list[InstanceObserved]:
        """Look at the instances whose jobs have ended: their state is news nobody else brings."""
        names = {name for fact in facts if fact.status in FINAL for name in _instances(fact)}
        return await self._reader.instances(names) if names else []

    async def _everyone(self) -> Seen:
        """Look at all instances; trouble is believed only when two looks in a row show it."""
        all_of_them = await self._reader.instances()
        troubled = {each.name for each in all_of_them if (each.status or "").startswith("ERROR_")}
        sure = [
            each for each in all_of_them if each.name not in troubled or each.name in self._doubtful
        ]
        self._doubtful = troubled
        return Seen(instances=sure, everyone={each.name for each in all_of_them})


def _instances(fact: JobObserved) -> list[str]:
    return jobs.targets(fact.summary, "INSTANCE")


def _still_open(job: OpenJob, row: JobRow) -> OpenJob:
    rank = job.rank if row.status is None else max(job.rank, RANK[row.status])
    return OpenJob(job_id=job.job_id, epoch=job.epoch, rank=rank, received=row.received)
