"""F25: 401 after a change of password: the breaker opens with cause auth, no server fails."""

from uuid import uuid4

from pydantic import SecretStr

from shared.contracts.gateway import ClusterPatch, SubmissionStatus
from shared.contracts.operations import InstanceStart, InstanceStop
from shared.secrets_box import SecretBox
from tests.faults.cloudlet import cloudlet
from tests.integration.rapi_gateway.rig import KEY, create
from tests.parts.postgres import MakesDatabases


async def test_what_waits_for_a_credential_is_sent_once_when_there_is_one(
    migrated_database: MakesDatabases,
) -> None:
    async with cloudlet(migrated_database) as cloud:
        name = "cyc-f25"
        await cloud.settled((await cloud.submit(create(name))).key)
        cloud.admin.rotate_credentials(1, password="new")
        keys = [uuid4(), uuid4()]
        for key, kind in zip(keys, (InstanceStop, InstanceStart), strict=True):
            state = await cloud.submit(kind(instance=name), key)
            assert state.status is SubmissionStatus.PENDING
        cluster = await cloud.until_cluster(lambda each: each.health == "down")
        assert cluster.cause == "auth"
        waiting = await cloud.gateway.client.submission("c1", keys[0])
        assert (waiting.status, waiting.reason) == (SubmissionStatus.PENDING, "cluster_down")
        await cloud.gateway.client.change("c1", ClusterPatch(password=SecretStr("new")))
        jobs = [(await cloud.settled(key)).job_id for key in keys]
        assert [cloud.jobs(key) for key in keys] == [[job] for job in jobs]
        assert jobs == sorted(jobs, key=lambda job: job or 0)
        healthy = await cloud.until_cluster(lambda each: each.health == "up")
        assert healthy.cause == ""


async def test_who_may_no_longer_write_is_held_back_and_not_refused(
    migrated_database: MakesDatabases,
) -> None:
    async with cloudlet(migrated_database) as cloud:
        reader = cloud.simulator.clusters[0]
        # What the gateway still holds is good for nothing, however late it reads the change.
        cloud.admin.rotate_credentials(1, password="new")
        # Behind the gateway's back: it would not have taken a reader.
        await cloud.gateway.sql(
            "UPDATE clusters SET username = :name, access_version = access_version + 1,"
            " sealed = :sealed, updated_at = now()",
            name=reader.read_username,
            sealed=SecretBox(KEY).seal(reader.read_password),
        )
        key = uuid4()
        await cloud.submit(InstanceStop(instance="cyc-x"), key)
        cluster = await cloud.until_cluster(lambda each: each.health == "drained")
        assert cluster.cause == "auth"
        state = await cloud.gateway.client.submission("c1", key)
        assert state.status is SubmissionStatus.PENDING
        assert cloud.jobs(key) == []
