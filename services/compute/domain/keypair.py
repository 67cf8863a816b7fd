"""A keypair: a public key that its user may have put into servers."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import md5
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from services.compute.domain.quota import QuotaExceeded
from shared.errors import BadInput, Conflict, NotFound

PLAIN_NAME: Final = re.compile(r"[a-zA-Z0-9 _-]{1,255}")
NAME_SINCE_2_92: Final = re.compile(r"[a-zA-Z0-9 @._-]{1,255}")


class KeyType(StrEnum):
    """What kind of public key it is."""

    SSH = "ssh"
    X509 = "x509"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keypair:
    """A user's public key."""

    user_id: str
    name: str
    type: KeyType
    public_key: str
    fingerprint: str
    created_at: datetime
    id: int = 0  # the database gives it


class KeypairTaken(Conflict):
    """The user has a keypair of this name."""

    code = "compute.keypair.taken"


class TooManyKeypairs(QuotaExceeded):
    """The user has as many keypairs as they may have."""

    code = "compute.keypair.too_many"


def keypair_not_found(name: str, user_id: str) -> NotFound:
    """Return the one answer for a keypair that the user does not have."""
    return NotFound(f"Keypair {name} not found for user {user_id}")


def require_name(name: str, *, since_2_92: bool) -> None:
    """Let a name pass that may be given to a keypair.

    Raises:
        BadInput: it has characters it must not have.
    """
    allowed = NAME_SINCE_2_92 if since_2_92 else PLAIN_NAME
    if not allowed.fullmatch(name):
        raise BadInput("Keypair data is invalid: Keypair name contains unsafe characters")


def fingerprint_of(kind: KeyType, public_key: str) -> str:
    """Return the fingerprint of a public key: of ssh keys MD5, of certificates SHA1, as Nova has.

    Raises:
        BadInput: it is no key of this kind.
    """
    try:
        return _of_ssh(public_key) if kind is KeyType.SSH else _of_x509(public_key)
    except (ValueError, IndexError, binascii.Error, UnsupportedAlgorithm) as unreadable:
        raise BadInput("Keypair data is invalid: failed to generate fingerprint") from unreadable


def _of_ssh(public_key: str) -> str:
    line = public_key.strip()
    if "\n" in line or "\r" in line:
        raise ValueError("more than one line would be more than one key")
    if line.startswith("ssh-dss"):
        raise ValueError("DSA keys are broken")
    load_ssh_public_key(line.encode())
    blob = base64.b64decode(line.split()[1])
    return _with_colons(md5(blob, usedforsecurity=False).hexdigest())


def _of_x509(public_key: str) -> str:
    certificate = x509.load_pem_x509_certificate(public_key.encode())
    return _with_colons(certificate.fingerprint(hashes.SHA1()).hex())  # noqa: S303  # Nova's


def _with_colons(digits: str) -> str:
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
