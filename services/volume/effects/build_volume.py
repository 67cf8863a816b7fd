"""Makes a native volume from an image: an instance is made with the volume as its only disk.

The OS scripts of Ganeti write the image; then the disk is detached and the instance removed.
"""

from typing import Final

from pydantic import SecretStr

from services.volume.domain.lifecycle import Status
from services.volume.domain.message import Doing
from services.volume.domain.placing import GIB
from services.volume.effects.cloud import Cloud, subject_of, trouble
from services.volume.effects.holders import MEMORY, cluster_in, holder_of
from services.volume.effects.jobs import certainly, job_steps, remove_instance
from services.volume.effects.sources import get_ticket, ticket_in
from services.volume.usecases import progress
from services.volume.usecases.connecting import find_disk
from services.volume.usecases.create_volumes import BUILD
from services.volume.usecases.progress import FILLING
from shared.contracts.operations import DiskSpec, InstanceCreate, InstanceDelete, Operation
from shared.saga.definition import GiveUp, Notes, Saga, Step


async def begin(cloud: Cloud, notes: Notes) -> Notes:
    """Find out where the volume is to be; show that it is downloaded."""
    volume = await progress.read(cloud.transaction, subject_of(notes))
    if volume is None or volume.cluster is None:
        raise GiveUp("The volume is gone.")
    during = (Status.CREATING,)
    await progress.become(cloud.transaction, volume.id, during, Status.DOWNLOADING)
    return {
        "cluster": volume.cluster,
        "size": volume.size * GIB,
        "template": volume.disk_template,
    }


async def ticket(cloud: Cloud, notes: Notes) -> Notes:
    """Get a signed address of the image."""
    return await get_ticket(cloud, notes, notes["cluster"])


async def have_instance(cloud: Cloud, notes: Notes) -> Operation | None:
    """Have an instance whose only disk is the volume, written by the OS scripts."""
    cluster, found = await cluster_in(cloud, notes), ticket_in(cloud, notes)
    return InstanceCreate(
        instance=holder_of(cloud, notes),
        vcpus=1,
        memory=MEMORY,
        disk_template=notes["template"],
        disks=[DiskSpec(name=notes["subject"], size=notes["size"])],
        os=cluster.os,
        os_parameters={
            "image_id": notes["source"]["id"],
            "image_checksum": f"sha512:{found.sha512}",
            "image_format": found.disk_format,
            "image_size": str(found.size),
        },
        os_secrets={"image_url": SecretStr(found.url)},
        tags=["cyclades:holder"],
        start=False,
    )


async def remove_everything(cloud: Cloud, notes: Notes) -> None:
    """Have no such instance, nor the disk it was made for."""
    if "cluster" in notes:
        operation = InstanceDelete(instance=holder_of(cloud, notes))
        await certainly(cloud, notes, operation, "remove", "everything")


async def find(cloud: Cloud, notes: Notes) -> Notes:
    """Note which disk of Ganeti's the volume is, and where."""
    volume = await progress.read(cloud.transaction, subject_of(notes))
    if volume is None:
        raise GiveUp("The volume is gone.")
    disk = await find_disk(cloud.gateway, volume, notes["cluster"], holder_of(cloud, notes))
    await progress.has_storage(cloud.transaction, volume.id, disk)
    return {"ticket": None}


async def let_go(cloud: Cloud, notes: Notes) -> Notes:
    """Keep the disk, and have no instance."""
    await remove_instance(cloud, notes, holder_of(cloud, notes))
    return {}


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the user that the volume is there."""
    volume_id = subject_of(notes)
    await progress.become(cloud.transaction, volume_id, FILLING, Status.AVAILABLE)
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Tell the user why there is no volume."""
    volume_id, what = subject_of(notes), trouble(notes, Doing.DOWNLOAD)
    await progress.not_become(cloud.transaction, volume_id, FILLING, Status.ERROR, what)
    await progress.forget_place(cloud.transaction, volume_id)


BUILD_VOLUME: Final[Saga[Cloud]] = Saga(
    name=BUILD,
    steps=(
        Step("begin", begin),
        Step("ticket", ticket),
        *job_steps("instance", have_instance, remove_everything),
        Step("find", find),
        Step("let_go", let_go),
        Step("settle", settle),
    ),
    gave_up=tell_failure,
)
