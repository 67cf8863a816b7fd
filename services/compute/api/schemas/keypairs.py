"""What users send about keypairs."""

from typing import Final

from services.compute.api.schemas.fields import Closed, Name, Text
from services.compute.domain.keypair import KeyType

KEYPAIR_SINCE: Final = {"type": 2, "user_id": 10}


class NewKeypair(Closed):
    """A keypair to have."""

    name: Name
    public_key: Text = ""  # null is refused; what is not sent is not looked at
    type: KeyType = KeyType.SSH
    user_id: Text | None = None


class NewKeypairBody(Closed):
    """The body of ``POST /os-keypairs``."""

    keypair: NewKeypair
