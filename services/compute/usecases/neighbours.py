"""What the accept path may ask the owners of what our projections do not know.

Each question is asked with the user's own token, so that the owner decides what they may see.
``shared.clients`` has the real ones; ``main`` passes them in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from shared.contracts.gateway import Cancelled


class Images(Protocol):
    """The image service."""

    async def image(self, image_id: str, token: str | None = None) -> dict[str, Any]:
        """Return one image, as Glance shows it.

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        ...

    async def create_image(
        self,
        owner: str,
        name: str,
        *,
        image_id: UUID | None = None,
        members: Mapping[str, Any] | None = None,
        request_id: str | None = None,
    ) -> dict[str, Any]:
        """Have a queued image of a project's.

        Raises:
            OverQuota: the project may have no more images.
            BadInput: a member is not what it must be.
        """
        ...

    async def images(
        self, params: Mapping[str, str], token: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the images that match, as the token's owner sees them."""
        ...

    async def delete_image(
        self, image_id: str, request_id: str | None = None, token: str | None = None
    ) -> None:
        """Have no such image.

        Raises:
            NotFound: there is none.
        """
        ...


class Networks(Protocol):
    """The network service."""

    async def networks(
        self, params: Mapping[str, str], token: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the networks that match, as the token's owner sees them."""
        ...

    async def network(self, network_id: str, token: str | None = None) -> dict[str, Any]:
        """Return one network.

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        ...

    async def port(self, port_id: str, token: str | None = None) -> dict[str, Any]:
        """Return one port.

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        ...

    async def ports(
        self, params: Mapping[str, str], token: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the ports that match."""
        ...

    async def floating_ips(
        self, params: Mapping[str, str], token: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the floating IPs that match."""
        ...

    async def associate(
        self,
        floating_ip_id: str,
        body: dict[str, Any],
        token: str,
        request_id: str | None = None,
    ) -> dict[str, Any]:
        """Give a floating IP to a port, or to none.

        Raises:
            NotFound: there is no such floating IP or port.
            BadInput: the port cannot have it.
        """
        ...

    async def create_port(
        self, body: dict[str, Any], *, idempotency_key: UUID, request_id: str | None = None
    ) -> dict[str, Any]:
        """Have a port; the same key always gives the same port.

        Raises:
            Conflict: the address is taken, or none is left.
            OverQuota: the project may have no more ports.
        """
        ...

    async def update_port(
        self, port_id: str, body: dict[str, Any], request_id: str | None = None
    ) -> dict[str, Any]:
        """Change a port.

        Raises:
            NotFound: there is no such port.
            Conflict: another server has it.
        """
        ...

    async def delete_port(self, port_id: str, request_id: str | None = None) -> None:
        """Have no such port.

        Raises:
            NotFound: there is none.
        """
        ...

    async def security_groups(
        self, params: Mapping[str, str], token: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the security groups that match."""
        ...


class Volumes(Protocol):
    """The volume service."""

    async def volume(self, volume_id: str, token: str | None = None) -> dict[str, Any]:
        """Return one volume.

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        ...

    async def snapshot(self, snapshot_id: str, token: str | None = None) -> dict[str, Any]:
        """Return one snapshot.

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        ...

    async def reserve(
        self,
        volume_id: str,
        server_id: str,
        *,
        idempotency_key: UUID,
        request_id: str | None = None,
    ) -> dict[str, Any]:
        """Promise a volume to a server; the same key always gives the same attachment.

        Raises:
            NotFound: there is no such volume.
            BadInput: it is not free.
        """
        ...

    async def release(self, attachment_id: str, request_id: str | None = None) -> None:
        """Have no such attachment.

        Raises:
            NotFound: there is none.
        """
        ...


class Jobs(Protocol):
    """The gateway, as far as jobs go."""

    async def cancel(self, cluster: str, epoch: int, job_id: int) -> Cancelled:
        """Cancel a job that has not begun."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Whom the accept path may ask."""

    images: Images
    networks: Networks
    volumes: Volumes
    jobs: Jobs
