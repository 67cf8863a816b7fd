"""The world the sagas work on: our own rows, and the neighbours they call."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeVar
from uuid import UUID

from services.volume.domain.message import Doing
from services.volume.store.stores import Transaction
from services.volume.usecases.progress import Trouble
from shared.contracts.gateway import Query, Rows, SubmissionState
from shared.contracts.image import ImageTicket, UploadTicket
from shared.contracts.operations import Operation
from shared.contracts.storage import (
    ContentWanted,
    Pool,
    StoredSnapshot,
    StoredVolume,
    Upload,
    UploadWanted,
    VolumeWanted,
)
from shared.errors import BadInput, Conflict, NotFound, NotSupported
from shared.saga.definition import GiveUp, Notes, Wait
from shared.secrets_box import SecretBox

LOOK_AGAIN: Final = 0.5  # seconds until an agent is asked how far it is
MAPPED_PAUSE: Final = 2.0  # seconds until a volume that was mapped on a node is tried again
MOST_LOOKS: Final = 60


class Gateway(Protocol):
    """The RAPI gateway."""

    async def submit(
        self, cluster: str, key: UUID, operation: Operation, request_id: str | None = None
    ) -> SubmissionState:
        """Have the effect, once per key."""
        ...

    async def query(self, cluster: str, resource: str, query: Query) -> Rows:
        """Ask Ganeti."""
        ...


class Storage(Protocol):
    """The storage agents of the clusters."""

    async def pool(self, cluster: str) -> Pool:
        """Return the capacity behind the provider."""
        ...

    async def have_volume(self, cluster: str, volume: str, wanted: VolumeWanted) -> StoredVolume:
        """Have a volume; repeat until it is no longer ``working``."""
        ...

    async def drop_volume(self, cluster: str, volume: str) -> None:
        """Have no such volume."""
        ...

    async def grow_volume(self, cluster: str, volume: str, size: int) -> StoredVolume:
        """Have the volume that large, in MiB."""
        ...

    async def fill_volume(self, cluster: str, volume: str, wanted: ContentWanted) -> StoredVolume:
        """Revert or reimage a volume; repeat until it is no longer ``working``."""
        ...

    async def have_snapshot(self, cluster: str, snapshot: str, volume: str) -> StoredSnapshot:
        """Have a snapshot of a volume; repeat until it is no longer ``working``."""
        ...

    async def drop_snapshot(self, cluster: str, snapshot: str) -> None:
        """Have no such snapshot."""
        ...

    async def upload(self, cluster: str, upload: str, wanted: UploadWanted) -> Upload:
        """Send a volume or snapshot away; repeat until it is no longer ``working``."""
        ...


class Images(Protocol):
    """The image service, as one of its own."""

    async def ticket(
        self, image_id: str, base_url: str | None = None, request_id: str | None = None
    ) -> ImageTicket:
        """Return a signed address of the image's bytes."""
        ...

    async def upload_ticket(
        self,
        image_id: str,
        disk_format: Literal["raw", "qcow2"],
        base_url: str | None = None,
        *,
        on_failure: Literal["queue", "delete"] = "queue",
        request_id: str | None = None,
    ) -> UploadTicket:
        """Return a signed address that takes the image's bytes once."""
        ...

    async def delete_image(self, image_id: str, request_id: str | None = None) -> None:
        """Have no such image."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """Everything a saga of the volume service may touch."""

    transaction: Transaction
    gateway: Gateway
    storage: Storage
    images: Images
    secrets: SecretBox
    prefix: str = "cyc-"


def subject_of(notes: Notes) -> UUID:
    """Return the volume or snapshot a saga works on."""
    return UUID(notes["subject"])


def request_of(notes: Notes) -> str | None:
    """Return the request that asked for the saga."""
    found: str | None = notes.get("request_id")
    return found


def trouble(notes: Notes, doing: Doing) -> Trouble:
    """Return what went wrong when a saga gave up."""
    return Trouble(doing=doing, why=str(notes.get("gave_up", "")), request_id=request_of(notes))


class _Stored(Protocol):
    @property
    def status(self) -> str: ...
    @property
    def message(self) -> str: ...


Stored = TypeVar("Stored", bound=_Stored)


async def ready(asking: Awaitable[Stored]) -> Stored:
    """Return what a storage agent has, once it is ready.

    Raises:
        Wait: it works on it.
        GiveUp: it cannot be had.
    """
    try:
        stored = await asking
    except (BadInput, Conflict, NotFound, NotSupported) as refused:
        raise GiveUp(refused.message) from refused
    if stored.status == "working":
        raise Wait(LOOK_AGAIN)
    if stored.status == "failed":
        raise GiveUp(stored.message or "The storage could not do it.")
    return stored


async def gone(asking: Awaitable[None]) -> bool:
    """Have something no longer; False while a node still has it mapped."""
    try:
        await asking
    except NotFound:
        return True
    except Conflict:
        return False
    return True
