"""Looks at clusters now and then, and writes down what has changed."""

import logging
from dataclasses import dataclass
from typing import Any, Final

from services.rapi_gateway.domain.capacity import GROUP_FIELDS, NODE_FIELDS
from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.domain.observation import Sighting, at_master, observed
from services.rapi_gateway.ganeti import queries
from services.rapi_gateway.ganeti.errors import RapiTrouble
from services.rapi_gateway.ganeti.link import INFO, ClusterLink
from services.rapi_gateway.ganeti.links import Links
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.registry import epoch_of_job, record_change
from shared.clock import seconds_z, utcnow

log = logging.getLogger(__name__)

ANOTHER: Final = "Another Ganeti cluster answers at this address."


async def sight(link: ClusterLink) -> Sighting:
    """Look at a cluster: one question per resource.

    Raises:
        RapiTrouble: it could not be asked.
    """
    info = await link.look()
    groups = await queries.query(link, "group", GROUP_FIELDS)
    nodes = await queries.query(link, "node", NODE_FIELDS)
    last, same = await queries.last_job(link)
    return Sighting(
        info=info, groups=groups, nodes=nodes, last_job=last, same_history=same, at=utcnow()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresher:
    """Keeps the registry true."""

    transaction: Transaction
    links: Links

    async def refresh(self, cluster: Registered) -> None:
        """Look at a cluster and record what has changed; its silence is not an error here."""
        link = self.links.to(cluster)
        try:
            sighting = await sight(link)
        except RapiTrouble as trouble:
            log.warning("no look", extra={"cluster": cluster.name, "why": str(trouble)})
            return
        if sighting.info.get("uuid") != cluster.view.uuid:
            log.error("another cluster answers", extra={"cluster": cluster.name})
            link.distrust()
            return
        await self._record(cluster.name, link, sighting)

    async def probe(self, cluster: Registered) -> None:
        """Look whether a cluster in trouble is back, and under which master."""
        link = self.links.to(cluster)
        info = await link.probe()
        if info is not None:
            await self._record_master(cluster.name, link, str(info["master"]))
            async with self.transaction() as stores:
                await stores.submissions.hurry(cluster.name)

    async def note_health(self, cluster: Registered) -> None:
        """Record how the cluster is, as its link sees it."""
        health = self.links.to(cluster).health
        facts = {"health": str(health.state), "cause": str(health.cause)}
        async with self.transaction() as stores:
            held = await stores.clusters.hold(cluster.name)
            new = held.seen(**facts, health_since=seconds_z(utcnow()))
            await record_change(stores, held, new)

    async def info(self, cluster: Registered) -> dict[str, Any]:
        """Return ``/2/info``, asked now, and the epoch it belongs to.

        Raises:
            RapiTrouble: the cluster could not be asked.
        """
        link = self.links.to(cluster)
        info: dict[str, Any] = await link.ask(INFO)
        if info.get("uuid") != cluster.view.uuid:
            link.distrust()
            raise RapiTrouble(ANOTHER)
        epoch = cluster.view.epoch
        if str(info["master"]) != cluster.view.master:
            epoch = await self._record_master(cluster.name, link, str(info["master"]))
        return {**info, "epoch": epoch}

    async def last_job(self, cluster: Registered) -> tuple[int, int]:
        """Return (epoch, highest job id), asked now.

        Raises:
            RapiTrouble: the cluster could not be asked.
        """
        link = self.links.to(cluster)
        last, same = await queries.last_job(link)
        if same:
            link.remember(cluster.view.epoch, last)
            return link.epoch, last
        async with self.transaction() as stores:
            held = await stores.clusters.hold(cluster.name)
            # Another process may have noticed already.
            same = held.view.epoch > link.epoch
            new, broken = at_master(held, held.view.master, last, same=same)
            saved = await record_change(stores, held, new, broken)
        link.remember(saved.view.epoch, last)
        return saved.view.epoch, last

    async def epoch_begun_by(self, name: str, job: int, *, hwm: int, epoch: int) -> int:
        """Return the epoch of an accepted job whose id is none the cluster had yet to give.

        Args:
            name: the cluster.
            job: its id.
            hwm: the highest job id known when it was submitted.
            epoch: of that id.
        """
        async with self.transaction() as stores:
            return await epoch_of_job(stores, name, job, hwm=hwm, epoch=epoch)

    async def _record_master(self, name: str, link: ClusterLink, master: str) -> int:
        last, same = await queries.last_job(link)
        async with self.transaction() as stores:
            held = await stores.clusters.hold(name)
            new, broken = at_master(held, master, last, same=same)
            saved = await record_change(stores, held, new, broken)
        link.remember(saved.view.epoch, last)
        return saved.view.epoch

    async def _record(self, name: str, link: ClusterLink, sighting: Sighting) -> None:
        try:
            async with self.transaction() as stores:
                held = await stores.clusters.hold(name)
                new, broken = observed(held, sighting)
                saved = await record_change(stores, held, new, broken)
        except ValueError as wrong:
            log.error("cluster misfit", extra={"cluster": name, "why": str(wrong)})
            return
        link.remember(saved.view.epoch, sighting.last_job)
