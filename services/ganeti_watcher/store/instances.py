"""The last observation of every instance, as a digest: what differs from it is news."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ganeti_watcher.domain.instances import absent, digest
from services.ganeti_watcher.store.tables import instances
from shared.contracts.ganeti import InstanceObserved


class InstanceStore:
    """Observations, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def news(
        self,
        cluster: str,
        seen: Sequence[InstanceObserved],
        everyone: Collection[str] | None = None,
    ) -> list[InstanceObserved]:
        """Keep what was seen; return what differs from the last time, with its sequence.

        Args:
            cluster: which.
            seen: instances, or their absence.
            everyone: the names of all instances there are, when all were asked for: whoever is
                known and not among them is gone.
        """
        by_name = {each.name: each for each in seen}
        known = await self._known(cluster, list(by_name) if everyone is None else None)
        if everyone is not None:
            for name, (_sequence, _digest, present) in known.items():
                if present and name not in everyone:
                    by_name[name] = absent(cluster, name)
        changed: list[InstanceObserved] = []
        rows: list[dict[str, Any]] = []
        for name, each in by_name.items():
            sequence, old, _present = known.get(name, (0, b"", False))
            new = digest(each)
            if new == old or (name not in known and not each.present):
                continue
            changed.append(each.model_copy(update={"sequence": sequence + 1}))
            rows.append(
                {
                    "cluster": cluster,
                    "name": name,
                    "sequence": sequence + 1,
                    "digest": new,
                    "present": each.present,
                }
            )
        if rows:
            insertion = insert(instances).values(rows)
            await self._connection.execute(
                insertion.on_conflict_do_update(
                    index_elements=[instances.c.cluster, instances.c.name],
                    set_={
                        name: insertion.excluded[name] for name in ("sequence", "digest", "present")
                    },
                )
            )
        return changed

    async def _known(
        self, cluster: str, names: Sequence[str] | None
    ) -> dict[str, tuple[int, bytes, bool]]:
        query = sa.select(instances).where(instances.c.cluster == cluster)
        if names is not None:
            query = query.where(instances.c.name.in_(names))
        rows = await self._connection.execute(query)
        return {row.name: (row.sequence, row.digest, row.present) for row in rows}
