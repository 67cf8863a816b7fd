"""The gateway's requests for changes, carried out by the simulator and by a real cluster alike."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr

from services.rapi_gateway.ganeti.opcodes.marking import Surroundings
from services.rapi_gateway.ganeti.opcodes.requests import request_for
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
    InstanceReinstall,
    InstanceTag,
    InstanceUntag,
    NicAdd,
    NicChange,
    NicRemove,
    NicSpec,
    Operation,
)
from tests.contract.ganeti.target import Target

pytestmark = [pytest.mark.asyncio(loop_scope="session")]
NAME = "gw-changes"
OTHER = "gw-other"
EXT = "gw-ext"


async def submitted(target: Target, operation: Operation) -> Any:
    """Send what the gateway would send; gives the job that came of it."""
    around = Surroundings(
        key=uuid4(),
        disk_template="file",
        os=target.os,
        ext_provider="dummy",
        primary=target.node,
    )
    call = request_for(operation, around)
    query = "&".join(f"{name}={value}" for name, value in call.query)
    path = f"{call.path}?{query}" if query else call.path
    return await target.run(call.method, path, call.body)


async def done(target: Target, operation: Operation) -> list[Any]:
    """Have the operation, which must be a success; gives the job's results."""
    job = await submitted(target, operation)
    assert job["status"] == "success", job["opresult"]
    results: list[Any] = job["opresult"]
    return results


async def shown(target: Target, name: str = NAME) -> Any:
    return (await target.call("GET", f"/2/instances/{name}")).json


def create(name: str, **more: Any) -> InstanceCreate:
    given: dict[str, Any] = {"vcpus": 1, "memory": 64, "start": False}
    return InstanceCreate(instance=name, **{**given, **more})


@pytest_asyncio.fixture(loop_scope="session", scope="module", autouse=True)
async def instance(target: Target) -> AsyncIterator[None]:
    """A stopped instance with one disk."""
    await done(target, create(NAME, disks=[DiskSpec(name="root", size=16)]))
    yield
    await done(target, InstanceDelete(instance=NAME))


async def test_disks_are_added_grown_detached_attached_and_removed(target: Target) -> None:
    [added] = await done(target, DiskAdd(instance=NAME, disk=DiskSpec(name="vol", size=16)))
    assert added == [["disk/1", "add:size=16,mode=rw"]]
    assert await done(target, DiskGrow(instance=NAME, index=1, size=32)) == [None]
    assert await done(target, DiskGrow(instance=NAME, index=1, size=32)) == [None]
    now = await shown(target)
    assert (now["disk.names"], now["disk.sizes"]) == (["root", "vol"], [16, 32])
    [gone] = await done(target, DiskDetach(instance=NAME, disk="vol"))
    assert gone == [["disk/1", "detach"]]
    [back] = await done(target, DiskAttach(instance=NAME, uuid=now["disk.uuids"][1]))
    assert back == [["disk/1", "attach:size=32,mode=rw"]]
    assert (await shown(target))["disk.uuids"] == now["disk.uuids"]
    assert await done(target, DiskRemove(instance=NAME, disk="vol")) == [[["disk/1", "remove"]]]


async def test_a_detached_disk_becomes_the_root_of_another_instance(target: Target) -> None:
    """Not of one without disks: Ganeti makes no folder for a first file."""
    await done(target, DiskAdd(instance=NAME, disk=DiskSpec(name="boot", size=16)))
    uuid = (await shown(target))["disk.uuids"][1]
    await done(target, DiskDetach(instance=NAME, disk="boot"))
    await done(target, create(OTHER, disks=[], disk_template="diskless", node=target.node))
    job = await submitted(target, DiskAttach(instance=OTHER, uuid=uuid, index=0))
    assert job["opresult"][0][1][0].startswith("Failed before attach: Can't rename device")
    await done(target, InstanceDelete(instance=OTHER))

    held = DiskSpec(name="held", size=16)
    await done(target, create(OTHER, disks=[held], node=target.node, install=False))
    await done(target, DiskAttach(instance=OTHER, uuid=uuid, index=0))
    await done(target, DiskRemove(instance=OTHER, disk="held"))
    assert (await shown(target, OTHER))["disk.uuids"] == [uuid]
    await done(target, InstanceDelete(instance=OTHER))


async def test_nics_are_added_changed_and_removed(target: Target) -> None:
    nic = NicSpec(name="port", mac="aa:00:00:7a:00:01", ip="10.99.0.7", mode="bridged", link="br1")
    [added] = await done(target, NicAdd(instance=NAME, nic=nic))
    assert added[0][0] == "nic.0"
    await done(target, NicChange(instance=NAME, nic="port", ip="10.99.0.8"))
    assert (await shown(target))["nic.ips"] == ["10.99.0.8"]
    await done(target, NicChange(instance=NAME, nic="port"))
    assert (await shown(target))["nic.ips"] == [None]
    assert await done(target, NicRemove(instance=NAME, nic="port")) == [[["NIC/0", "remove"]]]


