"""Signed addresses of images: whoever holds one may read, or send, that image's bytes for a while.

The signature covers the image, what may be done with it and the expiry, so that an address is of
no use for anything else. Nodes have no tokens: jobs may queue for longer than a token lives, and
what is in Ganeti's configuration is no secret.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from shared.errors import NotAllowed
from shared.ids import ImageId

READING: Final = b"cyclades image ticket v1"
SENDING: Final = b"cyclades image upload v1"
DIGITS: Final = 12  # of an expiry: enough for 30,000 years


class TicketRefused(NotAllowed):
    """The address is forged, expired, or its image is not to be read any more."""

    code = "image.ticket_refused"

    def __init__(self) -> None:
        super().__init__("This address is not valid, or not any more.")


class Signer:
    """Signs and checks addresses.

    Args:
        secrets: the service's keys, newest first: the first signs, all are believed.
        purpose: what the addresses are for; one for another purpose is not believed.
    """

    def __init__(self, secrets: Sequence[str], purpose: bytes = READING) -> None:
        self._keys = [
            hmac.digest(secret.strip().encode(), purpose, hashlib.sha256) for secret in secrets
        ]

    def sign(self, image_id: ImageId, terms: str, expires: int) -> str:
        """Return the signature, hex.

        Args:
            image_id: the image.
            terms: what else must be as it is now; to read, the sha512 (hex) of the bytes.
            expires: the last second (Unix time) it is good for.
        """
        return _signature(self._keys[0], image_id, terms, expires)

    def check(
        self, image_id: ImageId, terms: str, expires: str, signature: str, now: float
    ) -> None:
        """Believe an address, or not.

        Raises:
            TicketRefused: it is forged or expired.
        """
        if not (expires.isascii() and expires.isdigit() and len(expires) <= DIGITS):
            raise TicketRefused
        given = signature.encode("utf-8", "surrogatepass")
        good = [
            hmac.compare_digest(_signature(key, image_id, terms, int(expires)).encode(), given)
            for key in self._keys
        ]
        if not any(good) or now > int(expires):
            raise TicketRefused


def _signature(key: bytes, image_id: ImageId, terms: str, expires: int) -> str:
    text = f"{image_id}\n{terms}\n{expires}"
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()
