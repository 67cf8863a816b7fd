"""F29: a job is archived before its end was seen: told as it ended; purged: lost, look it up."""

import pytest

from services.ganeti_watcher.domain import compare
from shared.contracts.operations import InstanceStop
from tests.faults.cloudlet import cloudlet
from tests.faults.observed import instances, jobs, observing, watcher_database
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases


async def test_archived_jobs_are_told_in_full(migrated_database: MakesDatabases) -> None:
    database = watcher_database(migrated_database)
    async with cloudlet(migrated_database) as cloud:
        first = await cloud.settled((await cloud.submit(create("cyc-f29-0"))).key)
        async with observing(cloud, database) as before:
            await before.until(lambda told: "success" in jobs(told).get((1, first.job_id or 0), []))
        made = await cloud.settled((await cloud.submit(create("cyc-f29"))).key)
        stopped = await cloud.settled((await cloud.submit(InstanceStop(instance="cyc-f29"))).key)
        await cloud.job_ends(stopped.job_id)
        cloud.admin.archive()
        # While everything recent is archived, the queue shows no highest id: a later job does.
        last = await cloud.settled((await cloud.submit(create("cyc-f29-2"))).key)
        wanted = {(1, each.job_id or 0) for each in (made, stopped, last)}
        async with observing(cloud, database) as after:
            facts = await after.until(
                lambda told: all("success" in jobs(told).get(each, []) for each in wanted)
            )
        complete = ["queued", "waiting", "running", "success"]
        assert all(jobs(facts)[place] == complete for place in wanted)
        assert instances(facts, "cyc-f29")[-1]["status"] == "ADMIN_down"


async def test_jobs_nobody_knows_any_more_get_a_last_word_all_the_same(
    migrated_database: MakesDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "MISSING_FOR", 0.5)  # seconds: half a minute, scaled
    database = watcher_database(migrated_database)
    async with cloudlet(migrated_database) as cloud, observing(cloud, database) as observer:
        first = await cloud.settled((await cloud.submit(create("cyc-f29"))).key)
        assert first.job_id is not None
        await observer.until(lambda told: "success" in jobs(told).get((1, first.job_id or 0), []))
        cloud.admin.skip_ids(count=2)
        await cloud.submit(InstanceStop(instance="cyc-f29"))
        gone = {(1, first.job_id + 1), (1, first.job_id + 2)}
        facts = await observer.until(lambda told: gone <= jobs(told).keys())
        assert all(jobs(facts)[place] == ["lost"] for place in gone)
        lost = [fact for fact in facts if fact.get("status") == "lost"]
        assert {fact["error"]["failure"] for fact in lost} == {"unknown_outcome"}
