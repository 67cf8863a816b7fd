"""Makes keys for users who send none (before 2.92): the private half is theirs alone."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from services.compute.domain.keypair import KeyType
from shared.clock import utcnow

BITS: Final = 2048
LIFETIME: Final = timedelta(days=3650)
USER_PRINCIPAL_NAME: Final = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
UTF8_STRING: Final = 0x0C  # DER's tag


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key nobody had before; the private half is kept nowhere."""

    public_key: str
    private_key: str = field(repr=False)


async def new_key(kind: KeyType, user_id: str) -> NewKey:
    """Return a new key: Ed25519 for ssh, a certificate for WinRM otherwise."""
    if kind is KeyType.SSH:
        return _ssh()
    return await asyncio.to_thread(_certificate, user_id)  # RSA takes its time


def _ssh() -> NewKey:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return NewKey(
        public_key=f"{public.decode()} Generated-by-Cyclades", private_key=private.decode()
    )


def _certificate(user_id: str) -> NewKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user_id[:64])])
    principal = f"{user_id[:64]}@localhost".encode()
    value = bytes([UTF8_STRING, len(principal)]) + principal  # DER, shorter than 128 bytes
    now = utcnow()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.OtherName(USER_PRINCIPAL_NAME, value)]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return NewKey(
        public_key=certificate.public_bytes(Encoding.PEM).decode(), private_key=private.decode()
    )
