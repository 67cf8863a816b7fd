"""What every use case does at its end, and what it does when somebody was faster."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from services.network.domain.errors import RevisionNumberConstraintFailed
from services.network.domain.resource import Resource
from services.network.store.stores import Stores
from shared.errors import StaleWrite
from shared.logs import current_request_id

Result = TypeVar("Result")
TRIES: Final = 8


async def tell(stores: Stores, verb: str, things: Sequence[Resource]) -> None:
    """Publish what became of resources, in the transaction that wrote them."""
    facts = [fact for thing in things if (fact := thing.changed(verb)) is not None]
    await stores.outbox.publish(*facts, request_id=current_request_id())


async def again(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run a transaction again when another was faster: the user did nothing wrong.

    Raises:
        StaleWrite: it was so every time.
    """
    for attempt in range(1, TRIES):
        try:
            return await work()
        except StaleWrite:
            await asyncio.sleep(random.uniform(0, 0.01 * attempt))
    return await work()


def check_revision(thing: Resource, wanted: int | None) -> None:
    """Refuse to write what the client has not seen (``If-Match: revision_number=…``).

    Raises:
        RevisionNumberConstraintFailed: the resource changed since.
    """
    if wanted is not None and wanted != thing.revision:
        raise RevisionNumberConstraintFailed(wanted, thing.revision)
