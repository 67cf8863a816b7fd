"""A volume: what it is, and what may happen to it next.

A blank volume is data until a server first needs it: no storage is used before, so creating,
growing and deleting one are done when they are written down. A volume with content is somewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from services.volume.domain.lifecycle import RULES, Action, Status
from shared.errors import BadInput, Kind, NotFound, NotSupported
from shared.ids import ProjectId, UserId, VolumeId

NOT_PLACED: Final[Mapping[str, Any]] = {
    "cluster": None,
    "driver": None,
    "disk_template": None,
    "disk_uuid": None,
    "disk_nodes": (),
    "has_content": False,
}


class VolumeNotFound(NotFound):
    """There is no such volume, or not for this project."""

    code = "volume.volume.not_found"


class WrongStatus(BadInput):
    """The volume's status does not allow the action; Cinder answers 400."""

    code = "volume.volume.wrong_status"


class CannotYet(NotSupported):
    """Known to Cinder, impossible here; 400 with a sentence, as clients expect of Cinder."""

    kind = Kind.BAD_INPUT
    code = "volume.not_supported"


def not_found(volume_id: object) -> VolumeNotFound:
    """Return the refusal that says no more than that."""
    return VolumeNotFound(f"Volume {volume_id} could not be found.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A block device of a project. ``size`` is in GiB."""

    id: VolumeId
    project_id: ProjectId
    user_id: UserId
    name: str | None
    description: str | None
    size: int
    growing_to: int | None = None
    status: Status
    status_before: Status | None = None
    availability_zone: str
    volume_type_id: UUID
    volume_type: str  # the type's name
    metadata: Mapping[str, str] = field(default_factory=dict)
    image_metadata: Mapping[str, str] = field(default_factory=dict)
    bootable: bool = False
    multiattach: bool = False
    readonly: bool | None = None
    snapshot_id: UUID | None = None
    source_id: UUID | None = None
    group_id: UUID | None = None
    cluster: str | None = None  # None: no storage is used yet
    driver: str | None = None
    disk_template: str | None = None
    disk_uuid: str | None = None  # Ganeti's, once a native volume was attached
    disk_nodes: tuple[str, ...] = ()  # where that disk is
    has_content: bool = False
    attachments: tuple[Mapping[str, str | None], ...] = ()  # as they are shown
    created_at: datetime
    updated_at: datetime | None = None
    version: int = 0

    def doing(self, action: Action, now: datetime, **changes: Any) -> Self:
        """Return the volume while the action is being done to it.

        Raises:
            WrongStatus: its status does not allow it.
        """
        rule = RULES[action]
        if self.status not in rule.allowed:
            raise WrongStatus(rule.refusal.format(id=self.id, status=self.status))
        return replace(
            self, status=rule.during, status_before=self.status, updated_at=now, **changes
        )

    def having(self, status: Status, now: datetime, **changes: Any) -> Self:
        """Return the volume in a status, nothing being done to it any more."""
        return replace(self, status=status, status_before=None, updated_at=now, **changes)

    def as_before(self, now: datetime, **changes: Any) -> Self:
        """Return the volume in the status it had before something was done to it."""
        return self.having(self.status_before or Status.AVAILABLE, now, **changes)

    def growing(self, size: int, now: datetime, *, even_in_use: bool) -> Self:
        """Return the volume on its way to a size in GiB.

        Raises:
            BadInput: it would not grow.
            WrongStatus: its status does not allow it.
        """
        action = Action.EXTEND_IN_USE if even_in_use else Action.EXTEND
        grown = self.doing(action, now, growing_to=size)
        if size <= self.size:
            raise BadInput(
                f"Invalid input received: New size for extend must be greater than current "
                f"size. (current: {self.size}, extended: {size})."
            )
        return grown

    @property
    def shown_metadata(self) -> dict[str, str]:
        """The user's metadata, and the flag that Cinder shows among it."""
        flag = {} if self.readonly is None else {"readonly": str(self.readonly)}
        return {**self.metadata, **flag}
