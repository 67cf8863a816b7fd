"""Bodies about snapshots (Block Storage API v3)."""

from typing import Annotated, Any, Final

from pydantic import Field

from services.volume.api.schemas.base import Closed, Flag, Metadata, Word
from services.volume.api.schemas.volumes import Named
from services.volume.domain.snapshot import SnapshotStatus

ENVELOPE: Final = "snapshot"


class NewSnapshot(Named):
    """A snapshot to have."""

    volume_id: Word | None  # nothing is a volume nobody has
    force: Flag | None = None
    metadata: Metadata | None = None


class CreateSnapshot(Closed):
    """``POST /snapshots``."""

    snapshot: NewSnapshot


class SnapshotChange(Named):
    """What a user may change of a snapshot."""

    def changes(self) -> dict[str, Any]:
        """Return what was said, by field."""
        return self.model_dump(exclude_unset=True)


class UpdateSnapshot(Closed):
    """``PUT /snapshots/{id}``."""

    snapshot: SnapshotChange


class ResetSnapshot(Closed):
    """``os-reset_status``."""

    status: Word


class UpdateStatus(Closed):
    """``os-update_snapshot_status``."""

    status: SnapshotStatus
    progress: Annotated[str, Field(strict=True, pattern=r"^(100|[0-9]{1,2})%?$")] | None = None
