"""The questions of one look, chosen by where we are."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.ganeti_watcher.domain import cursor as cursors
from services.ganeti_watcher.domain.cursor import Cursor
from services.ganeti_watcher.domain.hints import Hint
from services.ganeti_watcher.domain.instances import name_of
from services.ganeti_watcher.domain.jobs import JobResult, JobRow
from services.ganeti_watcher.domain.seen import Row
from services.ganeti_watcher.watch.reader import BATCH, Reader

COLD_AT_ONCE: Final = 200
FEW: Final = 10  # open jobs, and hinted ends, up to which all is asked by one question


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was asked, and what came."""

    rows: Sequence[JobRow]
    asked: Collection[int]  # open jobs that were asked for
    upto: int | None = None  # the last id asked for, on a walk
    results: Mapping[int, JobResult] = field(default_factory=dict)  # fetched ahead
    instances: Mapping[str, Row | None] = field(default_factory=dict)  # likewise
    hinted: Collection[int] = ()  # the jobs whose end these instances were seen after


class Asking:
    """Asks about one cluster's jobs."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._cold_after = 0

    async def ask(self, start: Cursor, target: int, hints: Sequence[Hint], *, cold: bool) -> Answer:
        """Ask what the next look needs.

        Args:
            start: where we are.
            target: the highest id known to be there.
            hints: jobs an agent saw move.
            cold: whether jobs deep in the queue are due.
        """
        if target > start.high:  # exact ids find what is archived, too
            return await self._walk(start, target)
        if hints:
            return await self._hinted(start, hints)
        ids = cursors.hot(start)
        rows = await self._reader.jobs(cursors.ask(start, ids))
        deep = cursors.cold(start, self._cold_after, COLD_AT_ONCE) if cold else []
        if deep:
            self._cold_after = deep[-1]
            shown = {row.job_id for row in rows}
            rows += [row for row in await self._reader.exactly(deep) if row.job_id not in shown]
        return Answer(rows=rows, asked=[*ids, *deep])

    async def _walk(self, start: Cursor, target: int) -> Answer:
        ids = cursors.hot(start)
        upto = min(start.high + BATCH, target)
        rows = await self._reader.exactly([*ids, *range(start.high + 1, upto + 1)])
        return Answer(rows=rows, asked=ids, upto=upto)

    async def _hinted(self, start: Cursor, hints: Sequence[Hint]) -> Answer:
        """Ask all at once what would else be asked one after the other."""
        open_ids = {job_id for _epoch, job_id in start.open}
        asked = {*cursors.hot(start), *(each.job_id for each in hints if each.job_id in open_ids)}
        ended = [each.job_id for each in hints if each.ended][:BATCH]
        names = {each.instance for each in hints if each.ended and each.instance}
        (rows, results), there = await asyncio.gather(
            self._jobs_and_ends(cursors.ask(start, asked), ended, few=len(asked) <= FEW),
            self._reader.named(names),
        )
        found = {name_of(row): row for row in there}
        return Answer(
            rows=rows,
            asked=asked,
            results=results,
            instances={name: found.get(name) for name in names},
            hinted=frozenset(ended),
        )

    async def _jobs_and_ends(
        self, which: Sequence[Any], ended: Sequence[int], *, few: bool
    ) -> tuple[Sequence[JobRow], Mapping[int, JobResult]]:
        """Return the jobs of a look, and what those that ended came to.

        What a job came to is much to load, so it is asked of those that ended only; but where
        few jobs are looked at, one question is less work than two.
        """
        if few and len(ended) <= FEW:
            return await self._reader.jobs_with_results(which)
        return await asyncio.gather(self._reader.jobs(which), self._reader.results(ended))
