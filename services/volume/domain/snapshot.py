"""A snapshot: what a volume held at a moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from services.volume.domain.volume import WrongStatus
from shared.errors import NotFound
from shared.ids import ProjectId, UserId, VolumeId


class SnapshotStatus(StrEnum):
    """The status OpenStack clients see."""

    CREATING = "creating"
    AVAILABLE = "available"
    DELETING = "deleting"
    ERROR = "error"
    ERROR_DELETING = "error_deleting"
    DELETED = "deleted"


S = SnapshotStatus
DELETABLE: Final = frozenset({S.AVAILABLE, S.ERROR})
# What a driver that works outside may write: os-update_snapshot_status.
UPDATES: Final[Mapping[SnapshotStatus, frozenset[SnapshotStatus]]] = {
    S.CREATING: frozenset({S.CREATING, S.AVAILABLE, S.ERROR}),
    S.DELETING: frozenset({S.DELETING, S.ERROR_DELETING}),
}


class SnapshotNotFound(NotFound):
    """There is no such snapshot, or not for this project."""

    code = "volume.snapshot.not_found"


def not_found(snapshot_id: object) -> SnapshotNotFound:
    """Return the refusal that says no more than that."""
    return SnapshotNotFound(f"Snapshot {snapshot_id} could not be found.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a volume held at a moment. ``size`` is in GiB."""

    id: UUID
    project_id: ProjectId
    user_id: UserId
    volume_id: VolumeId
    volume_type_id: UUID
    name: str | None
    description: str | None
    size: int
    status: SnapshotStatus
    progress: str = "0%"
    metadata: Mapping[str, str] = field(default_factory=dict)
    cluster: str | None
    group_snapshot_id: UUID | None = None  # the snapshot of a whole group it is part of
    created_at: datetime
    updated_at: datetime | None = None
    version: int = 0

    def having(self, status: SnapshotStatus, now: datetime, **changes: Any) -> Self:
        """Return the snapshot in another status."""
        return replace(self, status=status, updated_at=now, **changes)

    def deleting(self, now: datetime, *, force: bool = False) -> Self:
        """Return the snapshot on its way out.

        Raises:
            WrongStatus: its status does not allow it.
        """
        if not force and self.status not in DELETABLE:
            raise WrongStatus(
                "Invalid snapshot: Volume Snapshot status must be available or error."
            )
        return self.having(S.DELETING, now)

    def updated_to(self, status: SnapshotStatus, progress: str | None, now: datetime) -> Self:
        """Return the snapshot as a driver says it is.

        Raises:
            WrongStatus: its status does not lead there.
        """
        if status not in UPDATES.get(self.status, ()):
            raise WrongStatus(
                f"Provided snapshot status {status} not allowed for snapshot with status "
                f"{self.status}."
            )
        return self.having(status, now, progress=progress or self.progress)
