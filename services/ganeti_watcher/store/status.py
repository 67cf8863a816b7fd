"""What operators ask: how far each cluster has been followed. One statement."""

from collections.abc import Sequence
from typing import Any, Final

from shared.db.reads import Reads

STATUS: Final = """
SELECT c.name, c.epoch, c.high AS last_job, c.owner,
       extract(epoch FROM now() - c.looked_at)::float8 AS seconds_since_news,
       (SELECT count(*) FROM open_jobs o WHERE o.cluster = c.name) AS open_jobs,
       (SELECT count(*) FROM instances i WHERE i.cluster = c.name AND i.present) AS instances
FROM clusters c ORDER BY c.name
"""


async def clusters_status(reads: Reads) -> Sequence[dict[str, Any]]:
    """Return one row per cluster that was ever watched."""
    return [dict(row) for row in await reads.rows(STATUS)]
