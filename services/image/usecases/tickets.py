"""Gives out signed addresses to read or send images, and checks those that come back."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from services.image.domain.image import Image, ImageNotFound, Status, StatusForbids
from services.image.domain.query import Viewer
from services.image.domain.quota import Limits
from services.image.domain.ticket import Signer, TicketRefused
from services.image.store.showing import Shown, show_image
from services.image.store.stores import Transaction
from services.image.usecases.images import change_image
from shared.clock import seconds_z, utcnow
from shared.contracts.image import ImageTicket, UploadTicket
from shared.db.reads import Reads
from shared.errors import BadInput
from shared.ids import ImageId

EVERYTHING = Viewer("", sees_all=True)


class BaseUrlMalformed(BadInput):
    """The base of an address is no http URL."""

    code = "image.base_url_malformed"


def sign_ticket(signer: Signer, image: Shown, base_url: str, seconds: int) -> ImageTicket:
    """Return an address that is good for so long.

    Raises:
        StatusForbids: the image has no bytes to give.
        BaseUrlMalformed: nothing can be reached there.
    """
    if image.status != Status.ACTIVE or image.sha512 is None or image.size is None:
        raise StatusForbids(f"Image {image.id} is {image.status}, not active.")
    _check_base(base_url)
    expires = int(utcnow().timestamp()) + seconds
    signature = signer.sign(image.id, image.sha512, expires)
    return ImageTicket(
        url=f"{base_url.rstrip('/')}/internal/v1/data/{image.id}?exp={expires}&sig={signature}",
        sha512=image.sha512,
        size=image.size,
        disk_format=str(image.disk_format),
        virtual_size=image.virtual_size,
        expires_at=seconds_z(datetime.fromtimestamp(expires, UTC)),
    )


async def redeem_ticket(
    reads: Reads, signer: Signer, image_id: ImageId, expires: str, signature: str
) -> Shown:
    """Return the image an address is for.

    Raises:
        TicketRefused: it is forged or expired, or the image is not to be read any more.
    """
    try:
        image = await show_image(reads, image_id, EVERYTHING)
    except ImageNotFound as missing:
        raise TicketRefused from missing
    if image.status != Status.ACTIVE or image.sha512 is None:
        raise TicketRefused
    signer.check(image_id, image.sha512, expires, signature, utcnow().timestamp())
    return image


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadTerms:
    """What an image's bytes will be, and what becomes of it when they do not arrive."""

    disk_format: str
    on_failure: str  # queue: it waits for other bytes; delete: it is of no use then


async def sign_upload(
    transaction: Transaction,
    signer: Signer,
    image_id: ImageId,
    terms: UploadTerms,
    base_url: str,
    *,
    limits: Limits,
    seconds: int,
    request_id: str,
) -> UploadTicket:
    """Return an address that takes the bytes of a queued image once.

    The image gets the format its bytes will have, and a container if nobody said which.

    Raises:
        ImageNotFound: there is no such image.
        StatusForbids: it does not wait for bytes.
        BaseUrlMalformed: nothing can be reached there.
    """
    _check_base(base_url)

    def prepared(image: Image) -> Image:
        if image.status is not Status.QUEUED:
            raise StatusForbids(f"Image {image.id} is {image.status}, not queued.")
        container = image.container_format or "bare"
        return replace(image, disk_format=terms.disk_format, container_format=container)

    await change_image(transaction, image_id, prepared, limits, request_id=request_id)
    expires = int(utcnow().timestamp()) + seconds
    signature = signer.sign(image_id, terms.on_failure, expires)
    return UploadTicket(
        url=f"{base_url.rstrip('/')}/internal/v1/uploads/{image_id}"
        f"?fail={terms.on_failure}&exp={expires}&sig={signature}",
        expires_at=seconds_z(datetime.fromtimestamp(expires, UTC)),
    )


def _check_base(url: str) -> None:
    if not _is_base(url):
        raise BaseUrlMalformed("base_url must be an http or https URL without a query.")


def _is_base(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and not (parts.query or parts.fragment)
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)
