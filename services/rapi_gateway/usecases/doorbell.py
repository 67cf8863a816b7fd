"""Tells those who wait in this process that something they wait for has happened."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class Doorbell:
    """Wakes who waits for a submission; other processes look for themselves now and then."""

    def __init__(self) -> None:
        self.registry_changed = True  # whether the registry has to be read again
        self._waiting: defaultdict[tuple[str, UUID], set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def waiting(self, cluster: str, key: UUID) -> Iterator[asyncio.Event]:
        """Yield an event that is set when the submission is no longer pending."""
        event = asyncio.Event()
        self._waiting[cluster, key].add(event)
        try:
            yield event
        finally:
            self._waiting[cluster, key].discard(event)
            if not self._waiting[cluster, key]:
                del self._waiting[cluster, key]

    def ring(self, cluster: str, key: UUID) -> None:
        """Wake those who wait for the submission."""
        for event in self._waiting.get((cluster, key), ()):
            event.set()
