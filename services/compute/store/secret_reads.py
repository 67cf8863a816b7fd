"""Reads what guests are to be given, sealed, for answers."""

from uuid import UUID

from shared.db.reads import Reads


async def sealed_of(reads: Reads, server_id: UUID) -> str | None:
    """Return a server's sealed text, if it has one."""
    found: str | None = await reads.value(
        "SELECT sealed FROM server_secrets WHERE server_id = $1", server_id
    )
    return found
