"""Sends a server's root disk to an image that waits for it; then drops what is rotated out."""

from typing import Final

from services.compute.domain.lifecycle import Task
from services.compute.domain.server import Server
from services.compute.effects.chaining import SETTLE, Job, tell_failure
from services.compute.effects.cloud import Cloud, request_of
from services.compute.effects.rebuild_server import CLEARED
from services.compute.usecases import progress
from services.compute.usecases.imaging import CREATE_IMAGE, FORMAT
from shared.contracts.image import UploadTicket
from shared.contracts.operations import InstanceConfigure, InstanceExport, Operation
from shared.errors import BadInput, Conflict, NotAllowed, NotFound
from shared.saga.definition import GiveUp, Notes, Saga, Step, Wait

SENT_PAUSE: Final = 1.0  # seconds between looks at an image whose bytes are being stored
UNFINISHED: Final = frozenset({"saving", "uploading", "importing"})


async def get_ticket(cloud: Cloud, notes: Notes) -> Notes:
    """Get a signed address that takes the image's bytes; secret, so the notes hold it sealed."""
    if notes.get("cluster") is None:
        raise GiveUp("The server has no instance.")
    cluster = await progress.cluster_of(cloud.transaction, notes["cluster"])
    base = cluster.image_url_base if cluster else None
    try:
        ticket = await cloud.images.upload_ticket(
            notes["image"], FORMAT, base, request_id=request_of(notes)
        )
    except (NotFound, Conflict, BadInput) as refused:
        raise GiveUp(f"Image {notes['image']} takes no bytes.") from refused
    return {"ticket": cloud.secrets.seal(ticket.model_dump_json())}


async def drop_image(cloud: Cloud, notes: Notes) -> bool:
    """Have no such image: a record that never gets its bytes helps nobody; one that has stays."""
    try:
        image = await cloud.images.image(notes["image"])
    except NotFound:  # its owner deleted it
        return True
    if image.get("status") == "active":
        return False
    await _delete(cloud, notes, notes["image"])
    return True


async def undo_image(cloud: Cloud, notes: Notes) -> None:
    """Have no such image, unless it has its bytes."""
    await drop_image(cloud, notes)


async def _delete(cloud: Cloud, notes: Notes, image_id: str) -> None:
    try:
        await cloud.images.delete_image(image_id, request_of(notes))
    except (NotFound, NotAllowed):  # its owner deleted it, or protects it
        return


def _tell_where(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    ticket = UploadTicket.model_validate_json(cloud.secrets.open(notes["ticket"]))
    return InstanceConfigure(
        instance=cloud.instance(server.id),
        os_parameters={"upload_format": FORMAT},
        os_private={"upload_url": ticket.url},
    )


def _forget_where(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    told = {"upload_url": CLEARED}
    return InstanceConfigure(instance=cloud.instance(server.id), os_private=told)


def _export(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    return InstanceExport(instance=cloud.instance(server.id))


async def await_image(cloud: Cloud, notes: Notes) -> Notes:
    """See that the image has its bytes; one that its owner deleted meanwhile is gone."""
    try:
        image = await cloud.images.image(notes["image"])
    except NotFound:
        return {"ticket": None}
    if image.get("status") in UNFINISHED:
        raise Wait(SENT_PAUSE)
    if image.get("status") != "active":
        raise GiveUp("The image was not sent.")
    return {"ticket": None}


async def rotate(cloud: Cloud, notes: Notes) -> Notes:
    """Drop the oldest backups of the type, so that only so many stay."""
    if notes.get("rotation") is None:
        return {}
    found = await cloud.images.images(
        {
            "owner": notes["owner"],
            "instance_uuid": notes["subject"],
            "backup_type": notes["backup_type"],
            "image_type": "backup",
            "sort": "created_at:desc",
        }
    )
    for image in found[notes["rotation"] :]:
        await _delete(cloud, notes, image["id"])
    return {}


async def promise_image(_cloud: Cloud, _notes: Notes) -> Notes:
    """Take on the record that the request made, to be undone with the rest."""
    return {}


IMAGE_OF_SERVER: Final[Saga[Cloud]] = Saga(
    CREATE_IMAGE,
    (
        Step("image", promise_image, undo_image),
        Step("ticket", get_ticket),
        *Job("tell", _tell_where, _forget_where, Task.IMAGE_PENDING_UPLOAD).steps,
        *Job("export", _export, phase=Task.IMAGE_UPLOADING).steps,
        *Job("forget", _forget_where).steps,
        Step("sent", await_image),
        Step("rotate", rotate),
        SETTLE,
    ),
    tell_failure,
)
