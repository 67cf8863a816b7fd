"""Keeps what administrators of the cloud decided about nodes."""

from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.hosts import NodeFlag
from services.compute.store.tables import node_flags as flags
from shared.clock import utcnow

FIELDS = ("cluster", "node", "disabled", "disabled_reason", "forced_down")


class NodeFlagStore:
    """Flags of nodes, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, cluster: str, node: str) -> NodeFlag:
        """Return what was decided about a node; nothing, when nothing was."""
        found = await self._connection.execute(
            sa.select(*(flags.c[name] for name in FIELDS))
            .where(flags.c.cluster == cluster, flags.c.node == node)
            .with_for_update()
        )
        row = found.first()
        return NodeFlag(cluster=cluster, node=node) if row is None else NodeFlag(**row._asdict())

    async def put(self, flag: NodeFlag) -> None:
        """Keep what was decided about a node."""
        values = asdict(flag) | {"updated_at": utcnow()}
        await self._connection.execute(
            insert(flags)
            .values(values)
            .on_conflict_do_update(index_elements=[flags.c.cluster, flags.c.node], set_=values)
        )
