"""Makes and deletes server groups; a project may have so many."""

from uuid import UUID

from services.compute.domain.quota import over
from services.compute.domain.server_group import ServerGroup, TooManyGroups, group_not_found
from services.compute.store.stores import Transaction

RESOURCE = "server_groups"


async def create(transaction: Transaction, group: ServerGroup) -> None:
    """Add a group.

    Raises:
        TooManyGroups: the project has as many as it may.
    """
    async with transaction() as stores:
        await stores.usage.lock(group.project_id, RESOURCE)
        used = {RESOURCE: await stores.server_groups.count(group.project_id)}
        limits = await stores.usage.limits(group.project_id, [RESOURCE], group.user_id)
        if over({RESOURCE: 1}, used, limits):
            raise TooManyGroups("Quota exceeded, too many server groups.")
        await stores.server_groups.add(group)


async def delete(transaction: Transaction, group_id: UUID, project_id: str | None) -> None:
    """Delete a group; its members stay where they are.

    Raises:
        NotFound: absent, or another project's.
    """
    async with transaction() as stores:
        if not await stores.server_groups.delete(group_id, project_id):
            raise group_not_found(group_id)
