"""Tells Ganeti of an interface's other address: its network's pool knows who has which."""

from typing import Final

from services.compute.effects import device_jobs
from services.compute.effects.cloud import Cloud, subject_of
from services.compute.effects.device_jobs import Unplugged, was_gone
from services.compute.effects.ports import wiring_of
from services.compute.usecases import wiring
from services.compute.usecases.interfaces import READDRESS
from shared.contracts.operations import NicChange
from shared.db.sagas import AWAITS
from shared.errors import NotFound
from shared.saga.definition import GiveUp, Notes, Saga, Step

AIM: Final = "aim"


async def aim(cloud: Cloud, notes: Notes) -> Notes:
    """See which address the interface has now, if Ganeti is to know of it at all."""
    server = await wiring.read(cloud.transaction, subject_of(notes))
    nic = wiring.nic_in(server, notes["port"])
    try:
        port = wiring_of(await cloud.networks.port(notes["port"]))
    except NotFound as gone:
        raise GiveUp(f"Port {notes['port']} could not be found.") from gone
    pooled = port["network"] is not None
    return {**device_jobs.aim(server, notes), "ip": nic.ipv4, "pooled": pooled}


async def change(cloud: Cloud, notes: Notes) -> Notes:
    """Submit the address."""
    if not notes["pooled"]:
        return {"job": None, AWAITS: None}
    operation = NicChange(
        instance=cloud.instance(subject_of(notes)),
        nic=notes["port"],
        ip=notes["ip"],
        hotplug=notes["hotplug"],
    )
    try:
        return await device_jobs.change(cloud, notes, operation, AIM)
    except GiveUp as failed:
        if was_gone(failed):
            return {"job": None, AWAITS: None}
        raise


async def changed(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; the guest asks for its address by itself."""
    try:
        await device_jobs.changed(cloud, notes, AIM)
    except Unplugged:
        return {AWAITS: None}
    return {AWAITS: None}


READDRESS_INTERFACE: Final[Saga[Cloud]] = Saga(
    name=READDRESS,
    steps=(Step(AIM, aim), Step("nic", change), Step("job", changed)),
)
