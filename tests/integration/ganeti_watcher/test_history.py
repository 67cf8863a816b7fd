"""No job is left without a last word, whatever becomes of the cluster's history."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.simulator.testing import RunningSimulator
from services.ganeti_watcher.domain.cursor import Cursor, OpenJob
from services.ganeti_watcher.store.stores import Transaction
from services.ganeti_watcher.watch.history import SETTLING
from tests.parts.watching import Fact, Rapi, Watched, watching

KEY = "0f9c4a52-7d2e-4f2a-9f5e-6f9a4b7c1d20"
OTHER = "1f9c4a52-7d2e-4f2a-9f5e-6f9a4b7c1d21"


def of(facts: list[Fact], epoch: int, job_id: int) -> list[str]:
    """The statuses told of a job, in order."""
    return [
        fact["status"]
        for fact in facts
        if fact.get("job_id") == job_id and fact.get("epoch") == epoch
    ]


async def test_a_job_that_took_an_open_jobs_id_is_told_and_the_old_one_is_lost(
    rapi: Rapi, watched: Watched
) -> None:
    await rapi.ended(await rapi.create("cyc-1"))
    await watched.look()
    cursor = watched.actor.following.cursor
    assert cursor is not None
    reused = OpenJob(job_id=cursor.high, epoch=1, rank=0, received=1.0)
    watched.actor.following.cursor = replace(cursor, open={reused.place: reused})
    facts = await watched.catch_up() + await watched.catch_up()
    assert of(facts, 1, reused.job_id) == ["lost"]
    assert of(facts, 2, reused.job_id)[-1] == "success"
    assert len(rapi.broken) == 1


async def test_a_serial_that_went_back_begins_a_new_history(
    rapi: Rapi, watched: Watched, simulator: RunningSimulator
) -> None:
    for number in range(3):
        await rapi.ended(await rapi.create(f"cyc-{number}"))
    await watched.look()
    cursor = watched.actor.following.cursor
    assert cursor is not None
    simulator.admin.regress_serial(to=cursor.high - 2)
    again = await rapi.create("cyc-again")
    assert again == cursor.high - 1
    await rapi.ended(again)
    facts = await watched.catch_up() + await watched.catch_up()
    assert of(facts, 2, again)[-1] == "success"


async def test_an_accepted_job_nobody_saw_before_the_break_is_told_in_both_epochs(
    rapi: Rapi, watched: Watched
) -> None:
    job_id = await rapi.create("cyc-1", reason=f"cyclades:{KEY}")
    rapi.promised.append((1, job_id, KEY))
    rapi.epoch = watched.actor.following.epoch = 2
    facts = await watched.catch_up() + await watched.until_ended(job_id)
    assert of(facts, 1, job_id)[-1] == "success"
    assert of(facts, 2, job_id)[-1] == "success"


async def test_an_accepted_job_that_is_gone_is_lost_though_another_has_its_id(
    rapi: Rapi, watched: Watched
) -> None:
    job_id = await rapi.create("cyc-1", reason=f"cyclades:{OTHER}")
    await rapi.ended(job_id)
    rapi.promised.append((1, job_id, KEY))
    rapi.epoch = watched.actor.following.epoch = 2
    facts = await watched.catch_up()
    assert of(facts, 1, job_id) == ["lost"]
    assert of(facts, 2, job_id)[-1] == "success"


async def test_an_acceptance_that_is_written_down_late_is_found(
    rapi: Rapi, watched: Watched
) -> None:
    rapi.epoch = watched.actor.following.epoch = 2
    await watched.look()
    job_id = await rapi.create("cyc-1", reason=f"cyclades:{KEY}")
    await rapi.ended(job_id)
    rapi.promised.append((1, job_id, KEY))
    watched.clock[0] += SETTLING - 1
    facts = await watched.look()
    assert of(facts, 1, job_id)[-1] == "success"
    watched.clock[0] += 5
    assert of(await watched.look(), 1, job_id) == [], "it is told once"


async def test_what_was_archived_while_nobody_looked_is_walked_through(
    rapi: Rapi, watched: Watched, simulator: RunningSimulator
) -> None:
    cursor = watched.actor.following.cursor
    assert cursor is not None
    for number in range(120):
        simulator.admin.operate("OP_CLUSTER_SET_PARAMS", comment=f"{number}")
    await rapi.ended(cursor.high + 120)
    simulator.admin.archive()
    await rapi.ended(await rapi.create("cyc-1"))
    watched.actor.following.doubt()
    facts = await watched.catch_up()
    told = {fact["job_id"] for fact in facts if fact.get("status") in {"success", "error"}}
    assert told == set(range(cursor.high + 1, cursor.high + 122))


async def test_thousands_of_open_jobs_are_written_at_once(
    rapi: Rapi, watched: Watched, transaction: Transaction, engine: AsyncEngine
) -> None:
    before = watched.actor.following.cursor
    many = {(1, n): OpenJob(job_id=n, epoch=1, rank=0, received=1.5) for n in range(1, 12_000)}
    after = Cursor(epoch=1, high=12_000, anchor=2.5, open=many)
    async with transaction() as stores:
        await stores.cursors.save(rapi.name, before, after, watched.actor.fence)
    again = await watching(rapi, transaction, engine)
    assert again.actor.following.cursor == after


async def test_another_cluster_under_the_same_name_is_followed_from_its_own_beginning(
    rapi: Rapi, watched: Watched, transaction: Transaction, engine: AsyncEngine
) -> None:
    await rapi.ended(await rapi.create("cyc-1"))
    await watched.look()
    same = await watching(rapi, transaction, engine)
    assert same.actor.following.cursor == watched.actor.following.cursor
    rapi.uuid = "another"
    other = await watching(rapi, transaction, engine)
    assert other.actor.following.cursor is None


async def test_a_heartbeat_is_sent_when_it_was_quiet_and_seen_to_arrive(
    rapi: Rapi, watched: Watched
) -> None:
    beating = watched.actor.beating
    beating._pace = replace(beating._pace, heartbeat=300)
    await beating.look()
    assert beating.under_way is None, "it was not quiet for long"
    watched.clock[0] += 301
    await beating.look()
    assert beating.under_way is not None
    cursor = watched.actor.following.cursor
    assert cursor is not None
    await watched.until_ended(cursor.high + 1)
    assert beating.under_way is None