async def test_tags_come_and_go(target: Target) -> None:
    tag = "cyclades:server:one"
    before = (await shown(target))["tags"]
    await done(target, InstanceTag(instance=NAME, tag=tag))
    assert tag in (await shown(target))["tags"]
    await done(target, InstanceUntag(instance=NAME, tag=tag))
    assert (await shown(target))["tags"] == before


async def test_parameters_change_and_secrets_are_not_shown(target: Target) -> None:
    change = InstanceConfigure(
        instance=NAME,
        vcpus=2,
        memory=96,
        os_parameters={"img_id": "one"},
        os_private={"img_passwd": SecretStr("hush")},
    )
    job = await submitted(target, change)
    assert job["status"] == "success", job["opresult"]
    assert "hush" not in str(job)
    assert {"be/vcpus", "be/minmem", "be/maxmem", "os/img_id", "os_private/img_passwd"} == {
        what for what, _value in job["opresult"][0]
    }
    now = await shown(target)
    assert (now["beparams"]["vcpus"], now["beparams"]["maxmem"]) == (2, 96)
    taken_back = InstanceConfigure(
        instance=NAME,
        os_parameters={"img_id": "default"},
        os_private={"img_passwd": SecretStr("default")},
    )
    await done(target, taken_back)


async def test_an_instance_is_put_aside_and_taken_back(target: Target) -> None:
    aside = await done(target, InstanceConfigure(instance=NAME, offline=True))
    assert aside == [[["admin_state", "offline"]]]
    back = await done(target, InstanceConfigure(instance=NAME, offline=False))
    assert back == [[["admin_state", "down"]]]


async def test_a_reinstall_leaves_the_parameters_it_was_given(target: Target) -> None:
    private = {"img_passwd": SecretStr("hush")}
    before = InstanceConfigure(
        instance=NAME, os_parameters={"img_id": "one", "img_format": "raw"}, os_private=private
    )
    await done(target, before)
    again = InstanceReinstall(instance=NAME, os_parameters={"img_id": "two"}, start=False)
    assert await done(target, again) == [None, None]
    query = {"fields": ["osparams"], "qfilter": ["&", ["=", "name", NAME]]}
    [[(_status, kept)]] = (await target.call("PUT", "/2/query/instance", query)).json["data"]
    assert kept == {"img_id": "two"}


async def test_the_disks_are_read_out(target: Target) -> None:
    disks = len((await shown(target))["disk.uuids"])
    assert await done(target, InstanceExport(instance=NAME)) == [[True, [True] * disks]]


async def test_what_the_storage_cannot_do_is_a_wrong_state(target: Target) -> None:
    for operation in (InstanceMigrate(instance=NAME), InstanceFailover(instance=NAME)):
        job = await submitted(target, operation)
        assert job["opresult"][0][1][1] == "wrong_state"


async def test_only_an_instance_without_disks_takes_an_attached_disk_of_a_provider(
    target: Target,
) -> None:
    bootable = create(
        EXT, disks=[DiskSpec(name="root", size=16)], disk_template="ext", install=False, start=True
    )
    await done(target, bootable)
    assert (await shown(target, EXT))["status"] == "ADMIN_down"
    more = DiskSpec(name="vol", size=16, provider="dummy")
    await done(target, DiskAdd(instance=EXT, disk=more))
    uuid = (await shown(target, EXT))["disk.uuids"][1]
    await done(target, DiskDetach(instance=EXT, disk="vol"))
    job = await submitted(target, DiskAttach(instance=EXT, uuid=uuid))
    assert job["opresult"] == [
        ["OpPrereqError", ["Missing provider for template 'ext'", "wrong_input"]]
    ]
    await done(target, create(OTHER, disks=[], disk_template="diskless", node=target.node))
    await done(target, DiskAttach(instance=OTHER, uuid=uuid, index=0))
    assert (await shown(target, OTHER))["disk_template"] == "ext"
    await done(target, InstanceDelete(instance=OTHER))
    await done(target, InstanceDelete(instance=EXT))


async def test_a_disk_of_a_provider_does_not_join_files(target: Target) -> None:
    more = DiskAdd(instance=NAME, disk=DiskSpec(name="vol", size=16, provider="dummy"))
    job = await submitted(target, more)
    text, code = job["opresult"][0][1]
    assert "'provider' option is only valid for the ext disk template" in text
    assert code == "wrong_input"
