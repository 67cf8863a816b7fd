"""The image service, as other services use it."""

from collections.abc import Mapping
from typing import Any, Final, Literal
from uuid import UUID

from shared.clients.http import NeighbourClient
from shared.contracts.image import ImageTicket, UploadTicket

PATCH: Final = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
OCTETS: Final = {"Content-Type": "application/octet-stream"}


class ImageClient(NeighbourClient):
    """Typed calls to the Image API v2 and to its internal tickets."""

    async def image(self, image_id: str, token: str | None = None) -> dict[str, Any]:
        """Return one image (Glance v2 JSON).

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        found: dict[str, Any] = await self.call("GET", f"/v2/images/{image_id}", token=token)
        return found

    async def images(
        self, params: Mapping[str, str], token: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the images that match, as the token's owner sees them; one page of them."""
        answer = await self.call("GET", "/v2/images", params=params, token=token)
        found: list[dict[str, Any]] = answer["images"]
        return found

    async def create_image(
        self,
        owner: str,
        name: str,
        *,
        image_id: UUID | None = None,
        members: Mapping[str, Any] | None = None,
        request_id: str | None = None,
        idempotency_key: UUID | None = None,
    ) -> dict[str, Any]:
        """Have a queued image of a project's, and return it; its quota is what counts.

        Args:
            owner: the project.
            name: of the image.
            image_id: its id, if it must have this one.
            members: what else it has: visibility, container_format, min_disk, …, and
                properties of any name with texts as values (``image_type: snapshot``).
            request_id: the request this serves.
            idempotency_key: the same key always gives the same image.

        Raises:
            OverQuota: the project may have no more images, or the image no such many properties.
            BadInput: a member is not what it must be.
            Conflict: the id is taken.
        """
        body = {**(members or {}), "owner": owner, "name": name}
        if image_id is not None:
            body["id"] = str(image_id)
        made: dict[str, Any] = await self.call(
            "POST",
            "/v2/images",
            json=body,
            request_id=request_id,
            idempotency_key=None if idempotency_key is None else str(idempotency_key),
        )
        return made

    async def describe_image(
        self, image_id: str, properties: Mapping[str, str], request_id: str | None = None
    ) -> dict[str, Any]:
        """Give an image properties, instead of those of these names that it has.

        Raises:
            NotFound: there is none.
            OverQuota: it may have no so many.
        """
        changes = [
            {"op": "add", "path": f"/{name}", "value": value} for name, value in properties.items()
        ]
        changed: dict[str, Any] = await self.call(
            "PATCH", f"/v2/images/{image_id}", json=changes, headers=PATCH, request_id=request_id
        )
        return changed

    async def send_nothing(self, image_id: str, request_id: str | None = None) -> None:
        """Have an image without bytes active: what it is, its properties say.

        Raises:
            NotFound: there is none.
            Conflict: it is not queued.
        """
        path = f"/v2/images/{image_id}/file"
        await self.call("PUT", path, headers=OCTETS, request_id=request_id)

    async def delete_image(
        self, image_id: str, request_id: str | None = None, token: str | None = None
    ) -> None:
        """Have no such image; it is the token's owner who deletes it.

        Raises:
            NotFound: there is none.
            NotAllowed: its owner protects it.
        """
        await self.call("DELETE", f"/v2/images/{image_id}", request_id=request_id, token=token)

    async def ticket(
        self, image_id: str, base_url: str | None = None, request_id: str | None = None
    ) -> ImageTicket:
        """Return a signed address of the image's bytes.

        Args:
            image_id: an active image.
            base_url: where the cluster's nodes reach the image service, if not at its public URL.
            request_id: the request this serves.

        Raises:
            NotFound: there is no such image.
            Conflict: it is not active.
        """
        answer = await self.call(
            "POST",
            f"/internal/v1/images/{image_id}/tickets",
            json={"base_url": base_url},
            request_id=request_id,
        )
        return ImageTicket.model_validate(answer)

    async def upload_ticket(
        self,
        image_id: str,
        disk_format: Literal["raw", "qcow2"],
        base_url: str | None = None,
        *,
        on_failure: Literal["queue", "delete"] = "queue",
        request_id: str | None = None,
    ) -> UploadTicket:
        """Return a signed address that takes the image's bytes once, by PUT.

        Asking again gives another address; both are good until the bytes are there.

        Args:
            image_id: a queued image; it gets the format, and container ``bare`` if it has none.
            disk_format: what will be sent.
            base_url: where the sender reaches the image service, if not at its public URL.
            on_failure: what becomes of the image when sending fails.
            request_id: the request this serves.

        Raises:
            NotFound: there is no such image.
            Conflict: it is not queued.
        """
        answer = await self.call(
            "POST",
            f"/internal/v1/images/{image_id}/upload-tickets",
            json={"base_url": base_url, "disk_format": disk_format, "on_failure": on_failure},
            request_id=request_id,
        )
        return UploadTicket.model_validate(answer)
