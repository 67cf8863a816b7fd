"""Every change of an instance, carried out by a simulated kvm cluster: once, whatever happens."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from deploy.simulator.control import Control
from deploy.simulator.model import Instance
from deploy.simulator.testing import RunningSimulator, running_simulator
from shared.contracts.gateway import Query, SubmissionState, SubmissionStatus
from shared.contracts.operations import (
    DiskAdd,
    DiskAttach,
    DiskDetach,
    DiskGrow,
    DiskRemove,
    DiskSpec,
    InstanceConfigure,
    InstanceExport,
    InstanceFailover,
    InstanceMigrate,
    InstanceReinstall,
    InstanceStart,
    InstanceStop,
    NicAdd,
    NicChange,
    NicRemove,
    NicSpec,
    Operation,
)
from tests.integration.rapi_gateway.rig import Gateway, create, jobs_marked, registered, until

NAME = "cyc-i"
VOLUME = DiskSpec(name="vol", size=16)
NIC = NicSpec(name="port", mac="aa:00:00:00:00:07", ip="10.0.0.7", mode="bridged", link="br0")


@pytest.fixture
async def simulator() -> AsyncIterator[RunningSimulator]:
    async with running_simulator(hypervisors=("kvm",)) as running:
        yield running


@pytest.fixture
async def c1(gateway: Gateway, simulator: RunningSimulator) -> str:
    """A registered cluster with one running instance, its disk of the provider's."""
    name = (await registered(gateway, simulator.clusters[0], ext_provider="cyclades")).name
    await done(gateway, create(NAME, disks=[DiskSpec(name="root", size=16)]))
    return name


async def ended(gateway: Gateway, state: SubmissionState) -> str:
    assert state.job_id is not None, state
    query = Query(fields=["status"], filter=["=", "id", state.job_id])

    async def look() -> str | None:
        status = (await gateway.client.query("c1", "job", query)).rows[0][0][1]
        return status if status in {"success", "error", "canceled"} else None

    found: str = await until(look)
    return found


async def done(gateway: Gateway, operation: Operation) -> SubmissionState:
    """Submit an operation and wait for its job, which must be a success."""
    state = await gateway.client.submit("c1", uuid4(), operation)
    assert state.status is SubmissionStatus.ACCEPTED, state
    assert await ended(gateway, state) == "success"
    return state


def instance(control: Control) -> Instance:
    found: Instance = control.site().state.instances[NAME]
    return found


async def test_disks_come_and_go(gateway: Gateway, simulator: RunningSimulator, c1: str) -> None:
    there = instance(simulator.admin)
    await done(gateway, DiskAdd(instance=NAME, disk=VOLUME, hotplug=True))
    assert [disk.name for disk in there.disks] == ["root", "vol"]
    await done(gateway, DiskGrow(instance=NAME, index=1, size=32))
    assert there.disks[1].size == 32
    await done(gateway, DiskDetach(instance=NAME, disk="vol", hotplug=True))
    uuid = next(iter(simulator.admin.site().state.detached))
    await done(gateway, InstanceStop(instance=NAME))
    await done(gateway, DiskRemove(instance=NAME, disk="root"))
    await done(gateway, DiskAttach(instance=NAME, uuid=uuid, index=0))
    assert [disk.uuid for disk in there.disks] == [uuid]


async def test_nics_come_and_go(gateway: Gateway, simulator: RunningSimulator, c1: str) -> None:
    there = instance(simulator.admin)
    await done(gateway, NicAdd(instance=NAME, nic=NIC, hotplug=True))
    assert [(nic.name, nic.ip) for nic in there.nics] == [("port", "10.0.0.7")]
    await done(gateway, NicChange(instance=NAME, nic="port", ip="10.0.0.8", hotplug=True))
    assert there.nics[0].ip == "10.0.0.8"
    await done(gateway, NicChange(instance=NAME, nic="port"))
    assert there.nics[0].ip is None
    await done(gateway, NicRemove(instance=NAME, nic="port", hotplug=True))
    assert there.nics == []


async def test_parameters_change(gateway: Gateway, simulator: RunningSimulator, c1: str) -> None:
    there = instance(simulator.admin)
    hidden = SecretStr("https://hush")
    await done(
        gateway,
        InstanceConfigure(
            instance=NAME,
            vcpus=3,
            memory=128,
            hypervisor_parameters={"boot_order": "network"},
            os_private={"img_id": hidden},
        ),
    )
    assert (there.beparams["vcpus"], there.beparams["maxmem"]) == (3, 128)
    assert there.hvparams == {"boot_order": "network"}
    assert there.osparams_private == {"img_id": "https://hush"}
    [row] = await gateway.sql("SELECT string_agg(submissions::text, ' ') AS row FROM submissions")
    assert "hush" not in row["row"]
    taken_back = {"boot_order": "default"}
    await done(gateway, InstanceConfigure(instance=NAME, hypervisor_parameters=taken_back))
    assert there.hvparams == {}


async def test_instances_move(gateway: Gateway, simulator: RunningSimulator, c1: str) -> None:
    there = instance(simulator.admin)
    first = there.pnode
    await done(gateway, InstanceMigrate(instance=NAME))
    assert there.pnode != first
    await done(gateway, InstanceFailover(instance=NAME, node=first))
    assert there.pnode == first


