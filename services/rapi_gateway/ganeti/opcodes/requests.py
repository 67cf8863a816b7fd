"""Every operation on one screen: its request, and what its job is called."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.rapi_gateway.ganeti.client import Call
from services.rapi_gateway.ganeti.opcodes import changes, devices, instances, networks
from services.rapi_gateway.ganeti.opcodes.marking import Surroundings
from shared.contracts import operations as ops
from shared.contracts.operations import Closed, Operation

BUILDERS: Final[Mapping[type[Closed], Callable[[Any, Surroundings], Call]]] = {
    ops.InstanceCreate: instances.create,
    ops.InstanceDelete: instances.delete,
    ops.InstanceStart: instances.start,
    ops.InstanceStop: instances.stop,
    ops.InstanceReboot: instances.reboot,
    ops.InstanceConfigure: changes.configure,
    ops.InstanceTag: changes.tag,
    ops.InstanceUntag: changes.untag,
    ops.InstanceReinstall: changes.reinstall,
    ops.InstanceExport: changes.export,
    ops.InstanceMigrate: changes.migrate,
    ops.InstanceFailover: changes.failover,
    ops.DiskAdd: devices.add_disk,
    ops.DiskAttach: devices.attach_disk,
    ops.DiskDetach: devices.detach_disk,
    ops.DiskRemove: devices.remove_disk,
    ops.DiskGrow: devices.grow_disk,
    ops.NicAdd: devices.add_nic,
    ops.NicRemove: devices.remove_nic,
    ops.NicChange: devices.change_nic,
    ops.NetworkCreate: networks.create,
    ops.NetworkConnect: networks.connect,
    ops.NetworkDisconnect: networks.disconnect,
    ops.NetworkDelete: networks.delete,
}
CHANGED: Final = "INSTANCE_SET_PARAMS"
NAMELESS: Final = frozenset({"instance.tag", "instance.untag"})  # Ganeti sums up no name
# What each operation's job is called in Ganeti's summaries.
SUMMARIES: Final[Mapping[str, str]] = {
    "instance.create": "INSTANCE_CREATE",
    "instance.delete": "INSTANCE_REMOVE",
    "instance.start": "INSTANCE_STARTUP",
    "instance.stop": "INSTANCE_SHUTDOWN",
    "instance.reboot": "INSTANCE_REBOOT",
    "instance.configure": CHANGED,
    "instance.tag": "TAGS_SET",
    "instance.untag": "TAGS_DEL",
    "instance.reinstall": "INSTANCE_REINSTALL",
    "instance.export": "BACKUP_EXPORT",
    "instance.migrate": "INSTANCE_MIGRATE",
    "instance.failover": "INSTANCE_FAILOVER",
    "disk.add": CHANGED,
    "disk.attach": CHANGED,
    "disk.detach": CHANGED,
    "disk.remove": CHANGED,
    "disk.grow": "INSTANCE_GROW_DISK",
    "nic.add": CHANGED,
    "nic.remove": CHANGED,
    "nic.change": CHANGED,
    "network.create": "NETWORK_ADD",
    "network.connect": "NETWORK_CONNECT",
    "network.disconnect": "NETWORK_DISCONNECT",
    "network.delete": "NETWORK_REMOVE",
}


def summary_of(operation: Mapping[str, Any]) -> str:
    """Return how the operation's job is summed up by Ganeti, e.g. ``INSTANCE_CREATE(name)``."""
    if operation["operation"] in NAMELESS:
        return SUMMARIES[operation["operation"]]
    name = operation.get("instance") or operation["network"]
    return f"{SUMMARIES[operation['operation']]}({name})"


def request_for(operation: Operation, around: Surroundings) -> Call:
    """Return the RAPI request that carries out the operation, bearing our marks if it can."""
    return BUILDERS[type(operation)](operation, around)
