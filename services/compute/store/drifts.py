"""What servers and instances disagree on, over several looks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.differences import Difference, Kind
from services.compute.store.tables import drift_marks, drifts, instances, messaging, servers
from shared.contracts.drift import ENDED, LASTS, ServersDrift
from shared.db.drifts import MOST_SHOWN

ROUND_LOCK = 8774003  # one process looks at a time
# News that is younger may be part of a transaction that is not committed yet.
SETTLED = sa.text("now() - interval '5 seconds'")
UNATTENDED = sa.text("now() - interval '60 seconds'")

DRIFTS: Final = (
    "SELECT cluster, kind, server_id AS id, what, looks, found_at FROM drifts "
    f"WHERE looks >= {LASTS} AND kind <> '{Kind.BUSY.value}' "
    f"ORDER BY found_at, server_id LIMIT {MOST_SHOWN}"
)
Whose = tuple[str, UUID]  # a cluster, and the server
Key = tuple[str, UUID, Kind, str]  # the same, and what about it


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A difference, and how often it was seen without a change of the server in between."""

    cluster: str
    server_id: UUID
    version: int
    looks: int
    difference: Difference

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return self.cluster, self.server_id, self.difference.kind, self.difference.what

    @property
    def lasts(self) -> bool:
        """Whether it was there long enough to be told; work in progress is none of it."""
        return self.looks >= LASTS and self.difference.kind is not Kind.BUSY

    def told(self, verb: str) -> ServersDrift:
        """Return the event that tells operators of it."""
        return ServersDrift(
            verb=verb,
            cluster=self.cluster,
            kind=self.difference.kind.value,
            id=str(self.server_id),
            what=self.difference.what,
            looks=self.looks + (verb == ENDED),
        )


class DriftStore:
    """Drifts, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def is_mine(self) -> bool:
        """Whether this transaction is the one that looks; another process may be at it."""
        lock = sa.select(sa.func.pg_try_advisory_xact_lock(ROUND_LOCK))
        return bool(await self._connection.scalar(lock))

    async def changed(self, limit: int) -> set[Whose]:
        """Return whose instances were seen to change since the last look.

        Args:
            limit: about so many; the others come next time.
        """
        done = sa.select(drift_marks.c.seen_until).scalar_subquery()
        fresh = (
            sa.select(instances.c.cluster, instances.c.server_id, instances.c.seen_at)
            .where(
                instances.c.seen_at > sa.func.coalesce(done, sa.text("'-infinity'::timestamptz")),
                instances.c.seen_at < SETTLED,
            )
            .order_by(instances.c.seen_at)
            .fetch(limit, with_ties=True)
        )
        rows = (await self._connection.execute(fresh)).all()
        if rows:
            mark = insert(drift_marks).values(one=True, seen_until=rows[-1].seen_at)
            await self._connection.execute(
                mark.on_conflict_do_update(
                    index_elements=[drift_marks.c.one], set_={"seen_until": rows[-1].seen_at}
                )
            )
        return {(row.cluster, row.server_id) for row in rows}

    async def known(self) -> set[Whose]:
        """Return whose instances drift."""
        found = await self._connection.execute(sa.select(drifts.c.cluster, drifts.c.server_id))
        return {(row.cluster, row.server_id) for row in found}

    async def unattended(self, limit: int) -> list[Whose]:
        """Return servers to which something is being done by no saga."""
        sagas = messaging.sagas
        at_work = sa.exists().where(sagas.c.subject == servers.c.id, sagas.c.ended_at.is_(None))
        found = await self._connection.execute(
            sa.select(sa.func.coalesce(servers.c.cluster, ""), servers.c.id)
            .where(
                servers.c.action.is_not(None),
                servers.c.deleted_at.is_(None),
                servers.c.updated_at < UNATTENDED,
                ~at_work,
            )
            .limit(limit)
        )
        return [(cluster, server_id) for cluster, server_id in found]

    async def keep(
        self, cluster: str, server_id: UUID, version: int, found: Collection[Difference]
    ) -> tuple[list[Drift], list[Drift]]:
        """Remember what a look has found of a server, and forget what it has not: both are told.

        Args:
            cluster: where the instance is.
            server_id: whose it is.
            version: of the server; when it has changed, looks are counted anew.
            found: the differences.
        """
        this = (drifts.c.cluster == cluster, drifts.c.server_id == server_id)
        listed = [(each.kind.value, each.what) for each in found]
        gone = await self._connection.execute(
            sa.delete(drifts)
            .where(*this, sa.tuple_(drifts.c.kind, drifts.c.what).not_in(listed or [("", "")]))
            .returning(drifts)
        )
        ended = [_drift(row) for row in gone]
        if not found:
            return [], ended
        new = insert(drifts).values(
            [
                {
                    "cluster": cluster,
                    "server_id": server_id,
                    "kind": each.kind.value,
                    "what": each.what,
                    "version": version,
                }
                for each in found
            ]
        )
        same = drifts.c.version == new.excluded.version
        rows = await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[drifts.c.cluster, drifts.c.server_id, drifts.c.kind, drifts.c.what],
                set_={
                    "looks": sa.case((same, drifts.c.looks + 1), else_=1),
                    "version": new.excluded.version,
                    "seen_at": sa.func.now(),
                },
            ).returning(drifts)
        )
        return [_drift(row) for row in rows], ended

    async def all(self, limit: int = MOST_SHOWN) -> Sequence[Drift]:
        """Return what drifts, longest first."""
        rows = await self._connection.execute(
            sa.select(drifts).order_by(drifts.c.found_at).limit(limit)
        )
        return [_drift(row) for row in rows]


def _drift(row: sa.Row[tuple[object, ...]]) -> Drift:
    return Drift(
        cluster=row.cluster,
        server_id=row.server_id,
        version=row.version,
        looks=row.looks,
        difference=Difference(kind=Kind(row.kind), what=row.what),
    )
