"""Keeps what others told: newer news replaces older, whatever the order of arrival."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.store.tables import clusters, pools, resources, service_states
from shared.contracts.gateway import Cluster, ClusterChanged, ClusterState
from shared.contracts.resources import PlacedChanged, ResourceChanged
from shared.contracts.storage import Pool
from shared.db.columnwise import columns_of, insert_columns
from shared.db.prepared import Prepared


def _record() -> Prepared:
    names = ("project_id", "cluster", "version", "gone", "document")
    new = insert_columns(resources, ("kind", "id", *names))
    return Prepared(
        new.on_conflict_do_update(
            index_elements=[resources.c.kind, resources.c.id],
            set_={name: new.excluded[name] for name in names} | {"seen_at": sa.func.now()},
            where=resources.c.version < new.excluded.version,
        )
    )


RECORD: Final = _record()


class ProjectionStore:
    """The projections, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def record_resources(self, facts: Sequence[ResourceChanged]) -> None:
        """Take in news of images and servers."""
        newest: dict[tuple[str, str], ResourceChanged] = {}
        for fact in facts:
            key = (fact.resource, fact.id)
            if key not in newest or fact.version > newest[key].version:
                newest[key] = fact
        rows: list[dict[str, Any]] = [
            {
                "kind": kind,
                "id": resource_id,
                "project_id": fact.project_id,
                "cluster": fact.cluster if isinstance(fact, PlacedChanged) else None,
                "version": fact.version,
                "gone": fact.gone,
                "document": fact.document,
            }
            for (kind, resource_id), fact in sorted(newest.items())
        ]
        if not rows:
            return
        await RECORD.count(self._connection, **columns_of(rows))

    async def resource(self, kind: str, resource_id: str) -> tuple[bool, dict[str, Any]] | None:
        """Return whether a resource is gone, and what is known of it; None: nothing is."""
        row = (
            await self._connection.execute(
                sa.select(resources.c.gone, resources.c.document, resources.c.project_id).where(
                    resources.c.kind == kind, resources.c.id == resource_id
                )
            )
        ).one_or_none()
        if row is None:
            return None
        return bool(row.gone), {**row.document, "_project_id": row.project_id}

    async def zone_of_server(self, server_id: str, project_id: str) -> str | None:
        """Return the zone of a project's server, if it is known."""
        zone = resources.c.document["OS-EXT-AZ:availability_zone"].astext
        found = sa.select(zone).where(
            resources.c.kind == "compute.server",
            resources.c.id == server_id,
            resources.c.project_id == project_id,
            resources.c.gone.is_(False),
        )
        return (await self._connection.execute(found)).scalar_one_or_none() or None

    async def clusters_with_servers(self, project_id: str) -> frozenset[str]:
        """Return where servers of a project are."""
        found = sa.select(resources.c.cluster).where(
            resources.c.kind == sa.text("'compute.server'"),
            resources.c.gone.is_(False),
            resources.c.cluster.is_not(None),
            resources.c.project_id == project_id,
        )
        return frozenset(await self._connection.scalars(found.distinct()))

    async def record_clusters(self, facts: Sequence[ClusterChanged]) -> None:
        """Take in news of clusters."""
        for fact in sorted(facts, key=lambda one: one.order):
            new = insert(clusters).values(
                name=fact.cluster.name,
                version=fact.cluster.version,
                document=fact.cluster.model_dump(mode="json"),
            )
            await self._connection.execute(
                new.on_conflict_do_update(
                    index_elements=[clusters.c.name],
                    set_={
                        "version": new.excluded.version,
                        "document": new.excluded.document,
                        "seen_at": sa.func.now(),
                    },
                    where=clusters.c.version < new.excluded.version,
                )
            )

    async def clusters(self) -> list[Cluster]:
        """Return the clusters there are."""
        rows = await self._connection.execute(
            sa.select(clusters.c.document).order_by(clusters.c.name)
        )
        every = [Cluster.model_validate(row.document) for row in rows]
        return [each for each in every if each.state is not ClusterState.REMOVED]

    async def open_clusters(self) -> list[Cluster]:
        """Return the clusters that new volumes may be on, as far as administrators decided."""
        closed = sa.select(service_states.c.host).where(service_states.c.disabled)
        rows = await self._connection.execute(
            sa.select(clusters.c.document)
            .where(clusters.c.name.not_in(closed))
            .order_by(clusters.c.name)
        )
        return [Cluster.model_validate(row.document) for row in rows]

    async def set_state(
        self, host: str, binary: str, *, disabled: bool, reason: str | None
    ) -> None:
        """Write down whether new volumes may be on a cluster."""
        new = insert(service_states).values(
            host=host, binary=binary, disabled=disabled, reason=reason
        )
        names = ("disabled", "reason")
        await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[service_states.c.host, service_states.c.binary],
                set_={name: new.excluded[name] for name in names} | {"updated_at": sa.func.now()},
            )
        )

    async def cluster(self, name: str) -> Cluster | None:
        """Return a cluster, if it is known."""
        document = await self._connection.scalar(
            sa.select(clusters.c.document).where(clusters.c.name == name)
        )
        return None if document is None else Cluster.model_validate(document)

    async def record_pool(self, cluster: str, pool: Pool) -> None:
        """Take in how much room is behind a cluster's provider."""
        new = insert(pools).values(
            cluster=cluster, total=pool.total, free=pool.free, agent_version=pool.version
        )
        names = ("total", "free", "agent_version")
        await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[pools.c.cluster],
                set_={name: new.excluded[name] for name in names} | {"seen_at": sa.func.now()},
            )
        )

    async def free(self) -> dict[str, int]:
        """Return the room behind each cluster's provider, MiB."""
        rows = await self._connection.execute(sa.select(pools.c.cluster, pools.c.free))
        return {row.cluster: int(row.free) for row in rows}

    async def forget(self, days: int = 30) -> int:
        """Drop resources that went so many days ago; return how many."""
        gone = await self._connection.execute(
            sa.delete(resources).where(
                resources.c.gone,
                resources.c.seen_at < sa.func.now() - sa.text(f"interval '{int(days)} days'"),
            )
        )
        return gone.rowcount
