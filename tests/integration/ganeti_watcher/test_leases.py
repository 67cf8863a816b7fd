"""Several replicas share the clusters; a cluster is never watched by two that may write."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ganeti_watcher.settings import Pace
from services.ganeti_watcher.store.stores import Transaction
from services.ganeti_watcher.store.tables import clusters, replicas
from services.ganeti_watcher.watch.supervisor import Supervisor
from shared.contracts.gateway import Cluster
from shared.errors import Unavailable
from tests.parts.watching import Rapi

NAMES = [f"c{number}" for number in range(7)]


async def test_a_held_cluster_is_nobody_elses(transaction: Transaction) -> None:
    async with transaction() as stores:
        assert (await stores.leases.hold("one", ["c"])).fences == {"c": 1}
    async with transaction() as stores:
        assert (await stores.leases.hold("two", ["c"])).fences == {}
    async with transaction() as stores:
        assert (await stores.leases.hold("one", ["c"])).fences == {"c": 1}


async def test_a_lease_that_ran_out_by_the_databases_clock_is_taken_with_a_new_fence(
    transaction: Transaction, engine: AsyncEngine
) -> None:
    async with transaction() as stores:
        await stores.leases.hold("one", ["c"])
    async with engine.begin() as connection:
        past = sa.func.now() - sa.text("interval '1 minute'")
        await connection.execute(sa.update(clusters).values(leased_until=past))
        await connection.execute(sa.update(replicas).values(seen_at=past))
    async with transaction() as stores:
        assert (await stores.leases.hold("two", ["c"])).fences == {"c": 2}
    async with transaction() as stores:
        assert (await stores.leases.hold("one", ["c"])).fences == {}


async def test_replicas_share_the_clusters(transaction: Transaction) -> None:
    async with transaction() as stores:
        assert len((await stores.leases.hold("one", NAMES)).fences) == len(NAMES)
    async with transaction() as stores:
        assert not (await stores.leases.hold("two", NAMES)).fences
    async with transaction() as stores:
        surplus = (await stores.leases.hold("one", NAMES)).surplus
        await stores.leases.release("one", surplus)
    async with transaction() as stores:
        mine = (await stores.leases.hold("two", NAMES)).fences
    async with transaction() as stores:
        held = await stores.leases.hold("one", NAMES)
    assert (len(held.fences), held.surplus, set(mine)) == (4, [], set(surplus))
    assert not held.fences.keys() & mine.keys()


async def test_what_a_replica_that_left_held_is_taken_at_once(transaction: Transaction) -> None:
    async with transaction() as stores:
        await stores.leases.hold("one", NAMES)
    async with transaction() as stores:
        await stores.leases.release("one", NAMES)
        await stores.leases.leave("one")
    async with transaction() as stores:
        assert len((await stores.leases.hold("two", NAMES)).fences) == len(NAMES)


Run = Callable[[], Supervisor]


@pytest.fixture
async def supervisors(rapi: Rapi, transaction: Transaction) -> AsyncIterator[Run]:
    made: list[Supervisor] = []

    def make() -> Supervisor:
        made.append(Supervisor(rapi, transaction, Pace(heartbeat=0)))
        return made[-1]

    yield make
    for each in made:
        await each._stop_all()


async def test_while_the_gateway_is_away_the_leases_are_kept(
    rapi: Rapi,
    supervisors: Run,
    transaction: Transaction,
    monkeypatch: pytest.MonkeyPatch,
    engine: AsyncEngine,
) -> None:
    supervisor = supervisors()
    await supervisor.round()

    async def away() -> list[Cluster]:
        raise Unavailable("It does not answer.")

    monkeypatch.setattr(rapi, "clusters", away)
    async with engine.begin() as connection:
        soon = sa.func.now() + sa.text("interval '1 second'")
        await connection.execute(sa.update(clusters).values(leased_until=soon))
    await supervisor.round()
    async with engine.connect() as connection:
        left = sa.select(clusters.c.leased_until > sa.func.now() + sa.text("interval '5 seconds'"))
        assert (await connection.execute(left)).scalar_one()


async def test_a_cluster_that_is_not_listed_any_more_keeps_its_cursor(
    rapi: Rapi, supervisors: Run, transaction: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = supervisors()
    await supervisor.round()
    actor = supervisor._watching[rapi.name].actor
    await _until(lambda: actor.following.cursor is not None)

    async def none() -> list[Cluster]:
        return []

    monkeypatch.setattr(rapi, "clusters", none)
    await supervisor.round()
    assert not supervisor._watching
    async with transaction() as stores:
        assert await stores.cursors.load(rapi.name) is not None
        assert (await stores.leases.hold("other", [rapi.name])).fences


async def test_a_watcher_whose_cluster_was_taken_over_stops_looking(
    rapi: Rapi, supervisors: Run, engine: AsyncEngine
) -> None:
    """The paused process: it wakes up, its lease is another's, and it can write nothing."""
    supervisor = supervisors()
    await supervisor.round()
    watching = supervisor._watching[rapi.name]
    await _until(lambda: watching.actor.following.cursor is not None)
    async with engine.begin() as connection:
        await connection.execute(
            sa.update(clusters).values(
                fence=clusters.c.fence + 1,
                owner="other",
                leased_until=sa.func.now() + sa.text("interval '1 minute'"),
            )
        )
    await rapi.create("cyc-1")
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(watching.task, timeout=60)
    await supervisor.round()
    assert not supervisor._watching


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)
