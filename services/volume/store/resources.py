"""What others told of their resources, read outside any transaction."""

from typing import Any

import orjson

from shared.db.reads import Reads


async def show_resource(reads: Reads, kind: str, resource_id: str) -> dict[str, Any] | None:
    """Return what is known of a resource that is not gone, with whose it is; or None."""
    row = await reads.row(
        "SELECT document, project_id FROM resources WHERE kind = $1 AND id = $2 AND NOT gone",
        kind,
        resource_id,
    )
    if row is None:
        return None
    return {**orjson.loads(row["document"]), "_project_id": row["project_id"]}
