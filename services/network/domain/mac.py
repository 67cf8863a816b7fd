"""MAC addresses of ports."""

import random
from typing import Final

PREFIX: Final = "fa:16:3e"


def random_mac() -> str:
    """Return a MAC from the range OpenStack uses; uniqueness is the database's business."""
    return ":".join([PREFIX, *(f"{random.randrange(256):02x}" for _ in range(3))])
