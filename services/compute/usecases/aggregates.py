"""Makes, changes and deletes host aggregates."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from services.compute.domain.aggregate import Aggregate, AggregateTaken
from services.compute.store.stores import Transaction
from shared.clock import utcnow
from shared.errors import NotFound

Change = Callable[[Aggregate], Aggregate]


async def create(transaction: Transaction, wanted: Aggregate) -> Aggregate:
    """Add an aggregate.

    Raises:
        AggregateTaken: there is one of that name.
    """
    async with transaction() as stores:
        if await stores.aggregates.is_named(wanted.name, wanted.id):
            raise _taken(wanted.name)
        added = await stores.aggregates.add(wanted)
        if added is None:
            raise _taken(wanted.name)
    return added


async def rename(
    transaction: Transaction, ident: int, name: str | None, change: Change
) -> Aggregate:
    """Give an aggregate another name, if one is given, and change it otherwise.

    Raises:
        NotFound: there is none.
        AggregateTaken: another one has the name.
    """
    async with transaction() as stores:
        aggregate = change(await stores.aggregates.get(ident))
        if name is not None:
            if await stores.aggregates.is_named(name, ident):
                raise _taken(name)
            aggregate = replace(aggregate, name=name)
        changed = replace(aggregate, updated_at=utcnow())
        await stores.aggregates.save(changed)
    return changed


async def set_details(
    transaction: Transaction, ident: int, given: Mapping[str, str | None]
) -> Aggregate:
    """Change the metadata of an aggregate; a null takes a key away."""
    return await rename(transaction, ident, None, lambda each: each.with_details(given))


async def add_host(transaction: Transaction, ident: int, host: str) -> Aggregate:
    """Put a node into an aggregate.

    Raises:
        NotFound: there is no such aggregate or node.
        HostInAggregate: it is in it.
        HostInOtherZone: the aggregate is a zone, and the node is in another.
    """
    async with transaction() as stores:
        zone = await stores.aggregates.zone_of(host)
        aggregate = await stores.aggregates.get(ident)
        if zone is None:
            raise NotFound(f"Compute host {host} could not be found.")
        changed = replace(aggregate.with_host(host, zone), updated_at=utcnow())
        await stores.aggregates.save(changed)
    return changed


async def remove_host(transaction: Transaction, ident: int, host: str) -> Aggregate:
    """Take a node out of an aggregate.

    Raises:
        NotFound: there is no such aggregate, or the node is not in it.
    """
    return await rename(transaction, ident, None, lambda each: each.without_host(host))


async def delete(transaction: Transaction, ident: int) -> None:
    """Delete an aggregate that has no nodes.

    Raises:
        NotFound: there is none.
        BadInput: it has nodes.
    """
    async with transaction() as stores:
        aggregate = await stores.aggregates.get(ident)
        aggregate.require_empty()
        await stores.aggregates.delete(ident)


def _taken(name: str) -> AggregateTaken:
    return AggregateTaken(f"Aggregate {name} already exists.")
