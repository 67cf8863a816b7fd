"""F38: Ganeti 2.16, 3.0 and 3.1 side by side: each takes every operation the gateway sends."""

from typing import Any
from uuid import uuid4

import pytest

from services.rapi_gateway.ganeti.opcodes.requests import BUILDERS
from shared.contracts.gateway import SubmissionStatus
from shared.contracts.operations import (
    DiskAdd,
    DiskAttach,
    DiskDetach,
    DiskGrow,
    DiskRemove,
    DiskSpec,
    InstanceConfigure,
    InstanceCreate,
    InstanceDelete,
    InstanceExport,
    InstanceFailover,
    InstanceMigrate,
    InstanceReboot,
    InstanceReinstall,
    InstanceStart,
    InstanceStop,
    InstanceTag,
    InstanceUntag,
    NetworkConnect,
    NetworkCreate,
    NetworkDelete,
    NetworkDisconnect,
    NicAdd,
    NicChange,
    NicRemove,
    NicSpec,
    Operation,
)
from tests.faults.cloudlet import Cloudlet, cloudlet
from tests.integration.rapi_gateway.rig import create
from tests.parts.postgres import MakesDatabases

NAME, NET = "cyc-f38", "cyc-net-f38"
DISK, PORT = str(uuid4()), str(uuid4())
LIFE: tuple[Operation, ...] = (
    NetworkCreate(network=NET, cidr="10.38.0.0/24", gateway="10.38.0.1"),
    NetworkConnect(network=NET, group="default", mode="bridged", link="br0"),
    create(NAME, disk_template="ext", disks=[DiskSpec(name="root", size=64, provider="dummy")]),
    DiskAdd(instance=NAME, disk=DiskSpec(name=DISK, size=64, provider="dummy"), hotplug=True),
    NicAdd(
        instance=NAME,
        nic=NicSpec(name=PORT, mac="aa:00:00:00:38:01", ip="10.38.0.9", network=NET),
        hotplug=True,
    ),
    NicChange(instance=NAME, nic=PORT, ip="10.38.0.10", hotplug=True),
    NicRemove(instance=NAME, nic=PORT, hotplug=True),
    DiskRemove(instance=NAME, disk=DISK, hotplug=True),
    DiskGrow(instance=NAME, index=0, size=128),
    InstanceMigrate(instance=NAME),
    InstanceReboot(instance=NAME),
    InstanceStop(instance=NAME),
    InstanceConfigure(instance=NAME, vcpus=2, memory=128),
    InstanceTag(instance=NAME, tag="cyclades:server:one"),
    InstanceUntag(instance=NAME, tag="cyclades:server:one"),
    InstanceReinstall(instance=NAME, start=False),
    InstanceStart(instance=NAME),
    InstanceDelete(instance=NAME),
    NetworkDisconnect(network=NET, group="default"),
    NetworkDelete(network=NET),
)
SPARE = "cyc-f38-spare"
ON_SHARED_DISKS = {"disk_template": "sharedfile", "disks": [DiskSpec(name="root", size=64)]}
RARE: tuple[Operation, ...] = (
    create(SPARE, **ON_SHARED_DISKS),
    DiskAdd(instance=SPARE, disk=DiskSpec(name=DISK, size=64)),
    DiskDetach(instance=SPARE, disk=DISK, hotplug=True),
    DiskAttach(instance=SPARE, uuid="filled in", hotplug=True),
    InstanceExport(instance=SPARE, shutdown=True),
    InstanceFailover(instance=SPARE),
    InstanceDelete(instance=SPARE),
)
# What the versions default differently: said in every request that knows the word.
SAID: dict[type[Any], frozenset[str]] = {
    InstanceCreate: frozenset({"name_check", "ip_check", "start", "wait_for_sync"}),
    DiskAdd: frozenset({"hotplug", "wait_for_sync"}),
    NicAdd: frozenset({"hotplug"}),
    InstanceConfigure: frozenset({"hotplug"}),
}


VERSIONS = ["2.16.2", "3.0.2", "3.1.1"]


def test_no_operation_is_left_out() -> None:
    assert {type(each) for each in (*LIFE, *RARE)} == set(BUILDERS)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_lives_its_life(migrated_database: MakesDatabases, version: str) -> None:
    simulated = {"version": version, "hypervisors": ("kvm",)}
    async with cloudlet(migrated_database, simulated=simulated) as cloud:
        cluster = await cloud.gateway.client.cluster("c1")
        assert (cluster.software_version, cluster.hotplug) == (version, True)
        for operation in LIFE:
            await has_effect(cloud, operation)
        assert cloud.admin.site().state.instances == {}


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_few_servers_live_to_see(
    migrated_database: MakesDatabases, version: str
) -> None:
    simulated = {"version": version, "hypervisors": ("kvm",)}
    async with cloudlet(migrated_database, simulated=simulated) as cloud:
        for operation in RARE:
            [*detached] = cloud.admin.site().state.detached
            if isinstance(operation, DiskAttach):
                await has_effect(cloud, operation.model_copy(update={"uuid": detached[0]}))
            else:
                await has_effect(cloud, operation)
        assert cloud.admin.site().state.instances == {}


async def has_effect(cloud: Cloudlet, operation: Operation) -> None:
    """Have an operation: its job succeeds, and says whatever versions differ in."""
    state = await cloud.settled((await cloud.submit(operation)).key)
    assert state.status is SubmissionStatus.ACCEPTED, (operation, state)
    assert await cloud.job_ends(state.job_id) == "success", operation
    job = cloud.admin.site().state.jobs[state.job_id or 0].ops[-1].input
    assert SAID.get(type(operation), frozenset()) <= job.keys(), operation
    assert not job.get("hotplug_if_possible"), "3.1 knows the word no more"
