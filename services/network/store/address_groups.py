"""Address groups, inside one transaction."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from services.network.domain.address_group import (
    AddressGroup,
    AddressGroupInUse,
    AddressGroupNotFound,
)
from services.network.store.rows import Rows, columns_of
from services.network.store.tables import address_groups


class AddressGroupStore(Rows[AddressGroup]):
    """Address groups."""

    table = address_groups

    @override
    def read(self, row: sa.Row[Any]) -> AddressGroup:
        """Return what the row describes."""
        return AddressGroup(**columns_of(row))

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return AddressGroupNotFound(thing_id)

    @override
    async def delete(self, thing: AddressGroup) -> None:
        """Remove the group.

        Raises:
            AddressGroupInUse: rules speak of it.
        """
        try:
            await Rows.delete(self, thing)
        except IntegrityError as used:
            raise AddressGroupInUse(thing.id) from used
