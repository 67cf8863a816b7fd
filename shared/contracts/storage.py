"""What is said to the storage agent of a cluster: volumes and snapshots behind ``ext`` disks.

The volume service speaks to it through the gateway, which holds the agent's token:
``/v1/clusters/{cluster}/storage/<path>`` there is ``/v1/<path>`` here. Every call may be
repeated: PUT says what to have, DELETE what not to have. Long work is answered at once with
status ``working``, and asked for again. Sizes are MiB; ids are the volume service's.

| call | body | answer |
|---|---|---|
| ``GET  pool`` | | ``Pool`` |
| ``PUT  volumes/{id}`` | ``VolumeWanted`` | ``StoredVolume`` |
| ``GET  volumes/{id}`` | | ``StoredVolume``; 404 |
| ``DELETE volumes/{id}`` | | 204; 409 while it is mapped on a node |
| ``PUT  volumes/{id}/size`` | ``SizeWanted`` | ``StoredVolume``; 409 for less than it has |
| ``PUT  volumes/{id}/content`` | ``ContentWanted`` | ``StoredVolume``: reverted, or reimaged |
| ``PUT  snapshots/{id}`` | ``SnapshotWanted`` | ``StoredSnapshot`` |
| ``GET, DELETE snapshots/{id}`` | | as for volumes |
| ``PUT  uploads/{id}`` | ``UploadWanted`` | ``Upload`` |
| ``GET  uploads/{id}`` | | ``Upload``; 404 |

A refusal is ``{"error": {"code": 409, "message": "…"}}``.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.contracts.operations import Closed

Status = Literal["working", "ready", "failed"]


class FromNothing(Closed):
    """Zeros."""

    kind: Literal["nothing"] = "nothing"


class FromVolume(Closed):
    """A copy of what another volume holds now."""

    kind: Literal["volume"] = "volume"
    id: str


class FromSnapshot(Closed):
    """A copy of what a snapshot holds."""

    kind: Literal["snapshot"] = "snapshot"
    id: str


class FromImage(Closed):
    """An image, fetched by a signed URL."""

    kind: Literal["image"] = "image"
    url: SecretStr
    sha512: str  # hex, of the stored bytes
    size: int = Field(ge=0)  # bytes stored
    format: Literal["raw", "qcow2"]


Source = Annotated[FromNothing | FromVolume | FromSnapshot | FromImage, Field(discriminator="kind")]


class VolumeWanted(Closed):
    """A volume to have."""

    size: int = Field(gt=0)  # MiB
    source: Source = FromNothing()


class SizeWanted(Closed):
    """The size to grow to."""

    size: int = Field(gt=0)  # MiB


class ContentWanted(Closed):
    """What a volume that is mapped nowhere should hold from now on.

    The same ``attempt`` never writes twice.
    """

    attempt: str
    source: Source


class SnapshotWanted(Closed):
    """A snapshot to have, of what the volume holds now."""

    volume: str


class UploadWanted(Closed):
    """A volume or snapshot to send to a signed URL, by PUT, in the given format."""

    kind: Literal["volume", "snapshot"]
    id: str
    url: SecretStr
    format: Literal["raw", "qcow2"] = "raw"


class Pool(BaseModel):
    """Capacity behind the provider, in MiB."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    total: int
    free: int
    version: str = ""


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    status: Status
    progress: int = 0  # percent, while working
    message: str = ""  # why it failed


class StoredVolume(_Stored):
    """A volume as the agent has it."""

    size: int


class StoredSnapshot(_Stored):
    """A snapshot as the agent has it."""

    volume: str
    size: int


class Upload(_Stored):
    """How far an upload is."""

    sent: int = 0  # bytes
