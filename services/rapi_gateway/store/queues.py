"""What is pending for the clusters: which submission comes next, and how long the queues are."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from services.rapi_gateway.domain.submission import Submission
from services.rapi_gateway.store.rows import submission_of
from services.rapi_gateway.store.statements import DEPTHS, HEADS


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much waits for one cluster."""

    cluster: str
    pending: int = 0
    in_doubt: int = 0  # of these: sent, and nobody knows yet what became of it
    oldest: float = 0.0  # seconds the first of them has waited


class QueueStore:
    """Pending submissions, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def heads(
        self,
        names: Collection[str],
        busy: Collection[tuple[str, str]],
        closed: Collection[str],
        limit: int,
    ) -> list[Submission]:
        """Return the pending submissions that come next, one per target, urgent ones first.

        Each knows the job its target's last submission has become, if that may still run.

        Args:
            names: clusters to look at.
            busy: (cluster, target) pairs that are being worked on.
            closed: clusters that take no jobs now: of them only what was sent already.
            limit: how many at most.
        """
        rows = await HEADS.rows(
            self._connection,
            names=list(names),
            busy_clusters=[cluster for cluster, _target in busy],
            busy_targets=[target for _cluster, target in busy],
            closed=list(closed),
            most=limit,
        )
        return [
            replace(
                submission_of(row),
                before=None
                if row["before_key"] is None
                else (row["before_key"], row["before_job"]),
            )
            for row in rows
        ]

    async def depths(self) -> list[Depth]:
        """Return how much waits for each cluster, where anything does."""
        return [Depth(**dict(row)) for row in await DEPTHS.rows(self._connection)]
