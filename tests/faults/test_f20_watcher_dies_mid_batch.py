"""F20: the watcher dies between publishing and its cursor: the same ids again, none left out."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from typing_extensions import override

from services.ganeti_watcher.store.stores import Stores, Transaction
from services.ganeti_watcher.store.tables import messaging
from shared.bus.contract import Outgoing
from shared.bus.memory import MemoryBus
from shared.bus.relay import relay_once
from tests.parts.watching import Fact, Rapi, Watched, engine, rapi, simulator, transaction, watching

__all__ = ["engine", "rapi", "simulator", "transaction"]


class Killed(Exception):
    """The process is gone."""


class Recorder(MemoryBus):
    """Takes messages, and may die before it can say so."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.dies = False

    @override
    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Take them."""
        self.ids += [each.message_id for each in messages]
        if self.dies:
            raise Killed


async def test_killed_before_the_commit_everything_is_told_by_the_next(
    rapi: Rapi, transaction: Transaction, engine: AsyncEngine
) -> None:
    first = await watching(rapi, transaction, engine)
    job_id = await rapi.create("cyc-f20")
    await rapi.ended(job_id)

    @asynccontextmanager
    async def killed() -> AsyncIterator[Stores]:
        async with transaction() as stores:
            yield stores
            raise Killed

    first.actor.ledger.transaction = killed
    with pytest.raises(Killed):
        await first.actor.following.look()
    second = await watching(rapi, transaction, engine)
    facts = await second.catch_up()
    assert _statuses(facts, job_id) == ["queued", "waiting", "running", "success"]
    third = await watching(rapi, transaction, engine)
    assert await third.catch_up() == [], "what was committed is told once"


async def test_killed_after_publishing_the_same_ids_are_published_again(
    rapi: Rapi, transaction: Transaction, engine: AsyncEngine
) -> None:
    watched: Watched = await watching(rapi, transaction, engine)
    await rapi.ended(await rapi.create("cyc-f20"))
    await watched.catch_up()
    bus = Recorder()
    bus.dies = True
    with pytest.raises(Killed):
        await relay_once(engine, messaging, bus)
    published, bus.ids, bus.dies = bus.ids, [], False
    sent = await relay_once(engine, messaging, bus)
    assert sent == len(bus.ids)
    assert bus.ids[: len(published)] == published
    assert len(bus.ids) == len(set(bus.ids))
    async with engine.connect() as connection:
        rows = await connection.execute(
            sa.select(messaging.outbox.c.message_id).order_by(messaging.outbox.c.id)
        )
        assert bus.ids == [str(row.message_id) for row in rows], "no gap, and in order"


def _statuses(facts: list[Fact], job_id: int) -> list[str]:
    return [fact["status"] for fact in facts if fact.get("job_id") == job_id and "summary" in fact]
