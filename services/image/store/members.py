"""Members of images, inside one transaction."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.image.domain.member import Member, MemberExists, MemberNotFound, MemberStatus
from services.image.store.tables import members
from shared.ids import ImageId


class MemberStore:
    """Which projects images are shared with."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def list(self, image_id: ImageId) -> Sequence[Member]:
        """Return the members of the image, oldest first."""
        rows = await self._connection.execute(
            sa.select(members)
            .where(members.c.image_id == image_id)
            .order_by(members.c.created_at, members.c.member_id)
        )
        return [_member(row) for row in rows]

    async def find(self, image_id: ImageId, member_id: str) -> Member | None:
        """Return the member, or None."""
        row = (
            await self._connection.execute(
                sa.select(members).where(
                    members.c.image_id == image_id, members.c.member_id == member_id
                )
            )
        ).one_or_none()
        return None if row is None else _member(row)

    async def count(self, image_id: ImageId) -> int:
        """Return how many members the image has."""
        counted = sa.select(sa.func.count()).where(members.c.image_id == image_id)
        return int((await self._connection.execute(counted)).scalar_one())

    async def add(self, member: Member) -> None:
        """Write a new member.

        Raises:
            MemberExists: it is one already.
        """
        try:
            await self._connection.execute(
                sa.insert(members).values(
                    image_id=member.image_id,
                    member_id=member.member_id,
                    status=member.status.value,
                    created_at=member.created_at,
                    updated_at=member.updated_at,
                )
            )
        except IntegrityError as taken:
            raise MemberExists(
                f"Member {member.member_id} is duplicated for image {member.image_id}"
            ) from taken

    async def save(self, member: Member) -> None:
        """Write what the member says now."""
        await self._connection.execute(
            sa.update(members)
            .where(members.c.image_id == member.image_id, members.c.member_id == member.member_id)
            .values(status=member.status.value, updated_at=member.updated_at)
        )

    async def delete(self, image_id: ImageId, member_id: str) -> None:
        """Have no such member.

        Raises:
            MemberNotFound: there is none.
        """
        done = await self._connection.execute(
            sa.delete(members).where(
                members.c.image_id == image_id, members.c.member_id == member_id
            )
        )
        if done.rowcount != 1:
            raise MemberNotFound(
                f"{member_id} not found in the member list of the image {image_id}."
            )


def _member(row: sa.Row[Any]) -> Member:
    return Member(
        image_id=ImageId(row.image_id),
        member_id=row.member_id,
        status=MemberStatus(row.status),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
