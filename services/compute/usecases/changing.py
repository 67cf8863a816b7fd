"""What users change about their servers that Ganeti never hears of."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from services.compute.domain.quota import UNLIMITED, QuotaExceeded
from services.compute.domain.server import Server
from services.compute.store.stores import Transaction
from services.compute.usecases.acting import Actor
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.errors import BadInput, NotFound

MOST_TAGS = 50


async def update(
    transaction: Transaction, server_id: UUID, actor: Actor, fields: Mapping[str, Any]
) -> Server:
    """Change fields of a server; return it.

    Raises:
        NotFound: absent, deleted, or another project's.
    """
    return await _change(transaction, server_id, actor, lambda _: fields)


async def _change(
    transaction: Transaction,
    server_id: UUID,
    actor: Actor,
    fields: Callable[[Server], Mapping[str, Any]],
) -> Server:
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        changes = fields(server)
        if "details" in changes:
            server.require_unlocked(is_admin=actor.anywhere)
        changed = server.change(utcnow(), **changes)
        if len(changed.details) > len(server.details):
            limits = await stores.usage.limits(server.project_id, ["metadata_items"])
            if UNLIMITED != limits["metadata_items"] < len(changed.details):
                raise QuotaExceeded(
                    f"Maximum number of metadata items exceeds {limits['metadata_items']}"
                )
        return await save(stores, changed, actor.request_id)


async def merge_metadata(
    transaction: Transaction, server_id: UUID, actor: Actor, items: Mapping[str, str]
) -> Mapping[str, str]:
    """Add items of metadata; return all there are.

    Raises:
        NotFound: absent, deleted, or another project's.
        QuotaExceeded: too many.
    """
    changed = await _change(
        transaction, server_id, actor, lambda server: {"details": {**server.details, **items}}
    )
    return changed.details


async def replace_metadata(
    transaction: Transaction, server_id: UUID, actor: Actor, items: Mapping[str, str]
) -> Mapping[str, str]:
    """Have these items of metadata and no others; return them.

    Raises:
        NotFound: absent, deleted, or another project's.
        QuotaExceeded: too many.
    """
    changed = await _change(transaction, server_id, actor, lambda _: {"details": dict(items)})
    return changed.details


async def drop_metadata(transaction: Transaction, server_id: UUID, actor: Actor, key: str) -> None:
    """Have no such item of metadata.

    Raises:
        NotFound: no such server, or no such item.
    """

    def without(server: Server) -> Mapping[str, Any]:
        if key not in server.details:
            raise NotFound("Metadata item was not found")
        return {"details": {name: each for name, each in server.details.items() if name != key}}

    await _change(transaction, server_id, actor, without)


async def replace_tags(
    transaction: Transaction, server_id: UUID, actor: Actor, tags: tuple[str, ...]
) -> tuple[str, ...]:
    """Have these tags and no others; return them.

    Raises:
        NotFound: absent, deleted, or another project's.
    """
    changed = await _change(transaction, server_id, actor, lambda _: {"tags": tags})
    return changed.tags


async def add_tag(transaction: Transaction, server_id: UUID, actor: Actor, tag: str) -> bool:
    """Have the tag; return whether it is new.

    Raises:
        NotFound: absent, deleted, or another project's.
        BadInput: there are as many as may be.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        if tag in server.tags:
            return False
        if len(server.tags) >= MOST_TAGS:
            raise BadInput(f"The number of tags exceeded the per-server limit {MOST_TAGS}")
        await save(stores, server.change(utcnow(), tags=(*server.tags, tag)), actor.request_id)
        return True


async def drop_tag(transaction: Transaction, server_id: UUID, actor: Actor, tag: str) -> None:
    """Have no such tag.

    Raises:
        NotFound: no such server, or no such tag.
    """

    def without(server: Server) -> Mapping[str, Any]:
        if tag not in server.tags:
            raise NotFound(f"Server {server_id} has no tag '{tag}'")
        return {"tags": tuple(each for each in server.tags if each != tag)}

    await _change(transaction, server_id, actor, without)
