"""What bodies about port forwardings may have."""

from ipaddress import IPv4Address
from typing import Any, Final

from services.network.api.schemas.attributes import DESCRIPTION, Attribute, Table
from services.network.api.schemas.checks import Unfit, integer, or_none, uuid

PROTOCOLS: Final = ("dccp", "icmp", "ipv6-icmp", "sctp", "tcp", "udp")
PORT: Final = integer(1, 65535)


def _protocol(value: Any) -> str:
    if isinstance(value, str) and value.lower() in PROTOCOLS:
        return value.lower()
    raise Unfit(f"'{value}' is not in {list(PROTOCOLS)}")


def _four(value: Any) -> str:
    try:
        if isinstance(value, str):
            return str(IPv4Address(value))
    except ValueError:
        pass
    raise Unfit(f"'{value}' is not a valid IPv4 address")


PORT_FORWARDING: Final = Table(
    singular="port_forwarding",
    plural="port_forwardings",
    attributes=(
        Attribute(key="id"),
        DESCRIPTION,
        Attribute(key="internal_port_id", check=uuid, required=True),
        Attribute(key="internal_ip_address", check=or_none(_four)),
        Attribute(key="internal_port", check=PORT, required=True),
        Attribute(key="external_port", check=PORT, required=True),
        Attribute(key="protocol", check=_protocol, required=True),
    ),
)
