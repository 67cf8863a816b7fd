"""What the service does with limits. Each function is one transaction."""

from collections.abc import Mapping

from services.network.domain.quota import UNLIMITED
from services.network.store.stores import Transaction
from shared.errors import BadInput

Detail = dict[str, dict[str, int]]


class QuotaBelowUse(BadInput):
    """The project has more already."""

    code = "network.quota.below_use"


async def limits(transaction: Transaction, project_id: str) -> dict[str, int]:
    """Return a project's limits."""
    async with transaction() as stores:
        return await stores.quotas.limits(project_id)


async def details(transaction: Transaction, project_id: str) -> Detail:
    """Return a project's limits and what it has."""
    async with transaction() as stores:
        allowed = await stores.quotas.limits(project_id)
        used = await stores.quotas.used(project_id)
    return {
        resource: {"limit": limit, "used": used[resource], "reserved": 0}
        for resource, limit in allowed.items()
    }


async def listed(transaction: Transaction) -> dict[str, dict[str, int]]:
    """Return the limits of every project that has its own."""
    async with transaction() as stores:
        return {each: await stores.quotas.limits(each) for each in await stores.quotas.own()}


async def change(
    transaction: Transaction, project_id: str, wanted: Mapping[str, int], *, force: bool
) -> dict[str, int]:
    """Give a project other limits.

    Raises:
        QuotaBelowUse: it has more already, and nobody insists.
    """
    async with transaction() as stores:
        used = await stores.quotas.used(project_id)
        for resource, limit in wanted.items():
            if not force and UNLIMITED < limit < used[resource]:
                raise QuotaBelowUse(
                    f"Quota limit {limit} for {resource} must be greater than or equal to "
                    f"already used {used[resource]}.",
                    name="InvalidQuotaValue",
                )
        await stores.quotas.set(project_id, wanted)
        return await stores.quotas.limits(project_id)


async def reset(transaction: Transaction, project_id: str) -> None:
    """Give a project the default limits again."""
    async with transaction() as stores:
        await stores.quotas.forget(project_id)
