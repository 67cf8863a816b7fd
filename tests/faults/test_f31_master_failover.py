"""F31: the master fails over in the middle of work: every accepted job gets a last word."""

import asyncio
from uuid import uuid4

from deploy.simulator.settings import Durations
from shared.contracts.gateway import SubmissionStatus
from tests.faults.cloudlet import cloudlet
from tests.faults.observed import jobs, observing, watcher_database
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases

BUSY = {"durations": Durations(default=0.4, start_delay=0.002, by_opcode={}), "max_running_jobs": 4}
FINAL = {"success", "error", "canceled", "lost"}
MANY = 20


async def test_twenty_creates_across_a_failover_are_each_told_an_end(
    migrated_database: MakesDatabases,
) -> None:
    database = watcher_database(migrated_database)
    async with (
        cloudlet(migrated_database, simulated=BUSY, refresh_seconds=0.5) as cloud,
        observing(cloud, database) as observer,
    ):
        keys = [uuid4() for _ in range(MANY)]
        creates = [
            asyncio.create_task(cloud.submit(create(f"cyc-f31-{number}"), key))
            for number, key in enumerate(keys)
        ]
        await observer.until(lambda told: len(jobs(told)) >= MANY // 2)
        await cloud.admin.fail_over(seconds=0.5, effects=0.5)
        await asyncio.gather(*creates)
        states = [await cloud.settled(key) for key in keys]
        assert {state.status for state in states} == {SubmissionStatus.ACCEPTED}
        wanted = {(state.epoch, state.job_id or 0) for state in states}
        facts = await observer.until(
            lambda told: all(FINAL & set(jobs(told).get(each, [])) for each in wanted)
        )
        assert len(wanted) == MANY, "no two submissions share a job"
        for place in wanted:
            ends = [status for status in jobs(facts)[place] if status in FINAL]
            assert len(ends) == 1, (place, jobs(facts)[place])
        failures = [
            fact["error"]["failure"]
            for fact in facts
            if fact.get("status") == "error" and "cyc-f31" in str(fact.get("instance"))
        ]
        assert set(failures) <= {"unknown_outcome"}, "its work may be done: nobody calls it failed"
