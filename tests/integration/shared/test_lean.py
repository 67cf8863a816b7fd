"""Lean transactions against a real PostgreSQL: SQLAlchemy's answers, at a fraction of the cost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.db.database import Database
from shared.db.pending import Pending
from shared.db.prepared import Prepared
from shared.db.uow import engine_for
from shared.ids import new_uuid

metadata = sa.MetaData()
things = sa.Table(
    "things",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("tags", sa.ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("document", JSONB),
    sa.Column("body", sa.LargeBinary),
)
news = sa.Table(
    "news",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("thing", sa.Uuid, sa.ForeignKey("things.id"), nullable=False),
    sa.Column("words", JSONB, nullable=False),
)
NAMED = Prepared(sa.select(things.c.id, things.c.size).where(things.c.name == sa.bindparam("name")))
GROW = Prepared(
    sa.update(things)
    .where(things.c.name == sa.bindparam("whose"))
    .values(size=things.c.size + sa.bindparam("by", type_=sa.BigInteger))
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    engine = engine_for(database_url, size=1)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield engine
    await engine.dispose()


def thing(name: str, **more: Any) -> dict[str, Any]:
    return {"id": new_uuid(), "name": name, **more}


async def names(database: Database) -> list[str]:
    async with database.by_itself() as connection:
        return list(await connection.scalars(sa.select(things.c.name).order_by(things.c.name)))


async def test_rows_are_those_of_sqlalchemy(database: Database) -> None:
    one = thing("one", size=2**40, tags=["a", "b"], document={"a": [1, None]}, body=b"\x00\x01")
    async with database.transaction() as connection:
        await connection.execute(sa.insert(things).values(one))
        await connection.execute(sa.insert(things), [thing("two"), thing("three")])
    for statement in (
        sa.select(things).where(things.c.name == "one"),
        sa.select(things.c.name).where(things.c.name.in_(["one", "two"])).order_by(things.c.name),
        sa.select(things.c.document["a"][0].as_integer(), sa.func.count()).group_by(sa.text("1")),
        sa.text("SELECT name, size FROM things ORDER BY name"),
    ):
        async with database.connect() as theirs, database.transaction() as ours:
            wanted = (await theirs.execute(statement)).all()
            assert (await ours.execute(statement)).all() == wanted
            found = (await ours.execute(statement)).mappings().all()
            assert [dict(each) for each in found] == [dict(each._mapping) for each in wanted]
    async with database.transaction() as connection:
        row = (await connection.execute(sa.select(things).where(things.c.id == one["id"]))).one()
        assert (row.id, row.name, row._mapping[things.c.size]) == (one["id"], "one", 2**40)


async def test_counts_and_returned_rows_are_told(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(sa.insert(things), [thing("one"), thing("two")])
        changed = await connection.execute(sa.update(things).values(size=5))
        assert changed.rowcount == 2
        again = insert(things).values(thing("one")).on_conflict_do_nothing()
        assert (await connection.execute(again)).rowcount == 0
        gone = await connection.execute(sa.delete(things).returning(things.c.name))
        assert sorted(gone.scalars()) == ["one", "two"]


async def test_no_rows_are_no_rows_whatever_was_asked(database: Database) -> None:
    nothing = sa.text("SELECT name FROM things WHERE name = 'nobody'")
    async with database.transaction() as connection:
        assert (await connection.execute(nothing)).all() == []
        assert (await connection.execute(nothing)).scalar_one_or_none() is None
        assert list(await connection.scalars(nothing)) == []


async def test_what_is_refused_is_told_as_sqlalchemy_tells_it(database: Database) -> None:
    async def add_twice() -> None:
        async with database.transaction() as connection:
            await connection.execute(sa.insert(things).values(thing("one")))
            await connection.execute(sa.insert(things).values(thing("one")))

    with pytest.raises(IntegrityError, match="things_name_key") as refusal:
        await add_twice()
    assert getattr(refusal.value.orig, "sqlstate", None) == "23505"
    assert await names(database) == []


async def test_a_block_left_by_an_exception_changes_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as connection:
            await connection.execute(sa.insert(things).values(thing("one")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await names(database) == []


async def test_a_block_cancelled_in_a_statement_changes_nothing(database: Database) -> None:
    async def work() -> None:
        async with database.transaction() as connection:
            await connection.execute(sa.insert(things).values(thing("one")))
            begun.set()
            await connection.execute(sa.select(sa.func.pg_sleep(60)))

    begun = asyncio.Event()
    for _ in range(3):  # more often than there are connections
        begun.clear()
        task = asyncio.create_task(work())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await names(database) == []


async def test_a_connection_that_was_lost_is_replaced(database: Database) -> None:
    async with database.by_itself() as killer:
        async with database.by_itself() as victim:
            pid = await victim.scalar(sa.select(sa.func.pg_backend_pid()))
        await killer.scalar(sa.select(sa.func.pg_terminate_backend(pid, 5000)))
        try:
            await names(database)
        except DBAPIError:  # the loss was not heard of yet
            assert await names(database) == []


async def test_a_connection_that_the_server_begins_to_end_is_not_lent_again(
    database: Database,
) -> None:
    who = sa.select(sa.func.pg_backend_pid())
    pids = []

    async def ended() -> None:
        async with database.transaction() as connection:
            pids.append(await connection.scalar(who))
            raise asyncpg.InternalClientError("cannot switch to state 12")

    with pytest.raises(asyncpg.InternalClientError):
        await ended()
    async with database.transaction() as connection:
        assert await connection.scalar(who) not in pids


async def test_what_is_put_off_is_written_at_the_end_in_one_statement(database: Database) -> None:
    one, two = thing("one", document=None), thing("two", document={"a": 1})
    told = [{"thing": one["id"], "words": ["first"]}, {"thing": two["id"], "words": ["second"]}]
    async with database.transaction() as connection:
        connection.pending.add(things, [one, two])
        connection.pending.add(news, told[:1])
        connection.pending.add(news, told[1:])
        assert (await connection.execute(sa.select(things))).all() == []
    async with database.by_itself() as connection:
        found = await connection.execute(sa.select(news.c.thing, news.c.words).order_by(news.c.id))
        assert [row._asdict() for row in found] == told
        documents = sa.select(things.c.document).order_by(things.c.name)
        assert list(await connection.scalars(documents)) == [None, {"a": 1}]


async def test_many_rows_with_lists_of_texts_are_written_by_one_text(database: Database) -> None:
    odd = [["b", "a", 'say "hi", {now}', "NULL", "", "ä\\"], [], ["one"]]
    rows = [thing(f"t{at}", tags=tags, size=at) for at, tags in enumerate(odd)]
    pending = Pending()
    pending.add(things, rows)
    ((few, _),) = pending.take()
    pending.add(things, rows * 2)
    ((many, _),) = pending.take()
    assert few == many, "the statement grows with the number of rows"
    async with database.transaction() as connection:
        connection.pending.add(things, rows)
    async with database.by_itself() as connection:
        found = await connection.execute(sa.select(things.c.tags, things.c.size).order_by("name"))
        assert [tuple(row) for row in found] == [(tags, at) for at, tags in enumerate(odd)]


async def test_what_is_put_off_is_written_with_the_rest_or_not_at_all(database: Database) -> None:
    async def tell_of_nothing() -> None:
        async with database.transaction() as connection:
            await connection.execute(sa.insert(things).values(thing("one")))
            connection.pending.add(things, [thing("two")])
            connection.pending.add(news, [{"thing": new_uuid(), "words": []}])

    with pytest.raises(IntegrityError):
        await tell_of_nothing()
    assert await names(database) == []


async def test_a_row_that_is_there_may_be_left_out(database: Database) -> None:
    for _ in range(2):
        async with database.transaction() as connection:
            connection.pending.add(things, [thing("one")], unless_there=True)
    assert await names(database) == ["one"]


async def test_a_statement_put_off_runs_after_the_rows_that_are(database: Database) -> None:
    async with database.transaction() as connection:
        GROW.later(connection, whose="one", by=4)
        connection.pending.add(things, [thing("one", size=1)])
        assert await NAMED.row(connection, name="one") is None
    async with database.by_itself() as connection:
        assert (await NAMED.row(connection, name="one"))["size"] == 5


async def test_locks_taken_at_the_start_are_held_until_the_end(database: Database) -> None:
    free = sa.text("SELECT pg_try_advisory_xact_lock(7)")
    async with database.transaction() as connection:
        await connection.begin(7, -8)
        async with database.by_itself() as other:
            assert await other.scalar(free) is False
    async with database.by_itself() as other:
        assert await other.scalar(free) is True


async def test_prepared_statements_take_values_by_name(database: Database) -> None:
    one = thing("one", size=1)
    async with database.transaction() as connection:
        await connection.execute(sa.insert(things).values(one))
        assert await GROW.count(connection, whose="one", by=4) == 1
        assert await GROW.count(connection, whose="nobody", by=4) == 0
        row = await NAMED.row(connection, name="one")
        assert (row["id"], row["size"]) == (one["id"], 5)
        assert await NAMED.row(connection, name="nobody") is None
        found: UUID = await NAMED.value(connection, name="one")
        assert found == one["id"]
