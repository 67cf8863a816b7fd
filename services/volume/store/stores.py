"""All stores of one transaction."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.store.quotas import QuotaStore
from services.volume.store.tables import messaging
from services.volume.store.transfers import TransferStore
from services.volume.store.volume_types import TypeStore
from services.volume.store.volumes import VolumeStore
from shared.db.messaging import Outbox


@dataclass(frozen=True, slots=True)
class Stores:
    """What one transaction may touch."""

    volumes: VolumeStore
    types: TypeStore
    quotas: QuotaStore
    transfers: TransferStore
    outbox: Outbox


Transaction = Callable[[], AbstractAsyncContextManager[Stores]]


def binding(defaults: Mapping[str, int]) -> Callable[[AsyncConnection], Stores]:
    """Return what builds the stores of a transaction.

    Args:
        defaults: limits that hold where nobody set others.
    """

    def bind(connection: AsyncConnection) -> Stores:
        return Stores(
            VolumeStore(connection),
            TypeStore(connection),
            QuotaStore(connection, defaults),
            TransferStore(connection),
            Outbox(connection, messaging),
        )

    return bind
