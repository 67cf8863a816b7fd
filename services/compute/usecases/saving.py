"""The row and the news of it are one act, whoever writes."""

from services.compute.domain.server import Server
from services.compute.store.stores import Stores


async def save(stores: Stores, server: Server, request_id: str | None = None) -> Server:
    """Write the server and tell the cloud; what did not change is not written.

    Raises:
        StaleWrite: it was not locked, and another writer got there first.
    """
    saved, fact = await stores.servers.save(server)
    await stores.outbox.publish(fact, request_id=request_id)
    return saved
