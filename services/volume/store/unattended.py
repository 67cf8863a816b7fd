"""What reconciliation looks at: volumes at rest with something stored, and what nobody is at."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.differences import AT_REST, BY_SAGAS, SNAPSHOTS_BY_SAGAS
from services.volume.domain.snapshot import Snapshot
from services.volume.domain.volume import Volume
from services.volume.domain.volume_type import Driver
from services.volume.store.snapshots import snapshot_of
from services.volume.store.tables import messaging, snapshots, volumes
from services.volume.store.volumes import WHOLE, volume_of

sagas = messaging.sagas
LONG_AGO: Final = sa.text("now() - interval '60 seconds'")  # whoever begins has begun by then


def _nobody_at(subject: sa.Column[UUID]) -> sa.ColumnElement[bool]:
    return ~sa.exists().where(sagas.c.subject == subject, sagas.c.ended_at.is_(None))


class UnattendedStore:
    """Reads without locks: whoever acts reads again."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def at_rest(
        self, cluster: str, after: UUID, limit: int, known: Collection[UUID]
    ) -> Sequence[Volume]:
        """Return the next volumes of a cluster that are behind its storage agent.

        Args:
            cluster: which.
            after: the last that was looked at; ids only grow.
            limit: how many.
            known: others that are looked at in any case.
        """
        query = (
            WHOLE.where(
                volumes.c.cluster == cluster,
                volumes.c.driver == Driver.EXT.value,
                volumes.c.has_content,
                volumes.c.status.in_([each.value for each in AT_REST]),
                volumes.c.deleted_at.is_(None),
                _nobody_at(volumes.c.id),
                (volumes.c.id > after) | volumes.c.id.in_(list(known)),
            )
            .order_by(volumes.c.id)
            .limit(limit + len(known))
        )
        return [volume_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def volumes(self) -> Sequence[Volume]:
        """Return the volumes to which something is done by nobody."""
        since = sa.func.coalesce(volumes.c.updated_at, volumes.c.created_at)
        query = WHOLE.where(
            volumes.c.status.in_([each.value for each in BY_SAGAS]),
            volumes.c.deleted_at.is_(None),
            since < LONG_AGO,
            _nobody_at(volumes.c.id),
        )
        return [volume_of(row) for row in (await self._connection.execute(query)).mappings()]

    async def snapshots(self) -> Sequence[Snapshot]:
        """Return the snapshots to which something is done by nobody, nor to their volume."""
        since = sa.func.coalesce(snapshots.c.updated_at, snapshots.c.created_at)
        query = sa.select(snapshots).where(
            snapshots.c.status.in_([each.value for each in SNAPSHOTS_BY_SAGAS]),
            snapshots.c.deleted_at.is_(None),
            since < LONG_AGO,
            _nobody_at(snapshots.c.id),
            _nobody_at(snapshots.c.volume_id),
        )
        return [snapshot_of(row) for row in (await self._connection.execute(query)).mappings()]
