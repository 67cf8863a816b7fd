"""The registry of clusters."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rapi_gateway.domain.cluster import (
    Agent,
    ClusterTaken,
    ClusterUnknown,
    Registered,
)
from services.rapi_gateway.store.tables import clusters
from shared.contracts.gateway import Cluster, ClusterState
from shared.db.prepared import Prepared

REMOVED = ClusterState.REMOVED.value
MOMENTS = Prepared(sa.text("SELECT name, updated_at FROM clusters WHERE state <> 'removed'"))


class ClusterStore:
    """Clusters, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, name: str) -> Registered:
        """Return a cluster.

        Raises:
            ClusterUnknown: there is none of that name, or it was removed.
        """
        found = await self._find(name, lock=False)
        if found is None or found.view.state is ClusterState.REMOVED:
            raise ClusterUnknown(f"There is no cluster {name}.")
        return found

    async def hold(self, name: str) -> Registered:
        """Return a cluster nobody else changes until the transaction ends.

        Raises:
            ClusterUnknown: there is none of that name, or it was removed.
        """
        found = await self._find(name, lock=True)
        if found is None or found.view.state is ClusterState.REMOVED:
            raise ClusterUnknown(f"There is no cluster {name}.")
        return found

    async def moments(self) -> dict[str, datetime]:
        """Return when each cluster that is not removed was written last."""
        return {row["name"]: row["updated_at"] for row in await MOMENTS.rows(self._connection)}

    async def survey(self, names: Iterable[str]) -> list[Registered]:
        """Return these clusters as far as they are not removed, without their nodes."""
        light = clusters.c.document.op("-")("nodes").label("document")
        others = [column for column in clusters.c if column.name != "document"]
        wanted = sa.any_(sa.cast(list(names), ARRAY(sa.Text)))
        rows = await self._connection.execute(
            sa.select(*others, light, _node_count()).where(
                clusters.c.state != REMOVED, clusters.c.name == wanted
            )
        )
        return [_registered(row) for row in rows]

    async def condition(self, name: str) -> str:
        """Return what keeps a cluster from taking jobs, e.g. ``cluster_drained``; or nothing."""
        found = await self._connection.execute(
            sa.select(clusters.c.state, clusters.c.document["health"].as_string().label("health"))
            .where(clusters.c.name == name)
            .limit(1)
        )
        row = found.one_or_none()
        if row is not None and row.state == ClusterState.OFFLINE.value:
            return "cluster_offline"
        return "" if row is None or row.health == "up" else f"cluster_{row.health}"

    async def add(self, cluster: Registered) -> Registered:
        """Add a cluster; a removed one of its name gives way, and its version goes on.

        Raises:
            ClusterTaken: the name or the Ganeti cluster is registered.
        """
        old = await self._find(cluster.name, lock=True)
        if old is not None and old.view.state is not ClusterState.REMOVED:
            raise ClusterTaken(f"A cluster {cluster.name} is registered already.")
        if old is not None:
            # Ids of jobs and versions of facts that somebody may remember never come back.
            view = cluster.view.model_copy(
                update={"version": old.view.version + 1, "epoch": old.view.epoch + 1}
            )
            cluster = replace(cluster, view=view, access_version=old.access_version + 1)
        values = _values(cluster) | {"updated_at": sa.func.now()}
        new = insert(clusters).values(values)
        await self._write(
            new.on_conflict_do_update(index_elements=[clusters.c.name], set_=values), cluster
        )
        return cluster

    async def save(self, cluster: Registered) -> None:
        """Write a cluster that is held.

        Raises:
            ClusterTaken: its uuid is another's.
        """
        await self._write(
            sa.update(clusters)
            .where(clusters.c.name == cluster.name)
            .values(_values(cluster) | {"updated_at": sa.func.now()}),
            cluster,
        )

    async def epoch(self, name: str) -> int:
        """Return the epoch of a cluster, removed or not."""
        found = await self._connection.execute(
            sa.select(clusters.c.document["epoch"].as_integer()).where(clusters.c.name == name)
        )
        return int(found.scalar_one())

    async def _write(self, statement: Any, cluster: Registered) -> None:
        try:
            await self._connection.execute(statement)
        except IntegrityError as taken:
            raise ClusterTaken(
                f"The Ganeti cluster {cluster.view.uuid} is registered under another name."
            ) from taken

    async def _find(self, name: str, *, lock: bool) -> Registered | None:
        statement = sa.select(clusters, _node_count()).where(clusters.c.name == name)
        if lock:
            statement = statement.with_for_update()
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else _registered(row)


def _node_count() -> sa.Label[Any]:
    return sa.func.jsonb_array_length(clusters.c.document["nodes"]).label("node_count")


def _registered(row: Any) -> Registered:
    return Registered(
        view=Cluster.model_validate(row.document),
        username=row.username,
        sealed=row.sealed,
        ca_pem=row.ca_pem,
        candidates=tuple(row.candidates),
        last_job=row.last_job,
        template_asked=row.template_asked,
        access_version=row.access_version,
        nodes=row.node_count,
        agent=None
        if row.agent_url is None
        else Agent(url=row.agent_url, sealed=row.agent_sealed or "", ca_pem=row.agent_ca_pem),
        addresses=row.addresses,
    )


def _values(cluster: Registered) -> dict[str, Any]:
    removed = cluster.view.state is ClusterState.REMOVED
    agent = cluster.agent
    return {
        "name": cluster.name,
        "uuid": None if removed else cluster.view.uuid,
        "state": cluster.view.state.value,
        "document": cluster.view.model_dump(mode="json"),
        "username": cluster.username,
        "sealed": cluster.sealed,
        "ca_pem": cluster.ca_pem,
        "candidates": list(cluster.candidates),
        "last_job": cluster.last_job,
        "template_asked": cluster.template_asked,
        "agent_url": agent.url if agent else None,
        "agent_sealed": agent.sealed if agent else None,
        "agent_ca_pem": agent.ca_pem if agent else None,
        "addresses": dict(cluster.addresses),
        "access_version": cluster.access_version,
    }


class ClusterDocuments:
    """The clusters as others see them, for reading outside transactions."""

    def __init__(self, reads: Any) -> None:
        self._reads = reads

    async def all(self) -> Sequence[str]:
        """Return the JSON of every cluster, by name."""
        rows = await self._reads.rows(
            "SELECT document::text FROM clusters WHERE state <> $1 ORDER BY name", REMOVED
        )
        return [row["document"] for row in rows]

    async def one(self, name: str) -> str:
        """Return the JSON of a cluster.

        Raises:
            ClusterUnknown: there is none of that name.
        """
        found = await self._reads.value(
            "SELECT document::text FROM clusters WHERE name = $1 AND state <> $2", name, REMOVED
        )
        if found is None:
            raise ClusterUnknown(f"There is no cluster {name}.")
        return str(found)
