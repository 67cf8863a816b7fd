"""What the OS scripts on a node are told of an image."""

from services.compute.domain.server import Server
from shared.contracts.image import ImageTicket


def image_parameters(
    server: Server, ticket: ImageTicket, image_id: str | None = None
) -> dict[str, str]:
    """Return the public OS parameters that say what is to be written on the root disk.

    Args:
        server: whose.
        ticket: the way to the image.
        image_id: the image; None: the server's own.
    """
    return {
        "image_id": image_id or str(server.image_id),
        "image_checksum": f"sha512:{ticket.sha512}",
        "image_format": ticket.disk_format,
        "image_size": str(ticket.size),
        "server_id": str(server.id),
    }
