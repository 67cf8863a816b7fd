"""What users are told of what went wrong after the answer was sent (user messages, 3.3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from shared.errors import NotFound
from shared.ids import new_uuid

KEPT: Final = timedelta(days=30)
PREFIX: Final = {"VOLUME": "VOLUME_VOLUME", "VOLUME_SNAPSHOT": "VOLUME_VOLUME_SNAPSHOT"}


class MessageNotFound(NotFound):
    """There is no such message, or not for this project."""

    code = "volume.message.not_found"


class Doing(Enum):
    """What was being done: Cinder's number of it, and its words."""

    CREATE = ("001", "schedule allocate volume")
    UPLOAD = ("003", "copy volume to image")
    DOWNLOAD = ("005", "copy image to volume")
    EXTEND = ("007", "extend volume")
    COPY = ("008", "create volume from backend storage")
    SNAPSHOT = ("009", "create snapshot")
    DELETE_SNAPSHOT = ("010", "delete snapshot")
    DELETE = ("011", "delete volume")
    REVERT = ("012", "revert to snapshot")
    REIMAGE = ("016", "reimage volume")
    ATTACH = ("002", "attach volume")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing that went wrong."""

    id: UUID
    project_id: str
    request_id: str | None
    resource_type: str  # VOLUME or VOLUME_SNAPSHOT
    resource_id: UUID
    event_id: str
    message: str
    created_at: datetime
    expires_at: datetime


def failed(
    doing: Doing,
    why: str,
    now: datetime,
    *,
    project_id: str,
    resource_id: UUID,
    resource_type: str = "VOLUME",
    request_id: str | None = None,
) -> Message:
    """Return the message that something went wrong, and why."""
    number, words = doing.value
    return Message(
        id=new_uuid(),
        project_id=project_id,
        request_id=request_id,
        resource_type=resource_type,
        resource_id=resource_id,
        event_id=f"{PREFIX[resource_type]}_{number}_001",
        message=f"{words}: {why}",
        created_at=now,
        expires_at=now + KEPT,
    )


def not_found(message_id: object) -> MessageNotFound:
    """Return the refusal that says no more than that."""
    return MessageNotFound(f"Message {message_id} could not be found.")
