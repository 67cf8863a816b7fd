"""The laws of sagas, for those of a server's devices.

Each step twice is once; giving up anywhere leaves the world as it was; undoing twice is harmless.
"""

import pytest

from services.compute.effects.attach_volume import ATTACH_VOLUME
from services.compute.effects.detach_volume import DETACH_VOLUME
from services.compute.effects.sagas import DEVICES
from shared.saga.definition import Notes, Saga
from tests.integration.compute.rig import Rig
from tests.integration.compute.test_saga_laws import cloud_of, failing_at, notes_of, patiently, run
from tests.integration.compute.test_volumes import attach, attached, detach, devices

HELD_HERE = {"compute.attach_volume", "compute.detach_volume"}


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
