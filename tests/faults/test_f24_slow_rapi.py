"""F24: RAPI answers after 120 s, or byte by byte: every call ends, other clusters do not wait."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.gateway import Query, SubmissionStatus
from shared.contracts.operations import InstanceReboot
from shared.errors import Unavailable
from tests.faults.cloudlet import cloudlet
from tests.faults.proxy import dripping, proxied
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases

QUICKLY: dict[str, Any] = {"read_deadline": 2.0, "submit_deadline": 2.0}
BYTE_BY_BYTE = 0.2  # seconds each: no pause is long, the whole never ends


async def test_an_answer_that_drips_ends_with_the_deadline_of_the_call(
    migrated_database: MakesDatabases,
) -> None:
    async with cloudlet(migrated_database, **QUICKLY) as cloud, proxied(cloud) as proxy:
        proxy.script.append(dripping(BYTE_BY_BYTE))
        key = uuid4()
        async with asyncio.timeout(30):  # the whole answer takes a minute
            await cloud.submit(InstanceReboot(instance="cyc-x"), key)
            state = await cloud.settled(key)
        assert state.status is SubmissionStatus.ACCEPTED
        assert cloud.jobs(key) == [state.job_id]


async def test_other_clusters_do_not_wait_for_a_slow_one(
    migrated_database: MakesDatabases,
) -> None:
    async with cloudlet(migrated_database, simulated={"clusters": 2}, **QUICKLY) as cloud:
        cloud.admin.set_faults(1, latency=120.0)
        client = cloud.gateway.client
        await asyncio.gather(*(client.submit("c1", uuid4(), create()) for _ in range(80)))
        async with asyncio.timeout(30):
            keys = [uuid4() for _ in range(5)]
            for key in keys:
                await client.submit("c2", key, create())
            for key in keys:
                assert (await cloud.settled(key, "c2")).status is SubmissionStatus.ACCEPTED
            with pytest.raises(Unavailable):
                await client.query("c1", "node", Query(fields=["name"]))
