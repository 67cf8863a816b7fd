"""F28: a very long queue: creates are put off at 80 %, everything at 100 %, nothing is lost."""

from uuid import UUID, uuid4

import pytest

from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import InstanceStop
from shared.errors import Unavailable
from tests.faults.cloudlet import cloudlet
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases


async def test_a_full_queue_says_when_to_come_back(migrated_database: MakesDatabases) -> None:
    async with cloudlet(migrated_database, queue_limit=5) as cloud:
        cloud.admin.drain(1)
        taken = [(await cloud.submit(create(f"cyc-f28-{number}"))).key for number in range(4)]
        with pytest.raises(Unavailable):
            await cloud.submit(create("cyc-f28-too-many"))
        taken.append((await cloud.submit(InstanceStop(instance="cyc-there"))).key)
        refused = await cloud.gateway.ask(
            "PUT",
            f"/v1/clusters/c1/submissions/{uuid4()}",
            {"operation": {"operation": "instance.stop", "instance": "cyc-too-late"}},
        )
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        again = await cloud.submit(InstanceStop(instance="cyc-there"), UUID(taken[-1]))
        assert again.status is SubmissionStatus.PENDING, "a repeat is no new submission"
        cloud.admin.drain(1, drained=False)
        for key in taken:
            assert (await cloud.settled(key)).status is SubmissionStatus.ACCEPTED
        assert (await cloud.submit(create("cyc-f28-now"))).key
