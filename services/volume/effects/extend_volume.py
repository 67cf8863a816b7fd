"""Grows a volume: by the storage agent, or by Ganeti while it is a disk of an instance."""

from typing import Any, Final

from services.volume.domain.attachment import AttachStatus
from services.volume.domain.lifecycle import Status
from services.volume.domain.message import Doing
from services.volume.domain.placing import GIB
from services.volume.domain.volume import Volume
from services.volume.domain.volume_type import Driver
from services.volume.effects.cloud import Cloud, ready, subject_of, trouble
from services.volume.effects.holders import (
    attach_to_holder,
    drop_holder,
    have_holder,
    holder_of,
)
from services.volume.effects.jobs import disk_index, job_steps
from services.volume.usecases import progress
from services.volume.usecases.volumes import EXTEND
from shared.contracts.operations import DiskGrow, Operation
from shared.saga.definition import GiveUp, Notes, Saga, Step

EXTENDING: Final = frozenset({Status.EXTENDING})


async def begin(cloud: Cloud, notes: Notes) -> Notes:
    """Find out how the volume is stored, and which instance has it."""
    volume = await progress.read(cloud.transaction, subject_of(notes))
    if volume is None or volume.growing_to is None or volume.cluster is None:
        raise GiveUp("The volume is gone.")
    async with cloud.transaction() as stores:
        every = await stores.attachments.of_volume(volume.id)
    used_by = [
        each.instance for each in every if each.status is AttachStatus.ATTACHED and each.instance
    ]
    return {
        "cluster": volume.cluster,
        "size": volume.growing_to * GIB,
        **_ways(volume, used_by[0] if used_by else None),
    }


def _ways(volume: Volume, instance: str | None) -> dict[str, Any]:
    """Return who grows it: the instance that has it, the storage agent, or a holder."""
    is_free = instance is None
    return {
        "instance": instance,
        "agent": is_free and volume.driver == Driver.EXT and volume.has_content,
        "held": is_free and volume.driver == Driver.NATIVE and volume.disk_uuid is not None,
        "disk": volume.disk_uuid,
        "node": volume.disk_nodes[0] if volume.disk_nodes else None,
        "template": volume.disk_template,
    }


async def grow_by_agent(cloud: Cloud, notes: Notes) -> Notes:
    """Have the storage agent grow it."""
    if notes["agent"]:
        size = notes["size"]
        await ready(cloud.storage.grow_volume(notes["cluster"], notes["subject"], size))
    return {}


async def grow_disk(cloud: Cloud, notes: Notes) -> Operation | None:
    """Have Ganeti grow the disk of whichever instance has it."""
    instance = holder_of(cloud, notes) if notes["held"] else notes["instance"]
    if instance is None:
        return None
    index = await disk_index(cloud, notes, instance)
    if index is None:
        raise GiveUp("The server no longer has the volume.")
    return DiskGrow(instance=instance, index=index, size=notes["size"])


async def let_go(cloud: Cloud, notes: Notes) -> Notes:
    """Have no holder any more."""
    await drop_holder(cloud, notes)
    return {}


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the user that the volume has grown."""
    await progress.grown(cloud.transaction, subject_of(notes))
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Tell the user why the volume has not grown."""
    await progress.not_become(
        cloud.transaction,
        subject_of(notes),
        EXTENDING,
        Status.ERROR_EXTENDING,
        trouble(notes, Doing.EXTEND),
        growing_to=None,
    )


EXTEND_VOLUME: Final[Saga[Cloud]] = Saga(
    name=EXTEND,
    steps=(
        Step("begin", begin),
        Step("agent", grow_by_agent),
        *job_steps("holder", have_holder, drop_holder),
        *job_steps("attach", attach_to_holder),
        *job_steps("grow", grow_disk),
        Step("let_go", let_go),
        Step("settle", settle),
    ),
    gave_up=tell_failure,
)
