"""An attachment: a server's use of a volume, from reserving it to giving it back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from services.volume.domain.lifecycle import Status
from shared.clock import micros
from shared.errors import Conflict, NotFound
from shared.ids import VolumeId

Mode = Literal["rw", "ro"]


class AttachStatus(StrEnum):
    """How far an attachment is."""

    RESERVED = "reserved"
    ATTACHING = "attaching"
    ATTACHED = "attached"
    DETACHED = "detached"


class AttachmentNotFound(NotFound):
    """There is no such attachment, or not for this project."""

    code = "volume.attachment.not_found"


class UsedByServer(Conflict):
    """A server uses it: compute ends the attachment, nobody else."""

    code = "volume.attachment.used_by_server"


def not_found(attachment_id: object) -> AttachmentNotFound:
    """Return the refusal that says no more than that."""
    return AttachmentNotFound(
        f"Volume attachment could not be found with filter: attachment_id = {attachment_id}."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A server's use of a volume."""

    id: UUID
    volume_id: VolumeId
    project_id: str
    server_id: str | None
    status: AttachStatus
    mode: str = "rw"
    by_service: bool = False  # compute made it: its own to end
    host: str | None = None  # the cluster
    instance: str | None = None  # Ganeti's name of the server
    mountpoint: str | None = None
    connector: Mapping[str, Any] = field(default_factory=dict)
    connection: Mapping[str, Any] = field(default_factory=dict)
    seen_sequence: int | None = None
    created_at: datetime
    attached_at: datetime | None = None
    detached_at: datetime | None = None

    @property
    def shown_in_volume(self) -> dict[str, str | None]:
        """The attachment as a volume lists it; the host is administrators' business."""
        return {
            "id": str(self.volume_id),
            "attachment_id": str(self.id),
            "volume_id": str(self.volume_id),
            "server_id": self.server_id,
            "host_name": None,
            "device": self.mountpoint,
            "attached_at": micros(self.attached_at) if self.attached_at else None,
        }


def status_of(attachments: Iterable[Attachment]) -> Status:
    """Return the status that its attachments give a volume."""
    every = {each.status for each in attachments}
    if AttachStatus.ATTACHED in every:
        return Status.IN_USE
    if AttachStatus.ATTACHING in every:
        return Status.ATTACHING
    return Status.RESERVED if every else Status.AVAILABLE


def shown(attachments: Iterable[Attachment]) -> tuple[dict[str, str | None], ...]:
    """Return the attachments as their volume lists them: those that are made."""
    made = [each for each in attachments if each.status is AttachStatus.ATTACHED]
    return tuple(each.shown_in_volume for each in sorted(made, key=lambda one: one.created_at))
