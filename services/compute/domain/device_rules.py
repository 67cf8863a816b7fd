"""When a server's devices may be changed: what Nova allows, and what the hypervisor can."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from services.compute.domain.devices import CannotHotplug
from services.compute.domain.lifecycle import ActionNotAllowed, PowerState, ServerBusy, VmState
from services.compute.domain.server import Server
from shared.contracts.gateway import Cluster


class Change(StrEnum):
    """What is done to a device, as instance actions and refusals name it."""

    ATTACH_VOLUME = "attach_volume"
    DETACH_VOLUME = "detach_volume"
    ATTACH_INTERFACE = "attach_interface"
    DETACH_INTERFACE = "detach_interface"


PLUGGABLE: Final = frozenset({VmState.ACTIVE, VmState.STOPPED})
AWAY: Final = frozenset({VmState.SHELVED, VmState.SHELVED_OFFLOADED})
ALLOWED: Final[Mapping[Change, frozenset[VmState]]] = {
    Change.ATTACH_VOLUME: PLUGGABLE | AWAY | {VmState.RESIZED},
    Change.DETACH_VOLUME: PLUGGABLE | AWAY | {VmState.RESIZED},
    Change.ATTACH_INTERFACE: PLUGGABLE,
    Change.DETACH_INTERFACE: PLUGGABLE,
}


def require_changeable(server: Server, change: Change) -> None:
    """Let a change of devices pass in the states that allow it.

    Raises:
        ServerBusy: something is being done to the server.
        ActionNotAllowed: its state does not allow the change.
    """
    if server.action is not None:
        raise ServerBusy(
            f"Cannot '{change}' instance {server.id} while it is in task_state {server.task}"
        )
    if server.vm_state not in ALLOWED[change]:
        raise ActionNotAllowed(
            f"Cannot '{change}' instance {server.id} "
            f"while it is in vm_state {server.vm_state.value}"
        )


def runs(server: Server) -> bool:
    """Whether the hypervisor must be told of a change of devices."""
    return server.power_state is PowerState.RUNNING


def require_hotplug(server: Server, cluster: Cluster | None) -> None:
    """Let a running server pass only where devices can be changed under it.

    Raises:
        CannotHotplug: it must be stopped first.
    """
    if runs(server) and cluster is not None and not cluster.hotplug:
        raise CannotHotplug(
            f"Devices of instance {server.id} cannot be changed while it runs: stop it first."
        )
