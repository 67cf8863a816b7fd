"""What the service does with address scopes. Each public verb is one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.network.domain.pool_errors import AddressScopeNotFound, AddressScopeUpdateError
from services.network.domain.rbac import ADDRESS_SCOPE
from services.network.domain.resource import View
from services.network.domain.subnet_pool import AddressScope
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access, sharing
from services.network.usecases.news import again
from shared.clock import utcnow
from shared.ids import new_uuid


async def create(
    transaction: Transaction, drafts: Sequence[Mapping[str, Any]]
) -> list[AddressScope]:
    """Create address scopes, all or none."""
    async with transaction() as stores:
        made = []
        for draft in drafts:
            now = utcnow()
            scope = AddressScope(id=new_uuid(), created_at=now, updated_at=now, **draft)
            await stores.address_scopes.add(scope)
            await sharing.mirror(stores, ADDRESS_SCOPE, scope)
            made.append(scope)
        return made


async def update(
    transaction: Transaction, view: View, scope_id: UUID, changes: Mapping[str, Any]
) -> AddressScope:
    """Change an address scope; what is everybody's stays everybody's.

    Raises:
        AddressScopeNotFound: absent, or another project's.
        AddressScopeUpdateError: it would no longer be shared.
    """

    async def work() -> AddressScope:
        async with transaction() as stores:
            scope = await _own(stores, view, scope_id, "update_address_scope")
            changed = replace(scope, **changes)
            if scope.shared and not changed.shared:
                raise AddressScopeUpdateError(scope_id, "Shared address scope can't be unshared")
            await sharing.mirror(stores, ADDRESS_SCOPE, changed, scope)
            return await stores.address_scopes.save(changed)

    return await again(work)


async def delete(transaction: Transaction, view: View, scope_id: UUID) -> None:
    """Remove an address scope.

    Raises:
        AddressScopeNotFound: absent, or another project's.
        AddressScopeInUse: pools are of it.
    """

    async def work() -> None:
        async with transaction() as stores:
            scope = await _own(stores, view, scope_id, "delete_address_scope")
            await stores.rbac.drop(scope.id)
            await stores.address_scopes.delete(scope)

    await again(work)


async def _own(stores: Stores, view: View, scope_id: UUID, rule: str) -> AddressScope:
    scope = await stores.address_scopes.get(scope_id, lock=True)
    access.check_own(view, scope, AddressScopeNotFound(scope_id), rule)
    return scope
