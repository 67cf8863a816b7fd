"""Moves committed outbox rows onto the bus, in the order they were written.

The outbox is where news is safe. A row is marked only after the bus took it, so a crash, a
broker that is down, or a confirm that got lost costs a repeat, never a message.
"""

import asyncio
import logging
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.bus.contract import Bus, Outgoing
from shared.db.database import database
from shared.db.messaging import RELAYING, MessagingTables
from shared.db.prepared import Prepared
from shared.errors import Unavailable

log = logging.getLogger(__name__)

BATCH = 500
KEPT_DAYS = 7
PRUNED_AT_ONCE = 1000
PRUNED_IN_A_ROW = 100


async def relay_once(engine: AsyncEngine, tables: MessagingTables, bus: Bus) -> int:
    """Publish one batch of waiting messages; return how many went out.

    One relay at a time per database: two would swap one resource's news. The ids of one
    resource's rows grow in the order of its commits, because whoever writes them holds the
    resource's row. The transaction stays open while the bus takes the batch, which the bus's
    own deadline bounds. A crash between the confirms and the commit publishes a batch twice;
    consumers drop the repeat.

    Raises:
        shared.errors.Unavailable: the bus did not take the batch; it is still waiting.
    """
    statements = _statements_of(tables.outbox)
    async with database(engine).transaction() as connection:
        # Most looks find nothing: this one needs no transaction.
        if not await statements.any_waiting.value(connection):
            return 0
        if not await statements.our_turn.value(connection):
            return 0
        waiting = {
            row["id"]: Outgoing(
                routing_key=row["routing_key"],
                message_id=str(row["message_id"]),
                body=row["body"],
            )
            for row in await statements.waiting.rows(connection)
        }
        if waiting:
            await bus.publish(list(waiting.values()))
            await statements.mark.count(connection, ids=list(waiting))
    return len(waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statements:
    """What a relay asks all the time, written out once per outbox."""

    any_waiting: Prepared
    our_turn: Prepared
    waiting: Prepared
    mark: Prepared  # ids


@lru_cache(maxsize=100)
def _statements_of(outbox: sa.Table) -> _Statements:
    unpublished = outbox.c.published_at.is_(None)
    mine = outbox.c.id == sa.func.any(sa.bindparam("ids", type_=ARRAY(sa.BigInteger)))
    return _Statements(
        any_waiting=Prepared(sa.select(sa.exists(sa.select(outbox.c.id).where(unpublished)))),
        our_turn=Prepared(sa.select(sa.func.pg_try_advisory_xact_lock(RELAYING))),
        waiting=Prepared(
            sa.select(outbox.c.id, outbox.c.message_id, outbox.c.routing_key, outbox.c.body)
            .where(unpublished)
            .order_by(outbox.c.id)
            .limit(BATCH)
        ),
        mark=Prepared(sa.update(outbox).where(mine).values(published_at=sa.func.now())),
    )


async def prune_once(engine: AsyncEngine, tables: MessagingTables) -> int:
    """Delete the oldest published messages that are past keeping; return how many went."""
    outbox = tables.outbox
    old = (
        sa.select(outbox.c.id)
        .where(outbox.c.published_at < sa.func.now() - sa.func.make_interval(0, 0, 0, KEPT_DAYS))
        .order_by(outbox.c.published_at)
        .limit(PRUNED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    async with engine.begin() as connection:
        gone = await connection.execute(sa.delete(outbox).where(outbox.c.id.in_(old)))
    return gone.rowcount


class Relay:
    """Relays for as long as its service runs.

    Args:
        engine: the service's database.
        tables: where its outbox is.
        bus: takes the messages.
        nudge: set by commits that may have written to the outbox; the poll is the safety net.
        poll: seconds between two looks without a nudge.
        longest_pause: seconds between two tries while the bus or the database is away.
        prune_every: seconds between two rounds of deleting old messages.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        tables: MessagingTables,
        bus: Bus,
        *,
        nudge: asyncio.Event | None = None,
        poll: float = 0.5,
        longest_pause: float = 2.0,
        prune_every: float = 60.0,
    ) -> None:
        self._engine = engine
        self._tables = tables
        self._bus = bus
        self._nudge = nudge or asyncio.Event()
        self._poll = poll
        self._longest_pause = longest_pause
        self._prune_every = prune_every

    async def run(self) -> None:
        """Relay and prune until cancelled, whatever goes wrong in between."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_relaying(), name="relay")
            group.create_task(self._keep_pruning(), name="relay-prune")

    async def _keep_relaying(self) -> None:
        failures = 0
        while True:
            self._nudge.clear()  # before looking: a commit while we look asks for another look
            try:
                sent = await relay_once(self._engine, self._tables, self._bus)
            except Exception as problem:
                _report(problem)
                failures += 1
                await asyncio.sleep(self._pause_after(failures))
                continue
            failures = 0
            if sent < BATCH:
                await self._wait_for_news()

    async def _wait_for_news(self) -> None:
        try:
            async with asyncio.timeout(self._poll):
                await self._nudge.wait()
        except TimeoutError:
            return

    def _pause_after(self, failures: int) -> float:
        return min(0.1 * 2.0 ** min(failures, 16), self._longest_pause)

    async def _keep_pruning(self) -> None:
        while True:
            try:
                for _ in range(PRUNED_IN_A_ROW):
                    if await prune_once(self._engine, self._tables) < PRUNED_AT_ONCE:
                        break
            except Exception as problem:
                _report(problem)
            await asyncio.sleep(self._prune_every)


def _report(problem: Exception) -> None:
    """Say what keeps the outbox full; only what nobody expects is worth a traceback."""
    match problem:
        case Unavailable():
            log.warning("the bus takes nothing now", extra={"why": problem.message})
        case SQLAlchemyError() | OSError() | TimeoutError():
            log.warning("the outbox cannot be read now", extra={"why": type(problem).__name__})
        case _:
            log.error("relaying failed", exc_info=problem)
