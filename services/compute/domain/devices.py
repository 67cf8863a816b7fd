"""What is plugged into a server besides its root disk: volumes, NICs, floating addresses.

The server's row is the truth about them: a device is written there before anything is asked of
the neighbours, and stays until nothing of it is left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.errors import BadInput, Conflict, NotAllowed, NotFound

MOST_DISKS: Final = 16  # Ganeti's own bound
ROOT: Final = 0  # boot index of what a server boots from
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
ROOT_DEVICE: Final = "/dev/vda"


class DeviceState(StrEnum):
    """How far a device is."""

    WANTED = "wanted"  # asked for with the server; nothing is reserved yet
    ATTACHING = "attaching"
    ATTACHED = "attached"
    DETACHING = "detaching"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDevice:
    """A volume of the volume service, as the server has it."""

    id: str
    state: DeviceState = DeviceState.ATTACHING
    volume_id: str | None = None  # None: to be made with the server
    attachment_id: str | None = None  # the volume service's promise; None: none yet
    device: str | None = None  # /dev/vdb
    boot_index: int | None = None
    delete_on_termination: bool = False
    tag: str | None = None
    driver: str | None = None  # how it became a disk; None: not yet
    cluster: str | None = None  # where the volume is; None: anywhere yet
    # What a volume that is made with the server is made from.
    source: str = "volume"
    source_id: str | None = None
    size: int | None = None  # GiB
    volume_type: str | None = None

    @property
    def is_root(self) -> bool:
        """Whether the server boots from it."""
        return self.boot_index == ROOT

    @property
    def is_ours(self) -> bool:
        """Whether the volume is made with the server."""
        return self.source != "volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Floating:
    """A floating address of the server, and the NIC that carries it."""

    id: str  # the floating IP's
    address: str
    network_id: str  # of the port it belongs to, under whose network it is shown
    mac: str
    port_id: str | None = None  # the NIC's name; None: no NIC carries it (yet)
    state: DeviceState = DeviceState.ATTACHING


class TooManyDisks(NotAllowed):
    """The server can have no more disks."""

    code = "compute.volume.too_many"


class AlreadyAttached(BadInput):
    """The server has the volume already."""

    code = "compute.volume.already_attached"


class RootDevice(NotAllowed):
    """What a server boots from stays with it."""

    code = "compute.volume.root_device"


class CannotHotplug(Conflict):
    """The cluster changes devices of stopped servers only."""

    code = "compute.device.needs_stop"


def find_volume(devices: Sequence[BlockDevice], volume_id: str, server_id: object) -> BlockDevice:
    """Return the device a volume is.

    Raises:
        NotFound: the server does not have the volume.
    """
    for device in devices:
        if device.volume_id == volume_id:
            return device
    raise NotFound(f"Instance {server_id} is not attached to volume {volume_id}")


def require_room(devices: Sequence[BlockDevice], *, others: int) -> None:
    """Let one more disk pass.

    Args:
        devices: what there is.
        others: disks the server has that are no volumes.

    Raises:
        TooManyDisks: there are as many as can be.
    """
    if len(devices) + others >= MOST_DISKS:
        raise TooManyDisks(
            f"The maximum allowed number of disk devices ({MOST_DISKS}) to attach to a single "
            "instance has been exceeded."
        )


def device_name(taken: Iterable[str | None], wanted: str | None = None) -> str:
    """Return a name that is free: the wanted one if it is, else the first after the root's."""
    used = {name.removeprefix("/dev/") for name in taken if name}
    if wanted and (short := wanted.removeprefix("/dev/")) not in used and short[:1].isalpha():
        return f"/dev/{short}"
    return next(f"/dev/vd{letter}" for letter in LETTERS[1:] if f"vd{letter}" not in used)


def local_names(count: int) -> list[str]:
    """Return the names of a server's root disk and of so many local ones after it."""
    return [f"/dev/vd{letter}" for letter in LETTERS[: count + 1]]


def replaced(devices: Sequence[BlockDevice], changed: BlockDevice) -> tuple[BlockDevice, ...]:
    """Return the devices with one of them changed."""
    return tuple(changed if each.id == changed.id else each for each in devices)


def without(devices: Sequence[BlockDevice], ident: str) -> tuple[BlockDevice, ...]:
    """Return the devices without one of them."""
    return tuple(each for each in devices if each.id != ident)
