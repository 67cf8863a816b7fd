"""A volume on offer: whoever has the key may make it their project's."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.errors import BadInput, NotFound
from shared.ids import ProjectId, VolumeId

KEY_BYTES: Final = 16


class TransferNotFound(NotFound):
    """There is no such transfer, or not for this project."""

    code = "volume.transfer.not_found"


class WrongKey(BadInput):
    """The key is not the transfer's."""

    code = "volume.transfer.wrong_key"


def not_found(transfer_id: object) -> TransferNotFound:
    """Return the refusal that says no more than that."""
    return TransferNotFound(f"Transfer {transfer_id} could not be found.")


def new_key() -> str:
    """Return a key that nobody guesses."""
    return secrets.token_hex(KEY_BYTES)


def digest(key: str) -> str:
    """Return what is kept of a key; it is random, so it needs no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """An offer of a volume that nobody has taken or withdrawn yet."""

    id: UUID
    volume_id: VolumeId
    project_id: ProjectId  # who offers it
    name: str | None
    key_digest: str
    no_snapshots: bool
    created_at: datetime

    def check_key(self, key: str) -> None:
        """Let through who has the key.

        Raises:
            WrongKey: it is another.
        """
        if not hmac.compare_digest(digest(key), self.key_digest):
            raise WrongKey(
                f"Invalid auth key: Attempt to transfer {self.id} with invalid auth key."
            )
