"""An actor on a simulated cluster and a real PostgreSQL: what happens there is published once."""

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.simulator.testing import RunningSimulator
from services.ganeti_watcher.domain.compare import MISSING_FOR
from services.ganeti_watcher.domain.cursor import OpenJob
from services.ganeti_watcher.store.stores import Transaction
from shared.errors import StaleWrite
from tests.parts.watching import Rapi, Watched, watching

KEY = "0f9c4a52-7d2e-4f2a-9f5e-6f9a4b7c1d20"


async def test_a_create_is_told_transition_by_transition_after_its_instance(
    rapi: Rapi, watched: Watched
) -> None:
    job_id = await rapi.create("cyc-1", reason=f"cyclades:{KEY}")
    await rapi.ended(job_id)
    facts = await watched.look()
    instance, *jobs = facts
    assert instance["key"].startswith("ganeti.instance.observed.-.")
    assert (instance["name"], instance["status"], instance["sequence"]) == ("cyc-1", "running", 1)
    mine = [fact for fact in jobs if fact["job_id"] == job_id]
    assert [fact["status"] for fact in mine] == ["queued", "waiting", "running", "success"]
    assert mine[-1]["submission"] == KEY
    assert await watched.look() == [], "nothing new, nothing told"


async def test_what_administrators_do_is_told_like_everything_else(
    rapi: Rapi, watched: Watched
) -> None:
    await rapi.ended(await rapi.create("cyc-1"))
    await watched.look()
    await rapi.ended(await rapi.submit("PUT", "/2/instances/cyc-1/shutdown"))
    seen = [fact for fact in await watched.look() if "name" in fact]
    assert [(fact["name"], fact["status"], fact["sequence"]) for fact in seen] == [
        ("cyc-1", "ADMIN_down", 2)
    ]


async def test_a_removed_instance_is_told_as_absent(rapi: Rapi, watched: Watched) -> None:
    await rapi.ended(await rapi.create("cyc-1"))
    await watched.look()
    await rapi.ended(await rapi.submit("DELETE", "/2/instances/cyc-1"))
    seen = [fact for fact in await watched.look() if "name" in fact]
    assert [(fact["name"], fact["present"]) for fact in seen] == [("cyc-1", False)]


async def test_a_failed_job_says_why(rapi: Rapi, watched: Watched) -> None:
    await rapi.ended(await rapi.submit("PUT", "/2/instances/cyc-9/shutdown"))
    *_, last = await watched.look()
    assert (last["status"], last["error"]["failure"]) == ("error", "not_found")


async def test_a_watcher_that_starts_again_goes_on_where_its_commit_was(
    rapi: Rapi, watched: Watched, transaction: Transaction, engine: AsyncEngine
) -> None:
    first = await rapi.create("cyc-1")
    await rapi.ended(first)
    await watched.look()
    second = await rapi.create("cyc-2")
    await rapi.ended(second)
    again = await watching(rapi, transaction, engine)
    told = {fact["job_id"] for fact in await again.look() if "summary" in fact}
    assert told == {second}


async def test_a_watcher_whose_cluster_was_taken_over_writes_nothing(
    rapi: Rapi, watched: Watched, transaction: Transaction
) -> None:
    async with transaction() as stores:
        await stores.leases.release("one", [rapi.name])
        await stores.leases.leave("one")
        held = await stores.leases.hold("two", [rapi.name])
    assert held.fences[rapi.name] == watched.actor.fence + 1
    await rapi.ended(await rapi.create("cyc-1"))
    with pytest.raises(StaleWrite):
        await watched.look()


async def test_jobs_made_before_the_first_look_are_told(
    rapi: Rapi, transaction: Transaction, engine: AsyncEngine
) -> None:
    job_id = await rapi.create("cyc-1")
    await rapi.ended(job_id)
    told = await (await watching(rapi, transaction, engine)).look()
    assert job_id in {fact.get("job_id") for fact in told if fact.get("status") == "success"}


async def test_trouble_is_believed_when_two_looks_show_it(
    rapi: Rapi, watched: Watched, simulator: RunningSimulator
) -> None:
    await rapi.ended(await rapi.create("cyc-1"))
    await watched.look()
    simulator.admin.crash("cyc-1")
    assert await watched.states() == []
    (seen,) = await watched.states()
    assert (seen["name"], seen["status"]) == ("cyc-1", "ERROR_down")


async def test_what_a_look_at_all_instances_says_is_old_where_a_job_told_since(
    rapi: Rapi, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rapi.ended(await rapi.create("cyc-1"))
    await watched.look()
    old = await watched.actor.states._reader.everyone()

    async def stopped_meanwhile() -> object:
        await rapi.ended(await rapi.submit("PUT", "/2/instances/cyc-1/shutdown"))
        await watched.actor.following.look()
        return old

    monkeypatch.setattr(watched.actor.states._reader, "everyone", stopped_meanwhile)
    told = [fact for fact in await watched.states() if "name" in fact]
    assert [(fact["status"], fact["sequence"]) for fact in told] == [("ADMIN_down", 2)]


async def test_a_job_that_ganeti_forgot_is_told_as_lost(watched: Watched) -> None:
    cursor = watched.actor.following.cursor
    assert cursor is not None
    forgotten = OpenJob(job_id=cursor.high + 50, epoch=1, rank=0)
    watched.actor.following.cursor = replace(cursor, open={forgotten.place: forgotten})
    await watched.look()
    watched.clock[0] += MISSING_FOR
    (told,) = [fact for fact in await watched.look() if fact.get("status") == "lost"]
    assert (told["job_id"], told["error"]["failure"]) == (forgotten.job_id, "unknown_outcome")


async def test_a_job_that_was_archived_before_its_end_was_seen_is_told_as_it_ended(
    rapi: Rapi, watched: Watched, simulator: RunningSimulator
) -> None:
    job_id = await rapi.create("cyc-1")
    await rapi.ended(job_id)
    simulator.admin.archive()
    cursor = watched.actor.following.cursor
    assert cursor is not None
    job = OpenJob(job_id=job_id, epoch=1, rank=0)
    watched.actor.following.cursor = replace(
        cursor, high=job_id, anchor=None, open={job.place: job}
    )
    told = await watched.look()
    watched.clock[0] += MISSING_FOR
    told += await watched.look()
    assert [fact["status"] for fact in told if fact.get("job_id") == job_id][-1] == "success"
