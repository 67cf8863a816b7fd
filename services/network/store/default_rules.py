"""The rules that new security groups begin with, inside one transaction."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from typing_extensions import override

from services.network.domain.default_rule import DefaultRule, DefaultSecurityGroupRuleNotFound
from services.network.store.rows import Rows, columns_of
from services.network.store.tables import default_rules


class DefaultRuleStore(Rows[DefaultRule]):
    """The rules that new security groups begin with."""

    table = default_rules

    @override
    def read(self, row: sa.Row[Any]) -> DefaultRule:
        """Return what the row describes."""
        return DefaultRule(**columns_of(row))

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return DefaultSecurityGroupRuleNotFound(thing_id)

    async def every(self) -> list[DefaultRule]:
        """Return all of them, the oldest first."""
        found = await self.where()
        return sorted(found, key=lambda rule: (rule.created_at, rule.id))