async def test_disks_are_read_out_on_the_primary_node(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    await done(gateway, InstanceExport(instance=NAME))
    assert simulator.admin.site().state.exports == {instance(simulator.admin).pnode: [NAME]}
    gone = await gateway.client.submit(c1, uuid4(), InstanceExport(instance="cyc-none"))
    assert gone.status is SubmissionStatus.REJECTED


@pytest.mark.parametrize(
    "operation",
    [
        InstanceConfigure(instance=NAME, vcpus=2),
        DiskAdd(instance=NAME, disk=VOLUME, hotplug=True),
        DiskGrow(instance=NAME, index=0, size=32),
        NicAdd(instance=NAME, nic=NIC, hotplug=True),
        InstanceMigrate(instance=NAME),
        InstanceFailover(instance=NAME),
        InstanceExport(instance=NAME),
    ],
)
async def test_a_change_whose_answer_was_lost_is_found_and_not_repeated(
    gateway: Gateway, simulator: RunningSimulator, c1: str, operation: Operation
) -> None:
    simulator.admin.set_faults(lose_responses=1)
    key = uuid4()
    state = await gateway.client.submit(c1, key, operation)
    assert state.status is SubmissionStatus.ACCEPTED, state
    assert await ended(gateway, state) == "success"
    assert jobs_marked(simulator.admin, key) == [state.job_id]


async def test_a_reinstall_whose_answer_was_lost_is_found_by_its_time(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    again = InstanceReinstall(instance=NAME)
    first = await done(gateway, again)
    simulator.admin.set_faults(lose_responses=1)
    second = await gateway.client.submit(c1, uuid4(), again)
    assert second.status is SubmissionStatus.ACCEPTED, second
    assert second.job_id == simulator.admin.site().state.last_job
    assert second.job_id != first.job_id


async def test_an_operators_reinstall_is_not_taken_for_ours(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    simulator.admin.set_faults(drop_requests=0, latency=0.0)
    await done(gateway, InstanceStop(instance=NAME))
    operators = simulator.admin.operate("OP_INSTANCE_REINSTALL", instance_name=NAME)
    simulator.admin.set_faults(lose_responses=1)
    state = await gateway.client.submit(c1, uuid4(), InstanceReinstall(instance=NAME))
    assert state.status is SubmissionStatus.ACCEPTED, state
    assert state.job_id != operators


async def test_a_reinstall_waits_for_the_job_before_it(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    keys = [uuid4() for _ in range(3)]
    operations: list[Operation] = [
        InstanceConfigure(instance=NAME, os_parameters={"img_id": "sleep0.2"}),
        InstanceReinstall(instance=NAME),
        InstanceStart(instance=NAME),
    ]
    states = [
        await gateway.client.submit(c1, key, operation)
        for key, operation in zip(keys, operations, strict=True)
    ]
    jobs = [state.job_id for state in states]
    assert jobs == sorted(jobs, key=lambda job: job or 0)
    assert [await ended(gateway, state) for state in states] == ["success"] * 3
    ends: list[Any] = [simulator.admin.site().state.jobs[job or 0].end for job in jobs]
    assert ends == sorted(ends)


@pytest.mark.parametrize(
    "operation",
    [
        DiskAdd(instance=NAME, disk=DiskSpec(name="root", size=16)),
        DiskDetach(instance=NAME, disk="gone"),
        DiskRemove(instance=NAME, disk="gone"),
        DiskGrow(instance=NAME, index=0, size=16),
        NicRemove(instance=NAME, nic="gone"),
    ],
)
async def test_what_is_so_already_makes_no_job(
    gateway: Gateway, simulator: RunningSimulator, c1: str, operation: Operation
) -> None:
    before = simulator.admin.site().state.last_job
    state = await gateway.client.submit(c1, uuid4(), operation)
    assert state.status is SubmissionStatus.DONE, state
    assert simulator.admin.site().state.last_job == before


async def test_a_job_that_runs_is_not_cancelled_and_one_of_the_past_never(
    gateway: Gateway, c1: str
) -> None:
    state = await done(gateway, InstanceStop(instance=NAME))
    assert state.job_id is not None
    late = await gateway.client.cancel(c1, state.epoch, state.job_id)
    assert not late.canceled
    assert "not found in queue" in late.message
    other = await gateway.client.cancel(c1, state.epoch + 1, state.job_id)
    assert not other.canceled


async def test_a_job_that_waits_is_cancelled(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    slow = InstanceConfigure(instance=NAME, os_parameters={"img_id": "sleep1"})
    await done(gateway, slow)
    await gateway.client.submit(c1, uuid4(), InstanceReinstall(instance=NAME))
    waits = await gateway.client.submit(c1, uuid4(), InstanceStop(instance=NAME))
    assert waits.job_id is not None
    assert (await gateway.client.cancel(c1, waits.epoch, waits.job_id)).canceled
    assert await ended(gateway, waits) == "canceled"


async def test_a_screen_is_where_the_instance_runs(
    gateway: Gateway, simulator: RunningSimulator, c1: str
) -> None:
    console = await gateway.client.console(c1, NAME)
    port = instance(simulator.admin).network_port
    assert (console.kind, console.host, console.port) == ("vnc", "127.0.0.1", port)
    everywhere = {"vnc_bind_address": "0.0.0.0"}  # noqa: S104 - nobody binds to it
    await done(gateway, InstanceConfigure(instance=NAME, hypervisor_parameters=everywhere))
    site = simulator.admin.site().state
    node = site.nodes[instance(simulator.admin).pnode]
    assert (await gateway.client.console(c1, NAME)).host == node.address
    nowhere = {"vnc_bind_address": ""}
    await done(gateway, InstanceConfigure(instance=NAME, hypervisor_parameters=nowhere))
    path = f"/v1/clusters/{c1}/instances/{{}}/console"
    assert (await gateway.ask("GET", path.format(NAME))).status_code == 501
    await done(gateway, InstanceStop(instance=NAME))
    assert (await gateway.ask("GET", path.format(NAME))).status_code == 409
    assert (await gateway.ask("GET", path.format("cyc-none"))).status_code == 404
