"""Sets how much projects, and users in them, may have."""

from collections.abc import Mapping

from services.compute.domain.quota_set import QuotaSet, require_possible
from services.compute.store.stores import Transaction


async def set_limits(
    transaction: Transaction,
    project_id: str,
    user_id: str,
    limits: Mapping[str, int],
    *,
    force: bool,
) -> QuotaSet:
    """Set limits of a project, or of a user in it; return what holds now.

    Args:
        transaction: the service's transactions.
        project_id: whose limits.
        user_id: of which user in it; "": of the project itself.
        limits: the new ones.
        force: whether they may be below what is in use.

    Raises:
        BadInput: one is below what is in use, or above what the project may have.
    """
    async with transaction() as stores:
        await stores.usage.lock(project_id)  # nobody makes servers while we compare
        known = await stores.quotas.read(project_id, user_id)
        require_possible(limits, known, force=force, of_user=bool(user_id))
        await stores.quotas.set(project_id, user_id, limits)
        return await stores.quotas.read(project_id, user_id)


async def clear_limits(transaction: Transaction, project_id: str, user_id: str) -> None:
    """Let the defaults hold again for a project and its users, or for one of them."""
    async with transaction() as stores:
        await stores.quotas.clear(project_id, user_id or None)


async def set_class_limits(transaction: Transaction, name: str, limits: Mapping[str, int]) -> None:
    """Set what projects may have of which nothing else was said."""
    async with transaction() as stores:
        await stores.quotas.set_class(name, limits)
