"""Switches nodes off and on for the cloud; Ganeti's own drained and offline stay Ganeti's."""

from collections.abc import Callable

from services.compute.domain.hosts import Host, NodeFlag
from services.compute.store.stores import Transaction


async def switch(
    transaction: Transaction, host: Host, change: Callable[[NodeFlag], NodeFlag]
) -> NodeFlag:
    """Change what is decided about a node; return it."""
    async with transaction() as stores:
        changed = change(await stores.node_flags.get(host.cluster.name, host.node.name))
        await stores.node_flags.put(changed)
    return changed
