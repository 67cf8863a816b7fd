"""What the image service tells its neighbours: how a node may fetch an image's bytes."""

from pydantic import BaseModel, ConfigDict


class ImageTicket(BaseModel):
    """A signed, expiring address of an image's bytes, for the OS scripts on a node."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: str  # secret: whoever has it may read the image until it expires
    sha512: str  # hex, of the stored bytes
    size: int  # bytes stored
    disk_format: str  # raw, qcow2, …: what the image says it is, and was seen to be
    virtual_size: int | None = None  # bytes of the disk inside
    expires_at: str


class UploadTicket(BaseModel):
    """A signed, expiring address that takes an image's bytes once, by PUT.

    Asked for by ``POST /internal/v1/images/{id}/upload-tickets`` with ``{"base_url": …,
    "disk_format": "raw" | "qcow2", "on_failure": "queue" | "delete"}`` for an image that is
    ``queued``; the image becomes active when all bytes are there. The PUT needs no token, takes
    any Content-Type, and answers 204; 409 when the bytes are there already.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: str  # secret
    expires_at: str
