"""Makes an image of a server on volumes: a snapshot of each, and an image that names them.

The image has no bytes. It is active once every snapshot is there, and whoever makes a server of
it gets volumes made from them.
"""

from typing import Final
from uuid import UUID

from services.compute.domain.devices import BlockDevice, DeviceState
from services.compute.domain.image_mapping import properties_of
from services.compute.domain.server import Server
from services.compute.effects.chaining import SETTLE, tell_failure
from services.compute.effects.cloud import Cloud, explained, request_of, subject_of
from services.compute.effects.create_image import promise_image, undo_image
from services.compute.usecases import progress
from services.compute.usecases.imaging import IMAGE_OF_VOLUMES
from shared.errors import BadInput, Conflict, NotAllowed, NotFound, OverQuota
from shared.ids import derived
from shared.saga.definition import GiveUp, Notes, Saga, Step, Wait

TAKEN_PAUSE: Final = 1.0  # seconds between looks at a snapshot that is being taken
FAILED: Final = "The volumes could not be snapshotted."
REFUSALS: Final = (BadInput, Conflict, NotAllowed, NotFound, OverQuota)
READY: Final = "available"
UNFINISHED: Final = frozenset({"creating", "deleting"})


async def take_snapshots(cloud: Cloud, notes: Notes) -> Notes:
    """Have a snapshot of each volume the server has."""
    server = await progress.read(cloud.transaction, subject_of(notes))
    try:
        taken = {
            device.id: await _snapshot(cloud, notes, device) for device in _imaged(server, notes)
        }
    except REFUSALS as refused:
        raise GiveUp(explained(FAILED, refused.message)) from refused
    return {"snapshots": taken}


def _imaged(server: Server, notes: Notes) -> list[BlockDevice]:
    """Return the volumes that are in the image: of those the server had when it was asked for."""
    known = notes.get("snapshots")
    return [
        device
        for device in server.volumes
        if device.volume_id is not None
        and device.state is DeviceState.ATTACHED
        and (known is None or device.id in known)
    ]


async def _snapshot(cloud: Cloud, notes: Notes, device: BlockDevice) -> str:
    """Return the snapshot of a volume, taken now if it was not before."""
    made = await cloud.volumes.create_snapshot(
        str(device.volume_id),
        f"snapshot for {notes['name']}"[:255],
        idempotency_key=derived(UUID(notes["image"]), "snapshot", device.id),
        request_id=request_of(notes),
    )
    return str(made["id"])


async def drop_snapshots(cloud: Cloud, notes: Notes) -> None:
    """Have no such snapshots, also where it is not known whether they were ever taken."""
    server = await progress.read(cloud.transaction, subject_of(notes))
    known: dict[str, str] = notes.get("snapshots") or {}
    for device in _imaged(server, notes):
        try:
            ident = known.get(device.id) or await _snapshot(cloud, notes, device)
        except REFUSALS:
            continue
        await drop_snapshot(cloud, notes, ident)


async def drop_snapshot(cloud: Cloud, notes: Notes, ident: str) -> None:
    """Have no such snapshot.

    Raises:
        Wait: it is being taken.
    """
    try:
        found = await cloud.volumes.snapshot(ident)
        if found.get("status") in UNFINISHED:
            raise Wait(TAKEN_PAUSE)
        await cloud.volumes.delete_snapshot(ident, request_of(notes))
    except REFUSALS:  # it is gone, or somebody uses it by now
        return


async def await_snapshots(cloud: Cloud, notes: Notes) -> Notes:
    """Wait until every snapshot is there."""
    taken: dict[str, str] = notes["snapshots"]
    for ident in taken.values():
        try:
            status = (await cloud.volumes.snapshot(ident)).get("status")
        except NotFound as gone:
            raise GiveUp(explained(FAILED, gone.message)) from gone
        if status in UNFINISHED:
            raise Wait(TAKEN_PAUSE)
        if status != READY:
            raise GiveUp(explained(FAILED, f"Snapshot {ident} is in {status}."))
    return {}


async def describe_image(cloud: Cloud, notes: Notes) -> Notes:
    """Say in the image which snapshots it is; then it is active."""
    server = await progress.read(cloud.transaction, subject_of(notes))
    properties = properties_of(server.volumes, notes["snapshots"])
    try:
        if (await cloud.images.image(notes["image"])).get("status") != "active":
            await cloud.images.describe_image(notes["image"], properties, request_of(notes))
            await cloud.images.send_nothing(notes["image"], request_of(notes))
    except REFUSALS as refused:  # its owner deleted it, or it may have no so many properties
        raise GiveUp(explained(FAILED, refused.message)) from refused
    return {}


IMAGE_OF_SERVERS_VOLUMES: Final[Saga[Cloud]] = Saga(
    IMAGE_OF_VOLUMES,
    (
        Step("image", promise_image, undo_image),
        Step("snapshots", take_snapshots, drop_snapshots),
        Step("taken", await_snapshots),
        Step("describe", describe_image),
        SETTLE,
    ),
    tell_failure,
)
