"""What every use case does at its end, and what it does when somebody was faster."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from services.network.domain.errors import RevisionNumberConstraintFailed
from services.network.domain.resource import Resource
from services.network.store.stores import Stores
from shared.contracts.base import Envelope
from shared.errors import StaleWrite
from shared.logs import current_request_id

Result = TypeVar("Result")
TRIES: Final = 8


async def tell(stores: Stores, verb: str, things: Sequence[Resource]) -> None:
    """Publish what became of resources, in the transaction that wrote them."""
    facts = [fact for thing in things if (fact := thing.changed(verb)) is not None]
    await stores.outbox.publish(*facts, request_id=current_request_id())


def news_of(verb: str, thing: Resource) -> dict[str, Any]:
    """Return the outbox row that tells of a resource, for statements that write both at once."""
    fact = thing.changed(verb)
    if fact is None:
        raise TypeError(f"nobody is told of {type(thing).__name__}")
    envelope = Envelope.around(fact, current_request_id())
    return {
        "message_id": envelope.id,
        "routing_key": fact.routing_key,
        "body": envelope.to_json(),
    }


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
