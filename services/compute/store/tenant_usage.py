"""Reads which servers ran in a period: one statement, outside transactions."""

from typing import Any, Final
from uuid import UUID

from services.compute.domain.lifecycle import VmState
from services.compute.domain.tenant_usage import Period, Run
from shared.db.reads import Reads
from shared.errors import BadInput

# By project, so that a page cuts as few projects in two as can be.
RUNS: Final = """
SELECT id, project_id, name, flavor ->> 'name' AS flavor, vcpus, ram AS memory,
    disk + coalesce((flavor ->> 'ephemeral')::integer, 0) AS disk,
    vm_state, launched_at, terminated_at
FROM servers
WHERE launched_at < $2 AND (terminated_at IS NULL OR terminated_at >= $1)
    AND ($3::text IS NULL OR project_id = $3)
    AND ($4::uuid IS NULL OR (project_id, id) > (
        SELECT marker.project_id, marker.id FROM servers AS marker WHERE marker.id = $4))
ORDER BY project_id, id LIMIT $5::bigint
"""


async def runs(
    reads: Reads,
    period: Period,
    project_id: str | None,
    *,
    marker: UUID | None = None,
    limit: int | None = None,
) -> list[Run]:
    """Return the servers that ran in the period; project None: everybody's.

    Raises:
        BadInput: the marker is no server's id.
    """
    rows = await reads.rows(RUNS, period.start, period.end, project_id, marker, limit)
    if not rows and marker is not None:
        known = await reads.value("SELECT 1 FROM servers WHERE id = $1", marker)
        if known is None:
            raise BadInput(f"Marker {marker} could not be found.")
    return [_run(row) for row in rows]


def _run(row: Any) -> Run:
    values = dict(row)
    return Run(**(values | {"vm_state": VmState(values["vm_state"])}))
