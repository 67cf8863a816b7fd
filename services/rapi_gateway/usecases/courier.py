"""Carries submissions to Ganeti, each exactly once.

Before the first byte leaves, ``sending_at`` is on record. Whatever happens then (no answer, a
crash, another process taking over), a submission with ``sending_at`` is only looked for, until
it is found or Ganeti can no longer have it under way; then, and only then, it is sent again.
"""

import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.domain.health import State
from services.rapi_gateway.domain.submission import Submission, redacted, whole
from services.rapi_gateway.ganeti import queries
from services.rapi_gateway.ganeti.client import Call
from services.rapi_gateway.ganeti.errors import (
    Drained,
    NoDaemon,
    NotAllowed,
    NotSent,
    RapiTrouble,
    Refused,
)
from services.rapi_gateway.ganeti.lanes import Urgency
from services.rapi_gateway.ganeti.link import ClusterLink
from services.rapi_gateway.ganeti.links import Links
from services.rapi_gateway.ganeti.opcodes.marking import Surroundings
from services.rapi_gateway.ganeti.opcodes.requests import request_for
from services.rapi_gateway.store.stores import Transaction
from services.rapi_gateway.usecases.counting import SUBMISSIONS
from services.rapi_gateway.usecases.doorbell import Doorbell
from services.rapi_gateway.usecases.looking import (
    CREATES,
    ONCE,
    UNMARKED,
    UNORDERED,
    Look,
    job_of,
    look,
    made,
)
from services.rapi_gateway.usecases.refresh import Refresher
from shared.contracts.ganeti import Failure
from shared.contracts.gateway import ClusterState, SubmissionStatus
from shared.secrets_box import SecretBox

log = logging.getLogger(__name__)

