"""F40: a create fails after its disks were made: a delete always works, nothing leaks."""

from uuid import uuid4

from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import InstanceDelete, NetworkConnect, NetworkCreate, NicSpec
from tests.faults.cloudlet import cloudlet
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases

NAME, NET = "cyc-f40", "cyc-net-f40"


async def test_what_is_left_goes_with_a_delete_and_the_name_is_free(
    migrated_database: MakesDatabases,
) -> None:
    async with cloudlet(migrated_database) as cloud:
        for operation in (
            NetworkCreate(network=NET, cidr="10.40.0.0/24"),
            NetworkConnect(network=NET, group="default", mode="bridged", link="br0"),
        ):
            await cloud.job_ends((await cloud.settled((await cloud.submit(operation)).key)).job_id)
        nic = NicSpec(name=str(uuid4()), mac="aa:00:00:00:40:01", ip="10.40.0.9", network=NET)
        failing = create(NAME, os_parameters={"img_id": "fail1"}, nics=[nic])
        state = await cloud.settled((await cloud.submit(failing)).key)
        assert await cloud.job_ends(state.job_id) == "error"
        gone = await cloud.settled((await cloud.submit(InstanceDelete(instance=NAME))).key)
        assert gone.status in {SubmissionStatus.ACCEPTED, SubmissionStatus.DONE}
        if gone.job_id is not None:
            assert await cloud.job_ends(gone.job_id) == "success"
        world = cloud.admin.site().state
        assert NAME not in world.instances
        assert world.detached == {}
        # The name and the address are free again: the same create, by a new key, succeeds.
        again = await cloud.settled((await cloud.submit(create(NAME, nics=[nic]))).key)
        assert await cloud.job_ends(again.job_id) == "success"
