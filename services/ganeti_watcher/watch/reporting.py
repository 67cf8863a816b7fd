"""Tells how jobs that take long come along."""

import time
from collections.abc import Callable
from typing import Final

from services.ganeti_watcher.domain.cursor import Key
from services.ganeti_watcher.domain.seen import News
from services.ganeti_watcher.publish.record import Ledger
from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.watch.following import Following
from services.ganeti_watcher.watch.reader import Reader
from shared.contracts.ganeti import JobProgressed

LONG: Final = 10.0  # seconds a job runs before its log is read
AT_ONCE: Final = 20


class Reporting:
    """Reads the logs of one cluster's long jobs. What it misses, the job's end makes good."""

    def __init__(
        self,
        reader: Reader,
        ledger: Ledger,
        following: Following,
        pace: Pace,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._ledger = ledger
        self._following = following
        self._pace = pace
        self._now = now
        self._due = 0.0
        self._told: dict[Key, int] = {}

    async def look(self) -> int:
        """Tell what is new in the logs, when it is time; return how many facts that made.

        Raises:
            CloudError: the cluster cannot be asked.
            StaleWrite: another replica has taken it over.
        """
        now = self._now()
        long = {
            place: instance
            for place, (since, instance) in self._following.running.items()
            if since < now - LONG
        }
        self._told = {place: serial for place, serial in self._told.items() if place in long}
        if not long or now < self._due:
            return 0
        self._due = now + self._pace.progress
        chosen = dict(sorted(long.items())[:AT_ONCE])
        found = await self._reader.progress(job_id for _epoch, job_id in chosen)
        facts = []
        for place, instance in chosen.items():
            epoch, job_id = place
            progress = found.get(job_id)
            if progress is None or progress.serial <= self._told.get(place, 0):
                continue
            facts.append(
                JobProgressed(
                    cluster=self._ledger.cluster,
                    epoch=epoch,
                    job_id=job_id,
                    instance=instance,
                    serial=progress.serial,
                    text=progress.text,
                    percent=progress.percent,
                )
            )
            self._told[place] = progress.serial
        if facts:
            await self._ledger.note(News(), facts=facts)
        return len(facts)
