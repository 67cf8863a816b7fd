"""Images that volumes are made from: known from events, and asked after where those say no."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import UUID

from services.volume.store.resources import show_resource
from shared.contracts.resources import ImageChanged
from shared.db.reads import Reads
from shared.errors import BadInput, NotAllowed, NotFound
from shared.identity.caller import Caller

GIB: Final = 1024**3
BASE: Final = frozenset(
    {"container_format", "disk_format", "min_disk", "min_ram", "size", "checksum"}
)
# What an image says of itself that is nothing a volume keeps.
NOT_KEPT: Final = frozenset(
    {"id", "name", "status", "visibility", "protected", "owner", "created_at", "updated_at", "tags",
     "self", "file", "schema", "os_hidden", "os_hash_algo", "os_hash_value", "virtual_size",
     "direct_url", "locations", "stores", "_project_id", "members"}
)  # fmt: skip
READABLE: Final = frozenset({"raw", "qcow2"})


class Images(Protocol):
    """The image service."""

    async def image(self, image_id: str, token: str | None = None) -> dict[str, Any]:
        """Return one image, as Glance shows it.

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        ...

    async def create_image(
        self,
        owner: str,
        name: str,
        *,
        image_id: UUID | None = None,
        members: Mapping[str, Any] | None = None,
        request_id: str | None = None,
        idempotency_key: UUID | None = None,
    ) -> dict[str, Any]:
        """Have a queued image of a project's."""
        ...

    async def delete_image(self, image_id: str, request_id: str | None = None) -> None:
        """Have no such image."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """An image that a volume is to be made from."""

    id: str
    least_size: int  # GiB
    metadata: Mapping[str, str] = field(default_factory=dict)  # what the volume keeps of it


async def find_image(reads: Reads, images: Images, caller: Caller, image_id: str) -> ImageFacts:
    """Return an image that the caller may make volumes from.

    Raises:
        BadInput: there is none, it is not active, or it cannot be read.
    """
    image = await show_resource(reads, ImageChanged.resource, image_id)
    if image is None or image.get("status") != "active" or not _is_visible(image, caller):
        try:
            image = await images.image(image_id, caller.token)
        except (NotFound, NotAllowed, BadInput) as refused:
            raise BadInput(
                "Invalid image identifier or unable to access requested image."
            ) from refused
    if image.get("status") != "active":
        raise BadInput(f"Invalid input received: Image {image_id} is not active.")
    if image.get("disk_format") not in READABLE:
        raise BadInput(
            f"Image {image_id} is unacceptable: volumes are made from images of format "
            f"{' or '.join(sorted(READABLE))}, not {image.get('disk_format')}."
        )
    return facts_of(image)


def _is_visible(image: Mapping[str, Any], caller: Caller) -> bool:
    return (
        image.get("visibility") in {"public", "community"}
        or image["_project_id"] == caller.project_id
    )


def facts_of(image: Mapping[str, Any]) -> ImageFacts:
    """Return what a volume needs to know of an image."""
    kept = {
        key: str(value)
        for key, value in image.items()
        if value is not None and (key in BASE or (key not in NOT_KEPT and isinstance(value, str)))
    }
    bytes_needed = max(image.get("virtual_size") or 0, image.get("size") or 0)
    return ImageFacts(
        id=str(image["id"]),
        least_size=max(math.ceil(bytes_needed / GIB), image.get("min_disk") or 0),
        metadata={"image_id": str(image["id"]), "image_name": str(image.get("name") or ""), **kept},
    )


def require_fit(image: ImageFacts, size: int) -> None:
    """Let through a size that the image fits into.

    Raises:
        BadInput: it does not.
    """
    if size < image.least_size:
        raise BadInput(
            f"Invalid input received: Volume size {size}GB cannot be smaller than the image, which "
            f"needs {image.least_size}GB."
        )
