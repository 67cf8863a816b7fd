"""Networks: to have one, to have none, and the node groups it is connected to."""

from typing import Any

from services.rapi_gateway.domain.marks import intent_tag
from services.rapi_gateway.ganeti.client import Call
from services.rapi_gateway.ganeti.opcodes.marking import Surroundings, marked, network_path
from shared.contracts.operations import (
    NetworkConnect,
    NetworkCreate,
    NetworkDelete,
    NetworkDisconnect,
)


def create(operation: NetworkCreate, around: Surroundings) -> Call:
    """Create a network."""
    optional = {
        "gateway": operation.gateway,
        "network6": operation.cidr6,
        "gateway6": operation.gateway6,
        "mac_prefix": operation.mac_prefix,
    }
    body: dict[str, Any] = {
        "network_name": operation.network,
        "network": operation.cidr,
        "tags": [*operation.tags, intent_tag(around.key)],
        "conflicts_check": False,
        **{name: value for name, value in optional.items() if value is not None},
    }
    return marked("POST", "/2/networks", around, body)


def connect(operation: NetworkConnect, around: Surroundings) -> Call:
    """Connect a network to a node group."""
    body: dict[str, Any] = {
        "group_name": operation.group,
        "network_mode": operation.mode,
        "network_link": operation.link,
        "conflicts_check": False,
    }
    if operation.vlan is not None:
        body["network_vlan"] = operation.vlan
    return marked("PUT", network_path(operation.network, "/connect"), around, body)


def disconnect(operation: NetworkDisconnect, around: Surroundings) -> Call:
    """Disconnect a network from a node group."""
    body = {"group_name": operation.group}
    return marked("PUT", network_path(operation.network, "/disconnect"), around, body)


def delete(operation: NetworkDelete, around: Surroundings) -> Call:
    """Remove a network."""
    return marked("DELETE", network_path(operation.network), around, None)
