"""What operators ask: how well each cluster is followed. One statement."""

from collections.abc import Sequence
from typing import Any, Final

from shared.db.reads import Reads

STATUS: Final = """
SELECT c.name, coalesce(c.state, 'silent') AS state, c.reason, c.epoch, c.high AS last_job,
       c.owner AS held_by, c.leased_until, c.fence,
       extract(epoch FROM now() - c.looked_at)::float8 AS seconds_since_answer,
       c.told_at AS last_event_at, c.lag AS lag_seconds, c.behind AS behind_jobs,
       c.drift, c.trouble AS instances_in_trouble, c.hinted_at AS last_hint_at,
       coalesce(o.jobs, 0) AS open_jobs, coalesce(i.instances, 0) AS instances
FROM clusters c
LEFT JOIN (SELECT cluster, count(*) AS jobs FROM open_jobs GROUP BY cluster) o
       ON o.cluster = c.name
LEFT JOIN (SELECT cluster, count(*) AS instances FROM instances WHERE present GROUP BY cluster) i
       ON i.cluster = c.name
ORDER BY c.name
"""
REPLICAS: Final = """
SELECT owner, extract(epoch FROM now() - seen_at)::float8 AS seconds_since_seen
FROM replicas ORDER BY owner
"""


async def clusters_status(reads: Reads) -> Sequence[dict[str, Any]]:
    """Return one row per cluster that was ever watched."""
    return [dict(row) for row in await reads.rows(STATUS)]


async def replicas_status(reads: Reads) -> Sequence[dict[str, Any]]:
    """Return one row per replica that has not said that it is gone."""
    return [dict(row) for row in await reads.rows(REPLICAS)]
