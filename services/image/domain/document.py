"""The one shape of an image: what its owner is shown, and what the rest of the cloud is told."""

from typing import Any, Final

import orjson

from services.image.domain.image import Image
from shared.clock import seconds_z

IMPORT_TASK: Final = "os_glance_import_task"


def document_of(image: Image) -> dict[str, Any]:
    """Return the image as Glance shows it. Its links are relative, so it is the same everywhere."""
    content = image.content
    held = content or (image.staged.content if image.staged else None)
    path = f"/v2/images/{image.id}"
    return {
        **image.properties,
        **({IMPORT_TASK: str(image.task)} if image.task else {}),
        "id": str(image.id),
        "name": image.name,
        "status": image.status.value,
        "visibility": image.visibility.value,
        "protected": image.protected,
        "os_hidden": image.os_hidden,
        "checksum": content.md5 if content else None,
        "os_hash_algo": "sha512" if content else None,
        "os_hash_value": content.sha512 if content else None,
        "owner": image.owner,
        "size": held.size if held else None,
        "virtual_size": content.virtual_size if content else None,
        "container_format": image.container_format,
        "disk_format": image.disk_format,
        "min_ram": image.min_ram,
        "min_disk": image.min_disk,
        "created_at": seconds_z(image.created_at),
        "updated_at": seconds_z(image.updated_at),
        "tags": list(image.tags),
        "self": path,
        "file": f"{path}/file",
        "schema": "/v2/schemas/image",
    }


def rendered(image: Image) -> bytes:
    """Return the document as it is stored and sent."""
    return orjson.dumps(document_of(image))
