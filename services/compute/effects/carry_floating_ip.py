"""Moves the NIC that carries a floating address: from who had it, to who has it now."""

from typing import Any, Final
from uuid import UUID

from services.compute.domain.device_rules import runs
from services.compute.domain.lifecycle import Action
from services.compute.effects import device_jobs
from services.compute.effects.cloud import Cloud
from services.compute.effects.device_jobs import STILL_RUNS, Unplugged, was_gone
from services.compute.usecases import floating
from services.compute.usecases.floating import CARRY
from shared.contracts.ganeti import Failure
from shared.contracts.operations import NicAdd, NicRemove, NicSpec
from shared.contracts.resources import FloatingNic
from shared.db.sagas import AWAITS
from shared.saga.definition import GiveUp, Notes, Rewind, Saga, Step, Wait

TAKE: Final = "take"
GIVE: Final = "give"
BUILDING_PAUSE: Final = 3.0  # seconds between looks at a server that is still being made
FRESH: Final[Notes] = {
    "attempt": 0, "not_before": None, "held": False, "job": None, "server": None, AWAITS: None,
}  # fmt: skip


async def take(cloud: Cloud, notes: Notes) -> Notes:
    """Submit that the next server that had the address have its NIC no more."""
    if not notes["takes"]:
        return {**FRESH}
    server_id, port_id = notes["takes"][0]
    server = await floating.carrier(cloud.transaction, UUID(server_id))
    if server is None or server.cluster is None:
        return {**FRESH}
    aimed = {**device_jobs.aim(server, notes), "server": server_id}
    operation = NicRemove(instance=cloud.instance(server.id), nic=port_id, hotplug=aimed["hotplug"])
    try:
        done = await device_jobs.change(cloud, {**notes, **aimed}, operation, TAKE)
    except GiveUp as failed:
        if not was_gone(failed):
            raise
        done = {"job": None, AWAITS: None}
    return {**aimed, **done}


async def taken(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; go on with the next server, if there is one."""
    if not notes["takes"]:
        return {}
    try:
        await device_jobs.changed(cloud, notes, TAKE)
    except GiveUp as failed:
        if not was_gone(failed):
            raise
    except Unplugged:
        server = await floating.carrier(cloud.transaction, UUID(notes["takes"][0][0]))
        if server is not None and runs(server):  # its guest still has the address
            raise Wait(STILL_RUNS) from None
    raise Rewind(TAKE, {**FRESH, "takes": notes["takes"][1:], "nth": notes.get("nth", 0) + 1})


async def give(cloud: Cloud, notes: Notes) -> Notes:
    """Submit the NIC of the server that has the address now."""
    gives: dict[str, Any] | None = notes["gives"]
    server = None
    if gives is not None:
        server = await floating.carrier(cloud.transaction, UUID(gives["server"]))
    if gives is None or server is None:
        return {**FRESH}
    if server.action is Action.CREATE:
        raise Wait(BUILDING_PAUSE)
    nic = FloatingNic.model_validate(gives["nic"])
    if nic.cluster != server.cluster:
        return {**FRESH}  # the network service will say where it is to be had there
    aimed = {**device_jobs.aim(server, notes), "server": gives["server"]}
    operation = NicAdd(
        instance=cloud.instance(server.id), nic=spec_of(nic), hotplug=aimed["hotplug"]
    )
    try:
        done = await device_jobs.change(cloud, {**notes, **aimed}, operation, GIVE)
    except GiveUp as failed:
        if not device_jobs.failed_with(failed, Failure.EXISTS):
            raise
        done = {"job": None, AWAITS: None}
    return {**aimed, **done}


def spec_of(nic: FloatingNic) -> NicSpec:
    """Return the NIC as Ganeti is told of it."""
    on_network = nic.ganeti_network is not None
    return NicSpec(
        name=nic.port_id,
        mac=nic.mac_address,
        ip=nic.ip_address if on_network else None,
        network=nic.ganeti_network,
        mode=None if on_network else nic.mode,
        link=None if on_network else nic.link,
        vlan=None if on_network else nic.vlan,
    )


async def given(cloud: Cloud, notes: Notes) -> Notes:
    """Wait for the job; a guest that has not seen the NIC will when it starts again."""
    if notes.get("server") is None:
        return {"given": False}
    try:
        await device_jobs.changed(cloud, notes, GIVE)
    except GiveUp as failed:
        if not device_jobs.failed_with(failed, Failure.EXISTS):
            raise
    except Unplugged:
        return {"given": True, AWAITS: None}
    return {"given": True, AWAITS: None}


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Say that the server carries the address."""
    if notes["given"]:
        await floating.carries(cloud.transaction, UUID(notes["gives"]["server"]), notes["floating"])
    return {}


CARRY_FLOATING_IP: Final[Saga[Cloud]] = Saga(
    name=CARRY,
    steps=(
        Step(TAKE, take),
        Step("taken", taken),
        Step(GIVE, give),
        Step("given", given),
        Step("settle", settle),
    ),
)
