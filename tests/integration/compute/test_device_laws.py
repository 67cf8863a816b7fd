"""The laws of sagas, for those of a server's devices.

Each step twice is once; giving up anywhere leaves the world as it was; undoing twice is harmless.
"""

import pytest

from services.compute.effects.attach_interface import ATTACH_INTERFACE
from services.compute.effects.attach_volume import ATTACH_VOLUME
from services.compute.effects.carry_floating_ip import CARRY_FLOATING_IP
from services.compute.effects.detach_interface import DETACH_INTERFACE
from services.compute.effects.detach_volume import DETACH_VOLUME
from services.compute.effects.readdress_interface import READDRESS_INTERFACE
from services.compute.effects.sagas import DEVICES
from shared.saga.definition import Notes, Saga
from tests.integration.compute import test_interfaces as nics
from tests.integration.compute.rig import NETWORK, Rig, port_changed
from tests.integration.compute.test_floating_ips import FloatingIp
from tests.integration.compute.test_saga_laws import cloud_of, failing_at, notes_of, patiently, run
from tests.integration.compute.test_volumes import attach, attached, detach, devices

HELD_HERE = {
    "compute.attach_volume",
    "compute.detach_volume",
    "compute.attach_interface",
    "compute.detach_interface",
    "compute.carry_floating_ip",
    "compute.readdress_interface",
}


def test_all_sagas_of_devices_are_held_to_the_laws() -> None:
    assert {saga.name for saga in DEVICES} == HELD_HERE


def disks_of(rig: Rig) -> list[str]:
    """Return the volumes that the submissions leave in instances."""
    found: list[str] = []
    for operation in rig.world.gateway.operations("disk."):
        if operation["operation"] == "disk.add":
            found.append(operation["disk"]["name"])
        if operation["operation"] == "disk.remove" and operation["disk"] in found:
            found.remove(operation["disk"])
    return found


async def attaching(rig: Rig) -> tuple[str, str, Notes]:
    """Have a volume on its way; return server, volume and the notes of its saga."""
    server, volume = await rig.active(), rig.world.volumes.own()
    await attach(rig, server, volume)
    return server, volume, await notes_of(rig)


async def test_attaching_twice_attaches_once(rig: Rig) -> None:
    server, volume, notes = await attaching(rig)
    assert await run(rig, ATTACH_VOLUME, notes, twice=True)
    assert disks_of(rig) == [volume]
    assert len(rig.world.volumes.attachments) == 1
    assert rig.world.volumes.volumes[volume]["status"] == "in-use"
    assert [each["volumeId"] for each in await devices(rig, server)] == [volume]


@pytest.mark.parametrize("after", [False, True], ids=["before its work", "after its work"])
@pytest.mark.parametrize("position", range(len(ATTACH_VOLUME.steps) - 1))
async def test_giving_up_an_attach_anywhere_leaves_the_world_as_it_was(
    rig: Rig, position: int, after: bool
) -> None:
    server, volume, notes = await attaching(rig)
    failing: Saga[object] = failing_at(ATTACH_VOLUME, position, rig, after=after)
    assert not await run(rig, failing, notes)
    for step in reversed(ATTACH_VOLUME.steps[: position + 1]):
        await patiently(rig, step.undo, notes)
    await ATTACH_VOLUME.gave_up(cloud_of(rig), notes | {"gave_up": "no"})
    assert disks_of(rig) == []
    assert rig.world.volumes.attachments == {}
    assert rig.world.volumes.volumes[volume]["status"] == "available"
    assert await devices(rig, server) == []


async def test_detaching_twice_detaches_once(rig: Rig) -> None:
    server = await rig.active()
    volume = await attached(rig, server)
    await detach(rig, server, volume)
    notes = await notes_of(rig)
    steps = DETACH_VOLUME.steps[:-1]
    assert await run(rig, Saga("all but the last", steps), notes, twice=True)
    assert disks_of(rig) == []
    assert await run(rig, Saga("the last", DETACH_VOLUME.steps[-1:]), notes, twice=True)
    assert len(rig.world.gateway.operations("disk.remove")) == 1
    assert rig.world.volumes.volumes[volume]["status"] == "available"
    assert await devices(rig, server) == []


