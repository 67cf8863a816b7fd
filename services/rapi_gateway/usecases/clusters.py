"""Registers clusters: nothing is believed that was not tried."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from services.rapi_gateway.domain.cluster import ClusterRefused, Registered
from services.rapi_gateway.ganeti.errors import NotSent
from services.rapi_gateway.ganeti.links import Links
from services.rapi_gateway.ganeti.tls import certificate_at
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.addresses import address
from services.rapi_gateway.usecases.agents import FIELDS, AgentDesk
from services.rapi_gateway.usecases.doorbell import Doorbell
from services.rapi_gateway.usecases.registry import (
    CREATED,
    DELETED,
    record_change,
    tell,
    tell_epoch,
)
from services.rapi_gateway.usecases.trial import tried
from shared.contracts.gateway import Cluster, ClusterPatch, ClusterRegistration, ClusterState
from shared.secrets_box import SecretBox

NULLABLE: Final = ("image_url_base", "ext_provider")
ANEW: Final = "It was removed and registered again."
TEMPLATE: Final = frozenset({"disk_template", "ext_provider"})  # what the default comes from


@dataclass(frozen=True, slots=True, kw_only=True)
class Registrar:
    """What registering clusters needs."""

    transaction: Transaction
    links: Links
    secrets: SecretBox
    desk: AgentDesk
    doorbell: Doorbell
    connect_deadline: float

    async def add(self, asked: ClusterRegistration) -> Cluster:
        """Add a cluster that answers, lets us in and lets us write.

        Raises:
            ClusterRefused: it does not; says which of these.
            ClusterTaken: the name or the Ganeti cluster is registered.
        """
        url = address(asked.url)
        pem = asked.ca_pem
        if pem is None and asked.trust_on_first_use:
            pem = await self._certificate(url)
        view = Cluster(
            name=asked.name,
            uuid="",
            state=ClusterState.ENABLED,
            url=url,
            availability_zone=asked.availability_zone or asked.name,
            links=asked.links,
            os=asked.os,
            disk_template="",
            image_url_base=asked.image_url_base,
            settle=asked.settle,
            ext_provider=asked.ext_provider,
            has_agent=asked.agent_url is not None,
            software_version="",
            version=1,
        )
        cluster = Registered(
            view=view,
            username=asked.username,
            sealed=self.secrets.seal(asked.password.get_secret_value()),
            ca_pem=pem,
            template_asked=asked.disk_template,
            agent=self.desk.agent(asked.agent_url, asked.agent_token, asked.agent_ca_pem),
        )
        cluster = await tried(cluster, self.secrets.open, self.links.limits)
        await self.desk.check(cluster)
        async with self.transaction() as stores:
            added = await stores.clusters.add(cluster)
            await tell(stores, added, CREATED)
            if added.view.epoch > cluster.view.epoch:  # the name was another registration's
                await tell_epoch(stores, added, ANEW)
        self.doorbell.registry_changed = True
        return added.view

    async def change(self, name: str, patch: ClusterPatch) -> Cluster:
        """Change a cluster; a new way in is tried first.

        Raises:
            ClusterUnknown: there is no such cluster.
            ClusterRefused: it does not answer that way, or is another cluster.
        """
        async with self.transaction() as stores:
            before = await stores.clusters.get(name)
        change = await self._change_of(before, patch)
        way_in = _way_in(change(before)) != _way_in(before)
        if change(before).agent != before.agent:
            await self.desk.check(change(before))
        if way_in or TEMPLATE & patch.model_fields_set:
            seen = await tried(change(before), self.secrets.open, self.links.limits)
            template = seen.view.disk_template
        else:
            template = before.view.disk_template
        async with self.transaction() as stores:
            held = await stores.clusters.hold(name)
            new = change(held).seen(disk_template=template)
            if way_in:
                new = replace(new, access_version=held.access_version + 1)
            saved = await record_change(stores, held, new)
        self.doorbell.registry_changed = True
        return saved.view

    async def remove(self, name: str) -> None:
        """Forget a cluster; what is pending for it is rejected. Ganeti is not touched.

        Raises:
            ClusterUnknown: there is no such cluster.
        """
        async with self.transaction() as stores:
            held = await stores.clusters.hold(name)
            gone = held.seen(state=ClusterState.REMOVED, version=held.view.version + 1)
            await stores.clusters.save(replace(gone, sealed="", ca_pem=None, agent=None))
            await stores.submissions.give_up_on(name)
            await tell(stores, gone, DELETED)
        self.doorbell.registry_changed = True

    async def _certificate(self, url: str) -> str:
        try:
            return await certificate_at(url, self.connect_deadline)
        except NotSent as silent:
            raise ClusterRefused(f"{url} does not answer: {silent}") from silent

    async def _change_of(
        self, before: Registered, patch: ClusterPatch
    ) -> Callable[[Registered], Registered]:
        """Return the change a patch asks for, to be made on whatever the cluster is by then."""
        given = patch.model_fields_set
        facts: dict[str, Any] = {
            field: getattr(patch, field)
            for field in ("state", "links", "os", "settle", *NULLABLE)
            if field in given and (field in NULLABLE or getattr(patch, field) is not None)
        }
        if "state" in facts:
            facts["state"] = ClusterState(facts["state"])
        if "availability_zone" in given:
            facts["availability_zone"] = patch.availability_zone or before.name
        if patch.url is not None:
            facts["url"] = address(patch.url)
        pem = patch.ca_pem if "ca_pem" in given else before.ca_pem
        if patch.trust_on_first_use:
            pem = await self._certificate(facts.get("url", before.view.url))
        password = patch.password.get_secret_value() if patch.password else None
        sealed = before.sealed if password is None else self.secrets.seal(password)
        agent = self.desk.changed(before.agent, patch) if FIELDS & given else before.agent
        facts["has_agent"] = agent is not None

        def change(cluster: Registered) -> Registered:
            return replace(
                cluster.seen(**facts),
                username=patch.username or cluster.username,
                sealed=sealed,
                ca_pem=pem,
                agent=agent,
                template_asked=patch.disk_template
                if "disk_template" in given
                else cluster.template_asked,
            )

        return change


def _way_in(cluster: Registered) -> tuple[str, str, str, str | None]:
    return cluster.view.url, cluster.username, cluster.sealed, cluster.ca_pem
