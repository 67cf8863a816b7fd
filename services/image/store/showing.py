"""One image, for somebody who may or may not see it: one statement."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from services.image.domain.image import ImageNotFound
from services.image.domain.query import Viewer
from shared.db.reads import Reads
from shared.ids import ImageId

# Whoever knows the id of a community image, or of one shared with it, may look at it.
SHOW: Final = """
SELECT i.id, i.owner, i.status, i.visibility, i.upload, i.size, i.md5, i.sha512, i.disk_format,
       i.virtual_size, i.document
FROM images i
WHERE i.id = $1 AND i.status <> 'deleted' AND (
  $3 OR i.owner = $2 OR i.visibility IN ('public', 'community') OR (
    i.visibility = 'shared'
    AND EXISTS (SELECT 1 FROM members m WHERE m.image_id = i.id AND m.member_id = $2)))
"""

USAGE: Final = """
SELECT count(*) AS count,
       count(*) FILTER (WHERE status IN ('saving', 'uploading', 'importing')) AS uploading,
       coalesce(sum(size), 0)::bigint AS size,
       coalesce(sum((staged ->> 'size')::bigint), 0)::bigint AS staged
FROM images WHERE owner = $1 AND status <> 'deleted'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An image as it is read: its document, and what handlers decide by."""

    id: ImageId
    owner: str
    status: str
    visibility: str
    upload: UUID | None
    size: int | None
    md5: str | None
    sha512: str | None
    disk_format: str | None
    virtual_size: int | None
    document: bytes

    @property
    def target(self) -> dict[str, Any]:
        """What policy rules judge the image by."""
        return {"project_id": self.owner, "owner": self.owner, "visibility": self.visibility}


async def show_image(reads: Reads, image_id: ImageId, viewer: Viewer) -> Shown:
    """Return the image.

    Raises:
        ImageNotFound: it is not there, or not for the viewer.
    """
    row = await reads.row(SHOW, image_id, viewer.project, viewer.sees_all)
    if row is None:
        raise ImageNotFound(image_id)
    return Shown(**dict(row))


async def usage_of(reads: Reads, project: str) -> dict[str, int]:
    """Return how many images the project has and gets, and how many bytes, stored and staged."""
    return dict(await reads.row(USAGE, project))
