"""What the volume service does with types of groups. Each function is one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import UUID

from services.volume.domain.group_type import GroupType
from services.volume.store.stores import Transaction
from shared.errors import NotFound
from shared.ids import new_uuid


async def create(
    transaction: Transaction,
    name: str,
    description: str | None,
    *,
    is_public: bool,
    group_specs: Mapping[str, str],
) -> GroupType:
    """Have a type of groups.

    Raises:
        GroupTypeExists: the name is taken.
    """
    kind = GroupType(
        id=new_uuid(),
        name=name,
        description=description,
        is_public=is_public,
        group_specs=group_specs,
    )
    async with transaction() as stores:
        await stores.group_types.add(kind)
    return kind


async def change(
    transaction: Transaction, type_id: UUID, how: Callable[[GroupType], GroupType]
) -> GroupType:
    """Change a type of groups.

    Raises:
        GroupTypeNotFound: there is none.
        GroupTypeExists: the new name is taken.
    """
    async with transaction() as stores:
        kind = how(await stores.group_types.get(type_id))
        await stores.group_types.save(kind)
        return kind


def without_spec(key: str) -> Callable[[GroupType], GroupType]:
    """Return the change that drops a spec.

    Raises:
        NotFound: the type has no such spec.
    """

    def how(kind: GroupType) -> GroupType:
        if key not in kind.group_specs:
            raise NotFound(f"Group Type {kind.id} has no specs with key {key}.")
        return replace(kind, group_specs={k: v for k, v in kind.group_specs.items() if k != key})

    return how


async def delete(transaction: Transaction, type_id: UUID) -> None:
    """Have no such type of groups.

    Raises:
        GroupTypeNotFound: there is none.
        GroupTypeInUse: there are groups of it.
    """
    async with transaction() as stores:
        await stores.group_types.remove(await stores.group_types.get(type_id))
