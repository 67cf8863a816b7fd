"""What a project may have, and has. Each function is one transaction."""

from collections.abc import Mapping
from dataclasses import replace

from services.volume.domain.quotas import DEFAULTS, Usage, of_type
from services.volume.store.quotas import class_scope, project_scope
from services.volume.store.stores import Stores, Transaction
from shared.errors import BadInput


async def of_project(
    transaction: Transaction, project_id: str, type_names: list[str]
) -> tuple[dict[str, int], Usage]:
    """Return the limits of a project, those of each type included, and what is in use."""
    async with transaction() as stores:
        limits = await stores.quotas.of_project(project_id)
        return _complete(limits, type_names), await _usage(stores, project_id)


async def _usage(stores: Stores, project_id: str) -> Usage:
    usage = await stores.volumes.usage(project_id)
    return replace(usage, groups=await stores.groups.count(project_id))


async def of_class(transaction: Transaction, name: str, type_names: list[str]) -> dict[str, int]:
    """Return the limits of a quota class; ``default`` holds for every project."""
    async with transaction() as stores:
        return _complete(await stores.quotas.limits(class_scope(name)), type_names)


def _complete(limits: Mapping[str, int], type_names: list[str]) -> dict[str, int]:
    per_type = {resource: -1 for name in type_names for resource in of_type(name)}
    return per_type | {k: v for k, v in limits.items() if k in per_type or k in DEFAULTS}


async def change_project(
    transaction: Transaction,
    project_id: str,
    wanted: Mapping[str, int],
    type_names: list[str],
    *,
    even_below_usage: bool = False,
) -> dict[str, int]:
    """Set limits of a project; return all of them.

    Raises:
        BadInput: a resource is unknown, or more than the limit is in use.
    """
    async with transaction() as stores:
        _known(wanted, type_names)
        await stores.volumes.lock(project_id)
        usage = await _usage(stores, project_id)
        for resource, limit in () if even_below_usage else wanted.items():
            if 0 <= limit < usage.of(resource):
                raise BadInput(
                    f"Invalid input received: Quota limit {limit} for {resource} must be equal "
                    f"to or greater than existing resources. Current usage is "
                    f"{usage.of(resource)} and the requested limit is {limit}."
                )
        await stores.quotas.save(project_scope(project_id), wanted)
        return _complete(await stores.quotas.of_project(project_id), type_names)


async def change_class(
    transaction: Transaction, name: str, wanted: Mapping[str, int], type_names: list[str]
) -> dict[str, int]:
    """Set limits of a quota class; return all of them.

    Raises:
        BadInput: a resource is unknown.
    """
    async with transaction() as stores:
        _known(wanted, type_names)
        await stores.quotas.save(class_scope(name), wanted)
        return _complete(await stores.quotas.limits(class_scope(name)), type_names)


async def forget(transaction: Transaction, project_id: str) -> None:
    """Have the default limits again for a project."""
    async with transaction() as stores:
        await stores.quotas.forget(project_scope(project_id))


def _known(wanted: Mapping[str, int], type_names: list[str]) -> None:
    known = _complete(DEFAULTS, type_names)
    if unknown := sorted(set(wanted) - set(known)):
        raise BadInput(f"Invalid input received: Bad key(s) in quota set: {','.join(unknown)}")
