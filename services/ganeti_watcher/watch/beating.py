"""The heartbeat: where nothing happens, a job that does nothing shows that something could."""

import time
from collections.abc import Callable

from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.watch.following import Following
from services.ganeti_watcher.watch.reader import Reader
from shared import logs
from shared.errors import CloudError

log = logs.get_logger(__name__)


class Beating:
    """Sends a job through the queue of one cluster when it was quiet for long.

    Its id is also the highest one there is: what was archived unseen shows as ids skipped.
    """

    def __init__(
        self,
        reader: Reader,
        following: Following,
        pace: Pace,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._following = following
        self._pace = pace
        self._now = now
        self._tried_at = now()
        self._beat: tuple[int, float] | None = None  # job, and since when

    @property
    def under_way(self) -> float | None:
        """For how many seconds the last beat has been on its way; None when it arrived."""
        cursor = self._following.cursor
        if self._beat is None or cursor is None:
            return None
        job_id, since = self._beat
        if job_id <= cursor.high and (cursor.epoch, job_id) not in cursor.open:
            self._beat = None
            return None
        return self._now() - since

    async def look(self) -> None:
        """Beat, when it is time. A cluster that takes no jobs now says so elsewhere."""
        now, every = self._now(), self._pace.heartbeat
        quiet_since = max(self._following.news_at, self._tried_at)
        if not every or now < quiet_since + every or self.under_way is not None:
            return
        self._tried_at = now
        try:
            self._beat = (await self._reader.heartbeat(), now)
        except CloudError as trouble:
            log.info("no heartbeat", why=trouble.message)
