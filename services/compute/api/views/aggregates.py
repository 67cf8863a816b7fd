"""A host aggregate as Nova shows it."""

from typing import Any

from services.compute.domain.aggregate import ZONE, Aggregate
from shared.clock import micros


def brief_view(aggregate: Aggregate, minor: int) -> dict[str, Any]:
    """Return an aggregate that was just made."""
    view: dict[str, Any] = {
        "id": aggregate.id,
        "name": aggregate.name,
        "availability_zone": aggregate.availability_zone,
        "created_at": micros(aggregate.created_at),
        "updated_at": micros(aggregate.updated_at) if aggregate.updated_at else None,
        "deleted": False,
        "deleted_at": None,
    }
    if minor >= 41:
        view["uuid"] = str(aggregate.uuid)
    return view


def aggregate_view(aggregate: Aggregate, minor: int) -> dict[str, Any]:
    """Return an aggregate with its hosts and metadata."""
    zone = {ZONE: aggregate.availability_zone} if aggregate.availability_zone else {}
    return brief_view(aggregate, minor) | {
        "hosts": list(aggregate.hosts),
        "metadata": {**aggregate.details, **zone},
    }
