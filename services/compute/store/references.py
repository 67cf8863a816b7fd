"""Looks up everything a create refers to in what compute knows: one statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from shared.db.reads import Reads

Documents = Mapping[str, dict[str, Any]]

LOOK_UP: Final = """
SELECT 'flavor' AS kind, id, to_jsonb(flavors) AS document FROM flavors
WHERE id = $1 AND (is_public OR $2 OR EXISTS (
    SELECT 1 FROM flavor_access WHERE flavor_id = flavors.id AND project_id = $3))
UNION ALL
SELECT kind, id, document || jsonb_build_object('_project_id', project_id) FROM resources
WHERE NOT gone AND (
    (kind = 'image.image' AND id = $4)
    OR (kind = 'network.network' AND id = ANY($5::text[]))
    OR (kind = 'network.network' AND $6 AND (project_id = $3 OR document ->> 'shared' = 'true'))
    OR (kind = 'network.port' AND id = ANY($7::text[]))
    OR (kind = 'network.security_group' AND project_id = $3
        AND (id = ANY($8::text[]) OR document ->> 'name' = ANY($8::text[]))))
UNION ALL
SELECT 'keypair', name, to_jsonb(keypairs) FROM keypairs WHERE user_id = $9 AND name = $10
UNION ALL
SELECT 'group', id::text, to_jsonb(server_groups) FROM server_groups
WHERE id = $11 AND project_id = $3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a create refers to."""

    project_id: str
    user_id: str
    is_admin: bool
    flavor_id: str
    image_id: str
    networks: tuple[str, ...] = ()
    any_network: bool = False
    ports: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    key_name: str | None = None
    group_id: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What compute knows of it, by kind and id."""

    by_kind: Mapping[str, Documents] = field(default_factory=dict)

    def of(self, kind: str) -> Documents:
        """Return what is known of one kind, by id."""
        return self.by_kind.get(kind, {})


async def look_up(reads: Reads, question: Question) -> Known:
    """Return what compute knows of everything the question names."""
    rows = await reads.rows(
        LOOK_UP,
        question.flavor_id,
        question.is_admin,
        question.project_id,
        question.image_id,
        list(question.networks),
        question.any_network,
        list(question.ports),
        list(question.security_groups),
        question.user_id,
        question.key_name,
        question.group_id,
    )
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["kind"], {})[row["id"]] = orjson.loads(row["document"])
    return Known(by_kind=found)


async def documents_of(reads: Reads, kind: str, ids: list[str]) -> Documents:
    """Return what is known of these resources of one kind, by id."""
    rows = await reads.rows(
        "SELECT id, document FROM resources WHERE kind = $1 AND id = ANY($2::text[]) AND NOT gone",
        kind,
        ids,
    )
    return {row["id"]: orjson.loads(row["document"]) for row in rows}
