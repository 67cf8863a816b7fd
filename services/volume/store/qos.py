"""QoS specs: written in transactions, listed outside any."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.qos import QosExists, QosInUse, QosSpecs, not_found
from services.volume.store.tables import qos_specs, volume_types
from shared.db.reads import Reads

COLUMNS = "id, name, consumer, specs"


def _specs(row: Mapping[Any, Any]) -> QosSpecs:
    specs = row["specs"]
    return QosSpecs(
        id=row["id"],
        name=row["name"],
        consumer=row["consumer"],
        specs=orjson.loads(specs) if isinstance(specs, str) else specs,
    )


class QosStore:
    """Writes QoS specs."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, qos_id: UUID) -> QosSpecs:
        """Return specs, and keep other writers off them until the transaction ends.

        Raises:
            QosNotFound: there are none.
        """
        columns = (qos_specs.c.id, qos_specs.c.name, qos_specs.c.consumer, qos_specs.c.specs)
        query = sa.select(*columns).where(qos_specs.c.id == qos_id).with_for_update()
        row = (await self._connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise not_found(qos_id)
        return _specs(row)

    async def add(self, specs: QosSpecs) -> None:
        """Write new specs.

        Raises:
            QosExists: the name is taken.
        """
        new = insert(qos_specs).values(asdict(specs)).on_conflict_do_nothing()
        if (await self._connection.execute(new)).rowcount != 1:
            raise QosExists(f"Qos Specs {specs.name} already exists.")

    async def save(self, specs: QosSpecs) -> None:
        """Write specs over what is there."""
        await self._connection.execute(
            sa.update(qos_specs).where(qos_specs.c.id == specs.id).values(asdict(specs))
        )

    async def remove(self, specs: QosSpecs, *, force: bool) -> None:
        """Have no such specs.

        Raises:
            QosInUse: types have them, and it is not forced.
        """
        query = sa.select(volume_types.c.id).where(
            volume_types.c.qos_specs_id == specs.id, volume_types.c.deleted_at.is_(None)
        )
        if not force and (await self._connection.execute(query.limit(1))).first():
            raise QosInUse(f"Qos Specs {specs.id} is still associated with entities.")
        await self.let_go(specs.id)
        await self._connection.execute(sa.delete(qos_specs).where(qos_specs.c.id == specs.id))

    async def let_go(self, qos_id: UUID) -> None:
        """Have no type with these specs."""
        await self._connection.execute(
            sa.update(volume_types)
            .where(volume_types.c.qos_specs_id == qos_id)
            .values(qos_specs_id=None)
        )


async def list_qos(reads: Reads) -> list[QosSpecs]:
    """Return all specs, the newest first."""
    rows = await reads.rows(f"SELECT {COLUMNS} FROM qos_specs ORDER BY created_at DESC, id DESC")
    return [_specs(row) for row in rows]


async def show_qos(reads: Reads, qos_id: UUID) -> QosSpecs:
    """Return specs.

    Raises:
        QosNotFound: there are none.
    """
    row = await reads.row(f"SELECT {COLUMNS} FROM qos_specs WHERE id = $1", qos_id)
    if row is None:
        raise not_found(qos_id)
    return _specs(row)
