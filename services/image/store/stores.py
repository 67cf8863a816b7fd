"""All stores of one transaction."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from services.image.store.images import ImageStore
from services.image.store.members import MemberStore
from services.image.store.metadefs import MetadefStore
from services.image.store.tables import idempotency, messaging
from services.image.store.tasks import TaskStore
from shared.db.idempotency import Answers, Sealer
from shared.db.messaging import Outbox
from shared.db.sagas import SagaStore
from shared.db.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What a use case reads and writes, in one transaction."""

    images: ImageStore
    members: MemberStore
    tasks: TaskStore
    metadefs: MetadefStore
    sagas: SagaStore
    outbox: Outbox
    answers: Answers


Transaction = UnitOfWork[Stores]


def bound(sealer: Sealer) -> Callable[[AsyncConnection], Stores]:
    """Return what binds the stores to a connection, for ``shared.db.uow.unit_of_work``."""

    def bind(connection: AsyncConnection) -> Stores:
        return Stores(
            images=ImageStore(connection),
            members=MemberStore(connection),
            tasks=TaskStore(connection),
            metadefs=MetadefStore(connection),
            sagas=SagaStore(connection, messaging.sagas),
            outbox=Outbox(connection, messaging),
            answers=Answers(connection, idempotency, sealer),
        )

    return bind
