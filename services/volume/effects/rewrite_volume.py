"""Has a volume hold something else: what a snapshot holds, or an image."""

from typing import Final

from services.volume.domain.lifecycle import Status
from services.volume.domain.message import Doing
from services.volume.domain.placing import GIB
from services.volume.effects.cloud import Cloud, ready, subject_of, trouble
from services.volume.effects.sources import get_ticket, source_in
from services.volume.usecases import progress
from services.volume.usecases.content import REWRITE
from shared.contracts.storage import ContentWanted, VolumeWanted
from shared.saga.definition import GiveUp, Notes, Saga, Step

WRITING: Final = frozenset({Status.REVERTING, Status.DOWNLOADING})


async def begin(cloud: Cloud, notes: Notes) -> Notes:
    """Find out where the volume is, and have its storage if nothing was stored yet."""
    volume = await progress.read(cloud.transaction, subject_of(notes))
    if volume is None or volume.cluster is None:
        raise GiveUp("The volume is gone.")
    if not volume.has_content:
        wanted = VolumeWanted(size=volume.size * GIB)
        await ready(cloud.storage.have_volume(volume.cluster, str(volume.id), wanted))
        await progress.has_storage(cloud.transaction, volume.id)
    before = volume.status_before or Status.AVAILABLE
    return {"cluster": volume.cluster, "before": before.value}


async def ticket(cloud: Cloud, notes: Notes) -> Notes:
    """Get a signed address of the image."""
    return await get_ticket(cloud, notes, notes["cluster"])


async def write(cloud: Cloud, notes: Notes) -> Notes:
    """Have the storage agent write; half a write is no volume, so there is no way back."""
    wanted = ContentWanted(attempt=notes["saga_id"], source=source_in(cloud, notes))
    await ready(cloud.storage.fill_volume(notes["cluster"], notes["subject"], wanted))
    return {"ticket": None}


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the user that it is written; a volume that was in error is well again."""
    before = Status(notes["before"])
    status = Status.AVAILABLE if before is Status.ERROR else before
    await progress.become(cloud.transaction, subject_of(notes), WRITING, status)
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Tell the user why the volume cannot be relied on."""
    is_image = notes["source"]["kind"] == "image"
    what = trouble(notes, Doing.REIMAGE if is_image else Doing.REVERT)
    volume_id = subject_of(notes)
    await progress.not_become(cloud.transaction, volume_id, WRITING, Status.ERROR, what)


REWRITE_VOLUME: Final[Saga[Cloud]] = Saga(
    name=REWRITE,
    steps=(
        Step("begin", begin),
        Step("ticket", ticket),
        Step("write", write),
        Step("settle", settle),
    ),
    gave_up=tell_failure,
)
