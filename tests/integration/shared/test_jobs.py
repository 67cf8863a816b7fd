"""News of jobs, and sagas that wait for them: neither misses the other."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from shared.contracts.ganeti import JobObserved, JobStatus
from shared.db.database import Database
from shared.db.jobs import JobStore, is_final, job_key
from shared.db.messaging import MessagingTables
from shared.db.sagas import SagaStore, saga_desk
from shared.db.uow import engine_for
from shared.saga.runner import Begin
from tests.parts.locks import wait_for_a_lock

metadata = sa.MetaData()
tables = MessagingTables(metadata)
SAGA = "test.saga"
SUBJECT = UUID("6b1f0000-0000-4000-8000-000000000001")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[Database]:
    engine = engine_for(database_url, size=4)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
def begin(engine: Database) -> Begin:
    return saga_desk(engine, tables.sagas)


def news(status: JobStatus, job_id: int = 7) -> JobObserved:
    return JobObserved(cluster="athens", epoch=1, job_id=job_id, status=status)


async def test_a_final_status_is_never_overwritten(engine: Database) -> None:
    async with engine.transaction() as connection:
        jobs = JobStore(connection, tables.jobs)
        assert await jobs.record([news(JobStatus.SUCCESS), news(JobStatus.RUNNING)])
        assert await jobs.record([news(JobStatus.RUNNING)]) == []
        assert await jobs.record([news(JobStatus.ERROR)]) == []
        known = await jobs.expect("athens", 1, 7)
    assert known is not None
    assert known.status is JobStatus.SUCCESS


async def test_whoever_asks_for_a_job_waits_for_news_of_it_that_is_being_written(
    engine: Database,
) -> None:
    """Without the touch in ``expect``, a saga reads old news and sleeps through the new."""

    async def ask() -> JobObserved | None:
        async with engine.transaction() as connection:
            return await JobStore(connection, tables.jobs).expect("athens", 1, 7)

    async with engine.transaction() as telling:
        await JobStore(telling, tables.jobs).record([news(JobStatus.SUCCESS)])
        asking = asyncio.create_task(ask())
        async with engine.by_itself() as looking:
            await wait_for_a_lock(lambda sql: looking.scalar(sa.text(sql)), asking)
        assert not asking.done(), "it answered before the news was committed"
    assert is_final(await asking)


async def test_news_that_come_after_the_question_find_the_saga_that_waits(
    begin: Begin, engine: Database
) -> None:
    async with begin() as sagas:
        await sagas.start(SAGA, SUBJECT, {})
        (held,) = await sagas.claim()
        kept = await sagas.advance(replace(held, awaiting=job_key("athens", 1, 7)))
    async with engine.transaction() as connection:
        assert await JobStore(connection, tables.jobs).expect("athens", 1, 7) is None
    async with engine.transaction() as connection:
        keys = await JobStore(connection, tables.jobs).record([news(JobStatus.SUCCESS)])
        await SagaStore(connection, tables.sagas).wake_waiting(keys)
    assert kept is not None
    async with begin() as sagas:
        await sagas.release(kept, timedelta(hours=1))
        assert [row.subject for row in await sagas.claim()] == [SUBJECT]
