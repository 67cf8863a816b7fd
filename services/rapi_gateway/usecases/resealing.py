"""Seals secrets anew after the key was rotated, so that the old key can be thrown away."""

import logging
from dataclasses import dataclass, replace

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.store.stores import Transaction
from shared.secrets_box import SecretBox, SecretUnreadable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealing:
    """The secrets at rest: credentials, agents' tokens, what pending submissions carry."""

    transaction: Transaction
    secrets: SecretBox

    async def all(self) -> int:
        """Seal with the newest key what another one has sealed; return how many that were."""
        async with self.transaction() as stores:
            names = await stores.clusters.moments()
        done = 0
        for name in names:
            try:
                done += await self._cluster(name)
            except SecretUnreadable:
                log.error("no key opens the credential of a cluster", extra={"cluster": name})
        async with self.transaction() as stores:
            for row in await stores.submissions.with_secrets():
                if row.sealed and not self.secrets.is_newest(row.sealed):
                    await stores.submissions.reseal(row, self.secrets.rotate(row.sealed))
                    done += 1
        if done:
            log.info("secrets sealed with the newest key", extra={"count": done})
        return done

    async def _cluster(self, name: str) -> bool:
        async with self.transaction() as stores:
            held = await stores.clusters.hold(name)
            new = self._with_newest_key(held)
            if new != held:
                await stores.clusters.save(new)
        return new != held

    def _with_newest_key(self, cluster: Registered) -> Registered:
        if not self.secrets.is_newest(cluster.sealed):
            cluster = replace(cluster, sealed=self.secrets.rotate(cluster.sealed))
        agent = cluster.agent
        if agent is not None and not self.secrets.is_newest(agent.sealed):
            agent = replace(agent, sealed=self.secrets.rotate(agent.sealed))
        return replace(cluster, agent=agent)
