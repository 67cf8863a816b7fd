"""F33: a cluster is offline for 2 h, then back: reads go on, what waited runs in its order."""

import asyncio
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import InstanceReboot, InstanceStart, InstanceStop, Operation
from shared.errors import Unavailable
from tests.faults.cloudlet import cloudlet
from tests.faults.proxy import proxied, standing_between
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases


async def test_what_waits_may_be_taken_back_and_the_rest_runs_in_order(
    migrated_database: MakesDatabases,
) -> None:
    async with cloudlet(migrated_database) as cloud:
        name, client = "cyc-f33", cloud.gateway.client
        await cloud.settled((await cloud.submit(create(name))).key)
        async with proxied(cloud) as proxy:
            port = urlsplit(proxy.url).port or 0
        # From here on nobody answers: two hours, on a scaled clock.
        operations: tuple[Operation, ...] = (
            InstanceStop(instance=name),
            InstanceStart(instance=name),
            InstanceReboot(instance=name),
        )
        keys = [uuid4() for _ in operations]
        for key, operation in zip(keys, operations, strict=True):
            assert (await cloud.submit(operation, key)).status is SubmissionStatus.PENDING
        await cloud.until_cluster(lambda each: each.health in {"failover", "down"})
        async with asyncio.timeout(30):
            cluster = await client.cluster("c1")
            status = await client.status("c1")
            with pytest.raises(Unavailable):
                await client.info("c1")
        assert cluster.nodes, "what was known is still told"
        assert (status.pending, status.in_doubt) == (3, 0)
        assert status.health_since
        given_up = await client.withdraw("c1", keys[1])
        assert (given_up.status, given_up.failure) == (SubmissionStatus.REJECTED, "canceled")
        one = cloud.simulator.clusters[0]
        key_file = one.ca_file.with_name(one.ca_file.name.replace("cert", "key"))
        async with standing_between(one.url, one.ca_file, key_file, port):
            first, second = [await cloud.settled(key) for key in (keys[0], keys[2])]
            await cloud.until_cluster(lambda each: each.health == "up")
        assert (first.job_id or 0) < (second.job_id or 0)
        assert cloud.jobs(keys[1]) == []
        late = await client.withdraw("c1", keys[0])
        assert late.status is SubmissionStatus.ACCEPTED, "what was sent cannot be taken back"
