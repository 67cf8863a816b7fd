"""Servers as rows and rows as servers."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

from services.compute.domain.devices import BlockDevice, DeviceState, Floating
from services.compute.domain.lifecycle import Action, PowerState, Task, VmState
from services.compute.domain.local_disks import LocalDisk
from services.compute.domain.server import (
    Fault,
    FixedIp,
    FlavorSnapshot,
    Group,
    NetworkWish,
    Nic,
    Server,
)

Device = TypeVar("Device", BlockDevice, Floating)
PLAIN: Final = tuple(
    name
    for name in (each.name for each in fields(Server))
    if name
    not in {
        "flavor", "vm_state", "action", "phase", "power_state", "details", "tags", "nics",
        "requested_networks", "security_groups", "fault", "volumes", "floating", "local_disks",
        "stood", "other_flavor", "kept", "hints",
    }
)  # fmt: skip


@lru_cache(maxsize=100)
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


def plain(thing: Any) -> Any:
    """Return a dataclass as its JSON; ``dataclasses.asdict`` would copy every word of it."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {name: plain(getattr(thing, name)) for name in _names(type(thing))}
    if isinstance(thing, (tuple, list)):
        return [plain(each) for each in thing]
    return dict(thing) if isinstance(thing, Mapping) else thing


def row_of(server: Server) -> dict[str, Any]:
    """Return the columns of a server, without its rendered answers."""
    return {
        **{name: getattr(server, name) for name in PLAIN},
        "vm_state": server.vm_state.value,
        "action": server.action.value if server.action else None,
        "phase": server.phase.value if server.phase else None,
        "power_state": int(server.power_state),
        "status": server.status,
        "task_state": server.task,
        "visible": server.is_visible,
        "flavor_id": server.flavor.id,
        "flavor": plain(server.flavor),
        **_amounts(server),
        "stood": server.stood.value if server.stood else None,
        "other_flavor": plain(server.other_flavor) if server.other_flavor else None,
        "kept": dict(server.kept),
        "hints": {name: list(ids) for name, ids in server.hints.items()},
        "details": dict(server.details),
        "tags": list(server.tags),
        "requested_networks": [plain(each) for each in server.requested_networks],
        "nics": [plain(each) for each in server.nics],
        "volumes": [plain(each) for each in server.volumes],
        "local_disks": [plain(each) for each in server.local_disks],
        "floating": [plain(each) for each in server.floating],
        "security_groups": [plain(each) for each in server.security_groups],
        "fault": _fault_row(server.fault),
    }


def _amounts(server: Server) -> dict[str, int]:
    """Return what is counted: of two flavors the larger, until it is clear which one stays."""
    flavor, other = server.flavor, server.other_flavor or server.flavor
    return {
        "vcpus": max(flavor.vcpus, other.vcpus),
        "ram": max(flavor.ram, other.ram),
        "disk": max(flavor.disk, other.disk),
    }


def _fault_row(fault: Fault | None) -> dict[str, Any] | None:
    return None if fault is None else {**plain(fault), "created": fault.created.isoformat()}


def server_of(row: Mapping[str, Any]) -> Server:
    """Return the server in a row; JSON columns come parsed."""
    return Server(
        **{name: row[name] for name in PLAIN},
        vm_state=VmState(row["vm_state"]),
        action=Action(row["action"]) if row["action"] else None,
        phase=Task(row["phase"]) if row["phase"] else None,
        power_state=PowerState(row["power_state"]),
        stood=VmState(row["stood"]) if row["stood"] else None,
        flavor=FlavorSnapshot(**row["flavor"]),
        other_flavor=FlavorSnapshot(**row["other_flavor"]) if row["other_flavor"] else None,
        kept=row["kept"],
        hints=row["hints"],
        details=row["details"],
        tags=tuple(row["tags"]),
        requested_networks=tuple(NetworkWish(**each) for each in row["requested_networks"]),
        nics=tuple(nic_of(each) for each in row["nics"]),
        volumes=tuple(_with_state(BlockDevice, each) for each in row["volumes"]),
        local_disks=tuple(LocalDisk(**each) for each in row["local_disks"]),
        floating=tuple(_with_state(Floating, each) for each in row["floating"]),
        security_groups=tuple(Group(**each) for each in row["security_groups"]),
        fault=fault_of(row["fault"]),
    )


def nic_of(stored: Mapping[str, Any]) -> Nic:
    """Return a NIC from its JSON."""
    fixed_ips = tuple(FixedIp(**each) for each in stored["fixed_ips"])
    state = DeviceState(stored.get("state", DeviceState.ATTACHED))
    return Nic(**{**stored, "fixed_ips": fixed_ips, "state": state})


def _with_state(kind: type[Device], stored: Mapping[str, Any]) -> Device:
    return kind(**{**stored, "state": DeviceState(stored["state"])})


def fault_of(stored: Mapping[str, Any] | None) -> Fault | None:
    """Return a fault from its JSON."""
    if stored is None:
        return None
    return Fault(**{**stored, "created": datetime.fromisoformat(stored["created"])})
