"""Tags of what can be tagged: each verb is one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.network.domain.resource import NamedResource, View
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access, address_groups, subnet_pools
from services.network.usecases.news import again, tell
from shared.contracts.resources import UPDATED

Tags = tuple[str, ...]
Change = Callable[[Tags], Tags]


async def change(
    transaction: Transaction, view: View, collection: str, thing_id: UUID, to: Change
) -> Tags:
    """Change the tags of a resource, and return what they are then.

    Args:
        transaction: of the service.
        view: who asks.
        collection: the resource's name in URLs.
        thing_id: which resource.
        to: makes the new tags of the old ones.

    Raises:
        NotFound: the resource is absent, or another project's.
    """

    async def work() -> Tags:
        async with transaction() as stores:
            thing, rows = await _owned(stores, view, collection, thing_id)
            tags = to(thing.tags)
            if tags != thing.tags:
                saved = await rows.save(replace(thing, tags=tags))
                await tell(stores, UPDATED, [saved])
            return tags

    return await again(work)


async def _owned(
    stores: Stores, view: View, collection: str, thing_id: UUID
) -> tuple[NamedResource, Any]:
    rule = f"update_{collection.replace('-', '_')}_tags"
    match collection:
        case "networks":
            return await access.own_network(stores, view, thing_id, rule), stores.networks
        case "subnets":
            return (await access.own_subnet(stores, view, thing_id, rule))[0], stores.subnets
        case "ports":
            return (await access.own_port(stores, view, thing_id))[0], stores.ports
        case "routers":
            return await access.own_router(stores, view, thing_id), stores.routers
        case "subnetpools":
            return await subnet_pools.own(stores, view, thing_id, rule), stores.subnet_pools
        case "floatingips":
            return await access.own_floating_ip(stores, view, thing_id), stores.floating_ips
        case "address-groups":
            return await address_groups.own(stores, view, thing_id, rule), stores.address_groups
        case _:
            return await access.own_group(stores, view, thing_id), stores.groups


def with_all(new: Sequence[str]) -> Change:
    """Have these tags, and no others."""
    return lambda _old: tuple(sorted(set(new)))


def with_more(more: Sequence[str]) -> Change:
    """Have these tags too."""
    return lambda old: tuple(sorted({*old, *more}))


def without(gone: Sequence[str]) -> Change:
    """Have these tags no more."""
    return lambda old: tuple(tag for tag in old if tag not in gone)
