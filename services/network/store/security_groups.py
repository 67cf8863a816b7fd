"""Security groups and their rules, inside one transaction."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from services.network.domain.default_rule import default_group
from services.network.domain.errors import (
    SecurityGroupInUse,
    SecurityGroupNotFound,
    SecurityGroupRuleNotFound,
)
from services.network.domain.security_group import SecurityGroup, SecurityGroupRule
from services.network.store.default_rules import DefaultRuleStore
from services.network.store.rows import Rows, columns_of
from services.network.store.tables import security_group_rules, security_groups
from shared.clock import utcnow


class RuleStore(Rows[SecurityGroupRule]):
    """Rules of security groups."""

    table = security_group_rules

    @override
    def read(self, row: sa.Row[Any]) -> SecurityGroupRule:
        """Return what the row describes."""
        return SecurityGroupRule(**columns_of(row, "fingerprint"))

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return SecurityGroupRuleNotFound(thing_id)

    @override
    def row_of(self, thing: SecurityGroupRule) -> dict[str, Any]:
        """Return the columns of a rule."""
        return Rows.row_of(self, thing) | {"fingerprint": thing.fingerprint}

    async def twin_of(self, rule: SecurityGroupRule) -> UUID | None:
        """Return the id of the group's rule that says the same."""
        rules = security_group_rules.c
        found = sa.select(rules.id).where(
            rules.group_id == rule.group_id, rules.fingerprint == rule.fingerprint
        )
        return (await self._connection.execute(found)).scalar_one_or_none()

    async def of_others_about(self, group_id: UUID) -> list[UUID]:
        """Return the other groups that have rules about the group's members."""
        rules = security_group_rules.c
        found = (
            sa.select(rules.group_id)
            .where(rules.remote_group_id == group_id, rules.group_id != group_id)
            .distinct()
            .order_by(rules.group_id)
        )
        return list((await self._connection.execute(found)).scalars())

    async def of(self, group_id: UUID) -> list[SecurityGroupRule]:
        """Return the group's rules, oldest first."""
        found = await self.where(security_group_rules.c.group_id == group_id)
        return sorted(found, key=lambda rule: (rule.created_at, rule.id))


class SecurityGroupStore(Rows[SecurityGroup]):
    """Security groups."""

    table = security_groups
    not_columns = frozenset({"rules"})

    @override
    def read(self, row: sa.Row[Any]) -> SecurityGroup:
        """Return what the row describes; its rules are read apart."""
        return SecurityGroup(**columns_of(row))

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return SecurityGroupNotFound(thing_id)

    @override
    async def delete(self, thing: SecurityGroup) -> None:
        """Remove the group with its rules.

        Raises:
            SecurityGroupInUse: a port is in it.
        """
        try:
            await Rows.delete(self, thing)
        except IntegrityError as used:
            raise SecurityGroupInUse(thing.id) from used

    async def whole(self, group_id: UUID) -> SecurityGroup:
        """Return the group with its rules, locked.

        Raises:
            SecurityGroupNotFound: there is none.
        """
        group = await self.get(group_id, lock=True)
        return replace(group, rules=tuple(await RuleStore(self._connection).of(group_id)))

    async def default_of(self, project_id: str) -> tuple[UUID, SecurityGroup | None]:
        """Return the id of the project's default group, and the group if it was made just now.

        Whoever comes second waits for the first, and finds its group.
        """
        known = sa.select(security_groups.c.id).where(
            security_groups.c.project_id == project_id, security_groups.c.is_default
        )
        while True:
            found = (await self._connection.execute(known)).scalar_one_or_none()
            if found is not None:
                return found, None
            first = await DefaultRuleStore(self._connection).every()
            made = default_group(first, project_id, utcnow())
            written = await self._connection.execute(
                insert(security_groups)
                .values(self.row_of(made))
                .on_conflict_do_nothing(
                    index_elements=["project_id"], index_where=sa.text("is_default")
                )
            )
            if written.rowcount == 1:
                await RuleStore(self._connection).add(*made.rules)
                return made.id, made

    async def usable(self, group_ids: Collection[UUID], projects: Collection[str]) -> set[UUID]:
        """Return which of the groups are one of the projects', or shared with one."""
        groups = security_groups.c
        mine = groups.project_id.in_(list(projects))
        lent = groups.shared_with.has_any(sa.cast(["*", *projects], ARRAY(sa.Text)))
        found = await self._connection.execute(
            sa.select(groups.id).where(groups.id.in_(list(group_ids)), sa.or_(mine, lent))
        )
        return set(found.scalars())

    async def known(self, group_ids: Collection[UUID]) -> set[UUID]:
        """Return which of the groups there are."""
        found = sa.select(security_groups.c.id).where(security_groups.c.id.in_(list(group_ids)))
        return set((await self._connection.execute(found)).scalars())
