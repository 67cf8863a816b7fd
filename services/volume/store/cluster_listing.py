"""Clusters and pools, read outside any transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from shared.contracts.gateway import Cluster, ClusterState
from shared.db.reads import Reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A cluster, the room behind its provider, and what administrators decided about it."""

    cluster: Cluster
    seen_at: datetime
    total: int | None  # MiB
    free: int | None
    agent_version: str
    disabled: bool
    reason: str | None


async def list_backends(reads: Reads) -> list[Backend]:
    """Return the clusters there are, by name."""
    rows: Sequence[Any] = await reads.rows(
        "SELECT c.document, greatest(c.seen_at, p.seen_at) AS seen_at, p.total, p.free, "
        "p.agent_version, s.disabled, s.reason FROM clusters c "
        "LEFT JOIN pools p ON p.cluster = c.name LEFT JOIN service_states s "
        "ON s.host = c.name AND s.binary = 'cinder-volume' ORDER BY c.name"
    )
    every = [
        Backend(
            cluster=Cluster.model_validate(orjson.loads(row["document"])),
            seen_at=row["seen_at"],
            total=row["total"],
            free=row["free"],
            agent_version=row["agent_version"] or "",
            disabled=bool(row["disabled"]),
            reason=row["reason"],
        )
        for row in rows
    ]
    return [each for each in every if each.cluster.state is not ClusterState.REMOVED]
