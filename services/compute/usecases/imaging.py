"""Makes images of servers: the record at once, the bytes by a saga."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal
from uuid import UUID

from services.compute.domain.lifecycle import Action
from services.compute.domain.quota import UNLIMITED, QuotaExceeded
from services.compute.domain.server import Server
from services.compute.store.references import documents_of
from services.compute.store.stores import Transaction
from services.compute.usecases.acting import Actor, begin, require
from services.compute.usecases.neighbours import Neighbours
from services.compute.usecases.volume_backed import VolumeBacked
from shared.contracts.resources import ImageChanged
from shared.db.reads import Reads
from shared.errors import NotAllowed, NotFound
from shared.ids import new_uuid

CREATE_IMAGE: Final = "compute.create_image"
IMAGE_OF_VOLUMES: Final = "compute.image_of_volumes"
OF_VOLUMES: Final = "os_compute_api:servers:create_image:allow_volume_backed"
NATIVE: Final = "native"  # the volume service's driver without snapshots
FORMAT: Final[Literal["qcow2"]] = "qcow2"
# What an image is by itself; everything else is a property, which its copies inherit.
NOT_INHERITED: Final = frozenset(
    {"id", "name", "status", "visibility", "size", "virtual_size", "checksum", "owner", "tags",
     "created_at", "updated_at", "self", "file", "schema", "protected", "os_hidden", "min_ram",
     "min_disk", "disk_format", "container_format", "direct_url", "locations", "stores",
     "os_hash_algo", "os_hash_value", "image_type", "backup_type", "instance_uuid",
     "image_location", "base_image_ref", "user_id", "owner_id"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """The image that is to be made of a server."""

    name: str
    properties: Mapping[str, str] = field(default_factory=dict)
    backup_type: str | None = None  # None: a snapshot, not a backup
    rotation: int | None = None  # how many backups of the type are kept
    may_be_volume: bool = True  # whether its maker may have images of servers on volumes

    @property
    def action(self) -> Action:
        """What is done to the server."""
        return Action.CREATE_IMAGE if self.backup_type is None else Action.CREATE_BACKUP


async def create_image(
    transaction: Transaction,
    reads: Reads,
    neighbours: Neighbours,
    server_id: UUID,
    actor: Actor,
    wanted: ImageRequest,
) -> UUID:
    """Begin to make an image of a server; return the image's id.

    Raises:
        NotFound: absent, deleted, or another project's.
        QuotaExceeded: there are too many properties.
        NotAllowed: the root disk is a volume, and policy forbids images of it.
        VolumeBacked: the root disk is a volume, and no image can be made of it.
        OverQuota: the project may have no more images.
        Conflict: the server's state does not allow it.
    """
    server = await _looked_at(transaction, server_id, actor, wanted)
    image_id = new_uuid()
    await neighbours.images.create_image(
        actor.project_id,
        wanted.name,
        image_id=image_id,
        members=await _members(reads, server, actor, wanted),
        request_id=actor.request_id,
    )
    saga = CREATE_IMAGE if server.image_id is not None else IMAGE_OF_VOLUMES
    notes = {
        "action": wanted.action.value,
        "cluster": server.cluster,
        "image": str(image_id),
        "owner": actor.project_id,
        "backup_type": wanted.backup_type,
        "rotation": wanted.rotation,
        "name": wanted.name,
    }
    try:
        async with transaction() as stores:
            server = await stores.servers.get(server_id, actor.scope)
            sending = replace(server, kept={"image": str(image_id)})
            await begin(stores, sending, wanted.action, actor, saga, notes)
    except Exception:  # whatever it was, nobody will ever send this image
        await _forget_image(neighbours, image_id, actor)
        raise
    return image_id


async def _looked_at(
    transaction: Transaction, server_id: UUID, actor: Actor, wanted: ImageRequest
) -> Server:
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        require(server, wanted.action, actor)
        limits = await stores.usage.limits(server.project_id, ["metadata_items"])
    if UNLIMITED != limits["metadata_items"] < len(wanted.properties):
        raise QuotaExceeded(f"Maximum number of metadata items exceeds {limits['metadata_items']}")
    if server.image_id is None:
        _require_snapshots(server, wanted)
    return server


def _require_snapshots(server: Server, wanted: ImageRequest) -> None:
    """Refuse what cannot be made of a server whose root disk is a volume.

    Raises:
        VolumeBacked: it is a backup, or a volume has no snapshots.
        NotAllowed: its maker may not have it.
    """
    if not wanted.may_be_volume:
        raise NotAllowed(f"Policy doesn't allow {OF_VOLUMES} to be performed.")
    if wanted.action is Action.CREATE_BACKUP:
        raise VolumeBacked("Backup is not supported for volume-backed instances.")
    if any(device.driver == NATIVE for device in server.volumes):
        raise VolumeBacked("Snapshots are not supported by the volumes of this server.")


async def _members(
    reads: Reads, server: Server, actor: Actor, wanted: ImageRequest
) -> dict[str, Any]:
    """Return what the image has besides its name; what its base image says is inherited."""
    base = str(server.image_id or "")
    known = (await documents_of(reads, ImageChanged.resource, [base])).get(base, {})
    inherited = {
        name: value
        for name, value in known.items()
        if name not in NOT_INHERITED and not name.startswith("os_glance") and isinstance(value, str)
    }
    kind = "snapshot" if wanted.backup_type is None else "backup"
    backup = {}
    if wanted.backup_type is not None:  # what the rotation goes by is not for users to change
        backup = {"backup_type": wanted.backup_type, "image_type": kind}
    return {
        **inherited,
        "instance_uuid": str(server.id),
        "base_image_ref": base,
        "user_id": actor.user_id,
        "image_location": "snapshot",
        "image_type": kind,
        **wanted.properties,
        **backup,
        "visibility": "private",
        "container_format": "bare",
        "disk_format": FORMAT,
        "min_disk": server.flavor.disk if base else 0,
        "min_ram": known.get("min_ram") or 0,
    }


async def _forget_image(neighbours: Neighbours, image_id: UUID, actor: Actor) -> None:
    try:
        await neighbours.images.delete_image(str(image_id), actor.request_id)
    except NotFound:
        return
