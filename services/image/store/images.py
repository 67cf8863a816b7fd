"""Images, inside one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.image.domain.document import rendered
from services.image.domain.formats import Seen
from services.image.domain.image import (
    ARRIVING,
    Content,
    Image,
    ImageExists,
    ImageNotFound,
    Staged,
    Status,
    Visibility,
)
from services.image.domain.quota import Usage
from services.image.store.tables import images
from shared.db.lean import lean
from shared.db.lock_key import lock_key
from shared.db.prepared import Prepared
from shared.errors import StaleWrite
from shared.ids import ImageId

STAGED_SIZE: Final = sa.cast(images.c.staged["size"].astext, sa.BigInteger)
_IS_ARRIVING: Final = images.c.status == sa.any_(sa.literal(sorted(ARRIVING), ARRAY(sa.Text)))
USED: Final = Prepared(
    sa.select(
        sa.func.count().label("all_of_it"),
        sa.func.count().filter(_IS_ARRIVING).label("uploading"),
        sa.func.coalesce(sa.func.sum(images.c.size), 0).label("size"),
        sa.func.coalesce(sa.func.sum(STAGED_SIZE), 0).label("staged"),
    ).where(
        images.c.owner == sa.bindparam("project"), images.c.status != sa.literal(Status.DELETED)
    )
)


class ImageStore:
    """Images and the uploads that fill them."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_for_change(self, image_id: ImageId) -> Image:
        """Return the image; nobody else changes it before this transaction ends.

        Raises:
            ImageNotFound: there is none.
        """
        row = (
            await self._connection.execute(
                sa.select(images)
                .where(images.c.id == image_id, images.c.status != Status.DELETED)
                .with_for_update()
            )
        ).one_or_none()
        if row is None:
            raise ImageNotFound(image_id)
        return _image(row)

    async def add(self, image: Image, *, id_was_drawn: bool = False) -> None:
        """Write a new image, together with what else the transaction adds.

        Args:
            image: still without bytes.
            id_was_drawn: nobody else has its id; one that the caller chose is tried at once.

        Raises:
            ImageExists: the id is taken, maybe by an image that was deleted lately.
        """
        connection = lean(self._connection)
        values = {"id": image.id, "created_at": image.created_at, **_values(image)}
        connection.pending.add(images, [values])
        if id_was_drawn:
            return
        try:
            await connection.flush()
        except IntegrityError as taken:
            raise ImageExists(f"Image ID {image.id} already exists!") from taken

    async def save(self, image: Image, now: datetime, *, begins_upload: bool = False) -> Image:
        """Write the image as it is now; return it with its new version.

        Args:
            image: changed since it was read.
            now: when it changed.
            begins_upload: whether its upload is new, and alive.

        Raises:
            StaleWrite: somebody else wrote it since it was read.
        """
        new = replace(image, version=image.version + 1, updated_at=now)
        done = await self._connection.execute(
            sa.update(images)
            .where(images.c.id == image.id, images.c.version == image.version)
            .values(**_values(new), **({"upload_seen_at": sa.func.now()} if begins_upload else {}))
        )
        if done.rowcount != 1:
            raise StaleWrite(f"Image {image.id} was changed by somebody else.")
        return new

    async def touch_upload(self, image_id: ImageId, upload: UUID) -> bool:
        """Say that the upload lives; False when the image does not wait for it any more."""
        done = await self._connection.execute(
            sa.update(images)
            .where(
                images.c.id == image_id,
                images.c.upload == upload,
                images.c.status.in_(ARRIVING),
            )
            .values(upload_seen_at=sa.func.now())
        )
        return done.rowcount == 1

    async def dead_uploads(self, silent: timedelta, limit: int) -> Sequence[Image]:
        """Return images whose upload has shown no sign of life for so long, for change.

        Those that are imported have a saga, which begins again by itself.
        """
        rows = await self._connection.execute(
            sa.select(images)
            .where(sa.text("status IN ('saving', 'uploading') AND staged IS NULL"))
            .where(images.c.upload_seen_at < sa.func.now() - silent)
            .order_by(images.c.upload_seen_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [_image(row) for row in rows]

    async def uploads_of(self, image_ids: Collection[UUID]) -> set[UUID]:
        """Return the uploads whose bytes these images have, or are getting."""
        rows = await self._connection.execute(
            sa.select(images.c.upload).where(
                images.c.id.in_(image_ids),
                images.c.status != Status.DELETED,
                images.c.upload.is_not(None),
            )
        )
        return set(rows.scalars())

    async def forget_deleted(self, older: timedelta, limit: int) -> int:
        """Drop what is left of images deleted so long ago; return how many went."""
        old = (
            sa.select(images.c.id)
            .where(images.c.status == Status.DELETED)
            .where(images.c.updated_at < sa.func.now() - older)
            .limit(limit)
        )
        gone = await self._connection.execute(sa.delete(images).where(images.c.id.in_(old)))
        return gone.rowcount

    async def usage(self, project: str) -> Usage:
        """Return what the project has; nobody else counts it before this transaction ends."""
        connection = lean(self._connection)
        await connection.begin(lock_key(f"image:{project}"))
        row = await USED.row(connection, project=project)
        return Usage(
            count=row["all_of_it"],
            uploading=row["uploading"],
            size=int(row["size"]),
            staged=int(row["staged"]),
        )


def _image(row: sa.Row[Any]) -> Image:
    content = None
    if row.size is not None:
        content = Content(
            size=row.size, md5=row.md5, sha512=row.sha512, virtual_size=row.virtual_size
        )
    return Image(
        id=ImageId(row.id),
        owner=row.owner,
        name=row.name,
        status=Status(row.status),
        visibility=Visibility(row.visibility),
        protected=row.protected,
        os_hidden=row.os_hidden,
        container_format=row.container_format,
        disk_format=row.disk_format,
        min_disk=row.min_disk,
        min_ram=row.min_ram,
        tags=tuple(row.tags),
        properties=row.properties,
        content=content,
        upload=row.upload,
        staged=None if row.staged is None else _staged(row.staged),
        task=row.task,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def _values(image: Image) -> dict[str, Any]:
    content = image.content
    return {
        "owner": image.owner,
        "name": image.name,
        "status": image.status.value,
        "visibility": image.visibility.value,
        "protected": image.protected,
        "os_hidden": image.os_hidden,
        "container_format": image.container_format,
        "disk_format": image.disk_format,
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "tags": list(image.tags),
        "properties": dict(image.properties),
        "size": content.size if content else None,
        "md5": content.md5 if content else None,
        "sha512": content.sha512 if content else None,
        "virtual_size": content.virtual_size if content else None,
        "upload": image.upload,
        "staged": None if image.staged is None else _staged_values(image.staged),
        "task": image.task,
        "updated_at": image.updated_at,
        "version": image.version,
        "document": rendered(image),
    }


def _staged(row: Any) -> Staged:
    return Staged(
        content=Content(size=row["size"], md5=row["md5"], sha512=row["sha512"], virtual_size=None),
        seen=Seen(
            formats=frozenset(row["formats"]),
            unsafe=row["unsafe"],
            virtual_size=row["virtual_size"],
        ),
    )


def _staged_values(staged: Staged) -> dict[str, Any]:
    return {
        "size": staged.content.size,
        "md5": staged.content.md5,
        "sha512": staged.content.sha512,
        "formats": sorted(staged.seen.formats),
        "unsafe": staged.seen.unsafe,
        "virtual_size": staged.seen.virtual_size,
    }
