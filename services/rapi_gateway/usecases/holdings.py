"""Which clusters this process speaks for, and what it knows of them."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.store.queues import Depth
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.doorbell import Doorbell

FORGET_EVERY: Final = 60.0  # seconds
GOODBYE: Final = 2.0  # seconds
RENEWALS: Final = 4  # in the time of a lease


@dataclass(slots=True, kw_only=True)
class Holdings:
    """Leases, and the registry in memory: only what has changed is read again."""

    singly: Transaction  # of single statements
    owner: UUID  # this process
    lease: float  # seconds
    keep_days: int
    doorbell: Doorbell
    depths: dict[str, Depth] = field(default_factory=dict)  # of queues, as of the last renewal
    _clusters: dict[str, Registered] = field(default_factory=dict)
    _moments: dict[str, datetime] = field(default_factory=dict)
    _held: set[str] = field(default_factory=set)
    _renew_at: float = 0.0
    _forget_at: float = 0.0

    def mine(self) -> list[Registered]:
        """Return the clusters we hold a lease on."""
        return [cluster for name, cluster in self._clusters.items() if name in self._held]

    def of(self, name: str) -> Registered:
        """Return a cluster, one we hold."""
        return self._clusters[name]

    async def keep(self, now: float) -> bool:
        """Renew what is due; return whether that was done.

        Args:
            now: of the monotonic clock.
        """
        if not self.doorbell.registry_changed and now < self._renew_at:
            return False
        self._renew_at = now + self.lease / RENEWALS
        await self._renew()
        if now >= self._forget_at:
            self._forget_at = now + FORGET_EVERY
            async with self.singly() as stores:
                await stores.submissions.forget(self.keep_days)
        return True

    async def _renew(self) -> None:
        self.doorbell.registry_changed = False
        async with self.singly() as stores:
            self._held = await stores.leases.renew(self.owner, self.lease)
            moments = await stores.clusters.moments()
            changed = [name for name in moments if self._moments.get(name) != moments[name]]
            if changed:
                for each in await stores.clusters.survey(changed):
                    self._clusters[each.name] = each
            self.depths = {each.cluster: each for each in await stores.queues.depths()}
        self._moments = moments
        for name in self._clusters.keys() - moments.keys():
            del self._clusters[name]

    async def let_go(self) -> None:
        """Let others have the clusters at once."""
        with suppress(Exception):  # a database that is away: the leases run out by themselves
            async with asyncio.timeout(GOODBYE), self.singly() as stores:
                await stores.leases.release(self.owner)
