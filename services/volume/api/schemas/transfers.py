"""Bodies about transfers (Block Storage API v3)."""

from services.volume.api.schemas.base import Closed, Flag, Name, Word


class NewTransfer(Closed):
    """A volume to offer."""

    volume_id: Word
    name: Name | None = None
    no_snapshots: Flag | None = None


class CreateTransfer(Closed):
    """``POST /volume-transfers``."""

    transfer: NewTransfer


class Key(Closed):
    """What proves that the volume is offered to the caller."""

    auth_key: Word


class AcceptTransfer(Closed):
    """``POST /volume-transfers/{id}/accept``."""

    accept: Key
