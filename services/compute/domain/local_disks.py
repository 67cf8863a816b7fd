"""Disks of a server that are no volumes and not its root: empty ones, and swap.

They are made with its instance, in the storage its root disk is in, and are gone with it; nobody
formats them, which a guest's cloud-init does where it is told to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.errors import BadInput
from shared.ids import derived

EPHEMERAL: Final = "ephemeral"
SWAP: Final = "swap"
GIB: Final = 1024  # MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalDisk:
    """One of them, as the server has it."""

    kind: str  # ephemeral, swap
    size: int  # MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWish:
    """One of them, as it was asked for."""

    is_swap: bool = False
    size: int | None = None  # of swap MiB, of others GiB; None: the flavor's


class TooLargeLocally(BadInput):
    """More local disk was asked for than the flavor has."""

    code = "compute.block_devices.larger_than_flavor"


def local_disks(asked: Sequence[LocalWish], *, ephemeral: int, swap: int) -> tuple[LocalDisk, ...]:
    """Return the local disks of a server: what was asked for, else what its flavor has.

    Args:
        asked: with the server.
        ephemeral: GiB the flavor has.
        swap: MiB the flavor has.

    Raises:
        TooLargeLocally: it is more than the flavor has.
    """
    empty = [wish for wish in asked if not wish.is_swap] or [LocalWish()]
    swapping = [wish for wish in asked if wish.is_swap] or [LocalWish(is_swap=True)]
    found = [
        *(LocalDisk(kind=EPHEMERAL, size=_or(wish.size, ephemeral) * GIB) for wish in empty),
        *(LocalDisk(kind=SWAP, size=_or(wish.size, swap)) for wish in swapping),
    ]
    if _sum(found, EPHEMERAL) > ephemeral * GIB:
        raise TooLargeLocally(
            "Ephemeral disks requested are larger than the instance type allows. If no size is "
            "given in one block device mapping, flavor ephemeral size will be used."
        )
    if _sum(found, SWAP) > swap:
        raise TooLargeLocally("Swap drive requested is larger than instance type allows.")
    return tuple(disk for disk in found if disk.size)


def local_disk_name(server_id: UUID, place: int) -> str:
    """Return what Ganeti calls a local disk, by its place among them."""
    return str(derived(server_id, "local", place))


def _or(size: int | None, default: int) -> int:
    return default if size is None else size


def _sum(disks: Sequence[LocalDisk], kind: str) -> int:
    return sum(disk.size for disk in disks if disk.kind == kind)
