"""Takes a submission in, once per key, and waits a moment for what becomes of it.

The work itself is the courier's: a caller that hangs up changes nothing.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson

from services.rapi_gateway.domain.submission import Submission, intent_of
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.doorbell import Doorbell
from shared.contracts.gateway import Submission as Asked
from shared.contracts.gateway import SubmissionState, SubmissionStatus
from shared.errors import NotFound

LOOK_EVERY: Final = 0.5  # seconds: another process may be the one that delivers


class SubmissionUnknown(NotFound):
    """The key was never submitted, or was forgotten."""

    code = "gateway.submission.unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What taking submissions in needs."""

    transaction: Transaction
    quietly: Transaction  # wakes nobody: for looking
    seal: Callable[[str], str]
    doorbell: Doorbell
    patience: float  # seconds


async def submit(reception: Reception, cluster: str, key: UUID, asked: Asked) -> SubmissionState:
    """Have the effect, once per key.

    Raises:
        ClusterUnknown: there is no such cluster.
        KeyReused: the key was used for another operation.
    """
    intent = intent_of(cluster, key, asked.operation, asked.request_id)
    with reception.doorbell.waiting(cluster, key) as rung:
        async with reception.transaction() as stores:
            row = await stores.submissions.find(cluster, key)
            if row is None:
                await stores.clusters.get(cluster)
                secrets = orjson.dumps(intent.secrets).decode()
                sealed = reception.seal(secrets) if intent.secrets else None
                await stores.submissions.add(intent, sealed)
                row = await stores.submissions.find(cluster, key)
        if row is None:
            raise SubmissionUnknown("BUG: a submission vanished while it was written.")
        row.check_same(intent)
        return (await _settled(reception, row, rung)).state()


async def show(reception: Reception, cluster: str, key: UUID) -> SubmissionState:
    """Return what became of a submission.

    Raises:
        SubmissionUnknown: the key was never submitted, or was forgotten.
    """
    async with reception.quietly() as stores:
        row = await stores.submissions.find(cluster, key)
    if row is None:
        raise SubmissionUnknown("This key was never submitted.")
    return row.state()


async def _settled(reception: Reception, row: Submission, rung: asyncio.Event) -> Submission:
    """Return the submission once it is not pending, or as it is when patience ends."""
    loop = asyncio.get_running_loop()
    end = loop.time() + reception.patience
    while row.status is SubmissionStatus.PENDING and (left := end - loop.time()) > 0:
        try:
            async with asyncio.timeout(min(left, LOOK_EVERY)):
                await rung.wait()
        except TimeoutError:
            pass
        rung.clear()
        async with reception.quietly() as stores:
            row = await stores.submissions.find(row.cluster, row.key) or row
    return row
