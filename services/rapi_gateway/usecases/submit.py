"""Takes a submission in, once per key, and waits a moment for what becomes of it.

The work itself is the courier's: a caller that hangs up changes nothing.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson

from services.rapi_gateway.domain.submission import (
    Intent,
    QueueFull,
    Submission,
    intent_of,
    room_for,
)
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.doorbell import Doorbell, Visitor
from shared.contracts.gateway import Submission as Asked
from shared.contracts.gateway import SubmissionState, SubmissionStatus
from shared.db.trouble import is_at_odds
from shared.errors import NotFound

REPEATS: Final = 3  # of a transaction that gave way to another
JITTER: Final = (0.005, 0.05)  # seconds before each
LOOK_EVERY: Final = 0.5  # seconds: another process may be the one that delivers


class SubmissionUnknown(NotFound):
    """The key was never submitted, or was forgotten."""

    code = "gateway.submission.unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What taking submissions in needs."""

    singly: Transaction  # of single statements
    seal: Callable[[str], str]
    doorbell: Doorbell
    patience: float  # seconds
    queue_limit: int  # submissions pending for one cluster


async def submit(reception: Reception, cluster: str, key: UUID, asked: Asked) -> SubmissionState:
    """Have the effect, once per key.

    Raises:
        ClusterUnknown: there is no such cluster.
        KeyReused: the key was used for another operation.
        QueueFull: too much waits for the cluster; nothing is on record.
    """
    intent = intent_of(cluster, key, asked.operation, asked.request_id)
    with reception.doorbell.waiting(cluster, key) as visitor:
        row = await _taken_in(reception, intent)
        row.check_same(intent)
        return await _told(reception, await _settled(reception, row, visitor))


async def _taken_in(reception: Reception, intent: Intent) -> Submission:
    for _ in range(REPEATS):
        try:
            return await _on_record(reception, intent)
        except Exception as problem:
            if not is_at_odds(problem):
                raise
        await asyncio.sleep(random.uniform(*JITTER))
    return await _on_record(reception, intent)


async def _on_record(reception: Reception, intent: Intent) -> Submission:
    secrets = orjson.dumps(intent.secrets).decode()
    sealed = reception.seal(secrets) if intent.secrets else None
    most = room_for(intent.operation, reception.queue_limit)
    async with reception.singly() as stores:
        if row := await stores.submissions.add(intent, sealed, most):
            reception.doorbell.work.set()
            return row
        if row := await stores.submissions.find(intent.cluster, intent.key):
            return row
        await stores.clusters.get(intent.cluster)
    raise QueueFull(f"{most} submissions wait for cluster {intent.cluster}.", retry_after=5)


async def show(reception: Reception, cluster: str, key: UUID) -> SubmissionState:
    """Return what became of a submission.

    Raises:
        SubmissionUnknown: the key was never submitted, or was forgotten.
    """
    return await _told(reception, await _found(reception, cluster, key))


async def withdraw(reception: Reception, cluster: str, key: UUID) -> SubmissionState:
    """Take a submission back, if not a byte of it was sent; return what became of it.

    Raises:
        SubmissionUnknown: the key was never submitted, or was forgotten.
    """
    async with reception.singly() as stores:
        row = await stores.submissions.withdraw(cluster, key)
    if row is None:
        return await show(reception, cluster, key)
    reception.doorbell.ring(cluster, key, row)
    reception.doorbell.work.set()
    return row.state()


async def _found(reception: Reception, cluster: str, key: UUID) -> Submission:
    async with reception.singly() as stores:
        row = await stores.submissions.find(cluster, key)
    if row is None:
        raise SubmissionUnknown("This key was never submitted.")
    return row


async def _told(reception: Reception, row: Submission) -> SubmissionState:
    """Return the state, with what a pending submission waits for."""
    if row.status is not SubmissionStatus.PENDING:
        return row.state()
    async with reception.singly() as stores:
        condition = await stores.clusters.condition(row.cluster)
    return row.state(condition)


async def _settled(reception: Reception, row: Submission, visitor: Visitor) -> Submission:
    """Return the submission once it is not pending, or as it is when patience ends."""
    loop = asyncio.get_running_loop()
    end = loop.time() + reception.patience
    while row.status is SubmissionStatus.PENDING and (left := end - loop.time()) > 0:
        try:
            async with asyncio.timeout(min(left, LOOK_EVERY)):
                await visitor.rung.wait()
        except TimeoutError:
            pass
        visitor.rung.clear()
        row = visitor.row or await _found(reception, row.cluster, row.key)
    return row
