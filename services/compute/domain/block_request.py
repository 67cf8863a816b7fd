"""Disks a user asks for with a server, checked as Nova checks them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.compute.domain.devices import (
    MOST_DISKS,
    ROOT_DEVICE,
    BlockDevice,
    DeviceState,
    TooManyDisks,
    device_name,
    local_names,
)
from services.compute.domain.local_disks import SWAP, LocalWish
from shared.errors import BadInput
from shared.ids import new_uuid

VOLUME: Final = "volume"
IMAGE: Final = "image"
SNAPSHOT: Final = "snapshot"
BLANK: Final = "blank"
LOCAL: Final = "local"
DESTINATIONS: Final = {VOLUME: VOLUME, SNAPSHOT: VOLUME, IMAGE: LOCAL, BLANK: LOCAL}


class InvalidDevice(BadInput):
    """A block device is described in a way that cannot be."""

    code = "compute.block_devices.invalid"

    def __init__(self, why: str) -> None:
        super().__init__(f"Block Device Mapping is Invalid: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One disk as it was described: of Nova's block device mapping, version 2."""

    source: str
    destination: str | None = None
    ident: str | None = None
    boot_index: int | None = None
    size: int | None = None  # GiB
    volume_type: str | None = None
    device: str | None = None
    tag: str | None = None
    delete_on_termination: bool = False
    guest_format: str | None = None

    @property
    def goes_to(self) -> str:
        """Where it is to be kept."""
        return self.destination or DESTINATIONS[self.source]

    @property
    def is_root(self) -> bool:
        """Whether the server boots from it."""
        return self.boot_index == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Disks:
    """The disks of a server to be made."""

    image_id: str | None  # of a local root disk; None: it boots from a volume
    volumes: tuple[BlockDevice, ...] = ()
    local: tuple[LocalWish, ...] = ()  # besides a local root disk


def disks_of(image_id: str | None, described: Sequence[Described]) -> Disks:
    """Return the disks that were described.

    Raises:
        BadInput: they cannot be.
    """
    if not described:
        if image_id is None:
            raise BadInput("Missing imageRef attribute")
        return Disks(image_id=image_id)
    for each in described:
        _require_sound(each, image_id)
    _require_order(described)
    local_wishes = [_wish(each) for each in described if _is_blank_and_local(each)]
    if sum(wish.is_swap for wish in local_wishes) > 1:
        raise InvalidDevice("More than one swap drive requested.")
    if len(described) > MOST_DISKS:
        raise TooManyDisks(
            f"The maximum allowed number of disk devices ({MOST_DISKS}) to attach to a single "
            "instance has been exceeded."
        )
    root = next(each for each in described if each.is_root)
    local = root.goes_to == LOCAL
    ordered = sorted(
        (each for each in described if each.goes_to == VOLUME), key=lambda each: not each.is_root
    )
    return Disks(
        image_id=root.ident if local else None,
        volumes=_named(ordered),
        local=tuple(local_wishes),
    )


def _is_blank_and_local(each: Described) -> bool:
    return (each.source, each.goes_to) == (BLANK, LOCAL)


def _wish(each: Described) -> LocalWish:
    return LocalWish(is_swap=each.guest_format == SWAP, size=each.size)


def _require_sound(each: Described, image_id: str | None) -> None:
    if each.source == BLANK and each.ident is not None:
        raise InvalidDevice("Invalid device UUID.")
    if each.source != BLANK and each.ident is None:
        raise InvalidDevice("Missing device UUID.")
    if each.goes_to == LOCAL:
        _require_local(each, image_id)
    elif each.source in {IMAGE, BLANK} and not each.size:
        raise InvalidDevice(
            "Images with destination_type 'volume' need to have a non-zero size specified"
            if each.source == IMAGE
            else "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size"
        )


def _require_local(each: Described, image_id: str | None) -> None:
    if each.source in {VOLUME, SNAPSHOT}:
        raise InvalidDevice(f"A {each.source} cannot become a local disk.")
    if each.source == BLANK:
        if each.is_root:
            raise InvalidDevice("A blank disk cannot be booted from.")
        return
    if not each.is_root or image_id not in {None, each.ident}:
        raise InvalidDevice("Mapping image to local is not supported.")


def _require_order(described: Sequence[Described]) -> None:
    """Let pass what boots from index 0, then 1, and so on; a negative one never boots."""
    indices = sorted(
        each.boot_index
        for each in described
        if each.boot_index is not None and each.boot_index >= 0
    )
    if not indices or indices != list(range(len(indices))):
        raise InvalidDevice(
            "Boot sequence for the instance and image/block device mapping combination "
            "is not valid."
        )


def _named(described: Sequence[Described]) -> tuple[BlockDevice, ...]:
    found: list[BlockDevice] = []
    for each in described:
        taken = [*local_names(0), *(device.device for device in found)]
        found.append(
            BlockDevice(
                id=str(new_uuid()),
                state=DeviceState.WANTED,
                volume_id=each.ident if each.source == VOLUME else None,
                device=ROOT_DEVICE if each.is_root else device_name(taken, each.device),
                boot_index=each.boot_index,
                delete_on_termination=each.delete_on_termination,
                tag=each.tag,
                source=each.source,
                source_id=None if each.source == VOLUME else each.ident,
                size=each.size,
                volume_type=each.volume_type,
            )
        )
    return tuple(found)


def renamed(volumes: Sequence[BlockDevice], *, after: int = 0) -> tuple[BlockDevice, ...]:
    """Return the devices, each under a name of its own; who is named first keeps theirs.

    Args:
        volumes: of a server to be made.
        after: so many local disks that are before them.
    """
    found: list[BlockDevice] = []
    for each in volumes:
        taken = [*local_names(after), *(device.device for device in found)]
        name = ROOT_DEVICE if each.is_root else device_name(taken, each.device)
        found.append(replace(each, device=name))
    return tuple(found)


def of_another_server(volumes: Sequence[BlockDevice]) -> tuple[BlockDevice, ...]:
    """Return the same devices for one more server: with ids of their own."""
    return tuple(replace(each, id=str(new_uuid())) for each in volumes)
