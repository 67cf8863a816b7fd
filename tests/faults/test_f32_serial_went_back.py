"""F32: a cluster is restored from an old backup and its job serial goes back: a new epoch."""

from shared.contracts.operations import InstanceStop
from tests.faults.cloudlet import cloudlet
from tests.faults.observed import instances, jobs, observing, watcher_database
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases


async def test_reused_ids_are_other_jobs_and_none_is_missed(
    migrated_database: MakesDatabases,
) -> None:
    database = watcher_database(migrated_database)
    async with cloudlet(migrated_database) as cloud, observing(cloud, database) as observer:
        last = 0
        for number in range(4):
            state = await cloud.settled((await cloud.submit(create(f"cyc-f32-{number}"))).key)
            last = state.job_id or 0
        await observer.until(lambda told: "success" in jobs(told).get((1, last), []))
        cloud.admin.regress_serial(to=last - 3)
        again = cloud.admin.operate("OP_INSTANCE_SHUTDOWN", instance_name="cyc-f32-0")
        assert again < last
        facts = await observer.until(
            lambda told: any(
                "success" in found
                for (epoch, job), found in jobs(told).items()
                if epoch > 1 and job == again
            )
        )
        assert instances(facts, "cyc-f32-0")[-1]["status"] == "ADMIN_down"
        assert jobs(facts)[1, last].count("success") == 1, "what was told stays told"
        cluster = await cloud.until_cluster(lambda each: each.epoch > 1)
        state = await cloud.settled((await cloud.submit(InstanceStop(instance="cyc-f32-1"))).key)
        place = (state.epoch, state.job_id or 0)
        assert state.epoch >= cluster.epoch
        await observer.until(lambda told: "success" in jobs(told).get(place, []))
