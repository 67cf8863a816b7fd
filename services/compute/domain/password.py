"""Passwords of guests: made here when nobody gave one, and told to the guest only as a hash."""

import secrets
import string
from hashlib import sha512
from typing import Final

LENGTH: Final = 12
# Nothing that is easily taken for something else.
GROUPS: Final = ("23456789", "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz")
ROUNDS: Final = 5000  # what crypt(3) does when nothing is said
SALT_SIGNS: Final = "./" + string.digits + string.ascii_uppercase + string.ascii_lowercase
LONGEST_SALT: Final = 16
# Which byte of the digest goes where in the text: crypt(3)'s own order.
TRIPLES: Final = tuple(
    (triple[at % 3], triple[(at + 1) % 3], triple[(at + 2) % 3])
    for at, triple in enumerate((low, low + 21, low + 42) for low in range(21))
)


def new_password() -> str:
    """Return a password nobody knows, with a sign of every group in it."""
    signs = [secrets.choice(group) for group in GROUPS]
    signs += [secrets.choice("".join(GROUPS)) for _ in range(LENGTH - len(GROUPS))]
    secrets.SystemRandom().shuffle(signs)
    return "".join(signs)


def hashed(password: str, salt: str) -> str:
    """Return the password as crypt(3) hashes it by SHA-512 (``$6$``).

    Args:
        password: in clear.
        salt: up to sixteen of ``./0-9A-Za-z``; the same salt gives the same hash.
    """
    key, salted = password.encode(), salt[:LONGEST_SALT].encode()
    digest = _first(key, salted)
    repeated_key = _repeated(sha512(key * len(key)).digest(), len(key))
    repeated_salt = _repeated(sha512(salted * (16 + digest[0])).digest(), len(salted))
    for turn in range(ROUNDS):
        digest = sha512(_mixed(turn, digest, repeated_key, repeated_salt)).digest()
    return f"$6${salted.decode()}${_in_text(digest)}"


def salt_of(seed: bytes) -> str:
    """Return the salt that always belongs to a seed."""
    return "".join(SALT_SIGNS[each % 64] for each in sha512(seed).digest()[:LONGEST_SALT])


def _repeated(digest: bytes, length: int) -> bytes:
    return (digest * (length // len(digest) + 1))[:length]


def _first(key: bytes, salt: bytes) -> bytes:
    other = sha512(key + salt + key).digest()
    found = key + salt + _repeated(other, len(key))
    bits = len(key)
    while bits:
        found += other if bits & 1 else key
        bits >>= 1
    return sha512(found).digest()


def _mixed(turn: int, digest: bytes, key: bytes, salt: bytes) -> bytes:
    odd = turn & 1
    mixed = key if odd else digest
    if turn % 3:
        mixed += salt
    if turn % 7:
        mixed += key
    return mixed + (digest if odd else key)


def _in_text(digest: bytes) -> str:
    text = "".join(
        _signs(digest[high] << 16 | digest[middle] << 8 | digest[low], 4)
        for high, middle, low in TRIPLES
    )
    return text + _signs(digest[63], 2)


def _signs(number: int, count: int) -> str:
    return "".join(SALT_SIGNS[number >> 6 * at & 63] for at in range(count))
