"""Where a cluster's history begins, breaks, and begins again."""

from dataclasses import dataclass
from typing import Final

from services.ganeti_watcher.domain import cursor as cursors
from services.ganeti_watcher.domain.cursor import Cursor, Key, OpenJob
from services.ganeti_watcher.watch.reader import Reader
from shared import logs

log = logs.get_logger(__name__)

REREAD: Final = 200  # ids below the last one seen that are told in the new epoch, too
SETTLING: Final = 60.0  # seconds after a break in which the gateway may still name jobs of before


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Where to follow a history from."""

    cursor: Cursor
    target: int  # the highest id there is
    is_new: bool = False  # whether ids below it were never followed: skipped ones mean nothing


class Settling:
    """Finds the jobs of the epoch before that somebody waits for and nobody has seen.

    A job that was accepted just before the history broke may be told in the new epoch only, or
    may never be seen again. Whoever waits for it waits under the old epoch: it gets a last word
    there. The gateway may write the acceptance down a moment after the break, so it is asked
    for a while.

    Args:
        before: the cursor of the epoch before.
        until: when to stop asking.
    """

    def __init__(self, before: Cursor, until: float) -> None:
        self.until = until
        self._epoch = before.epoch
        self._high = before.high
        self._named: set[Key] = set(before.open)

    async def promised(self, reader: Reader) -> list[OpenJob]:
        """Return those that were not named before."""
        jobs = [
            OpenJob(job_id=each.job_id, epoch=self._epoch, key=each.key)
            for each in await reader.accepted(self._epoch, self._high)
        ]
        new = [job for job in jobs if job.place not in self._named]
        self._named.update(job.place for job in new)
        return new


async def begin(reader: Reader, cursor: Cursor | None, epoch: int) -> Beginning:
    """Return where to look from: where we were, or where a new history begins.

    Args:
        reader: of the cluster.
        cursor: where we were; None before the first look.
        epoch: what the gateway is known to count.
    """
    now, last = await reader.last_job()
    epoch = max(now, epoch)
    if cursor is None:
        return Beginning(cursor=cursors.first(epoch, last), target=last, is_new=True)
    if epoch <= cursor.epoch:
        return Beginning(cursor=cursor, target=last)
    start = max(0, cursor.high - REREAD)
    if await is_another(reader, cursor):
        # Ids came again: what is live now is new, however low its ids are.
        start = ((await reader.lowest_live()) or last + 1) - 1
    log.warning("a new history begins", epoch=epoch, before=cursor.epoch, start=start, last=last)
    return Beginning(cursor=cursors.next_epoch(cursor, epoch, start), target=last, is_new=True)


async def is_another(reader: Reader, cursor: Cursor) -> bool:
    """Whether the last job seen is unknown now, or is another one."""
    if cursor.anchor is None:
        return False
    for row in await reader.exactly([cursor.high]):
        if row.job_id == cursor.high and row.status:
            return row.received != cursor.anchor
    return True
