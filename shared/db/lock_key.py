"""Advisory locks by name: PostgreSQL knows them by numbers."""

from hashlib import blake2b


def lock_key(name: str) -> int:
    """Return the number of the lock of this name, the same in every process."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
