"""The world the sagas work on: our own rows, and the neighbours they call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol
from uuid import UUID

from services.compute.store.stores import Transaction
from services.compute.usecases.placing import Placing
from shared.contracts.gateway import Query, Rows, SubmissionState
from shared.contracts.image import ImageTicket, UploadTicket
from shared.contracts.operations import Operation
from shared.contracts.volume import Connection
from shared.saga.definition import Notes
from shared.secrets_box import SecretBox

Json = dict[str, Any]
NO_VALID_HOST: Final = "No valid host was found."


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


class Networks(Protocol):
    """The network service, as one of its own."""

    async def create_port(
        self, body: Json, *, idempotency_key: UUID, request_id: str | None = None
    ) -> Json:
        """Have a port; the same key always gives the same port."""
        ...

    async def update_port(self, port_id: str, body: Json, request_id: str | None = None) -> Json:
        """Change a port."""
        ...

    async def delete_port(self, port_id: str, request_id: str | None = None) -> None:
        """Have no such port."""
        ...

    async def port(self, port_id: str, token: str | None = None) -> Json:
        """Return one port."""
        ...

    async def ports(self, params: dict[str, str], token: str | None = None) -> list[Json]:
        """Return the ports that match."""
        ...

    async def network(self, network_id: str, token: str | None = None) -> Json:
        """Return one network."""
        ...

    async def subnet(self, subnet_id: str, token: str | None = None) -> Json:
        """Return one subnet."""
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
        request_id: str | None = None,
    ) -> UploadTicket:
        """Return a signed address that takes the image's bytes."""
        ...

    async def image(self, image_id: str) -> Json:
        """Return one image."""
        ...

    async def images(self, params: Mapping[str, str]) -> list[Json]:
        """Return the images that match."""
        ...

    async def describe_image(
        self, image_id: str, properties: Mapping[str, str], request_id: str | None = None
    ) -> Json:
        """Give an image properties."""
        ...

    async def send_nothing(self, image_id: str, request_id: str | None = None) -> None:
        """Have an image without bytes active."""
        ...

    async def delete_image(self, image_id: str, request_id: str | None = None) -> None:
        """Have no such image."""
        ...


class Volumes(Protocol):
    """The volume service, as one of its own."""

    async def create_volume(
        self, body: Json, *, idempotency_key: UUID, request_id: str | None = None
    ) -> Json:
        """Have a volume; the same key always gives the same volume."""
        ...

    async def volume(self, volume_id: str, token: str | None = None) -> Json:
        """Return one volume."""
        ...

    async def delete_volume(self, volume_id: str, request_id: str | None = None) -> None:
        """Have no such volume."""
        ...

    async def create_snapshot(
        self, volume_id: str, name: str, *, idempotency_key: UUID, request_id: str | None = None
    ) -> Json:
        """Have a snapshot of a volume; the same key always gives the same snapshot."""
        ...

    async def snapshot(self, snapshot_id: str, token: str | None = None) -> Json:
        """Return one snapshot."""
        ...

    async def delete_snapshot(self, snapshot_id: str, request_id: str | None = None) -> None:
        """Have no such snapshot."""
        ...

    async def reserve(
        self,
        volume_id: str,
        server_id: str,
        *,
        idempotency_key: UUID,
        request_id: str | None = None,
    ) -> Json:
        """Promise the volume to a server; the same key always gives the same attachment."""
        ...

    async def connect(
        self, attachment_id: str, connector: Json, request_id: str | None = None
    ) -> Connection:
        """Say where the server is; return how the volume becomes a disk there."""
        ...

    async def complete(self, attachment_id: str, request_id: str | None = None) -> None:
        """Say that the server has the volume."""
        ...

    async def release(self, attachment_id: str, request_id: str | None = None) -> None:
        """Have no such attachment."""
        ...

    async def act(self, volume_id: str, action: Json, request_id: str | None = None) -> None:
        """Have an action on a volume."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """Everything a saga of compute may touch."""

    transaction: Transaction
    gateway: Gateway
    networks: Networks
    images: Images
    volumes: Volumes
    secrets: SecretBox
    placing: Placing
    prefix: str = "cyc-"
    os_type: str | None = None
    tries: int = 3
    stop_timeout: int = 60
    seed_drive: bool = True  # whether guests get a config drive
    node_url: str = ""  # where nodes reach us
    seed_seconds: float = 3600.0  # how long a node may fetch a seed

    def instance(self, server_id: UUID) -> str:
        """Return what Ganeti calls the server's instance."""
        return f"{self.prefix}{server_id}"


def subject_of(notes: Notes) -> UUID:
    """Return the server a saga works on: its subject, unless that is one of its devices."""
    return UUID(notes.get("server") or notes["subject"])


def request_of(notes: Notes) -> str | None:
    """Return the request that asked for the saga."""
    found: str | None = notes.get("request_id")
    return found


def tries_of(notes: Notes) -> int:
    """Return how many places were tried in vain: part of each key of what is asked once a try."""
    return len(notes.get("tried", ())) + int(notes.get("forgotten", 0))


def explained(message: str, details: str) -> str:
    """Return a reason to give up: what users read, and below it what administrators read."""
    return f"{message}\n{details}" if details else message


def explanation(notes: Notes) -> tuple[str, str]:
    """Return what users read and what administrators read of why a saga gave up."""
    message, _, details = str(notes.get("gave_up", "")).partition("\n")
    return message, details