async def test_giving_up_a_detach_leaves_the_volume_attached(rig: Rig) -> None:
    server = await rig.active()
    volume = await attached(rig, server)
    await detach(rig, server, volume)
    notes = await notes_of(rig)
    failing: Saga[object] = failing_at(DETACH_VOLUME, 1, rig, after=False)
    assert not await run(rig, failing, notes)
    await DETACH_VOLUME.gave_up(cloud_of(rig), notes | {"gave_up": "no"})
    assert rig.world.volumes.acted[-1] == (volume, {"os-roll_detaching": {}})
    assert disks_of(rig) == [volume]
    assert (await detach(rig, server, volume)).status == 202


def nics_of(rig: Rig) -> list[str]:
    """Return the NICs that the submissions leave in instances."""
    found: list[str] = []
    for operation in rig.world.gateway.operations("nic."):
        if operation["operation"] == "nic.add":
            found.append(operation["nic"]["name"])
        if operation["operation"] == "nic.remove" and operation["nic"] in found:
            found.remove(operation["nic"])
    return found


async def test_attaching_an_interface_twice_attaches_one(rig: Rig) -> None:
    server = await rig.active()
    answer = await nics.attach(rig, server, net_id=NETWORK)
    assert await run(rig, ATTACH_INTERFACE, await notes_of(rig), twice=True)
    assert nics_of(rig) == [answer.body["interfaceAttachment"]["port_id"]]
    assert len(rig.world.network.ports) == 2


@pytest.mark.parametrize("after", [False, True], ids=["before its work", "after its work"])
@pytest.mark.parametrize("position", range(len(ATTACH_INTERFACE.steps) - 1))
async def test_giving_up_an_interface_anywhere_leaves_the_world_as_it_was(
    rig: Rig, position: int, after: bool
) -> None:
    server = await rig.active()
    await nics.attach(rig, server, net_id=NETWORK)
    notes = await notes_of(rig)
    failing: Saga[object] = failing_at(ATTACH_INTERFACE, position, rig, after=after)
    assert not await run(rig, failing, notes)
    for step in reversed(ATTACH_INTERFACE.steps[: position + 1]):
        await patiently(rig, step.undo, notes)
    await ATTACH_INTERFACE.gave_up(cloud_of(rig), notes | {"gave_up": "no"})
    assert nics_of(rig) == []
    assert len(rig.world.network.ports) == 1
    assert len(await nics.ports(rig, server)) == 1


async def test_detaching_an_interface_twice_detaches_once(rig: Rig) -> None:
    server = await rig.active()
    port = await nics.attached(rig, server)
    await nics.detach(rig, server, port)
    assert await run(rig, DETACH_INTERFACE, await notes_of(rig), twice=True)
    assert nics_of(rig) == []
    assert len(rig.world.gateway.operations("nic.remove")) == 1
    assert port not in rig.world.network.ports
    assert len(await nics.ports(rig, server)) == 1


async def test_carrying_an_address_twice_carries_it_once(rig: Rig) -> None:
    fip = FloatingIp(rig)
    await fip.at(await rig.active())
    assert await run(rig, CARRY_FLOATING_IP, await notes_of(rig), twice=True)
    assert nics_of(rig) == [fip.port]
    assert len(rig.world.gateway.operations("nic.")) == 1


async def test_telling_an_address_twice_tells_it_once(rig: Rig) -> None:
    server = await rig.active()
    (port,) = rig.world.network.ports.values()
    fixed = [{"subnet_id": port["fixed_ips"][0]["subnet_id"], "ip_address": "10.0.0.77"}]
    await rig.hear(port_changed(port | {"fixed_ips": fixed}, 5))
    assert await run(rig, READDRESS_INTERFACE, await notes_of(rig), twice=True)
    (told,) = rig.world.gateway.operations("nic.")
    assert (told["operation"], told["ip"]) == ("nic.change", "10.0.0.77")
    shown = (await rig.show(server))["addresses"]["private"]
    assert [each["addr"] for each in shown] == ["10.0.0.77"]
