"""Holders: instances that exist for a moment, because Ganeti works only on disks of instances.

A holder never starts, has no NIC and, where the cluster allows it, no disk of its own.
"""

from typing import Final

from services.volume.domain.placing import DISKLESS
from services.volume.effects.cloud import Cloud
from services.volume.effects.jobs import remove_instance
from services.volume.usecases import progress
from shared.contracts.gateway import Cluster
from shared.contracts.operations import DiskAttach, DiskSpec, InstanceCreate, Operation
from shared.saga.definition import GiveUp, Notes

MEMORY: Final = 128  # MiB; the least that instance policies allow as a rule
# Files live in a folder of their instance, which a diskless one does not have.
WITH_FOLDER: Final = frozenset({"file", "sharedfile", "gluster"})


def holder_of(cloud: Cloud, notes: Notes) -> str:
    """Return the name of the saga's holder."""
    return f"{cloud.prefix}vol-{notes['saga_id']}"


def holder(cloud: Cloud, notes: Notes, cluster: Cluster) -> InstanceCreate:
    """Return the holder that a volume's disk can be attached to."""
    is_diskless = DISKLESS in cluster.disk_templates and notes["template"] not in WITH_FOLDER
    own = DiskSpec(name=notes["saga_id"], size=max(cluster.smallest_disk, 1))
    return InstanceCreate(
        instance=holder_of(cloud, notes),
        vcpus=1,
        memory=MEMORY,
        disk_template=DISKLESS if is_diskless else notes["template"],
        disks=[] if is_diskless else [own],
        tags=["cyclades:holder"],
        node=notes["node"],
        start=False,
        install=False,
    )


async def cluster_in(cloud: Cloud, notes: Notes) -> Cluster:
    """Return the cluster a saga works on.

    Raises:
        GiveUp: it is gone.
    """
    found = await progress.cluster_of(cloud.transaction, notes["cluster"])
    if found is None:
        raise GiveUp("The cluster is gone.")
    return found


async def have_holder(cloud: Cloud, notes: Notes) -> Operation | None:
    """Have a holder, where the saga needs one."""
    if not notes["held"]:
        return None
    return holder(cloud, notes, await cluster_in(cloud, notes))


async def attach_to_holder(cloud: Cloud, notes: Notes) -> Operation | None:
    """Give the holder the volume's disk."""
    if not notes["held"]:
        return None
    return DiskAttach(instance=holder_of(cloud, notes), uuid=notes["disk"])


async def drop_holder(cloud: Cloud, notes: Notes) -> None:
    """Have no holder; the volume's disk is kept."""
    if notes.get("held"):
        await remove_instance(cloud, notes, holder_of(cloud, notes))
