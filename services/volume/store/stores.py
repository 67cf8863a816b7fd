"""All stores of one transaction."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.store.attachments import AttachmentStore
from services.volume.store.grounds import GroundStore
from services.volume.store.group_types import GroupTypeStore
from services.volume.store.groups import GroupStore
from services.volume.store.messages import MessageStore
from services.volume.store.projections import ProjectionStore
from services.volume.store.qos import QosStore
from services.volume.store.quotas import QuotaStore
from services.volume.store.snapshots import SnapshotStore
from services.volume.store.tables import drifts, messaging
from services.volume.store.transfers import TransferStore
from services.volume.store.unattended import UnattendedStore
from services.volume.store.volume_types import TypeStore
from services.volume.store.volumes import VolumeStore
from shared.contracts.drift import VolumesDrift
from shared.db.drifts import DriftStore
from shared.db.jobs import JobStore
from shared.db.messaging import Outbox
from shared.db.sagas import SagaStore
from shared.logs import current_request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What one transaction may touch."""

    volumes: VolumeStore
    grounds: GroundStore
    snapshots: SnapshotStore
    attachments: AttachmentStore
    types: TypeStore
    qos: QosStore
    quotas: QuotaStore
    transfers: TransferStore
    groups: GroupStore
    group_types: GroupTypeStore
    messages: MessageStore
    projections: ProjectionStore
    unattended: UnattendedStore
    drifts: DriftStore
    outbox: Outbox
    sagas: SagaStore
    jobs: JobStore

    async def begin(self, saga: str, subject: UUID, **notes: Any) -> None:
        """Start a saga if, and only if, this transaction commits.

        One that is at work on the subject stops where it stands: the subject's status let this
        one begin, so the other has told its end already, or an administrator overruled it.
        """
        await self.sagas.supersede(subject)
        await self.sagas.start(saga, subject, notes, current_request_id())


Transaction = Callable[[], AbstractAsyncContextManager[Stores]]


def binding(defaults: Mapping[str, int]) -> Callable[[AsyncConnection], Stores]:
    """Return what builds the stores of a transaction.

    Args:
        defaults: limits that hold where nobody set others.
    """

    def bind(connection: AsyncConnection) -> Stores:
        outbox = Outbox(connection, messaging)
        return Stores(
            volumes=VolumeStore(connection),
            grounds=GroundStore(connection, defaults),
            snapshots=SnapshotStore(connection),
            attachments=AttachmentStore(connection),
            types=TypeStore(connection),
            qos=QosStore(connection),
            quotas=QuotaStore(connection, defaults),
            transfers=TransferStore(connection),
            groups=GroupStore(connection),
            group_types=GroupTypeStore(connection),
            messages=MessageStore(connection),
            projections=ProjectionStore(connection),
            unattended=UnattendedStore(connection),
            drifts=DriftStore(connection, drifts, outbox, VolumesDrift),
            outbox=outbox,
            sagas=SagaStore(connection, messaging.sagas),
            jobs=JobStore(connection, messaging.jobs),
        )

    return bind
