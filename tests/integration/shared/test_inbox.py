"""What a consumer has handled, it knows when it comes again."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import sqlalchemy as sa

from shared.db.database import Database
from shared.db.messaging import Inbox, MessagingTables
from shared.db.uow import engine_for

TABLES = MessagingTables(sa.MetaData())


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[Database]:
    made = engine_for(database_url)
    async with made.begin() as connection:
        await connection.run_sync(TABLES.metadata.create_all)
    yield made
    await made.dispose()


async def test_a_message_is_seen_for_the_first_time_once(engine: Database) -> None:
    message = uuid4()

    async def see() -> bool:
        async with engine.transaction() as connection:
            return await Inbox(connection, TABLES).first_sight("one", message)

    assert sorted(await asyncio.gather(*(see() for _ in range(4)))) == [False] * 3 + [True]
    async with engine.transaction() as connection:
        assert await Inbox(connection, TABLES).first_sight("two", message)