STALE_CLAIM: Final = 5.0  # seconds: who slept so long after claiming no longer sends
ARCHIVED_AFTER: Final = 5 * 3600.0  # seconds: from then on a job may be out of sight
TURN: Final = 0.3  # seconds between looks whether the job before has ended
EXPORT: Final = "instance.export"
URGENCY: Final[Mapping[str, Urgency]] = {
    "instance.start": Urgency.INTERACTIVE,
    "instance.stop": Urgency.INTERACTIVE,
    "instance.reboot": Urgency.INTERACTIVE,
    "instance.create": Urgency.CREATE,
    "instance.export": Urgency.BULK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Delivers single submissions."""

    singly: Transaction  # of single statements
    refresher: Refresher
    links: Links
    secrets: SecretBox
    doorbell: Doorbell
    owner: UUID  # this process, as leases know it

    async def deliver(self, row: Submission, cluster: Registered) -> None:
        """Bring a pending submission as far as it goes now."""
        if cluster.view.state is ClusterState.OFFLINE and row.sending_at is not None:
            await self._postpone(row, _pause(row), row.message)
            return
        link = self.links.to(cluster)
        try:
            if row.sending_at is None:
                await self._send(link, row, cluster)
            else:
                await self._resolve(link, row, cluster)
        except Refused as refusal:  # of a question, not of the submission
            await self._postpone(row, _pause(row), f"{refusal}")
        except RapiTrouble as trouble:
            await self._postpone(row, _pause(row), f"{trouble}")

    async def _send(self, link: ClusterLink, row: Submission, cluster: Registered) -> None:
        if row.kind == "instance.create" and not cluster.takes_creates:
            message = f"Cluster {cluster.name} is {cluster.view.state}: no new instances."
            await self._reject(row, Failure.MAINTENANCE, message)
            return
        if cluster.view.state is ClusterState.OFFLINE:
            await self._postpone(row, _pause(row), f"Cluster {cluster.name} is offline.")
            return
        after = await self._to_wait_for(link, row)
        if after and row.kind in UNORDERED:  # RAPI would not have it wait
            await self._postpone(row, TURN, "")
            return
        found = Look() if after else await look(link, row)
        if found.is_so:
            await self._found(link, row, found)
            return
        around = await self._around(link, row, cluster, after)
        if row.kind == EXPORT and around.primary is None:
            await self._reject(row, Failure.NOT_FOUND, "There is no such instance.")
            return
        secrets = self._opened(row)
        call = request_for(whole(row.operation, secrets), around)
        await self._submit(link, row, call, frozenset(secrets.values()))

    async def _around(
        self, link: ClusterLink, row: Submission, cluster: Registered, after: tuple[int, ...]
    ) -> Surroundings:
        if row.kind in UNMARKED:  # its job is known by being newer than all others
            link.remember(cluster.view.epoch, (await queries.last_job(link))[0])
        node = None
        if row.kind == EXPORT:
            node = await queries.primary_of(link, row.operation["instance"])
        return Surroundings(
            key=row.key,
            request_id=row.request_id,
            after=after,
            disk_template=cluster.view.disk_template,
            os=cluster.view.os,
            nodes=cluster.nodes,
            ext_provider=cluster.view.ext_provider,
            primary=node,
        )

    async def _submit(
        self, link: ClusterLink, row: Submission, call: Call, secrets: Collection[str]
    ) -> None:
        async with link.sending(URGENCY.get(row.kind, Urgency.NORMAL)):
            begun = time.monotonic()
            async with self.singly() as stores:
                claimed = await stores.submissions.claim(
                    row, self.owner, link.last_job, states=_open_states(row)
                )
            if claimed is None:  # the lease or the cluster's state is not what it was
                self.doorbell.registry_changed = True
                return
            if time.monotonic() - begun > STALE_CLAIM:
                await self._postpone(claimed, 0, "", unsent=True)
                return
            was_up = link.health.state is State.UP
            try:
                job = await link.send(call)
            except RapiTrouble as trouble:
                await self._failed(claimed, trouble, redacted(f"{trouble}", secrets))
                return
        await self._accept(link, claimed, job)
        if not was_up:
            async with self.singly() as stores:
                await stores.submissions.hurry(row.cluster)

    async def _failed(self, row: Submission, trouble: RapiTrouble, why: str) -> None:
        facts = {"cluster": row.cluster, "key": str(row.key), "why": why}
        log.warning("submission not accepted", extra=facts)
        match trouble:
            case NotSent() | NoDaemon() | Drained():
                await self._postpone(row, _pause(row), why, unsent=True)
            case NotAllowed():  # the operation is as good as ever: who we are has to be mended
                self.doorbell.registry_changed = True
                await self._postpone(row, _pause(row), why, unsent=True)
            case Refused():
                await self._reject(row, trouble.failure, why)
            case _:
                await self._postpone(row, _pause(row), why)

    async def _resolve(self, link: ClusterLink, row: Submission, cluster: Registered) -> None:
        """Find out what became of a submission that may have been received."""
        same_epoch = row.epoch == cluster.view.epoch
        job = await job_of(link, row, same_epoch=same_epoch)
        if job is not None:
            await self._accept(link, row, job)
            return
        if row.kind in CREATES and (found := await made(link, row)).is_so:
            await self._found(link, row, found)
            return
        if row.sent_for < cluster.view.settle:
            pause = min(_pause(row), max(cluster.view.settle - row.sent_for, 0.05))
            await self._postpone(row, pause, row.message)
        elif same_epoch and not await self._is_same_history(row, cluster):
            self.doorbell.registry_changed = True  # look again, among jobs of any number
            await self._postpone(row, 0, row.message)
        elif row.kind in ONCE and not (same_epoch and row.sent_for < ARCHIVED_AFTER):
            message = f"Nobody can tell any more whether {row.kind} was carried out."
            await self._reject(row, Failure.UNKNOWN_OUTCOME, message)
        elif row.message.startswith("500:") and row.attempts >= 3:
            await self._reject(row, Failure.BAD_REQUEST, row.message)
        else:
            log.info("sending again", extra={"cluster": row.cluster, "key": str(row.key)})
            await self._postpone(row, 0, row.message, unsent=True)

    async def _is_same_history(self, row: Submission, cluster: Registered) -> bool:
        """Whether job ids still mean what they meant when it was sent, asked now."""
        epoch, _last = await self.refresher.last_job(cluster)
        return epoch == row.epoch

    async def _to_wait_for(self, link: ClusterLink, row: Submission) -> tuple[int, ...]:
        """Return the job that the target's last submission became, if it has not ended.

        Ganeti's locks keep jobs apart, not in order: order is what ``depends`` is for.
        """
        if row.before is None:
            return ()
        key, job = row.before
        if await queries.is_live(link, job):
            return (job,)
        async with self.singly() as stores:
            await stores.submissions.job_ended(row.cluster, key)
        return ()

    def _opened(self, row: Submission) -> dict[str, str]:
        if row.sealed is None:
            return {}
        opened: dict[str, str] = orjson.loads(self.secrets.open(row.sealed))
        return opened

    async def _accept(self, link: ClusterLink, row: Submission, job: int) -> None:
        epoch = None if job > row.hwm_before else await self._epoch_begun_by(row, job)
        ended = await self._finish(row, SubmissionStatus.ACCEPTED, epoch=epoch, job_id=job)
        if ended is not None:
            link.remember(ended.epoch, job)

    async def _epoch_begun_by(self, row: Submission, job: int) -> int:
        return await self.refresher.epoch_begun_by(
            row.cluster, job, hwm=row.hwm_before, epoch=row.epoch
        )

    async def _found(self, link: ClusterLink, row: Submission, found: Look) -> None:
        if found.job_id is not None:
            await self._accept(link, row, found.job_id)
        else:
            await self._finish(row, SubmissionStatus.DONE)

    async def _reject(self, row: Submission, failure: Failure, message: str) -> None:
        rejected = SubmissionStatus.REJECTED
        await self._finish(row, rejected, epoch=row.epoch, failure=failure, message=message)

    async def _finish(
        self, row: Submission, status: SubmissionStatus, **facts: Any
    ) -> Submission | None:
        async with self.singly() as stores:
            ended = await stores.submissions.finish(row, status, **facts)
        SUBMISSIONS.labels(row.cluster, status).inc()
        self.doorbell.ring(row.cluster, row.key, ended)
        return ended

    async def _postpone(
        self, row: Submission, seconds: float, message: str, *, unsent: bool = False
    ) -> None:
        async with self.singly() as stores:
            await stores.submissions.postpone(row, seconds, message, unsent=unsent)


def _open_states(row: Submission) -> frozenset[ClusterState]:
    """Return the states of a cluster in which a submission may be sent."""
    if row.kind == "instance.create":
        return frozenset({ClusterState.ENABLED})
    return frozenset({ClusterState.ENABLED, ClusterState.DRAINED})


def _pause(row: Submission) -> float:
    """Return the seconds until the next look: short at first, then longer."""
    return min(0.2 * 2.0 ** min(row.tries, 16), 5.0)
