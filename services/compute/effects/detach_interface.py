"""Detaches an interface: no NIC of the instance any more, then its port goes or is free.

A running guest may hold on to a NIC that Ganeti has given up already. Its address is nobody
else's then, so the port stays the server's until that is stopped.
"""

from typing import Final

from services.compute.domain.device_rules import runs
from services.compute.domain.devices import DeviceState
from services.compute.effects import device_jobs
from services.compute.effects.attach_interface import removal
from services.compute.effects.cloud import Cloud, request_of, subject_of
from services.compute.effects.device_jobs import STILL_RUNS, Unplugged, was_gone
from services.compute.usecases import interfaces, wiring
from services.compute.usecases.interfaces import DETACH
from shared.db.sagas import AWAITS
from shared.saga.definition import GiveUp, Notes, Saga, Step, Wait

AIM: Final = "begin"


async def begin(cloud: Cloud, notes: Notes) -> Notes:
    """See where the server is, and whether it runs."""
    return device_jobs.aim(await wiring.read(cloud.transaction, subject_of(notes)), notes)


async def unplug(cloud: Cloud, notes: Notes) -> Notes:
    """Submit that there be no such NIC."""
    try:
        return await device_jobs.change(cloud, notes, removal(cloud, notes), AIM)
    except GiveUp as failed:
        if was_gone(failed):
            return {"job": None, AWAITS: None}
        raise


async def unplugged(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; see whether the guest let go."""
    try:
        await device_jobs.changed(cloud, notes, AIM)
    except GiveUp as failed:
        if not was_gone(failed):
            raise
    except Unplugged:
        return {"held": True, AWAITS: None}
    return {"held": False, AWAITS: None}


async def await_stop(cloud: Cloud, notes: Notes) -> Notes:
    """Wait until the guest that holds on to the NIC is stopped."""
    server = await wiring.read(cloud.transaction, subject_of(notes))
    if notes["held"] and runs(server):
        raise Wait(STILL_RUNS)
    return {}


async def release(cloud: Cloud, notes: Notes) -> Notes:
    """Delete the port that was made for the server, or let go of the user's own."""
    await interfaces.give_back(cloud.networks, notes["port"], made=notes["made"])
    return {}


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Forget the NIC."""
    await wiring.drop(cloud.transaction, subject_of(notes), notes["port"])
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Keep the NIC; its instance action says that it failed."""
    await wiring.settle(
        cloud.transaction,
        subject_of(notes),
        notes["port"],
        DeviceState.ATTACHED,
        failed=request_of(notes),
    )


DETACH_INTERFACE: Final[Saga[Cloud]] = Saga(
    name=DETACH,
    steps=(
        Step(AIM, begin),
        Step("nic", unplug),
        Step("job", unplugged),
        Step("stop", await_stop),
        Step("release", release),
        Step("settle", settle),
    ),
    gave_up=tell_failure,
)
