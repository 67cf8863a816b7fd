"""The image service, as other services use it."""

from typing import Any

from shared.clients.http import NeighbourClient
from shared.contracts.image import ImageTicket


class ImageClient(NeighbourClient):
    """Typed calls to the Image API v2 and to its internal tickets."""

    async def image(self, image_id: str, token: str | None = None) -> dict[str, Any]:
        """Return one image (Glance v2 JSON).

        Raises:
            NotFound: absent, or not visible to the token's owner.
        """
        found: dict[str, Any] = await self.call("GET", f"/v2/images/{image_id}", token=token)
        return found

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
