"""Disks and NICs: as a create takes them, and their coming and going (OP_INSTANCE_SET_PARAMS).

A device is named by us (the volume's or the port's uuid) and addressed by that name: its index
may be another one by the time the job runs.
"""

from typing import Any, Final

from services.rapi_gateway.ganeti.client import Call
from services.rapi_gateway.ganeti.opcodes.marking import Surroundings, instance_path, marked
from shared.contracts.operations import (
    DiskAdd,
    DiskAttach,
    DiskDetach,
    DiskGrow,
    DiskRemove,
    DiskSpec,
    NicAdd,
    NicChange,
    NicRemove,
    NicSpec,
)

EXT: Final = "ext"
LAST: Final = -1
NONE: Final = "none"  # how Ganeti spells that a NIC has no address


def disk_of(disk: DiskSpec, template: str, provider: str | None) -> dict[str, Any]:
    """Return the parameters of a new disk.

    Args:
        disk: what is wanted.
        template: the disk template it is of.
        provider: the cluster's own, for disks of template ext that name none.
    """
    known: dict[str, Any] = {"size": disk.size, "name": disk.name}
    chosen = disk.provider or (provider if template == EXT else None)
    if chosen is not None:
        known["provider"] = chosen
    return disk.parameters | known


def nic_of(nic: NicSpec) -> dict[str, Any]:
    """Return the parameters of a new NIC."""
    known = nic.model_dump(exclude_none=True)
    if nic.network is not None:  # its mode and link are the network's
        known = {key: known[key] for key in ("name", "mac", "ip", "network") if key in known}
    return known


def add_disk(operation: DiskAdd, around: Surroundings) -> Call:
    """Add a disk, last in order."""
    params = disk_of(operation.disk, around.disk_template, around.ext_provider)
    return _change(operation, around, disks=[["add", LAST, params]])


def attach_disk(operation: DiskAttach, around: Surroundings) -> Call:
    """Attach a disk that is in the configuration without an instance."""
    change = ["attach", operation.index, {"uuid": operation.uuid}]
    return _change(operation, around, disks=[change])


def detach_disk(operation: DiskDetach, around: Surroundings) -> Call:
    """Detach a disk, and keep it in the configuration."""
    return _change(operation, around, disks=[["detach", operation.disk, {}]])


def remove_disk(operation: DiskRemove, around: Surroundings) -> Call:
    """Remove a disk."""
    return _change(operation, around, disks=[["remove", operation.disk, {}]])


def grow_disk(operation: DiskGrow, around: Surroundings) -> Call:
    """Grow a disk to a size: absolute, so that a repeat changes nothing."""
    body = {"amount": operation.size, "absolute": True, "wait_for_sync": False}
    path = instance_path(operation.instance, f"/disk/{operation.index}/grow")
    return marked("POST", path, around, body)


def add_nic(operation: NicAdd, around: Surroundings) -> Call:
    """Add a NIC, last in order."""
    return _change(operation, around, nics=[["add", LAST, nic_of(operation.nic)]])


def remove_nic(operation: NicRemove, around: Surroundings) -> Call:
    """Remove a NIC."""
    return _change(operation, around, nics=[["remove", operation.nic, {}]])


def change_nic(operation: NicChange, around: Surroundings) -> Call:
    """Give a NIC another address."""
    change = ["modify", operation.nic, {"ip": operation.ip or NONE}]
    return _change(operation, around, nics=[change])


def _change(
    operation: DiskAdd | DiskAttach | DiskDetach | DiskRemove | NicAdd | NicRemove | NicChange,
    around: Surroundings,
    **devices: list[Any],
) -> Call:
    # 3.1 plugs by default, the others do not; conflicts are the network service's business.
    body = {**devices, "hotplug": operation.hotplug, "conflicts_check": False}
    if "disks" in devices:  # Ganeti wants to wait where the disks of the instance are inactive
        body["wait_for_sync"] = not operation.hotplug
    return marked("PUT", instance_path(operation.instance, "/modify"), around, body)
