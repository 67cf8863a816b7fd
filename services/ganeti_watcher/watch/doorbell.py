"""Wakes the actor of a cluster when an agent saw something."""

import asyncio
from collections.abc import Sequence
from typing import Final

from services.ganeti_watcher.domain.hints import Hint

MOST: Final = 1000  # hints kept for a cluster; a look finds what the rest were about


class Doorbell:
    """Hints for one cluster, until its next look."""

    def __init__(self) -> None:
        self._hints: dict[int, Hint] = {}
        self._rung = asyncio.Event()

    def ring(self, hints: Sequence[Hint]) -> None:
        """Have the cluster looked at now."""
        for hint in hints:
            if len(self._hints) < MOST or hint.job_id in self._hints:
                self._hints[hint.job_id] = hint
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Return when it rings, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return

    def take(self) -> list[Hint]:
        """Return the hints so far, and wait for others."""
        self._rung.clear()
        hints, self._hints = list(self._hints.values()), {}
        return hints
