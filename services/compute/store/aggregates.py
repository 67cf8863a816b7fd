"""Host aggregates: writes in a transaction, reads in the fast lane."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.aggregate import Aggregate, aggregate_not_found
from services.compute.store.tables import aggregates, clusters
from shared.db.reads import Reads

SELECT: Final = (
    "SELECT id, uuid, name, availability_zone, hosts, metadata AS details, created_at, updated_at"
    " FROM aggregates"
)


class AggregateStore:
    """Aggregates, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, aggregate: Aggregate) -> Aggregate | None:
        """Insert an aggregate; return it with its id, or None when its name is taken."""
        ident = await self._connection.scalar(
            insert(aggregates)
            .values(_row(aggregate))
            .on_conflict_do_nothing()
            .returning(aggregates.c.id)
        )
        return None if ident is None else replace(aggregate, id=ident)

    async def get(self, ident: int) -> Aggregate:
        """Return an aggregate, and lock its row until the commit.

        Raises:
            NotFound: there is none.
        """
        found = await self._connection.execute(
            sa.select(*aggregates.c).where(aggregates.c.id == ident).with_for_update()
        )
        row = found.one_or_none()
        if row is None:
            raise aggregate_not_found(ident)
        values = dict(zip(aggregates.c.keys(), row, strict=True))
        return Aggregate(**(values | {"hosts": tuple(values["hosts"])}))

    async def is_named(self, name: str, but: int) -> bool:
        """Whether another aggregate has the name; whoever asks is the only one who names."""
        await self._connection.execute(
            sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0)))
        )
        found = await self._connection.scalar(
            sa.select(aggregates.c.id).where(aggregates.c.name == name, aggregates.c.id != but)
        )
        return found is not None

    async def save(self, aggregate: Aggregate) -> None:
        """Write an aggregate that was locked."""
        await self._connection.execute(
            sa.update(aggregates).where(aggregates.c.id == aggregate.id).values(_row(aggregate))
        )

    async def delete(self, ident: int) -> None:
        """Delete an aggregate."""
        await self._connection.execute(sa.delete(aggregates).where(aggregates.c.id == ident))

    async def zone_of(self, host: str) -> str | None:
        """Return the zone of a node; None: there is no such node."""
        has_node = clusters.c.document.contains({"nodes": [{"name": host}]})
        zone: str | None = await self._connection.scalar(
            sa.select(clusters.c.availability_zone)
            .where(has_node, clusters.c.state != "removed")
            .limit(1)
        )
        return zone


async def find(reads: Reads, ident: int) -> Aggregate | None:
    """Return an aggregate."""
    row = await reads.row(f"{SELECT} WHERE id = $1", ident)
    return None if row is None else _aggregate(row)


async def every(reads: Reads) -> Sequence[Aggregate]:
    """Return all aggregates, oldest first."""
    return [_aggregate(row) for row in await reads.rows(f"{SELECT} ORDER BY id")]


def _row(aggregate: Aggregate) -> dict[str, Any]:
    values = asdict(aggregate)
    del values["id"]
    return values | {"hosts": list(aggregate.hosts)}


def _aggregate(row: Any) -> Aggregate:
    values = dict(row)
    values |= {"hosts": tuple(values["hosts"]), "details": orjson.loads(values["details"])}
    return Aggregate(**values)
