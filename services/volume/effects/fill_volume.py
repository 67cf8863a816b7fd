"""Fills a new volume from an image, a snapshot or another volume, by the storage agent."""

from typing import Final

from services.volume.domain.lifecycle import Status
from services.volume.domain.message import Doing
from services.volume.domain.placing import GIB
from services.volume.effects.cloud import (
    MAPPED_PAUSE,
    Cloud,
    gone,
    ready,
    subject_of,
    trouble,
)
from services.volume.effects.sources import get_ticket, source_in
from services.volume.usecases import progress
from services.volume.usecases.create_volumes import FILL
from services.volume.usecases.progress import FILLING
from shared.contracts.storage import VolumeWanted
from shared.saga.definition import GiveUp, Notes, Saga, Step, Wait


async def begin(cloud: Cloud, notes: Notes) -> Notes:
    """Find out where the volume is to be; one made from an image shows that it is downloaded."""
    volume = await progress.read(cloud.transaction, subject_of(notes))
    if volume is None or volume.cluster is None:
        raise GiveUp("The volume is gone.")
    if notes["source"]["kind"] == "image":
        during = (Status.CREATING,)
        await progress.become(cloud.transaction, volume.id, during, Status.DOWNLOADING)
    return {"cluster": volume.cluster, "size": volume.size * GIB}


async def ticket(cloud: Cloud, notes: Notes) -> Notes:
    """Get a signed address of the image."""
    return await get_ticket(cloud, notes, notes["cluster"])


async def fill(cloud: Cloud, notes: Notes) -> Notes:
    """Have the storage agent copy."""
    wanted = VolumeWanted(size=notes["size"], source=source_in(cloud, notes))
    await ready(cloud.storage.have_volume(notes["cluster"], notes["subject"], wanted))
    return {"ticket": None}


async def drop(cloud: Cloud, notes: Notes) -> None:
    """Have no such volume."""
    if "cluster" in notes and not await gone(
        cloud.storage.drop_volume(notes["cluster"], notes["subject"])
    ):
        raise Wait(MAPPED_PAUSE)


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the user that the volume is there."""
    volume_id = subject_of(notes)
    await progress.become(cloud.transaction, volume_id, FILLING, Status.AVAILABLE, has_content=True)
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Tell the user why there is no volume."""
    volume_id, is_image = subject_of(notes), notes["source"]["kind"] == "image"
    what = trouble(notes, Doing.DOWNLOAD if is_image else Doing.COPY)
    await progress.not_become(cloud.transaction, volume_id, FILLING, Status.ERROR, what)
    await progress.forget_place(cloud.transaction, volume_id)


FILL_VOLUME: Final[Saga[Cloud]] = Saga(
    name=FILL,
    steps=(
        Step("begin", begin),
        Step("ticket", ticket),
        Step("fill", fill, drop),
        Step("settle", settle),
    ),
    gave_up=tell_failure,
)
