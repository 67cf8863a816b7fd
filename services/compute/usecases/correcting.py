"""What administrators set right about servers in our books; Ganeti is asked nothing."""

from uuid import UUID

from services.compute.domain.lifecycle import VmState
from services.compute.store.stores import Transaction
from services.compute.usecases import observing
from services.compute.usecases.acting import Actor
from services.compute.usecases.saving import save
from shared.clock import utcnow
from shared.contracts.resources import PortChanged


async def reset(transaction: Transaction, server_id: UUID, actor: Actor, vm_state: VmState) -> None:
    """Say where a server stands, and that nothing is being done to it.

    What was under way ends where it is; what it made stays.

    Raises:
        NotFound: absent, deleted, or another project's.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        await stores.sagas.supersede(server.id)
        await save(stores, server.reset(vm_state, utcnow()), actor.request_id)


async def refresh_network(transaction: Transaction, server_id: UUID, actor: Actor) -> None:
    """Take in again what the network service last told of a server's ports.

    Raises:
        NotFound: absent, deleted, or another project's.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        ports = [nic.port_id for nic in server.nics]
        told = await stores.projections.documents(PortChanged.resource, ports)
        if told:
            await observing.tell_ports(stores, sorted(told))
