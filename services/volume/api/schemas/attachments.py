"""Bodies about attachments (Block Storage API v3, since 3.27)."""

from typing import Any, Literal

from services.volume.api.schemas.base import Closed, Uuid, Word


class NewAttachment(Closed):
    """A use of a volume to have."""

    volume_uuid: Word
    instance_uuid: Uuid | None = None
    connector: dict[str, Any] | None = None
    mode: Literal["rw", "ro"] | None = None  # since 3.54


class CreateAttachment(Closed):
    """``POST /attachments``."""

    attachment: NewAttachment


class AttachmentChange(Closed):
    """Where the server is that uses the volume."""

    connector: dict[str, Any]


class UpdateAttachment(Closed):
    """``PUT /attachments/{id}``."""

    attachment: AttachmentChange
