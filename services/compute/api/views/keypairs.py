"""A keypair as Nova shows it."""

from typing import Any

from services.compute.domain.keypair import Keypair
from shared.clock import micros


def listed_view(keypair: Keypair, minor: int) -> dict[str, Any]:
    """Return a keypair in a list."""
    view: dict[str, Any] = {
        "name": keypair.name,
        "public_key": keypair.public_key,
        "fingerprint": keypair.fingerprint,
    }
    if minor >= 2:
        view["type"] = keypair.type.value
    return view


def created_view(keypair: Keypair, minor: int, private_key: str | None) -> dict[str, Any]:
    """Return a keypair to whom it was made for; the private key is shown once, here."""
    view = listed_view(keypair, minor) | {"user_id": keypair.user_id}
    if private_key is not None:
        view["private_key"] = private_key
    return view


def keypair_view(keypair: Keypair, minor: int) -> dict[str, Any]:
    """Return one keypair."""
    return listed_view(keypair, minor) | {
        "user_id": keypair.user_id,
        "id": keypair.id,
        "created_at": micros(keypair.created_at),
        "updated_at": None,
        "deleted": False,
        "deleted_at": None,
    }
