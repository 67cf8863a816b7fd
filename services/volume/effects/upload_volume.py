"""Sends what a volume holds to an image that waits for it."""

from typing import Any, Final

from pydantic import SecretStr

from services.volume.domain.lifecycle import Status
from services.volume.domain.message import Doing
from services.volume.domain.placing import GIB
from services.volume.effects.cloud import Cloud, ready, request_of, subject_of, trouble
from services.volume.usecases import progress
from services.volume.usecases.content import UPLOAD
from shared.contracts.image import UploadTicket
from shared.contracts.storage import UploadWanted, VolumeWanted
from shared.errors import BadInput, Conflict, NotFound
from shared.saga.definition import GiveUp, Notes, Saga, Step

SENDING: Final = frozenset({Status.UPLOADING})


async def begin(cloud: Cloud, notes: Notes) -> Notes:
    """Find out where the volume is, and have its storage if nothing was stored yet."""
    volume = await progress.read(cloud.transaction, subject_of(notes))
    if volume is None or volume.cluster is None:
        raise GiveUp("The volume is gone.")
    if not volume.has_content:
        wanted = VolumeWanted(size=volume.size * GIB)
        await ready(cloud.storage.have_volume(volume.cluster, str(volume.id), wanted))
        await progress.has_storage(cloud.transaction, volume.id)
    return {"cluster": volume.cluster}


async def drop_image(cloud: Cloud, notes: Notes) -> None:
    """Have no image that nothing was sent to."""
    try:
        await cloud.images.delete_image(notes["image"], request_of(notes))
    except NotFound:
        return


async def ticket(cloud: Cloud, notes: Notes) -> Notes:
    """Get a signed address that takes the bytes."""
    cluster = await progress.cluster_of(cloud.transaction, notes["cluster"])
    kind: Any = notes["format"]
    try:
        found = await cloud.images.upload_ticket(
            notes["image"],
            kind,
            cluster.image_url_base if cluster else None,
            request_id=request_of(notes),
        )
    except (NotFound, Conflict, BadInput) as refused:
        raise GiveUp(f"Image {notes['image']} does not take the volume.") from refused
    return {"ticket": cloud.secrets.seal(found.model_dump_json())}


async def send(cloud: Cloud, notes: Notes) -> Notes:
    """Have the storage agent send the bytes."""
    found = UploadTicket.model_validate_json(cloud.secrets.open(notes["ticket"]))
    wanted = UploadWanted(
        kind="volume", id=notes["subject"], url=SecretStr(found.url), format=notes["format"]
    )
    await ready(cloud.storage.upload(notes["cluster"], notes["saga_id"], wanted))
    return {"ticket": None}


async def settle(cloud: Cloud, notes: Notes) -> Notes:
    """Have the volume as it was before."""
    await progress.become(cloud.transaction, subject_of(notes), SENDING, None)
    return {}


async def tell_failure(cloud: Cloud, notes: Notes) -> None:
    """Tell the user why there is no image; nothing happened to the volume."""
    what = trouble(notes, Doing.UPLOAD)
    await progress.not_become(cloud.transaction, subject_of(notes), SENDING, None, what)


UPLOAD_VOLUME: Final[Saga[Cloud]] = Saga(
    name=UPLOAD,
    steps=(
        Step("begin", begin, drop_image),
        Step("ticket", ticket),
        Step("send", send),
        Step("settle", settle),
    ),
    gave_up=tell_failure,
)
