"""What is written about how the clusters are served: one statement, outside transactions."""

from collections.abc import Sequence
from typing import Any, Final

from shared.contracts.gateway import ClusterState, ClusterStatus

CONDITIONS: Final = """
    SELECT c.name AS cluster, c.state,
           c.document->>'health' AS health,
           coalesce(c.document->>'cause', '') AS cause,
           c.document->>'health_since' AS health_since,
           (c.document->>'epoch')::int AS epoch,
           c.document->>'master' AS master,
           c.last_job,
           coalesce(q.pending, 0) AS pending,
           coalesce(q.in_doubt, 0) AS in_doubt,
           coalesce(q.lag_seconds, 0)::float AS lag_seconds,
           l.owner::text AS holder
      FROM clusters c
      LEFT JOIN leases l ON l.cluster = c.name AND l.until > now()
      LEFT JOIN (SELECT cluster, count(*) AS pending,
                        count(*) FILTER (WHERE sending_at IS NOT NULL) AS in_doubt,
                        extract(epoch FROM now() - min(created_at)) AS lag_seconds
                   FROM submissions WHERE status = 'pending' GROUP BY cluster) q
        ON q.cluster = c.name
     WHERE c.state <> $1 AND ($2::text IS NULL OR c.name = $2)
     ORDER BY c.name
"""


class ClusterConditions:
    """Reads how the clusters are served.

    Args:
        reads: the fast lane of the service's database.
    """

    def __init__(self, reads: Any) -> None:
        self._reads = reads

    async def all(self, name: str | None = None) -> Sequence[ClusterStatus]:
        """Return all clusters that are not removed, or the one of that name."""
        rows = await self._reads.rows(CONDITIONS, ClusterState.REMOVED.value, name)
        return [ClusterStatus.model_validate(dict(row)) for row in rows]
