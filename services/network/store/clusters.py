"""Projections of clusters, and which subnets exist on them, inside one transaction."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.network.domain.binding import ClusterSubnet, NetworkLink, Realisation
from services.network.domain.physical import ClusterFacts
from services.network.store.tables import (
    cluster_subnets,
    clusters,
    instances,
    messaging,
    subnets,
)
from shared.db.columnwise import columns_of, insert_columns
from shared.db.prepared import Prepared


def _fresh_instances() -> Prepared:
    new = insert_columns(instances, ("cluster", "name", "sequence"))
    taken = new.on_conflict_do_update(
        index_elements=["cluster", "name"],
        set_={"sequence": new.excluded.sequence},
        where=instances.c.sequence < new.excluded.sequence,
    )
    return Prepared(taken.returning(instances.c.cluster, instances.c.name))


FRESH_INSTANCES: Final = _fresh_instances()


class ClusterStore:
    """What we know of clusters."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, name: str) -> ClusterFacts | None:
        """Return the cluster, or None when nobody told us of it."""
        row = (
            await self._connection.execute(sa.select(clusters).where(clusters.c.name == name))
        ).one_or_none()
        return None if row is None else _facts(row)

    async def all(self) -> list[ClusterFacts]:
        """Return every cluster that is not removed."""
        rows = await self._connection.execute(
            sa.select(clusters).where(~clusters.c.removed).order_by(clusters.c.name)
        )
        return [_facts(row) for row in rows]

    async def record(self, facts: ClusterFacts) -> bool:
        """Take in news of a cluster; False when newer news is known."""
        row = {
            "name": facts.name,
            "version": facts.version,
            "removed": facts.removed,
            "availability_zone": facts.availability_zone,
            "groups": list(facts.groups),
            "links": {name: asdict(link) for name, link in facts.links.items()},
        }
        done = await self._connection.execute(
            insert(clusters)
            .values(row)
            .on_conflict_do_update(
                index_elements=["name"], set_=row, where=clusters.c.version < facts.version
            )
        )
        return done.rowcount == 1

    async def fresh_instances(self, seen: Mapping[tuple[str, str], int]) -> set[tuple[str, str]]:
        """Remember the news of instances; return those (cluster, name) it is news of."""
        if not seen:
            return set()
        rows = [
            {"cluster": cluster, "name": name, "sequence": sequence}
            for (cluster, name), sequence in sorted(seen.items())
        ]
        taken = await FRESH_INSTANCES.rows(self._connection, **columns_of(rows))
        return {(row["cluster"], row["name"]) for row in taken}


class ClusterSubnetStore:
    """Which subnets exist on which clusters."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def want(self, wanted: ClusterSubnet) -> tuple[ClusterSubnet, bool]:
        """Have a row, and return it with whether it is new.

        The row stays locked against ``save`` until the transaction ends: whoever makes the
        subnet ready meanwhile finds the port that asked for it.
        """
        here = sa.and_(
            cluster_subnets.c.subnet_id == wanted.subnet_id,
            cluster_subnets.c.cluster == wanted.cluster,
        )
        while True:
            found = await self._connection.execute(
                sa.select(cluster_subnets).where(here).with_for_update(read=True)
            )
            if (row := found.one_or_none()) is not None:
                return _realised(row), False
            written = await self._connection.execute(
                insert(cluster_subnets).values(_row(wanted)).on_conflict_do_nothing()
            )
            if written.rowcount == 1:
                return wanted, True

    async def find(self, subnet_id: UUID, cluster: str) -> ClusterSubnet | None:
        """Return how far the subnet is on the cluster, locked."""
        rows = await self._where(
            cluster_subnets.c.subnet_id == subnet_id, cluster_subnets.c.cluster == cluster
        )
        return rows[0] if rows else None

    async def of(self, subnet_id: UUID) -> list[ClusterSubnet]:
        """Return where the subnet is, locked."""
        return await self._where(cluster_subnets.c.subnet_id == subnet_id)

    async def on(self, cluster: str, state: Realisation) -> list[ClusterSubnet]:
        """Return the subnets that are so far on the cluster, locked."""
        return await self._where(
            cluster_subnets.c.cluster == cluster, cluster_subnets.c.state == state.value
        )

    async def living(self, subnet_ids: Collection[UUID]) -> set[UUID]:
        """Return those of the subnets that exist; nothing is locked."""
        rows = await self._connection.execute(
            sa.select(subnets.c.id).where(subnets.c.id.in_(list(subnet_ids)))
        )
        return {row[0] for row in rows}

    async def dissolved(self, saga: str, subjects: Collection[UUID]) -> set[UUID]:
        """Return those of the subjects that such a saga has dissolved, as far back as is known."""
        sagas = messaging.sagas
        rows = await self._connection.execute(
            sa.select(sagas.c.subject).where(
                sagas.c.name == saga,
                sagas.c.subject.in_(list(subjects)),
                sagas.c.ended_at.is_not(None),
            )
        )
        return {row[0] for row in rows}

    async def recorded(self, cluster: str) -> list[ClusterSubnet]:
        """Return all that is recorded of the cluster; nothing is locked."""
        rows = await self._connection.execute(
            sa.select(cluster_subnets).where(cluster_subnets.c.cluster == cluster)
        )
        return [_realised(row) for row in rows]

    async def save(self, realised: ClusterSubnet) -> None:
        """Write how far the subnet is."""
        await self._connection.execute(
            sa.update(cluster_subnets)
            .where(
                cluster_subnets.c.subnet_id == realised.subnet_id,
                cluster_subnets.c.cluster == realised.cluster,
            )
            .values(_row(realised))
        )

    async def forget(self, subnet_id: UUID, cluster: str) -> None:
        """Write that the cluster has no trace of the subnet."""
        await self._connection.execute(
            sa.delete(cluster_subnets).where(
                cluster_subnets.c.subnet_id == subnet_id, cluster_subnets.c.cluster == cluster
            )
        )

    async def _where(self, *conditions: sa.ColumnElement[bool]) -> list[ClusterSubnet]:
        rows = await self._connection.execute(
            sa.select(cluster_subnets)
            .where(*conditions)
            .order_by(cluster_subnets.c.subnet_id, cluster_subnets.c.cluster)
            .with_for_update()
        )
        return [_realised(row) for row in rows]


def _facts(row: sa.Row[Any]) -> ClusterFacts:
    return ClusterFacts(
        name=row.name,
        version=row.version,
        removed=row.removed,
        availability_zone=row.availability_zone,
        groups=tuple(row.groups),
        links={name: NetworkLink(**link) for name, link in row.links.items()},
    )


def _row(realised: ClusterSubnet) -> dict[str, Any]:
    row = asdict(realised)
    return row | {"state": realised.state.value, "groups": list(realised.groups)}


def _realised(row: sa.Row[Any]) -> ClusterSubnet:
    given = row._asdict()
    given |= {"state": Realisation(row.state), "groups": tuple(row.groups)}
    return ClusterSubnet(**given)
