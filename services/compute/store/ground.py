"""What a create is judged by: locked and read in two round trips, instead of five."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.compute.domain.placement import Promised
from services.compute.store.capacity import (
    PLACEMENT_LOCK,
    PROMISED,
    STATES,
    WAITING,
    CapacityStore,
    promised_in,
)
from services.compute.store.usage import COUNT, Usage, lock_of, usage_of
from shared.contracts.gateway import Cluster
from shared.db.lean import lean
from shared.db.prepared import Prepared

# One row per fact: what kind it is, its words, its numbers.
GROUND: Final = Prepared(
    sa.text(
        f"""
SELECT 'usage' AS kind, resource AS name, NULL AS node, is_limit, layer::bigint AS first,
    amount::bigint AS second, NULL::bigint AS third, NULL::bigint AS fourth,
    NULL::timestamptz AS seen_at, NULL::text[] AS off FROM ({COUNT}) AS usage
UNION ALL
SELECT 'cluster', name, NULL, NULL, version, NULL, NULL, NULL, seen_at, off
FROM ({STATES}) AS states
UNION ALL
SELECT 'promised', cluster, node, NULL, vcpus, ram, disk, times, NULL, NULL
FROM ({PROMISED}) AS promised
UNION ALL
SELECT 'volumes', cluster, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM ({WAITING}) AS waiting
"""
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a project has and may have, and what there is for everybody."""

    usage: Usage
    clusters: Sequence[Cluster]
    promised: Mapping[str, Sequence[Promised]]
    with_volumes: frozenset[str]  # clusters where the project has volumes that no server has


class GroundStore:
    """The ground of creates, inside one transaction."""

    def __init__(self, connection: AsyncConnection, capacity: CapacityStore) -> None:
        self._connection = connection
        self._capacity = capacity

    async def read(self, project_id: str, user_id: str) -> Ground:
        """Be the only one who counts the project's servers, and who places any; then look."""
        await lean(self._connection).begin(lock_of(project_id), PLACEMENT_LOCK)
        usage, clusters, promised, with_volumes = [], [], [], set()
        for row in await GROUND.rows(self._connection, project=project_id, user=user_id):
            kind, name, node, is_limit, first, second, third, fourth, seen_at, off = row
            if kind == "usage":
                usage.append((is_limit, first, name, second))
            elif kind == "cluster":
                clusters.append((name, first, seen_at, off))
            elif kind == "volumes":
                with_volumes.add(name)
            else:
                promised.append((name, node, first, second, third, fourth))
        return Ground(
            usage=usage_of(usage),
            clusters=await self._capacity.known(sorted(clusters)),
            promised=promised_in(promised),
            with_volumes=frozenset(with_volumes),
        )
