"""Snapshots as each microversion shows them."""

from typing import Any

from aiohttp import web

from services.volume.domain.snapshot import Snapshot
from shared.clock import micros
from shared.web.microversion import at_least


def brief(snapshot: Snapshot) -> dict[str, Any]:
    """Return what every answer about a snapshot shows."""
    return {
        "id": str(snapshot.id),
        "name": snapshot.name,
        "description": snapshot.description,
        "volume_id": str(snapshot.volume_id),
        "status": snapshot.status.value,
        "size": snapshot.size,
        "metadata": dict(snapshot.metadata),
        "created_at": micros(snapshot.created_at),
        "updated_at": micros(snapshot.updated_at) if snapshot.updated_at else None,
    }


def versioned(request: web.Request, snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot as it is answered to who makes or changes it."""
    shown = brief(snapshot)
    if at_least(request, 3, 14):
        whole = snapshot.group_snapshot_id
        shown["group_snapshot_id"] = str(whole) if whole else None
    if at_least(request, 3, 41):
        shown["user_id"] = snapshot.user_id
    if at_least(request, 3, 65):
        shown["consumes_quota"] = True
    return shown


def detail(request: web.Request, snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot whole."""
    return versioned(request, snapshot) | {
        "os-extended-snapshot-attributes:progress": snapshot.progress,
        "os-extended-snapshot-attributes:project_id": snapshot.project_id,
    }
