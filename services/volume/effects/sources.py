"""What a volume is filled from, as a storage agent is told; addresses of images stay sealed."""

from typing import Any, cast

from services.volume.effects.cloud import Cloud, request_of
from services.volume.usecases import progress
from shared.contracts.image import ImageTicket
from shared.contracts.storage import FromImage, FromSnapshot, FromVolume, Source
from shared.errors import BadInput, Conflict, NotFound
from shared.saga.definition import GiveUp, Notes

READABLE = frozenset({"raw", "qcow2"})


async def get_ticket(cloud: Cloud, notes: Notes, cluster: str | None) -> Notes:
    """Get a signed address of the image, where an image is the source.

    Raises:
        GiveUp: the image cannot be used.
    """
    source = notes["source"]
    if source["kind"] != "image":
        return {"ticket": None}
    found = await progress.cluster_of(cloud.transaction, cluster)
    base = found.image_url_base if found else None
    try:
        ticket = await cloud.images.ticket(source["id"], base, request_of(notes))
    except (NotFound, Conflict, BadInput) as refused:
        raise GiveUp(f"Image {source['id']} could not be used.") from refused
    if ticket.disk_format not in READABLE:
        raise GiveUp(f"Images of format {ticket.disk_format} cannot be written to volumes.")
    return {"ticket": cloud.secrets.seal(ticket.model_dump_json())}


def ticket_in(cloud: Cloud, notes: Notes) -> ImageTicket:
    """Return the image's address that the notes keep."""
    return ImageTicket.model_validate_json(cloud.secrets.open(notes["ticket"]))


def source_in(cloud: Cloud, notes: Notes) -> Source:
    """Return the source that a saga was started with."""
    source = notes["source"]
    if source["kind"] == "snapshot":
        return FromSnapshot(id=source["id"])
    if source["kind"] == "volume":
        return FromVolume(id=source["id"])
    ticket = ticket_in(cloud, notes)
    return FromImage.model_validate(
        {
            "url": ticket.url,
            "sha512": ticket.sha512,
            "size": ticket.size,
            "format": cast(Any, ticket.disk_format),
        }
    )
