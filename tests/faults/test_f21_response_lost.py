"""F21: RAPI accepts a job and the response is lost: the job is found by its mark, one effect."""

from uuid import uuid4

import pytest

from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import (
    DiskAdd,
    DiskSpec,
    InstanceReboot,
    InstanceReinstall,
    InstanceTag,
    InstanceUntag,
    NetworkCreate,
    NicAdd,
    NicSpec,
    Operation,
)
from tests.faults.cloudlet import cloudlet
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases

NAME = "cyc-f21"
OPERATIONS: tuple[Operation, ...] = (
    create(NAME),
    InstanceReboot(instance=NAME),
    DiskAdd(instance=NAME, disk=DiskSpec(name=str(uuid4()), size=64)),
    NicAdd(instance=NAME, nic=NicSpec(name=str(uuid4()), mac="aa:00:00:00:00:01", mode="bridged")),
    InstanceTag(instance=NAME, tag="cyclades:server:one"),
    InstanceUntag(instance=NAME, tag="cyclades:server:one"),
    InstanceReinstall(instance=NAME),
    NetworkCreate(network="cyc-net-f21", cidr="10.9.0.0/24"),
)


@pytest.mark.parametrize("fault", ["lose_responses", "time_out_accepted"])
async def test_every_kind_of_effect_is_had_once(
    migrated_database: MakesDatabases, fault: str
) -> None:
    async with cloudlet(migrated_database, submit_deadline=2.0) as cloud:
        for operation in OPERATIONS:
            before = set(cloud.admin.site().state.jobs)
            cloud.admin.set_faults(**{fault: 1})
            state = await cloud.settled((await cloud.submit(operation)).key)
            made = set(cloud.admin.site().state.jobs) - before
            assert state.status is SubmissionStatus.ACCEPTED, operation
            assert made == {state.job_id}, operation
            assert await cloud.job_ends(state.job_id) == "success", operation
