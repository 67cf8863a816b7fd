"""All stores of one transaction."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ganeti_watcher.store.cursors import CursorStore
from services.ganeti_watcher.store.instances import InstanceStore
from services.ganeti_watcher.store.leases import LeaseStore
from services.ganeti_watcher.store.states import StateStore
from services.ganeti_watcher.store.tables import messaging
from shared.db.messaging import Outbox


@dataclass(frozen=True, slots=True)
class Stores:
    """What one transaction may touch."""

    cursors: CursorStore
    leases: LeaseStore
    states: StateStore
    instances: InstanceStore
    outbox: Outbox


Transaction = Callable[[], AbstractAsyncContextManager[Stores]]


def bind(connection: AsyncConnection) -> Stores:
    """Return the stores of a transaction on this connection."""
    return Stores(
        CursorStore(connection),
        LeaseStore(connection),
        StateStore(connection),
        InstanceStore(connection),
        Outbox(connection, messaging),
    )
