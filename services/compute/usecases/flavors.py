"""Makes, changes and deletes flavors, and says who may use the private ones."""

from collections.abc import Mapping
from dataclasses import replace

from services.compute.domain.flavor import (
    AccessGiven,
    Flavor,
    FlavorIsPublic,
    FlavorTaken,
)
from services.compute.store.stores import Transaction
from shared.errors import NotFound


async def create(transaction: Transaction, flavor: Flavor, request_id: str) -> Flavor:
    """Add a flavor.

    Raises:
        FlavorTaken: there is one with its id or name.
    """
    async with transaction() as stores:
        fact = await stores.flavors.add(flavor)
        if fact is None:
            if await stores.flavors.has_id(flavor.id):
                raise FlavorTaken(f"Flavor with ID {flavor.id} already exists.")
            raise FlavorTaken(f"Flavor with name {flavor.name} already exists.")
        await stores.outbox.publish(fact, request_id=request_id)
    return flavor


async def describe(
    transaction: Transaction, flavor_id: str, description: str | None, request_id: str
) -> Flavor:
    """Change what is said about a flavor.

    Raises:
        NotFound: there is none.
    """
    async with transaction() as stores:
        changed = replace(await stores.flavors.get(flavor_id), description=description)
        fact = await stores.flavors.save(changed)
        await stores.outbox.publish(fact, request_id=request_id)
    return changed


async def delete(transaction: Transaction, flavor_id: str, request_id: str) -> None:
    """Delete a flavor; servers keep what they were made of.

    Raises:
        NotFound: there is none.
    """
    async with transaction() as stores:
        fact = await stores.flavors.delete(await stores.flavors.get(flavor_id))
        await stores.outbox.publish(fact, request_id=request_id)


async def set_extra_specs(
    transaction: Transaction, flavor_id: str, given: Mapping[str, str], request_id: str
) -> None:
    """Add extra specs, over those of the same names.

    Raises:
        NotFound: there is no such flavor.
    """
    async with transaction() as stores:
        flavor = await stores.flavors.get(flavor_id)
        changed = replace(flavor, extra_specs={**flavor.extra_specs, **given})
        fact = await stores.flavors.save(changed)
        await stores.outbox.publish(fact, request_id=request_id)


async def drop_extra_spec(
    transaction: Transaction, flavor_id: str, key: str, request_id: str
) -> None:
    """Take an extra spec away.

    Raises:
        NotFound: there is no such flavor, or it has no such spec.
    """
    async with transaction() as stores:
        flavor = await stores.flavors.get(flavor_id)
        if key not in flavor.extra_specs:
            raise NotFound(f"Flavor {flavor_id} has no extra specs with key {key}.")
        left = {name: value for name, value in flavor.extra_specs.items() if name != key}
        fact = await stores.flavors.save(replace(flavor, extra_specs=left))
        await stores.outbox.publish(fact, request_id=request_id)


async def grant(
    transaction: Transaction, flavor_id: str, project_id: str, *, even_public: bool
) -> list[str]:
    """Let a project use a flavor; return all that may.

    Raises:
        NotFound: there is no such flavor.
        FlavorIsPublic: everybody may, and that is refused.
        AccessGiven: the project may already.
    """
    async with transaction() as stores:
        flavor = await stores.flavors.get(flavor_id)
        if flavor.is_public and not even_public:
            raise FlavorIsPublic("Can not add access to a public flavor.")
        if not await stores.flavors.grant(flavor_id, project_id):
            raise AccessGiven(
                f"Flavor access already exists for flavor {flavor_id} "
                f"and project {project_id} combination."
            )
        return await stores.flavors.projects(flavor_id)


async def revoke(transaction: Transaction, flavor_id: str, project_id: str) -> list[str]:
    """Let a project no longer use a flavor; return all that still may.

    Raises:
        NotFound: there is no such flavor, or the project could not use it.
    """
    async with transaction() as stores:
        await stores.flavors.get(flavor_id)
        if not await stores.flavors.revoke(flavor_id, project_id):
            raise NotFound(f"Flavor access not found for {flavor_id} / {project_id} combination.")
        return await stores.flavors.projects(flavor_id)
