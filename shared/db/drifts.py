"""What a service's rows and a cluster disagree on, over several looks.

A look says what it has found of a scope (a cluster, or some of its things); what it has not found
there any more is forgotten. What lasts is told to operators as an event, in the same transaction.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.drift import ENDED, FOUND, LASTS, DriftChanged
from shared.db.messaging import Outbox

MOST_SHOWN: Final = 1000
DRIFTS: Final = (
    "SELECT cluster, kind, subject AS id, what, looks, found_at FROM drifts "
    f"WHERE looks >= {LASTS} ORDER BY found_at, subject LIMIT {MOST_SHOWN}"
)


def drift_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table of differences to one service's metadata."""
    moment, now = sa.DateTime(timezone=True), sa.func.now()
    return sa.Table(
        "drifts",
        metadata,
        sa.Column("cluster", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),  # whose: an id
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),  # of our row when it was seen
        sa.Column("looks", sa.Integer, nullable=False, server_default="1"),
        sa.Column("found_at", moment, nullable=False, server_default=now),
        sa.Column("seen_at", moment, nullable=False, server_default=now),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that our row and a cluster disagree on."""

    cluster: str
    subject: str
    kind: str
    what: str = ""
    version: int = 0  # of our row: once it has changed, looks are counted anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A difference, and in how many looks it was there."""

    difference: Difference
    looks: int
    found_at: datetime

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from others of its cluster: whose, the kind, and of what."""
        return self.difference.subject, self.difference.kind, self.difference.what

    @property
    def lasts(self) -> bool:
        """Whether it has been there long enough to be told, and acted on."""
        return self.looks >= LASTS

    @property
    def begins_to_last(self) -> bool:
        """Whether it is news that it lasts."""
        return self.looks == LASTS


class DriftStore:
    """Differences, inside one transaction.

    Args:
        connection: of the transaction.
        table: the service's.
        outbox: where events leave.
        fact: what says to operators that something lasts.
    """

    def __init__(
        self, connection: AsyncConnection, table: sa.Table, outbox: Outbox, fact: type[DriftChanged]
    ) -> None:
        self._connection = connection
        self._table = table
        self._outbox = outbox
        self._fact = fact

    async def known(self) -> list[Drift]:
        """Return all that was found and has not ended."""
        rows = await self._connection.execute(
            sa.select(self._table).order_by(self._table.c.found_at, self._table.c.subject)
        )
        return [_drift(row) for row in rows]

    async def keep(
        self,
        cluster: str,
        found: Iterable[Difference],
        *,
        of: Collection[str] | None = None,
        apart: timedelta = timedelta(0),
    ) -> list[Drift]:
        """Remember what a look has found of a cluster, and forget what it has not.

        Args:
            cluster: which.
            found: the differences.
            of: whose were looked for; None: of everything there.
            apart: between two looks that count, so that two replicas are not two looks.
        """
        new = {(each.subject, each.kind, each.what): each for each in found}
        await self._forget(cluster, of, new.keys())
        if not new:
            return []
        before = {
            (row.subject, row.kind, row.what): row.looks
            for row in await self._connection.execute(
                sa.select(self._table).where(self._table.c.cluster == cluster)
            )
        }
        kept = await self._count(list(new.values()), apart)
        for each in kept:
            difference = each.difference
            known = before.get((difference.subject, difference.kind, difference.what), 0)
            if known < LASTS <= each.looks:
                await self._tell(FOUND, difference, each.looks)
        return kept

    async def _count(self, found: Sequence[Difference], apart: timedelta) -> list[Drift]:
        table = self._table
        new = insert(table).values(
            [
                {
                    "cluster": each.cluster,
                    "subject": each.subject,
                    "kind": each.kind,
                    "what": each.what,
                    "version": each.version,
                }
                for each in found
            ]
        )
        changed = table.c.version != new.excluded.version
        counts = table.c.seen_at <= sa.func.now() - apart
        rows = await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=[table.c.cluster, table.c.subject, table.c.kind, table.c.what],
                set_={
                    "looks": sa.case(
                        (changed, 1), (counts, table.c.looks + 1), else_=table.c.looks
                    ),
                    "version": new.excluded.version,
                    "seen_at": sa.case((changed | counts, sa.func.now()), else_=table.c.seen_at),
                },
            ).returning(table)
        )
        return [_drift(row) for row in rows]

    async def _forget(
        self,
        cluster: str,
        of: Collection[str] | None,
        still: Collection[tuple[str, str, str]],
    ) -> None:
        table = self._table
        here = [table.c.cluster == cluster]
        if of is not None:
            here.append(table.c.subject.in_(list(of)))
        if still:
            named = sa.tuple_(table.c.subject, table.c.kind, table.c.what)
            here.append(named.not_in(list(still)))
        gone = await self._connection.execute(sa.delete(table).where(*here).returning(table))
        for drift in map(_drift, gone):
            if drift.lasts:
                await self._tell(ENDED, drift.difference, drift.looks + 1)

    async def forget_clusters(self, there: Collection[str]) -> None:
        """Drop what was found of clusters that are not there any more."""
        gone = self._table.c.cluster.not_in([*there, ""])
        await self._connection.execute(sa.delete(self._table).where(gone))

    async def _tell(self, verb: str, difference: Difference, looks: int) -> None:
        await self._outbox.publish(
            self._fact(
                verb=verb,
                cluster=difference.cluster,
                kind=difference.kind,
                id=difference.subject,
                what=difference.what,
                looks=looks,
            )
        )


def _drift(row: sa.Row[tuple[object, ...]]) -> Drift:
    difference = Difference(
        cluster=row.cluster,
        subject=row.subject,
        kind=row.kind,
        what=row.what,
        version=row.version,
    )
    return Drift(difference=difference, looks=row.looks, found_at=row.found_at)
