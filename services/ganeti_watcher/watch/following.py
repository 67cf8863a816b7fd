"""Follows the jobs of one cluster, look by look.

Source of truth is the windowed job query; a look is cheap because Ganeti evaluates the ids
before it loads any job. Every look ends in one commit of cursor, observations and facts.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from services.ganeti_watcher.domain import cursor as cursors
from services.ganeti_watcher.domain import jobs, seen
from services.ganeti_watcher.domain.compare import Look, compare
from services.ganeti_watcher.domain.cursor import Cursor, Key, OpenJob
from services.ganeti_watcher.domain.hints import Hint
from services.ganeti_watcher.domain.jobs import JobResult, JobRow, Told
from services.ganeti_watcher.domain.seen import Row
from services.ganeti_watcher.publish.record import Ledger, Step
from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.watch import history
from services.ganeti_watcher.watch.asking import Answer, Asking
from services.ganeti_watcher.watch.reader import Reader
from shared import logs
from shared.contracts.ganeti import FINAL, JobStatus

log = logs.get_logger(__name__)

ANCHOR_EVERY: Final = 10.0  # seconds between questions for a last job that is archived


class Following:
    """How far one cluster's jobs have been followed, and the next step."""

    def __init__(
        self,
        reader: Reader,
        ledger: Ledger,
        pace: Pace,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.epoch = 1  # as the gateway counts it; the supervisor keeps it current
        self.cursor: Cursor | None = None
        self.target = 0  # the highest id known to be there
        self.news_at = now()  # when a new id was last seen
        self.breaks = 0  # how often a new history began
        self.running: dict[Key, tuple[float, str | None]] = {}  # since when, and which instance
        self.settled: set[str] = set()  # instances told about; the state channel empties it
        self.writing = asyncio.Lock()  # one commit at a time: sequences are handed out in it
        self._reader = reader
        self._asking = Asking(reader)
        self._ledger = ledger
        self._pace = pace
        self._now = now
        self._sure = False  # whether ``target`` is current
        self._is_new = False
        self._cold_due = now() + pace.cold
        self._anchor_due = 0.0
        self._settling: history.Settling | None = None

    @property
    def behind(self) -> int:
        """How many ids are known to be there that were not looked at."""
        return 0 if self.cursor is None else max(0, self.target - self.cursor.high)

    def doubt(self) -> None:
        """Have the next look find out how far behind we are: nobody looked for a while."""
        self._sure = False

    async def look(self, hints: Sequence[Hint] = ()) -> tuple[int, float | None]:
        """Take one look.

        Args:
            hints: jobs an agent saw move.

        Returns:
            How many facts came of it, and the seconds since the end of the first job that ended.

        Raises:
            CloudError: the cluster cannot be asked.
            StaleWrite: another replica has taken it over.
        """
        stored, start = self.cursor, await self._start()
        cold = self._now() >= self._cold_due
        if cold:
            self._cold_due = self._now() + self._pace.cold
        start = await self._settled(start, due=cold)
        answer = await self._asking.ask(start, self.target, hints, cold=cold)
        look = compare(
            start,
            answer.rows,
            self._now(),
            asked=answer.asked,
            gaps=not self._is_new,
            upto=answer.upto,
        )
        if broken := look.broken or await self._unanchored(start, answer):
            log.warning("history broke", cluster=self._ledger.cluster, why=broken)
            self.epoch, _last = await self._reader.break_history(start.epoch, broken)
            return 0, None
        if look.hole:  # we were away: walk there, archived jobs and all
            self.target = look.hole
            return 0, None
        return await self._tell(stored, await self._make_sure(look), answer)

    async def _start(self) -> Cursor:
        before = self.cursor
        if before is not None and self._sure and before.epoch >= self.epoch:
            return before
        beginning = await history.begin(self._reader, before, self.epoch)
        self.target, self._is_new = beginning.target, beginning.is_new
        self.epoch, self._sure = beginning.cursor.epoch, True
        if before is not None and beginning.is_new:
            self.breaks += 1
            self._settling = history.Settling(before, self._now() + history.SETTLING)
            self._cold_due = self._now()
        return beginning.cursor

    async def _settled(self, start: Cursor, *, due: bool) -> Cursor:
        """Return where to look from, with what the gateway promised in the epoch before."""
        if self._settling is None or not (due or self._is_new):
            return start
        promised = await self._settling.promised(self._reader)
        if self._now() >= self._settling.until:
            self._settling = None
        return cursors.with_promised(start, promised)

    async def _unanchored(self, start: Cursor, answer: Answer) -> str | None:
        """Return why the last job we saw cannot be found any more, if it cannot."""
        if start.anchor is None or any(row.job_id == start.high for row in answer.rows):
            return None
        if answer.upto is not None or self._now() < self._anchor_due:
            return None
        self._anchor_due = self._now() + ANCHOR_EVERY
        if await history.is_another(self._reader, start):
            return f"Job {start.high} is unknown, or another job than it was."
        return None

    async def _make_sure(self, look: Look) -> Look:
        """Ask for jobs that seem lost by their ids alone: that finds archived ones too."""
        if not look.missing:
            return look
        ids = {job.job_id for job in look.missing}
        found = {row.job_id: row for row in await self._reader.exactly(ids) if row.status}
        there = [
            (job, found[job.job_id])
            for job in look.missing
            if job.job_id in found and job.is_the_same(found[job.job_id].received)
        ]
        known = {job.place for job, _row in there}
        gone = [job for job in look.missing if job.place not in known]
        return replace(look, moved=[*look.moved, *there], replaced=[*look.replaced, *gone])

    async def _tell(
        self, stored: Cursor | None, look: Look, answer: Answer
    ) -> tuple[int, float | None]:
        ended = {row.job_id: row for job, row in look.moved if _has_ended(job, row)}
        wanted = set(ended) | {
            job.job_id for job, _row in look.moved if job.key and job.received is None
        }
        names = {name for row in ended.values() for name in jobs.targets(row.summary, "INSTANCE")}
        ahead = answer.instances if set(ended) <= set(answer.hinted) else {}
        more, there = await asyncio.gather(
            self._reader.results(wanted - answer.results.keys()),
            self._reader.named(names - ahead.keys()),
        )
        rows = [*there, *(row for name, row in ahead.items() if row and name in names)]
        facts, after = self._facts(look, {**answer.results, **more})
        step = Step(
            before=stored,
            after=after,
            facts=jobs.in_order(facts),
            ended=min((row.ended for row in ended.values() if row.ended), default=None),
            behind=max(0, self.target - after.high),
        )
        count, lag = await self._commit(step, names, rows)
        if stored is None or after.high > stored.high:
            self.news_at = self._now()
        self.cursor, self._is_new = after, self._is_new and self.target > after.high
        return count, lag if answer.upto is None else None

    async def _commit(
        self, step: Step, names: Collection[str], rows: Sequence[Row]
    ) -> tuple[int, float | None]:
        async with self.writing:
            self.settled |= set(names)
            judge = partial(seen.touched, self._ledger.cluster, names=names, rows=rows)
            return await self._ledger.step(step, judge)

    def _facts(self, look: Look, results: dict[int, JobResult]) -> tuple[list[Told], Cursor]:
        cluster = self._ledger.cluster
        gone = list(look.replaced)
        told: list[Told] = []
        still = dict(look.cursor.open)
        for job, row in look.moved:
            result = results.get(row.job_id, JobResult())
            still.pop(job.place, None)
            self.running.pop(job.place, None)
            if job.key and job.received is None and result.key != job.key:
                gone.append(job)  # the job of that id is not the one that was accepted
                continue
            told += jobs.facts_of(cluster, job.epoch, row, job.rank, result)
            if row.status not in FINAL:
                still[job.place] = job.at(row)
                self._runs(job, row)
        for job in gone:
            still.pop(job.place, None)
            told.append(Told(when=0.0, fact=jobs.lost(cluster, job.epoch, job.job_id)))
        return told, replace(look.cursor, open=still)

    def _runs(self, job: OpenJob, row: JobRow) -> None:
        if row.status is JobStatus.RUNNING:
            names = jobs.targets(row.summary, "INSTANCE")
            self.running[job.place] = (row.executed or 0.0, names[0] if names else None)


def _has_ended(job: OpenJob, row: JobRow) -> bool:
    return row.status in FINAL and bool(jobs.steps(row, job.rank))
