"""F39: one instance name on two clusters, or a cluster moved: identity is (cluster uuid, name)."""

from uuid import uuid4

import pytest

from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import InstanceDelete
from shared.errors import Conflict
from tests.faults.cloudlet import cloudlet
from tests.integration.rapi_gateway.rig import create, registration
from tests.parts.postgres import MakesDatabases


async def test_each_cluster_has_its_own(migrated_database: MakesDatabases) -> None:
    async with cloudlet(migrated_database, simulated={"clusters": 2}) as cloud:
        name, key = "cyc-f39", uuid4()
        for cluster in ("c1", "c2"):
            await cloud.gateway.client.submit(cluster, key, create(name))
        for number in (1, 2):
            state = await cloud.settled(key, f"c{number}")
            assert await cloud.job_ends(state.job_id, number) == "success"
        gone = await cloud.settled((await cloud.submit(InstanceDelete(instance=name))).key)
        assert await cloud.job_ends(gone.job_id) == "success"
        assert name not in cloud.admin.site(1).state.instances
        assert name in cloud.admin.site(2).state.instances


async def test_a_cluster_that_moved_is_known_by_its_uuid(
    migrated_database: MakesDatabases,
) -> None:
    async with cloudlet(migrated_database, simulated={"clusters": 2}) as cloud:
        client, (one, two) = cloud.gateway.client, cloud.simulator.clusters
        with pytest.raises(Conflict):
            await client.register(registration(one, "another-name"))
        before = await client.cluster("c1")
        await client.remove("c1")
        moved = await client.register(registration(one, "another-name"))
        assert moved.uuid == before.uuid
        await client.remove("c2")
        taken = await client.register(registration(two, "c1"))
        assert taken.uuid != before.uuid
        assert taken.epoch > before.epoch, "ids of jobs that somebody may remember never come back"
        key = uuid4()
        await client.submit("c1", key, create("cyc-f39"))
        state = await cloud.settled(key, "c1")
        assert state.status is SubmissionStatus.ACCEPTED
        assert (cloud.jobs(key, 1), cloud.jobs(key, 2)) == ([], [state.job_id])
