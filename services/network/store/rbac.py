"""RBAC policies, inside one transaction."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from typing_extensions import override

from services.network.domain.pool_errors import DuplicateRbacPolicy, RbacPolicyNotFound
from services.network.domain.rbac import RbacPolicy
from services.network.store.rows import Rows, columns_of
from services.network.store.tables import (
    networks,
    port_groups,
    ports,
    rbac_policies,
    security_group_rules,
    subnet_pools,
    subnets,
)


class RbacStore(Rows[RbacPolicy]):
    """RBAC policies."""

    table = rbac_policies

    @override
    def read(self, row: sa.Row[Any]) -> RbacPolicy:
        """Return what the row describes."""
        return RbacPolicy(**columns_of(row))

    @override
    def missing(self, thing_id: UUID) -> Exception:
        """Return the refusal for an unknown id."""
        return RbacPolicyNotFound(thing_id)

    @override
    async def add(self, *things: RbacPolicy) -> None:
        """Write new policies.

        Raises:
            DuplicateRbacPolicy: the object is shared so already.
        """
        try:
            await Rows.add(self, *things)
        except IntegrityError as taken:
            raise DuplicateRbacPolicy from taken

    @override
    async def save(self, thing: RbacPolicy) -> RbacPolicy:
        """Write the policy over the revision it was read at.

        Raises:
            DuplicateRbacPolicy: the object is shared so already.
        """
        try:
            return await Rows.save(self, thing)
        except IntegrityError as taken:
            raise DuplicateRbacPolicy from taken

    async def targets(self, object_id: UUID, action: str) -> list[str]:
        """Return whom the object is shared with."""
        found = sa.select(rbac_policies.c.target_project).where(
            rbac_policies.c.object_id == object_id, rbac_policies.c.action == action
        )
        return sorted((await self._connection.execute(found)).scalars())

    async def drop(self, object_id: UUID, action: str | None = None, target: str = "") -> None:
        """Remove the object's policies, or the one of an action and a target."""
        gone = sa.delete(rbac_policies).where(rbac_policies.c.object_id == object_id)
        if action is not None:
            gone = gone.where(
                rbac_policies.c.action == action, rbac_policies.c.target_project == target
            )
        await self._connection.execute(gone)

    async def users_of(self, object_type: str, object_id: UUID) -> set[str]:
        """Return the projects that have something of theirs on, in or from the object."""
        match object_type:
            case "network":
                found = sa.union(
                    sa.select(ports.c.project_id).where(ports.c.network_id == object_id),
                    sa.select(subnets.c.project_id).where(subnets.c.network_id == object_id),
                )
            case "security_group":
                found = sa.union(
                    sa.select(ports.c.project_id)
                    .join(port_groups, port_groups.c.port_id == ports.c.id)
                    .where(port_groups.c.group_id == object_id)
                )
            case "subnetpool":
                found = sa.union(
                    sa.select(subnets.c.project_id).where(subnets.c.subnetpool_id == object_id)
                )
            case "address_group":
                found = sa.union(
                    sa.select(security_group_rules.c.project_id).where(
                        security_group_rules.c.remote_address_group_id == object_id
                    )
                )
            case _:
                found = sa.union(
                    sa.select(subnet_pools.c.project_id).where(
                        subnet_pools.c.address_scope_id == object_id
                    )
                )
        return set((await self._connection.execute(found)).scalars()) - {""}

    async def gateways_through(self, network_id: UUID) -> set[str]:
        """Return the projects that reach the world through an external network."""
        rows = await self._connection.execute(GATEWAYS, {"network": network_id})
        return set(rows.scalars())


GATEWAYS = (
    sa.text(
        "SELECT project_id FROM routers WHERE gateway_network_id = :network "
        "UNION SELECT project_id FROM floating_ips WHERE network_id = :network"
    )
    .bindparams(sa.bindparam("network", type_=networks.c.id.type))
    .columns(project_id=sa.Text)
)
