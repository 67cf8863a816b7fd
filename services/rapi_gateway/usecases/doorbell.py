"""Tells those who wait in this process that something they wait for has happened."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from services.rapi_gateway.domain.submission import Submission


@dataclass(slots=True, eq=False)
class Visitor:
    """Who waits at the door, and what was handed out."""

    rung: asyncio.Event = field(default_factory=asyncio.Event)
    row: Submission | None = None


class Doorbell:
    """Wakes who waits for a submission; other processes look for themselves now and then."""

    def __init__(self) -> None:
        self.registry_changed = True  # whether the registry has to be read again
        self.work = asyncio.Event()  # there may be something to deliver
        self._waiting: defaultdict[tuple[str, UUID], set[Visitor]] = defaultdict(set)

    @contextmanager
    def waiting(self, cluster: str, key: UUID) -> Iterator[Visitor]:
        """Yield a visitor who is told when the submission is no longer pending."""
        visitor = Visitor()
        self._waiting[cluster, key].add(visitor)
        try:
            yield visitor
        finally:
            self._waiting[cluster, key].discard(visitor)
            if not self._waiting[cluster, key]:
                del self._waiting[cluster, key]

    def ring(self, cluster: str, key: UUID, row: Submission | None) -> None:
        """Wake those who wait for the submission, and hand them what it has become."""
        for visitor in self._waiting.get((cluster, key), ()):
            visitor.row = row
            visitor.rung.set()
