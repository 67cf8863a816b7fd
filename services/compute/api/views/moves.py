"""Moves of servers as Nova shows its migrations."""

from typing import Any

from aiohttp import web

from services.compute.api.views.linking import links_to
from services.compute.domain.moving import Move
from services.compute.store.move_reads import LIVE
from shared.clock import micros
from shared.web.microversion import at_least


def _number(flavor_id: str | None) -> int | None:
    """Return a flavor's id where it is a number: nothing else fits into the answer."""
    return int(flavor_id) if flavor_id and flavor_id.isdecimal() and len(flavor_id) < 10 else None


def migration(request: web.Request, move: Move) -> dict[str, Any]:
    """Return a move as one of all."""
    shown: dict[str, Any] = {
        "id": move.id,
        "instance_uuid": str(move.server_id),
        "status": move.status,
        "source_compute": move.source,
        "source_node": move.source,
        "dest_compute": move.target,
        "dest_host": None,
        "dest_node": move.target,
        "old_instance_type_id": _number(move.old_flavor),
        "new_instance_type_id": _number(move.new_flavor),
        "created_at": micros(move.created_at),
        "updated_at": micros(move.updated_at),
    }
    if at_least(request, 2, 23):
        shown["migration_type"] = move.kind
        if move.kind == "live-migration" and move.status in LIVE:
            path = f"servers/{move.server_id}/migrations"
            shown["links"] = links_to(request, path, str(move.id))
    if at_least(request, 2, 59):
        shown["uuid"] = str(move.uuid)
    if at_least(request, 2, 80):
        shown |= {"user_id": move.user_id, "project_id": move.project_id}
    return shown


def of_server(request: web.Request, move: Move) -> dict[str, Any]:
    """Return a live migration as one of its server; Ganeti tells nothing of its progress."""
    shown: dict[str, Any] = {
        "id": move.id,
        "server_uuid": str(move.server_id),
        "status": move.status,
        "source_compute": move.source,
        "source_node": move.source,
        "dest_compute": move.target,
        "dest_host": None,
        "dest_node": move.target,
        "created_at": micros(move.created_at),
        "updated_at": micros(move.updated_at),
        **{
            f"{what}_{part}_bytes": None
            for what in ("memory", "disk")
            for part in ("total", "processed", "remaining")
        },
    }
    if at_least(request, 2, 59):
        shown["uuid"] = str(move.uuid)
    if at_least(request, 2, 80):
        shown |= {"user_id": move.user_id, "project_id": move.project_id}
    return shown
