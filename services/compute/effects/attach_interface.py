"""Attaches an interface: its port is wired where the server is, then a NIC of the instance."""

from typing import Final

from services.compute.domain.devices import DeviceState
from services.compute.effects import device_jobs
from services.compute.effects.cloud import Cloud, request_of, subject_of
from services.compute.effects.device_jobs import Unplugged
from services.compute.effects.ports import FAILED, UNBOUND, WIRING_PAUSE, nic_spec, wiring_of
from services.compute.usecases import interfaces, wiring
from services.compute.usecases.interfaces import ATTACH
from shared.contracts.operations import NicAdd, NicRemove
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.saga.definition import GiveUp, Notes, Saga, Step, TakenOver, Wait

AIM: Final = "wiring"


async def find_port(cloud: Cloud, notes: Notes) -> Notes:
    """See that the server still wants the port that the request had for it."""
    server = await wiring.read(cloud.transaction, subject_of(notes))
    wiring.nic_in(server, notes["port"])
    return {}


async def await_wiring(cloud: Cloud, notes: Notes) -> Notes:
    """Wait until the cluster knows the port's network."""
    server = await wiring.read(cloud.transaction, subject_of(notes))
    aimed = device_jobs.aim(server, notes)
    try:
        port = wiring_of(await cloud.networks.port(notes["port"]))
    except NotFound as gone:
        raise GiveUp(f"Port {notes['port']} could not be found.") from gone
    if port["vif_type"] == FAILED:
        raise GiveUp("The network cannot be had where the server is.")
    if port["vif_type"] == UNBOUND:
        raise Wait(WIRING_PAUSE)
    return {**aimed, "wiring": port}


async def give_port_back(cloud: Cloud, notes: Notes) -> None:
    """Delete the port that was made, or let go of the user's own."""
    try:
        await wiring.read(cloud.transaction, subject_of(notes))
    except TakenOver:  # whoever took over gives it back
        return
    await interfaces.give_back(cloud.networks, notes["port"], made=notes["made"])


async def plug(cloud: Cloud, notes: Notes) -> Notes:
    """Submit the NIC."""
    server = await wiring.read(cloud.transaction, subject_of(notes))
    nic = wiring.nic_in(server, notes["port"])
    operation = NicAdd(
        instance=cloud.instance(server.id),
        nic=nic_spec(nic, notes["wiring"]),
        hotplug=notes["hotplug"],
    )
    return await device_jobs.change(cloud, notes, operation, AIM)


async def unplug(cloud: Cloud, notes: Notes) -> None:
    """Have no such NIC."""
    await device_jobs.take_out(cloud, notes, removal(cloud, notes))


def removal(cloud: Cloud, notes: Notes) -> NicRemove:
    """Return what takes the NIC out."""
    return NicRemove(
        instance=cloud.instance(subject_of(notes)),
        nic=notes["port"],
        hotplug=notes.get("hotplug", False),
    )


async def plugged(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; a guest that did not see the NIC does not have it."""
    try:
        await device_jobs.changed(cloud, notes, AIM)
    except Unplugged as unseen:
        raise GiveUp("The running guest did not take the interface.") from unseen
    return {AWAITS: None}


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Say that the server has the interface."""
    await wiring.settle(cloud.transaction, subject_of(notes), notes["port"], DeviceState.ATTACHED)
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Forget the NIC; its instance action says that it failed."""
    await wiring.drop(cloud.transaction, subject_of(notes), notes["port"], failed=request_of(notes))


ATTACH_INTERFACE: Final[Saga[Cloud]] = Saga(
    name=ATTACH,
    steps=(
        Step("port", find_port, give_port_back),
        Step(AIM, await_wiring),
        Step("nic", plug, unplug),
        Step("job", plugged),
        Step("settle", settle),
    ),
    gave_up=tell_failure,
)
