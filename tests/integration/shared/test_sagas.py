"""The saga runner against a real PostgreSQL: going on, waiting, waking, crashing, giving up."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.db.database import Database
from shared.db.jobs import job_key
from shared.db.messaging import MessagingTables
from shared.db.sagas import SagaStore, saga_desk
from shared.db.uow import engine_for
from shared.errors import Unavailable
from shared.ids import new_uuid
from shared.saga.definition import GiveUp, Notes, Rewind, Saga, Step, TakenOver, Wait
from shared.saga.runner import Begin, Runner

metadata = sa.MetaData()
tables = MessagingTables(metadata)
SUBJECT = UUID("6b1f0000-0000-4000-8000-000000000001")


@dataclass
class World:
    """What the steps did, and what they are told to do."""

    done: list[str] = field(default_factory=list)
    ended: bool = False
    trouble: list[Exception] = field(default_factory=list)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event | None = None


async def first(world: World, notes: Notes) -> Notes:
    world.done.append("first")
    return {"awaits": job_key("athens", 1, 7), "tried": notes.get("tried", 0) + 1}


async def drop_first(world: World, _notes: Notes) -> None:
    world.done.append("drop first")


async def second(world: World, _notes: Notes) -> Notes:
    world.done.append("second")
    world.entered.set()
    if world.hold:
        await world.hold.wait()
    if world.trouble:
        raise world.trouble.pop(0)
    if not world.ended:
        raise Wait(3600)
    return {}


async def say_so(world: World, notes: Notes) -> None:
    world.done.append(f"gave up: {notes['gave_up']}")


SAGA: Saga[World] = Saga(
    "test.saga", (Step("first", first, drop_first), Step("second", second)), say_so
)


async def light(world: World, _notes: Notes) -> Notes:
    world.done.append("light")
    return {"light": True}


LIGHT: Saga[World] = Saga(
    "test.light", (Step("light", light, is_light=True), Step("second", second))
)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[Database]:
    engine = engine_for(database_url, size=4)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
def begin(engine: AsyncEngine) -> Begin:
    return saga_desk(engine, tables.sagas)


@pytest.fixture
async def started(begin: Begin) -> None:
    async with begin() as sagas:
        await sagas.start(SAGA.name, SUBJECT, {}, "req-1")


def runner(begin: Begin, world: World) -> Runner[World]:
    return Runner(begin, {SAGA.name: SAGA}, world)


async def the_saga(engine: AsyncEngine) -> Any:
    async with engine.connect() as connection:
        query = sa.select(tables.sagas).order_by(tables.sagas.c.created_at.desc()).limit(1)
        return (await connection.execute(query)).one()


async def _ended(engine: AsyncEngine) -> None:
    while (await the_saga(engine)).outcome is None:
        pass  # asking gives way to the loop under test


async def let_leases_run_out(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            sa.update(tables.sagas).values(
                leased_until=sa.func.now() - timedelta(seconds=1), wake_at=sa.func.now()
            )
        )


@pytest.mark.usefixtures("started")
async def test_a_saga_goes_on_until_it_waits_and_ends_when_woken(
    begin: Begin, engine: AsyncEngine
) -> None:
    world = World()
    assert await runner(begin, world).run_once()
    assert world.done == ["first", "second"]
    assert not await runner(begin, world).run_once(), "it waits for an hour"
    world.ended = True
    async with begin() as sagas:
        await sagas.wake_waiting([job_key("athens", 1, 7)])
    assert await runner(begin, world).run_once()
    assert (await the_saga(engine)).outcome == "done"


@pytest.mark.usefixtures("started")
async def test_giving_up_takes_back_every_step_and_then_says_so(
    begin: Begin, engine: AsyncEngine
) -> None:
    world = World(trouble=[GiveUp("no way")])
    await runner(begin, world).run_once()
    assert world.done == ["first", "second", "drop first", "gave up: no way"]
    assert (await the_saga(engine)).outcome == "undone"


@pytest.mark.usefixtures("started")
async def test_rewinding_undoes_down_to_a_step_and_goes_forward_from_it(
    begin: Begin, engine: AsyncEngine
) -> None:
    world = World(trouble=[Rewind("first", {"excluded": ["athens"]})], ended=True)
    await runner(begin, world).run_once()
    assert world.done == ["first", "second", "drop first", "first", "second"]
    saga = await the_saga(engine)
    assert saga.outcome == "done"
    assert saga.notes["excluded"] == ["athens"]


@pytest.mark.usefixtures("started")
async def test_a_step_that_fails_is_tried_again_later_and_later(
    begin: Begin, engine: AsyncEngine
) -> None:
    world = World(trouble=[ConnectionError()], ended=True)
    await runner(begin, world).run_once()
    saga = await the_saga(engine)
    assert (saga.attempt, saga.position, saga.outcome) == (1, 1, None)
    assert saga.wake_at > saga.leased_until
    await let_leases_run_out(engine)
    await runner(begin, world).run_once()
    assert (await the_saga(engine)).outcome == "done"
    assert world.done == ["first", "second", "second"], "what was done is not done again"


@pytest.mark.parametrize(
    ("trouble", "longest"),
    [
        (ConnectionError(), 60),
        (Unavailable("It is down."), 60),
        (Unavailable("It is busy.", retry_after=2), 10),
    ],
)
@pytest.mark.usefixtures("started")
async def test_however_often_a_step_fails_it_is_tried_again_before_long(
    begin: Begin, engine: AsyncEngine, trouble: Exception, longest: int
) -> None:
    world = World(trouble=[trouble, trouble])
    await runner(begin, world).run_once()
    await let_leases_run_out(engine)
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE sagas SET attempt = 5000"))
    await runner(begin, world).run_once()
    async with engine.connect() as connection:
        pause = await connection.scalar(
            sa.text("SELECT extract(epoch FROM wake_at - now()) FROM sagas WHERE attempt = 5001")
        )
    assert longest / 4 < pause <= longest


@pytest.mark.usefixtures("started")
async def test_a_step_whose_subject_was_taken_over_is_tried_again_and_is_no_alarm(
    begin: Begin, engine: AsyncEngine
) -> None:
    with structlog.testing.capture_logs() as logs:
        await runner(begin, World(trouble=[TakenOver()], ended=True)).run_once()
    saga = await the_saga(engine)
    assert (saga.attempt, saga.position, saga.outcome) == (1, 1, None)
    assert [(each["log_level"], each["event"]) for each in logs] == [("info", "saga taken over")]


@pytest.mark.usefixtures("started")
async def test_a_runner_that_dies_is_replaced_when_its_lease_runs_out(
    begin: Begin, engine: AsyncEngine
) -> None:
    async with begin() as sagas:
        assert len(await sagas.claim()) == 1  # claimed by a process that dies here
    world = World(ended=True)
    assert not await runner(begin, world).run_once(), "the lease still holds"
    await let_leases_run_out(engine)
    assert await runner(begin, world).run_once()
    assert (await the_saga(engine)).outcome == "done"


async def test_what_light_steps_led_to_is_written_with_the_next(
    begin: Begin, engine: AsyncEngine
) -> None:
    async with begin() as sagas:
        await sagas.start(LIGHT.name, SUBJECT, {})
    world = World(hold=asyncio.Event())
    running = asyncio.create_task(Runner(begin, {LIGHT.name: LIGHT}, world).run_once())
    await world.entered.wait()
    assert (await the_saga(engine)).position == 0
    running.cancel()  # a crash while the second step runs
    await asyncio.gather(running, return_exceptions=True)
    await let_leases_run_out(engine)
    world = World()
    await Runner(begin, {LIGHT.name: LIGHT}, world).run_once()
    ended = await the_saga(engine)
    assert (world.done, ended.position) == (["light", "second"], 1)
    assert ended.notes == {"light": True}


async def test_what_a_saga_waits_for_is_written_before_it_asks(
    begin: Begin, engine: AsyncEngine
) -> None:
    """Else news of it that comes between the two would wake nobody."""
    hasty: Saga[World] = Saga(
        "test.hasty", (Step("first", first, is_light=True), Step("second", second))
    )
    async with begin() as sagas:
        await sagas.start(hasty.name, SUBJECT, {})
    world = World(hold=asyncio.Event())
    running = asyncio.create_task(Runner(begin, {hasty.name: hasty}, world).run_once())
    await world.entered.wait()
    assert (await the_saga(engine)).awaiting == job_key("athens", 1, 7)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.usefixtures("started")
async def test_a_knock_while_a_step_runs_is_not_lost(begin: Begin) -> None:
    world = World(hold=asyncio.Event())
    running = asyncio.create_task(runner(begin, world).run_once())
    await world.entered.wait()
    async with begin() as sagas:
        await sagas.wake(SUBJECT)
    assert world.hold
    world.hold.set()
    await running
    world.ended = True
    assert await runner(begin, world).run_once(), "it was woken, so it must not wait its hour"


@pytest.mark.usefixtures("started")
async def test_a_superseded_saga_writes_nothing_and_its_successor_waits_for_its_step(
    begin: Begin, engine: AsyncEngine
) -> None:
    world = World(hold=asyncio.Event(), ended=True)
    running = asyncio.create_task(runner(begin, world).run_once())
    await world.entered.wait()
    async with begin() as sagas:
        notes = await sagas.supersede(SUBJECT)
        await sagas.start(SAGA.name, SUBJECT, {"successor": True})
    assert notes is not None
    successor = World(ended=True)
    assert not await runner(begin, successor).run_once(), "the old step is still at work"
    assert world.hold
    world.hold.set()
    await running
    assert await runner(begin, successor).run_once()
    async with engine.connect() as connection:
        outcomes = (await connection.execute(sa.select(tables.sagas.c.outcome))).scalars().all()
    assert sorted(outcomes) == ["done", "superseded"]


@pytest.mark.usefixtures("started")
async def test_the_successor_of_a_saga_superseded_between_its_steps_need_not_wait(
    begin: Begin,
) -> None:
    world = World(hold=asyncio.Event(), ended=True)
    longer = Saga(SAGA.name, (Step("second", second), Step("first", first)), say_so)
    running = asyncio.create_task(Runner(begin, {SAGA.name: longer}, world).run_once())
    await world.entered.wait()
    async with begin() as sagas:
        await sagas.supersede(SUBJECT)
        await sagas.start(SAGA.name, SUBJECT, {})
    assert world.hold
    world.hold.set()
    await running
    assert world.done == ["second"]
    assert await runner(begin, World(ended=True)).run_once(), "the lease was not given back"


@pytest.mark.usefixtures("started")
async def test_the_step_of_a_superseded_saga_is_cancelled_at_the_next_renewal(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.saga.runner.RENEW_EVERY", 0.01)
    world = World(hold=asyncio.Event())  # never set: only losing the lease ends the step
    running = asyncio.create_task(runner(begin, world).run_once())
    await world.entered.wait()
    async with begin() as sagas:
        await sagas.supersede(SUBJECT)
    async with asyncio.timeout(60):
        assert await running


async def test_two_runners_never_hold_the_same_saga(begin: Begin, engine: Database) -> None:
    async with begin() as sagas:
        for _ in range(20):
            await sagas.start(SAGA.name, new_uuid(), {})
    async with engine.transaction() as one, engine.transaction() as other, asyncio.timeout(60):
        mine = await SagaStore(one, tables.sagas).claim(10)
        theirs = await SagaStore(other, tables.sagas).claim(20)
    assert len({row.id for row in mine + theirs}) == len(mine + theirs) == 20


async def test_a_saga_that_is_held_is_not_given_out(begin: Begin) -> None:
    async with begin() as sagas:
        await sagas.start(SAGA.name, SUBJECT, {})
        assert await sagas.claim()
        assert await sagas.claim() == []


async def test_who_lost_a_saga_writes_nothing_of_it(begin: Begin, engine: AsyncEngine) -> None:
    async with begin() as sagas:
        await sagas.start(SAGA.name, SUBJECT, {})
        (slept,) = await sagas.claim()
    await let_leases_run_out(engine)
    async with begin() as sagas:
        (heir,) = await sagas.claim()
        assert not await sagas.renew(slept)
        assert await sagas.advance(replace(slept, notes={"old": True})) is None
        assert not await sagas.release(slept, timedelta(), "done")
        assert await sagas.advance(heir) is not None


async def test_a_subject_has_one_live_saga(begin: Begin) -> None:
    async with begin() as sagas:
        await sagas.start(SAGA.name, SUBJECT, {})
        await sagas.start_unless_live(SAGA.name, SUBJECT, {"second": True})
    with pytest.raises(sa.exc.IntegrityError):
        async with begin() as sagas:
            await sagas.start(SAGA.name, SUBJECT, {})


async def test_the_loop_runs_what_is_due_and_stops_when_cancelled(
    begin: Begin, engine: AsyncEngine
) -> None:
    world, nudge = World(ended=True), asyncio.Event()
    loop = asyncio.create_task(runner(begin, world).run(nudge))
    async with begin() as sagas:
        await sagas.start(SAGA.name, SUBJECT, {})
    nudge.set()
    async with asyncio.timeout(60):
        await world.entered.wait()
        await _ended(engine)
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop
