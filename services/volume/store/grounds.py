"""What a new volume stands on, read in one statement: its type, and what its project may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.volume.domain.quotas import Count, Usage
from services.volume.domain.volume_type import VolumeType
from services.volume.store.quotas import class_scope, project_scope
from services.volume.store.volume_types import type_of
from services.volume.store.volumes import project_lock
from shared.db.lean import lean
from shared.db.prepared import Prepared

# Nobody changes or deletes the type until the transaction ends. One that is named by its id comes
# before one of that name, and the project's own default before everybody's. What a project has is
# counted only where there is a limit to it.
READ: Final = Prepared(
    sa.text(
        """
        WITH limits AS (
          SELECT DISTINCT ON (resource) resource, hard_limit FROM (
            SELECT 0 AS rank, key AS resource, CAST(value AS int) AS hard_limit
            FROM jsonb_each_text(:defaults)
            UNION ALL
            SELECT CASE scope WHEN :scope THEN 2 ELSE 1 END, resource, hard_limit
            FROM quotas WHERE scope IN (:everybody, :scope)
          ) said ORDER BY resource, rank DESC
        ), own AS (
          SELECT volume_type_id AS id FROM default_types WHERE project_id = :project
        )
        SELECT t.id, t.name, t.description, t.is_public, t.extra_specs, t.qos_specs_id,
          (
            SELECT array_agg(a.project_id) FROM volume_type_access a WHERE a.volume_type_id = t.id
          ) AS projects,
          (SELECT jsonb_object_agg(resource, hard_limit) FROM limits) AS limits,
          CASE WHEN EXISTS (
            SELECT FROM limits WHERE hard_limit >= 0 AND resource ~ '^(volumes|gigabytes)(_|$)'
          ) THEN (
            SELECT jsonb_object_agg(name, sums) FROM (
              SELECT k.name, jsonb_build_array(sum(v), sum(s), sum(g)) AS sums
              FROM (
                SELECT volume_type_id, 1 AS v, 0 AS s, coalesce(growing_to, size) AS g
                FROM volumes WHERE project_id = :project AND deleted_at IS NULL
                UNION ALL
                SELECT volume_type_id, 0, 1, size
                FROM snapshots WHERE project_id = :project AND deleted_at IS NULL
              ) e JOIN volume_types k ON k.id = e.volume_type_id
              GROUP BY k.name
            ) by_type
          ) END AS used
        FROM volume_types t
        WHERE t.deleted_at IS NULL AND CASE
          WHEN :named IS NULL
            THEN t.id = (SELECT id FROM own) OR :usual IN (t.name, CAST(t.id AS text))
          ELSE :named IN (t.name, CAST(t.id AS text))
        END
        ORDER BY
          (:named IS NULL AND t.id = (SELECT id FROM own)) IS TRUE DESC,
          CAST(t.id AS text) = coalesce(:named, :usual) DESC
        LIMIT 1
        FOR KEY SHARE OF t
        """
    ).bindparams(
        *(
            sa.bindparam(name, type_=sa.Text)
            for name in ("everybody", "scope", "project", "named", "usual")
        ),
        sa.bindparam("defaults", type_=JSONB),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The type of a new volume, and the limits of its project."""

    kind: VolumeType
    limits: Mapping[str, int]
    usage: Usage  # nothing, where there is no limit to it


class GroundStore:
    """What new volumes stand on, inside one transaction."""

    def __init__(self, connection: AsyncConnection, defaults: Mapping[str, int]) -> None:
        self._connection = connection
        self._defaults = defaults

    async def of(self, project_id: str, named: str | None, usual: str) -> Ground | None:
        """Return what a volume of the project stands on; None: there is no such type.

        Nobody else counts or adds to what the project has until the transaction ends.

        Args:
            project_id: whose volume it will be.
            named: the name or id of its type; None: the project's own default, or the usual one.
            usual: the type that volumes are of when nobody says.
        """
        connection = lean(self._connection)
        await connection.begin(project_lock(project_id))
        await connection.flush()  # what this transaction has added so far counts, too
        row = await READ.row(
            connection,
            everybody=class_scope("default"),
            scope=project_scope(project_id),
            project=project_id,
            named=named,
            usual=usual,
            defaults=self._defaults,
        )
        if row is None:
            return None
        return Ground(kind=type_of(row), limits=row["limits"], usage=_usage(row["used"] or {}))


def _usage(by_type: Mapping[str, Any]) -> Usage:
    counts = {
        name: Count(volumes=v, snapshots=s, gigabytes=g) for name, (v, s, g) in by_type.items()
    }
    return Usage(by_type=counts)
