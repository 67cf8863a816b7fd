"""F27: the job queue is drained: operations stay pending with a reason, and go out in order."""

from uuid import uuid4

from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import InstanceReboot, InstanceStart, InstanceStop, Operation
from tests.faults.cloudlet import cloudlet
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases


async def test_it_is_waited_for_and_said_why(migrated_database: MakesDatabases) -> None:
    async with cloudlet(migrated_database) as cloud:
        name = "cyc-f27"
        await cloud.settled((await cloud.submit(create(name))).key)
        cloud.admin.drain(1)
        operations: tuple[Operation, ...] = (
            InstanceStop(instance=name),
            InstanceStart(instance=name),
            InstanceReboot(instance=name),
        )
        keys = [uuid4() for _ in operations]
        for key, operation in zip(keys, operations, strict=True):
            assert (await cloud.submit(operation, key)).status is SubmissionStatus.PENDING
        cluster = await cloud.until_cluster(lambda each: each.health == "drained")
        assert cluster.cause == "queue_drained"
        for key in keys:
            state = await cloud.gateway.client.submission("c1", key)
            assert (state.status, state.reason) == (SubmissionStatus.PENDING, "cluster_drained")
        cloud.admin.drain(1, drained=False)
        jobs = [(await cloud.settled(key)).job_id or 0 for key in keys]
        assert jobs == sorted(jobs)
        assert [await cloud.job_ends(job) for job in jobs] == ["success"] * 3
        await cloud.until_cluster(lambda each: each.health == "up")


async def test_a_drained_queue_is_tried_by_one_submission_at_a_time(
    migrated_database: MakesDatabases,
) -> None:
    async with cloudlet(migrated_database, drained_pause=0.5) as cloud:
        cloud.admin.drain(1)
        for number in range(20):
            await cloud.gateway.client.submit("c1", uuid4(), create(f"cyc-f27-{number}"))
        await cloud.until_cluster(lambda each: each.health == "drained")
        [row] = await cloud.gateway.sql("SELECT sum(attempts)::int AS attempts FROM submissions")
        # 4 s went by at 0.2 s a submission; all 20 of them, every half a second, would be 80 tries.
        assert row["attempts"] <= 20
