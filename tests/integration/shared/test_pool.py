"""Connections that are lent: each comes back, or is hung up."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import orjson
import pytest

from shared.db.pool import Pool

OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    made = Pool(database_url, 2, orjson.loads)
    yield made
    await made.close()


@pytest.fixture
async def watching(database_url: str) -> AsyncIterator[Any]:
    """A connection that sees how many others there are."""
    made = await asyncpg.connect(database_url)
    yield made
    await made.close()


async def nobody_else(watching: Any) -> None:
    """Return once the others have hung up."""
    async with asyncio.timeout(60):
        while await watching.fetchval(OTHERS):
            pass  # asking lets the others go on


async def test_what_comes_back_is_lent_again(pool: Pool) -> None:
    async with pool.connection() as first:
        pass
    async with pool.connection() as second:
        assert second is first


async def test_what_is_in_use_when_the_pool_closes_hangs_up_when_it_comes_back(
    pool: Pool, watching: Any
) -> None:
    async with pool.connection() as lent:
        await pool.close()
        assert not lent.is_closed()
    assert lent.is_closed()
    await nobody_else(watching)


async def test_who_gives_up_while_a_connection_is_made_leaves_none_open(
    pool: Pool, watching: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    preparing = asyncio.Event()
    made: list[Any] = []

    async def prepare(connection: Any, *_what: Any, **_how: Any) -> None:
        made.append(connection)
        preparing.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncpg.Connection, "set_type_codec", prepare)

    async def borrow() -> None:
        async with pool.connection():
            raise AssertionError("nobody had a connection")

    borrowing = asyncio.create_task(borrow())
    await preparing.wait()
    borrowing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await borrowing
    assert [each.is_closed() for each in made] == [True]
    await nobody_else(watching)
