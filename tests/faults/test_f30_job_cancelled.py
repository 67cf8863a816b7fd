"""F30: a job is cancelled: told as cancelled, once, with its class; its instance is as it was."""

from deploy.simulator.settings import Durations
from shared.contracts.operations import InstanceStop
from tests.faults.cloudlet import cloudlet
from tests.faults.observed import instances, jobs, observing, watcher_database
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases

SLOW = {"durations": Durations(default=2.0, start_delay=0.002, by_opcode={})}


async def test_what_never_ran_is_told_as_cancelled(migrated_database: MakesDatabases) -> None:
    database = watcher_database(migrated_database)
    async with (
        cloudlet(migrated_database, simulated=SLOW) as cloud,
        observing(cloud, database) as observer,
    ):
        made = await cloud.settled((await cloud.submit(create("cyc-f30"))).key)
        stop = await cloud.settled((await cloud.submit(InstanceStop(instance="cyc-f30"))).key)
        assert stop.job_id is not None
        cancelled = await cloud.gateway.client.cancel("c1", stop.epoch, stop.job_id)
        assert cancelled.canceled
        facts = await observer.until(
            lambda told: (
                "success" in jobs(told).get((1, made.job_id or 0), [])
                and "canceled" in jobs(told).get((1, stop.job_id or 0), [])
            )
        )
        assert jobs(facts)[1, stop.job_id].count("canceled") == 1
        assert "running" not in jobs(facts)[1, stop.job_id]
        (why,) = [fact["error"] for fact in facts if fact.get("status") == "canceled"]
        assert why["failure"] == "canceled"
        assert instances(facts, "cyc-f30")[-1]["status"] == "running"
