"""A server group: servers that want to be near each other, or apart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from services.compute.domain.quota import QuotaExceeded
from shared.errors import NotFound

APART: Final = "anti-affinity"  # kept apart, by tags where a cluster knows ours
HARD: Final = ("affinity", APART)
SOFT: Final = ("soft-affinity", "soft-anti-affinity")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerGroup:
    """A project's server group."""

    id: UUID
    project_id: str
    user_id: str
    name: str
    policy: str
    created_at: datetime
    rules: Mapping[str, int] = field(default_factory=dict)  # max_server_per_host
    members: tuple[UUID, ...] = ()


class TooManyGroups(QuotaExceeded):
    """The project has as many server groups as it may have."""

    code = "compute.server_group.too_many"


def group_not_found(group_id: object) -> NotFound:
    """Return the one answer for a group that is absent or another project's."""
    return NotFound(f"Instance group {group_id} could not be found.")
