"""Makes an image of a volume: the image's record at once, its bytes by a saga."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from services.volume.domain.volume import Volume
from services.volume.store.stores import Transaction
from services.volume.usecases.content import require_uploadable, upload
from services.volume.usecases.images import Images
from services.volume.usecases.snapshots import with_snapshots
from shared.errors import CloudError
from shared.logs import current_request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageWish:
    """The image a user asks for."""

    name: str
    disk_format: Literal["raw", "qcow2"]
    members: Mapping[str, Any] = field(default_factory=dict)
    even_in_use: bool = False


async def send(
    transaction: Transaction,
    images: Images,
    volume_id: UUID,
    project_id: str | None,
    wish: ImageWish,
) -> tuple[Volume, dict[str, Any]]:
    """Have an image of what a volume holds, which its users see at once.

    Raises:
        VolumeNotFound: there is no such volume.
        BadInput: its status does not allow it, or it is stored so that it cannot be sent.
        OverQuota: the project may have no more images.
    """
    async with transaction() as stores:
        volume = await stores.volumes.get(volume_id, project_id)
        require_uploadable(volume, even_in_use=wish.even_in_use)
        await with_snapshots(stores, volume, what="Images made from volumes")
    members = {**wish.members, "container_format": "bare", "disk_format": wish.disk_format}
    image = await images.create_image(
        volume.project_id, wish.name, members=members, request_id=current_request_id()
    )
    try:
        sent = await upload(
            transaction,
            volume_id,
            project_id,
            image_id=image["id"],
            disk_format=wish.disk_format,
            even_in_use=wish.even_in_use,
        )
    except CloudError:  # somebody was quicker; the image would wait for nothing
        await images.delete_image(image["id"], current_request_id())
        raise
    return sent, image
