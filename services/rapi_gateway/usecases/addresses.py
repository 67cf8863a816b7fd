"""Addresses that administrators give: where a RAPI or an agent answers."""

from typing import Final
from urllib.parse import urlsplit

from services.rapi_gateway.domain.cluster import ClusterRefused

RAPI: Final = 5080


def address(url: str, port: int = RAPI, whose: str = "a RAPI") -> str:
    """Return an address as ``https://host:port``.

    Args:
        url: as it was given.
        port: the one it is if the URL names none.
        whose: for the refusal.

    Raises:
        ClusterRefused: it is none.
    """
    refused = ClusterRefused(f"The address of {whose} is https://host:port.")
    try:
        parts = urlsplit(url)
        port = parts.port or port
    except ValueError as malformed:
        raise refused from malformed
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme != "https" or not parts.hostname or extra:
        raise refused
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"https://{host}:{port}"
