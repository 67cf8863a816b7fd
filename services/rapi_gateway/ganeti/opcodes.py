"""Builds RAPI requests for operations: one builder per opcode.

Ganeti's versions differ in defaults (3.1 no longer checks names and addresses, say). So whatever
differs between 2.16, 3.0 and 3.1 is always sent, and one body serves all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from services.rapi_gateway.domain.marks import intent_tag, mark, reason
from services.rapi_gateway.ganeti.client import Call
from shared.contracts.operations import (
    DiskSpec,
    InstanceCreate,
    InstanceDelete,
    InstanceReboot,
    InstanceStart,
    InstanceStop,
    NetworkConnect,
    NetworkCreate,
    NetworkDelete,
    NetworkDisconnect,
    NicSpec,
    Operation,
)

ENDED: Final = ["success", "error", "canceled"]
DISKLESS: Final = "diskless"
EXT: Final = "ext"
SPREAD: Final = 3  # nodes from which placing on whichever are unlocked beats waiting for all


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a request depends on beside the operation."""

    key: UUID
    request_id: str | None = None
    after: Sequence[int] = ()  # jobs that must have ended before, however they ended
    disk_template: str = "plain"  # of the cluster
    os: str = "cyclades+default"  # of the cluster
    nodes: int = 1  # that could take an instance
    ext_provider: str = "cyclades"


# What each operation's job is called in Ganeti's summaries.
SUMMARIES: Final = {
    "instance.create": "INSTANCE_CREATE",
    "instance.delete": "INSTANCE_REMOVE",
    "instance.start": "INSTANCE_STARTUP",
    "instance.stop": "INSTANCE_SHUTDOWN",
    "instance.reboot": "INSTANCE_REBOOT",
    "network.create": "NETWORK_ADD",
    "network.connect": "NETWORK_CONNECT",
    "network.disconnect": "NETWORK_DISCONNECT",
    "network.delete": "NETWORK_REMOVE",
}


def summary_of(operation: dict[str, Any]) -> str:
    """Return how the operation's job is summed up by Ganeti, e.g. ``INSTANCE_CREATE(name)``."""
    name = operation.get("instance") or operation["network"]
    return f"{SUMMARIES[operation['operation']]}({name})"


def request_for(operation: Operation, around: Surroundings) -> Call:
    """Return the RAPI request that carries out the operation, bearing our marks."""
    return _build(operation, around)


@singledispatch
def _build(operation: Any, around: Surroundings) -> Call:
    raise TypeError(f"BUG: no opcode for {type(operation).__name__}")


def _call(
    method: str,
    path: str,
    around: Surroundings,
    body: dict[str, Any] | None,
    **query: str,
) -> Call:
    """Return a call with our marks; a body of None takes no comment."""
    if body is not None:
        body["comment"] = mark(around.key)
    if around.after:
        body = {**(body or {}), "depends": [[job, ENDED] for job in around.after]}
    marked = (*query.items(), ("reason", reason(around.key, around.request_id)))
    return Call(method=method, path=path, query=marked, body=body)


@_build.register
def _create(operation: InstanceCreate, around: Surroundings) -> Call:
    template = operation.disk_template or around.disk_template
    provider = {"provider": around.ext_provider} if template == EXT else {}
    body: dict[str, Any] = {
        "__version__": 1,
        "mode": "create",
        "instance_name": operation.instance,
        "os_type": operation.os or around.os,
        "osparams": dict(operation.os_parameters),
        "disk_template": template,
        "disks": [] if template == DISKLESS else [_disk(d) | provider for d in operation.disks],
        "nics": [_nic(nic) for nic in operation.nics],
        "beparams": {
            "vcpus": operation.vcpus,
            "minmem": operation.memory,
            "maxmem": operation.memory,
        },
        "hvparams": dict(operation.hypervisor_parameters),
        "tags": [*operation.tags, intent_tag(around.key)],
        "start": operation.start,
        "name_check": False,
        "ip_check": False,
        "conflicts_check": False,
        "wait_for_sync": False,
        "opportunistic_locking": operation.node is None and around.nodes >= SPREAD,
    }
    if operation.os_secrets:
        secrets = operation.os_secrets.items()
        body["osparams_secret"] = {name: value.get_secret_value() for name, value in secrets}
    if operation.node is not None:
        body["pnode"] = operation.node
    elif operation.group is not None:
        body["group_name"] = operation.group
    return _call("POST", "/2/instances", around, body)


def _disk(disk: DiskSpec) -> dict[str, Any]:
    return {"size": disk.size, "name": disk.name}


def _nic(nic: NicSpec) -> dict[str, Any]:
    known = nic.model_dump(exclude_none=True)
    if nic.network is not None:  # its mode and link are the network's
        known = {key: known[key] for key in ("name", "mac", "ip", "network") if key in known}
    return known


@_build.register
def _delete(operation: InstanceDelete, around: Surroundings) -> Call:
    body = {"shutdown_timeout": operation.shutdown_timeout}
    return _call("DELETE", _instance(operation.instance), around, body)


@_build.register
def _start(operation: InstanceStart, around: Surroundings) -> Call:
    return _call("PUT", f"{_instance(operation.instance)}/startup", around, None)


@_build.register
def _stop(operation: InstanceStop, around: Surroundings) -> Call:
    body = {"timeout": operation.timeout}
    return _call("PUT", f"{_instance(operation.instance)}/shutdown", around, body)


@_build.register
def _reboot(operation: InstanceReboot, around: Surroundings) -> Call:
    path = f"{_instance(operation.instance)}/reboot"
    return _call("POST", path, around, {}, type=operation.type)


@_build.register
def _network_create(operation: NetworkCreate, around: Surroundings) -> Call:
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
    return _call("POST", "/2/networks", around, body)


@_build.register
def _network_connect(operation: NetworkConnect, around: Surroundings) -> Call:
    body: dict[str, Any] = {
        "group_name": operation.group,
        "network_mode": operation.mode,
        "network_link": operation.link,
        "conflicts_check": False,
    }
    if operation.vlan is not None:
        body["network_vlan"] = operation.vlan
    return _call("PUT", f"{_network(operation.network)}/connect", around, body)


@_build.register
def _network_disconnect(operation: NetworkDisconnect, around: Surroundings) -> Call:
    body = {"group_name": operation.group}
    return _call("PUT", f"{_network(operation.network)}/disconnect", around, body)


@_build.register
def _network_delete(operation: NetworkDelete, around: Surroundings) -> Call:
    return _call("DELETE", _network(operation.network), around, None)


def _instance(name: str) -> str:
    return f"/2/instances/{quote(name, safe='')}"


def _network(name: str) -> str:
    return f"/2/networks/{quote(name, safe='')}"
