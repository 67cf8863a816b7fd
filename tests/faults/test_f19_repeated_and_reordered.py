"""F19: events come five times, backwards, shuffled or late: the end is as if once and in order."""

import random
from uuid import UUID

from services.ganeti_watcher.domain.jobs import JobResult, JobRow, facts_of
from shared.contracts.ganeti import InstanceObserved, JobStatus
from tests.faults.consuming import consuming, message
from tests.parts.postgres import MakesDatabases

SERVER = UUID("0f9c4a52-7d2e-4f2a-9f5e-6f9a4b7c1d20")
STATUSES = ("running", "ADMIN_down", "running", "ERROR_down", "ADMIN_down")
ROW = JobRow(job_id=7, status=JobStatus.SUCCESS, received=1.0, started=2.0, executed=3.0, ended=4.0)
ROUNDS = 12


async def test_whatever_the_order_the_end_is_the_same(migrated_database: MakesDatabases) -> None:
    chance = random.Random(19)  # a test's, to be repeated
    async with consuming(migrated_database) as compute:
        for number in range(ROUNDS):
            cluster = f"c{number}"
            facts = [
                *(each.fact for each in facts_of(cluster, 1, ROW, -1, JobResult(key="k"))),
                *(
                    InstanceObserved(
                        cluster=cluster, name=f"cyc-{SERVER}", sequence=place, status=status
                    )
                    for place, status in enumerate(STATUSES, 1)
                ),
            ]
            messages = [message(fact) for fact in facts] * 5
            if number == 0:
                messages.reverse()
            else:
                chance.shuffle(messages)
            for start in range(0, len(messages), 9):  # some batches come long after others
                await compute.publish(*messages[start : start + 9])
        jobs, instances = await compute.jobs(), await compute.instances()
        assert not compute.bus.dead
    for number in range(ROUNDS):
        assert jobs[f"c{number}", 1, 7]["status"] == "success"
        last = instances[f"c{number}", str(SERVER)]
        assert (last["sequence"], last["status"]) == (len(STATUSES), STATUSES[-1])
