"""Whom we trust to be a cluster.

RAPI's certificates are usually self-signed for a name nobody uses, without alternative names.
So a pinned certificate (or CA) is what proves identity, and the host name is then not looked
at; without one, the system's CAs and the host name decide, as everywhere.
"""

import asyncio
import ssl
from urllib.parse import urlsplit

from services.rapi_gateway.ganeti.errors import NotSent


def context_for(ca_pem: str | None) -> ssl.SSLContext:
    """Return the TLS context of one cluster.

    Raises:
        ValueError: the PEM holds no certificate.
    """
    if ca_pem is None:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    # A leaf may be pinned although a CA signed it, and old self-signed ones break newer rules.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    try:
        context.load_verify_locations(cadata=ca_pem)
    except ssl.SSLError as unreadable:
        raise ValueError("The PEM text holds no certificate.") from unreadable
    return context


async def certificate_at(url: str, deadline: float) -> str:
    """Return the certificate that answers at an address now, PEM, without trusting it.

    Raises:
        NotSent: nobody answers there with TLS.
    """
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(deadline):
            _reader, writer = await asyncio.open_connection(
                parts.hostname, parts.port or 443, ssl=context
            )
    except (OSError, TimeoutError) as silent:
        raise NotSent("Nobody answers there with TLS.") from silent
    try:
        found: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    if not found:
        raise NotSent("It answers without a certificate.")
    return ssl.DER_cert_to_PEM_cert(found)
