"""Writes flavors, and who may use the private ones; lists are in ``flavor_reads``."""

from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.flavor import Flavor, document, flavor_not_found
from services.compute.store.tables import flavor_access, flavors
from shared.clock import utcnow
from shared.contracts.resources import CREATED, DELETED, UPDATED, FlavorChanged
from shared.errors import StaleWrite

FIELDS = tuple(Flavor.__dataclass_fields__)


class FlavorStore:
    """Flavors, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, flavor: Flavor) -> FlavorChanged | None:
        """Insert a flavor; return the news of it, or None when its id or name is taken."""
        # An id may be used again after a delete, and news of the later flavor must count as
        # newer: versions begin at the moment, in microseconds, and grow by one.
        now = utcnow()
        made = replace(flavor, version=int(now.timestamp() * 1_000_000))
        result = await self._connection.execute(
            insert(flavors).values(_row(made) | {"created_at": now}).on_conflict_do_nothing()
        )
        return _fact(made, CREATED) if result.rowcount == 1 else None

    async def has_id(self, flavor_id: str) -> bool:
        """Whether there is a flavor with this id."""
        found = await self._connection.scalar(
            sa.select(flavors.c.id).where(flavors.c.id == flavor_id)
        )
        return found is not None

    async def get(self, flavor_id: str) -> Flavor:
        """Return a flavor, and lock its row until the commit.

        Raises:
            NotFound: there is none.
        """
        columns = [flavors.c[name] for name in FIELDS]
        found = await self._connection.execute(
            sa.select(*columns).where(flavors.c.id == flavor_id).with_for_update()
        )
        row = found.one_or_none()
        if row is None:
            raise flavor_not_found(flavor_id)
        return Flavor(**dict(zip(FIELDS, row, strict=True)))

    async def of_size(self, vcpus: int, ram: int, disk: int) -> Flavor | None:
        """Return the flavor of this size that everybody may have; None if there is none."""
        columns = [flavors.c[name] for name in FIELDS]
        found = await self._connection.execute(
            sa.select(*columns)
            .where(
                flavors.c.vcpus == vcpus,
                flavors.c.ram == ram,
                flavors.c.disk == disk,
                flavors.c.is_public,
            )
            .order_by(flavors.c.name)
            .limit(1)
        )
        row = found.one_or_none()
        return None if row is None else Flavor(**dict(zip(FIELDS, row, strict=True)))

    async def save(self, changed: Flavor) -> FlavorChanged:
        """Write a flavor over the version it was read at; return the news of it.

        Raises:
            StaleWrite: another writer got there first.
        """
        saved = replace(changed, version=changed.version + 1)
        result = await self._connection.execute(
            sa.update(flavors)
            .where(flavors.c.id == changed.id, flavors.c.version == changed.version)
            .values(_row(saved) | {"updated_at": utcnow()})
        )
        if result.rowcount != 1:
            raise StaleWrite(f"Flavor {changed.id} was changed by another request.")
        return _fact(saved, UPDATED)

    async def delete(self, flavor: Flavor) -> FlavorChanged:
        """Delete a flavor and who may use it; return the news of it."""
        await self._connection.execute(sa.delete(flavors).where(flavors.c.id == flavor.id))
        return _fact(replace(flavor, version=flavor.version + 1), DELETED)

    async def grant(self, flavor_id: str, project_id: str) -> bool:
        """Let a project use a flavor; return whether that is new."""
        result = await self._connection.execute(
            insert(flavor_access)
            .values(flavor_id=flavor_id, project_id=project_id)
            .on_conflict_do_nothing()
        )
        return result.rowcount == 1

    async def revoke(self, flavor_id: str, project_id: str) -> bool:
        """Let a project no longer use a flavor; return whether it could."""
        result = await self._connection.execute(
            sa.delete(flavor_access).where(
                flavor_access.c.flavor_id == flavor_id, flavor_access.c.project_id == project_id
            )
        )
        return result.rowcount == 1

    async def projects(self, flavor_id: str) -> list[str]:
        """Return the projects that may use a flavor."""
        rows = await self._connection.execute(
            sa.select(flavor_access.c.project_id)
            .where(flavor_access.c.flavor_id == flavor_id)
            .order_by(flavor_access.c.project_id)
        )
        return [row.project_id for row in rows]


def _row(flavor: Flavor) -> dict[str, Any]:
    return asdict(flavor)


def _fact(flavor: Flavor, verb: str) -> FlavorChanged:
    return FlavorChanged(
        verb=verb,
        id=flavor.id,
        project_id=None,
        version=flavor.version,
        document=document(flavor),
    )
