"""What the service does with address groups. Each public verb is one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.network.domain.address_group import (
    MOST,
    AddressesAlreadyExist,
    AddressesNotFound,
    AddressGroup,
    AddressGroupNotFound,
    ordered,
)
from services.network.domain.errors import InvalidInput
from services.network.domain.resource import View
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access
from services.network.usecases.news import again, check_revision
from shared.clock import utcnow
from shared.ids import new_uuid


async def create(
    transaction: Transaction, drafts: Sequence[Mapping[str, Any]]
) -> list[AddressGroup]:
    """Create address groups, all or none.

    Raises:
        OverQuota: the project may not have so many.
    """

    async def work() -> list[AddressGroup]:
        async with transaction() as stores:
            for project in sorted({draft["project_id"] for draft in drafts}):
                more = sum(draft["project_id"] == project for draft in drafts)
                await stores.quotas.reserve(project, "address_group", more)
            made = [_made(draft) for draft in drafts]
            await stores.address_groups.add(*made)
            return made

    return await again(work)


def _made(draft: Mapping[str, Any]) -> AddressGroup:
    now = utcnow()
    given = {**draft, "addresses": ordered(draft.get("addresses", ()))}
    return AddressGroup(id=new_uuid(), created_at=now, updated_at=now, **given)


async def update(
    transaction: Transaction,
    view: View,
    group_id: UUID,
    changes: Mapping[str, Any],
    revision: int | None = None,
) -> AddressGroup:
    """Change an address group's name or description.

    Raises:
        AddressGroupNotFound: absent, or another project's.
    """

    async def work() -> AddressGroup:
        async with transaction() as stores:
            group = await own(stores, view, group_id, "update_address_group")
            check_revision(group, revision)
            return await stores.address_groups.save(replace(group, **changes))

    return await again(work)


async def add_addresses(
    transaction: Transaction, view: View, group_id: UUID, addresses: Sequence[str]
) -> AddressGroup:
    """Have more addresses in a group.

    Raises:
        AddressGroupNotFound: absent, or another project's.
        AddressesAlreadyExist: some are in it.
        InvalidInput: it would have too many.
    """

    async def work() -> AddressGroup:
        async with transaction() as stores:
            group = await own(stores, view, group_id, "add_addresses")
            if there := set(group.addresses) & set(addresses):
                raise AddressesAlreadyExist(sorted(there), group_id)
            more = ordered((*group.addresses, *addresses))
            if len(more) > MOST:
                raise InvalidInput(f"an address group has at most {MOST} addresses")
            return await stores.address_groups.save(replace(group, addresses=more))

    return await again(work)


async def remove_addresses(
    transaction: Transaction, view: View, group_id: UUID, addresses: Sequence[str]
) -> AddressGroup:
    """Have some addresses in a group no longer.

    Raises:
        AddressGroupNotFound: absent, or another project's.
        AddressesNotFound: some are not in it.
    """

    async def work() -> AddressGroup:
        async with transaction() as stores:
            group = await own(stores, view, group_id, "remove_addresses")
            if missing := set(addresses) - set(group.addresses):
                raise AddressesNotFound(sorted(missing), group_id)
            left = ordered(set(group.addresses) - set(addresses))
            return await stores.address_groups.save(replace(group, addresses=left))

    return await again(work)


async def delete(
    transaction: Transaction, view: View, group_id: UUID, revision: int | None = None
) -> None:
    """Remove an address group.

    Raises:
        AddressGroupNotFound: absent, or another project's.
        AddressGroupInUse: rules speak of it.
    """

    async def work() -> None:
        async with transaction() as stores:
            group = await own(stores, view, group_id, "delete_address_group")
            check_revision(group, revision)
            await stores.rbac.drop(group.id)
            await stores.address_groups.delete(group)

    await again(work)


async def own(stores: Stores, view: View, group_id: UUID, rule: str) -> AddressGroup:
    """Return, locked, an address group the caller may change.

    Raises:
        AddressGroupNotFound: absent, or another project's.
        PolicyNotAuthorized: it is shared with the caller, no more.
    """
    group = await stores.address_groups.get(group_id, lock=True)
    access.check_own(view, group, AddressGroupNotFound(group_id), rule)
    return group


async def require_usable(stores: Stores, view: View, group_id: UUID) -> None:
    """Let through a group that the caller's rules may speak of.

    Raises:
        AddressGroupNotFound: absent, or another project's.
    """
    group = await stores.address_groups.find(group_id)
    if group is None or not access.shares(view, group):
        raise AddressGroupNotFound(group_id)
