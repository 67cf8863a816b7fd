"""Claims and answers in PostgreSQL: one worker at a time, and no claim outlives its holder."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from shared.db.database import Database
from shared.db.idempotency import (
    Answer,
    Answers,
    Claim,
    Done,
    IdempotencyRows,
    Mismatch,
    Running,
    idempotency_table,
)
from shared.db.uow import engine_for
from shared.errors import StaleWrite
from shared.secrets_box import SecretBox

METADATA = sa.MetaData()
TABLE = idempotency_table(METADATA)
KEY, BODY, OTHER_BODY = b"k" * 32, b"b" * 32, b"o" * 32
BOX = SecretBox(Fernet.generate_key().decode())
ANSWER = Answer(status=202, body='{"adminPass":"sesäme"}'.encode(), headers={"Location": "/x"})
AT_ONCE = timedelta(microseconds=-1)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[Database]:
    made = engine_for(database_url)
    async with made.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    yield made
    await made.dispose()


@pytest.fixture
def rows(engine: Database) -> IdempotencyRows:
    return IdempotencyRows(engine, TABLE, BOX)


async def claimed(rows: IdempotencyRows, body: bytes = BODY) -> Claim:
    outcome = await rows.claim(KEY, body)
    assert isinstance(outcome, Claim)
    return outcome


async def test_a_claim_runs_until_it_is_answered(rows: IdempotencyRows) -> None:
    claim = await claimed(rows)
    assert await rows.claim(KEY, BODY) == Running()
    await rows.keep(claim, ANSWER)
    assert await rows.claim(KEY, BODY) == Done(ANSWER)


async def test_another_body_never_fits(rows: IdempotencyRows) -> None:
    claim = await claimed(rows)
    assert await rows.claim(KEY, OTHER_BODY) == Mismatch()
    await rows.keep(claim, ANSWER)
    assert await rows.claim(KEY, OTHER_BODY) == Mismatch()


async def test_of_many_at_once_one_gets_the_claim(rows: IdempotencyRows) -> None:
    outcomes = await asyncio.gather(*(rows.claim(KEY, BODY) for _ in range(12)))
    assert sum(isinstance(outcome, Claim) for outcome in outcomes) == 1
    assert outcomes.count(Running()) == 11


async def test_a_key_given_back_may_be_claimed_again(rows: IdempotencyRows) -> None:
    await rows.forget(await claimed(rows))
    assert (await claimed(rows, OTHER_BODY)).key == KEY


async def test_an_answer_is_not_forgotten(rows: IdempotencyRows) -> None:
    claim = await claimed(rows)
    await rows.keep(claim, ANSWER)
    await rows.forget(claim)
    assert await rows.claim(KEY, BODY) == Done(ANSWER)


async def test_a_dead_holder_blocks_only_until_its_lease_ends(engine: Database) -> None:
    await claimed(IdempotencyRows(engine, TABLE, BOX, lease=AT_ONCE))
    rows = IdempotencyRows(engine, TABLE, BOX)
    assert await rows.claim(KEY, OTHER_BODY) == Mismatch()
    heir = await claimed(rows)
    assert await rows.claim(KEY, BODY) == Running()
    await rows.keep(heir, ANSWER)
    assert await rows.claim(KEY, BODY) == Done(ANSWER)


async def test_who_lost_the_lease_can_neither_answer_nor_forget(engine: Database) -> None:
    late = await claimed(IdempotencyRows(engine, TABLE, BOX, lease=AT_ONCE))
    rows = IdempotencyRows(engine, TABLE, BOX)
    await claimed(rows)
    await rows.keep(late, ANSWER)
    await rows.forget(late)
    assert await rows.claim(KEY, BODY) == Running()


async def test_losing_the_lease_undoes_the_work_of_the_transaction(engine: Database) -> None:
    late = await claimed(IdempotencyRows(engine, TABLE, BOX, lease=AT_ONCE))
    await claimed(IdempotencyRows(engine, TABLE, BOX))

    async def work_too_long() -> None:
        async with engine.transaction() as connection:
            await connection.execute(sa.text("CREATE TABLE work (id int)"))
            await Answers(connection, TABLE, BOX).keep(late, ANSWER)

    with pytest.raises(StaleWrite):
        await work_too_long()
    async with engine.transaction() as connection:
        assert await connection.scalar(sa.text("SELECT to_regclass('work')")) is None


async def test_an_answer_kept_with_the_work_survives_a_crash_after_it(engine: Database) -> None:
    claim = await claimed(IdempotencyRows(engine, TABLE, BOX, lease=AT_ONCE))
    async with engine.transaction() as connection:
        await Answers(connection, TABLE, BOX).keep(claim, ANSWER)
    rows = IdempotencyRows(engine, TABLE, BOX)  # the repeat, on another process
    assert await rows.claim(KEY, BODY) == Done(ANSWER)


async def test_the_first_answer_stands(rows: IdempotencyRows, engine: Database) -> None:
    claim = await claimed(rows)
    async with engine.transaction() as connection:
        answers = Answers(connection, TABLE, BOX)
        await answers.keep(claim, ANSWER)
        assert await answers.find(claim) == ANSWER
    await rows.keep(claim, Answer(status=200, body=b"{}"))
    assert await rows.claim(KEY, BODY) == Done(ANSWER)


async def test_an_old_answer_is_forgotten_and_purged(engine: Database) -> None:
    old = IdempotencyRows(engine, TABLE, BOX, keep_for=AT_ONCE)
    await old.keep(await claimed(old), ANSWER)
    assert (await claimed(old, OTHER_BODY)).key == KEY
    assert await old.purge() == 1
    assert await old.purge() == 0


async def test_purging_leaves_what_is_still_good(rows: IdempotencyRows) -> None:
    await rows.keep(await claimed(rows), ANSWER)
    assert await rows.purge() == 0
    assert await rows.claim(KEY, BODY) == Done(ANSWER)


async def test_what_is_stored_cannot_be_read_in_the_database(
    rows: IdempotencyRows, engine: Database
) -> None:
    await rows.keep(await claimed(rows), ANSWER)
    async with engine.connect() as connection:
        stored = str((await connection.execute(sa.select(TABLE))).all())
    assert "adminPass" not in stored
    assert "Location" not in stored


async def test_what_was_answered_is_not_done_again_when_the_lease_is_over(engine: Database) -> None:
    rows = IdempotencyRows(engine, TABLE, BOX, lease=AT_ONCE)
    await rows.keep(await claimed(rows), ANSWER)
    assert await rows.claim(KEY, BODY) == Done(ANSWER)
