"""What a replica that was asleep may no longer do, and what is done by one at a time."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ganeti_watcher.domain.watching import Standing
from services.ganeti_watcher.publish.record import Ledger
from services.ganeti_watcher.store.leases import CLAIM, LEASE
from services.ganeti_watcher.store.stores import Transaction
from services.ganeti_watcher.store.tables import clusters
from shared.contracts.ganeti import WatchState
from shared.errors import StaleWrite, Unavailable
from tests.parts.watching import Rapi, Watched, watching


@pytest.fixture
async def heir(rapi: Rapi, watched: Watched, transaction: Transaction) -> int:
    """The fence of the replica that took the cluster over."""
    async with transaction() as stores:
        await stores.leases.release("one", [rapi.name])
        await stores.leases.leave("one")
        held = await stores.leases.hold("two", [rapi.name])
    return held.fences[rapi.name]


async def test_who_was_taken_over_from_tells_no_states(
    rapi: Rapi, watched: Watched, heir: int
) -> None:
    await rapi.ended(await rapi.create("cyc-1"))
    with pytest.raises(StaleWrite):
        await watched.states()


async def test_who_was_taken_over_from_begins_nothing_anew(
    rapi: Rapi, watched: Watched, heir: int, transaction: Transaction, engine: AsyncEngine
) -> None:
    async with transaction() as stores:
        await stores.cursors.start_over(rapi.name, "heir's", heir)
        await stores.cursors.start_over(rapi.name, "another", heir - 1)
    async with engine.connect() as connection:
        assert (await connection.execute(sa.select(clusters.c.uuid))).scalar_one() == "heir's"


async def test_who_was_taken_over_from_says_nothing_of_the_cluster(
    rapi: Rapi, watched: Watched, heir: int, transaction: Transaction
) -> None:
    silent = Standing(state=WatchState.SILENT, reason="It does not answer.", looked_ago=60.0)
    async with transaction() as stores:
        assert await stores.states.write({rapi.name: silent}, {rapi.name: heir - 1}) == []
        assert len(await stores.states.write({rapi.name: silent}, {rapi.name: heir})) == 1


async def test_what_another_is_claiming_is_passed_by(
    transaction: Transaction, engine: AsyncEngine
) -> None:
    async with transaction() as stores:
        await stores.leases.hold("zero", ["c"])
        await stores.leases.release("zero", ["c"])
        await stores.leases.leave("zero")
    claim = {"owner": "two", "wanted": ["c"], "lease": LEASE, "many": 1}
    async with transaction() as first, engine.connect() as second, asyncio.timeout(60):
        assert (await first.leases.hold("one", ["c"])).fences
        assert (await second.execute(CLAIM, claim)).all() == []


async def test_jobs_and_states_are_told_one_after_the_other(rapi: Rapi, watched: Watched) -> None:
    await rapi.ended(await rapi.create("cyc-1"))
    await watched.look()
    await rapi.ended(await rapi.submit("PUT", "/2/instances/cyc-1/shutdown"))
    writing = watched.actor.following.writing
    async with writing, asyncio.timeout(60):
        looking = asyncio.create_task(watched.look())
        while not (looking.done() or writing._waiters):
            await asyncio.sleep(0.01)
        assert not looking.done()
    assert "success" in {fact.get("status") for fact in await looking}


async def test_facts_and_the_cursor_behind_them_are_one_commit(
    rapi: Rapi,
    watched: Watched,
    transaction: Transaction,
    engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def torn(*_given: object) -> None:
        raise Unavailable("The database is gone.")

    await rapi.ended(job := await rapi.create("cyc-1"))
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "_tell", torn)
        with pytest.raises(Unavailable):
            await watched.look()
    again = await watching(rapi, transaction, engine)
    ended = {fact["job_id"] for fact in await again.look() if fact.get("status") == "success"}
    assert job in ended
